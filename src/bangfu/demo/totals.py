"""Village and county tables: figures over all rural residents, in keeping with the households."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pyarrow as pa

from bangfu import dictionary
from bangfu.demo import columns as col
from bangfu.demo import figures
from bangfu.demo.chance import between
from bangfu.demo.columns import Bools, Floats, Ints
from bangfu.demo.homes import Homes
from bangfu.demo.places import CountyPlan

_FIRST_EXITS = 2016


@dataclass(frozen=True)
class Residents:
    """All rural residents of each village of a county, the collected and the others."""

    households: Ints
    persons: Ints
    poor: Ints
    collected_households: Ints
    collected_persons: Ints


def residents(
    rng: np.random.Generator, plan: CountyPlan, village: Ints, size: Ints, active: Bools
) -> Residents:
    """Village populations such that the collected poor are a plausible share of them.

    Where nobody was collected at this scale the village's own report stands in for the count.
    """
    count = len(plan.villages)
    persons = np.bincount(village, size, count).astype(np.int64)
    poor = np.bincount(village[active], size[active], count).astype(np.int64)
    homes = np.bincount(village, minlength=count)
    share = _incidence(plan, rng.random(count))
    total = np.maximum(np.rint(poor / share), persons * 1.15 + 5)
    typical = total[persons > 0].mean()
    reported = np.rint(np.maximum(typical * np.exp(0.3 * rng.standard_normal(count)), 20))
    total = np.where(persons > 0, total, reported).astype(np.int64)
    poor = np.where(persons > 0, poor, np.rint(total * share)).astype(np.int64)
    all_homes = np.rint(total / figures.assumed("residents_per_household")).astype(np.int64)
    # Small collected households may outnumber the rule of thumb.
    others = np.rint((total - persons) / figures.assumed("residents_per_household"))
    all_homes = np.maximum(all_homes, homes + np.maximum(others, 1).astype(np.int64))
    return Residents(all_homes, total, poor, homes, persons)


def _incidence(plan: CountyPlan, spread: Floats) -> Floats:
    normal = NormalDist()
    rank = np.array([normal.cdf(value) for value in plan.hardship])
    rank = (rank + spread) / 2
    low, high = figures.assumed("incidence")["other_village"]
    poor_low, poor_high = figures.assumed("incidence")["poverty_village"]
    leaving_low, leaving_high = figures.assumed("incidence")["leaving_village"]
    leaving = plan.exit_year == _FIRST_EXITS
    low = np.where(leaving, leaving_low, np.where(plan.is_poverty, poor_low, low))
    high = np.where(leaving, leaving_high, np.where(plan.is_poverty, poor_high, high))
    return np.asarray(low + (high - low) * rank)


def villages(
    rng: np.random.Generator,
    plan: CountyPlan,
    village: Ints,
    all_of: Residents,
    homes: Homes,
    insured: Ints,
) -> Mapping[str, pa.Array]:
    """Columns of the village table. `insured`: members with insurance by household."""
    count = len(plan.villages)
    rest = all_of.households - all_of.collected_households
    ease = -plan.hardship + np.where(plan.exit_year == _FIRST_EXITS, 1.2, 0.0)

    def served(ok: Bools, elsewhere: float) -> pa.Array:
        share = np.clip(elsewhere + 0.015 * ease + 0.01 * rng.standard_normal(count), 0.8, 1)
        found = np.bincount(village[ok], minlength=count) + np.floor(rest * share)
        return col.ints(found)

    def has(chance: float, slope: float = 0.06) -> Bools:
        return np.asarray(rng.random(count) < np.clip(chance + slope * ease, 0.02, 0.998))

    others = all_of.persons - all_of.collected_persons
    insured_here = np.bincount(village, insured, count) + np.floor(others * 0.975)
    hard, clinic, broadband = has(0.88), has(0.86), has(figures.value("village_broadband"), 0.03)
    bed = np.where(hard, 4.5 + np.round(2 * rng.random(count), 1), 3.5 + rng.random(count).round(1))
    collective = np.where(has(0.62), np.round(np.exp(rng.normal(9.6, 0.9, count)), -2), 0)
    return {
        "village_code": col.text(col.digits(plan.villages, 12)),
        "is_poverty_village": col.bools(plan.is_poverty),
        "planned_exit_year": col.ints(plan.exit_year, plan.exit_year > 0),
        "households_total": col.ints(all_of.households),
        "residents_total": col.ints(all_of.persons),
        "residents_poor": col.ints(all_of.poor),
        "industries": col.ints(between(rng, 0, 4, count)),
        "households_housing_ok": served(homes.housing_ok, 0.975),
        "residents_insured": col.ints(insured_here),
        "left_behind_children_care": col.bools(has(0.78)),
        "road_hardened": col.bools(hard),
        "roadbed_width": col.money(bed),
        "road_surface_width": col.money(np.where(hard, np.round(bed - 1, 1), 3.0)),
        "households_water_ok": served(homes.water_ok, 0.955),
        "households_electricity": served(homes.electricity, 0.995),
        "households_tv": served(homes.tv, 0.97),
        "has_office": col.bools(has(0.95, 0.03)),
        "has_noticeboard": col.bools(has(0.96, 0.03)),
        "has_clinic": col.bools(clinic),
        "clinic_distance_km": col.money(
            np.where(clinic, 0.3 + 1.5 * rng.random(count), 2 + 7 * rng.random(count)).round(1)
        ),
        "has_culture_site": col.bools(has(0.74)),
        "has_broadband": col.bools(broadband),
        "collective_income": col.money(collective),
        "has_coop_shares": col.bools(has(0.35)),
        "committee_sound": col.bools(has(0.94, 0.03)),
    }


def county(
    rng: np.random.Generator, plan: CountyPlan, covered_households: int
) -> Mapping[str, pa.Array]:
    """The one row of the county table."""
    spec = figures.counties()[plan.code]
    kinds = dictionary.entity("county").fields["county_kind"].codes
    gap = int(rng.random() < 0.6 + plan.depth) * int(covered_households * 0.004 + 1)
    exit_year = spec["exit_year"]
    return {
        "county_code": pa.array([plan.code]),
        "county_kind": col.pick(np.array([kinds.index(spec["kind"])]), kinds),
        "planned_exit_year": pa.array([exit_year], pa.int32()),
        "industries": col.ints(between(rng, 2, 6, 1)),
        "education_system_sound": col.bools(rng.random(1) < 0.8 - plan.depth),
        "dibao_eligible_households": col.ints(np.array([covered_households + gap])),
        "dibao_covered_households": col.ints(np.array([covered_households])),
    }
