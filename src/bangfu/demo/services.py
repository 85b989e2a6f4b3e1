"""What offices have recorded of help given: doctors, helpers, jobs, premiums, papers of the move.

Drawn from a stream of its own, so that the city stands as it was without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from bangfu import dictionary
from bangfu.demo import columns as col
from bangfu.demo import livelihood, wellbeing
from bangfu.demo.chance import between, codes_by
from bangfu.demo.columns import Bools, Floats, Ints
from bangfu.demo.homes import MOVED, NOT
from bangfu.demo.people import People

_PERSON = dictionary.entity("person").fields
_HOUSEHOLD = dictionary.entity("household").fields
# None, curable at once, maintenance, long-term care; by health: good, chronic, major.
_TREATMENT = np.array([(100, 0, 0, 0), (72, 3, 10, 15), (4, 26, 40, 30)], float)
_DIFFICULT_AGE = 45
_CONTRACTS = np.array([6, 12, 24, 36])  # months
_DAY = {year: int(np.datetime64(f"{year}-01-01").astype(int)) for year in (2014, 2015, 2016)}
_SITES = ("central_village", "township", "county_town")


def of_persons(
    rng: np.random.Generator,
    people: People,
    well: wellbeing.Wellbeing,
    granted: livelihood.Guarantee,
    student: Bools,
) -> Mapping[str, pa.Array]:
    """Treatment, premiums and work of every person of a county."""

    def some(share: float | Floats) -> Bools:
        return np.asarray(rng.random(len(people)) < share)

    working = (well.labour <= wellbeing.WEAK) & (people.age >= 16) & ~student
    fit = working & (well.labour <= wellbeing.ORDINARY) & (people.age < 50)
    stable = working & (well.months_away >= 6) & some(0.7)
    placed = working & some(0.03)
    aided = granted.dibao | granted.wubao | ((well.disability > 0) & (well.disability < 3))
    hard = working & ~stable & ((people.age >= _DIFFICULT_AGE) | (well.disability > 0))
    months = _CONTRACTS[between(rng, 0, len(_CONTRACTS) - 1, len(people))]
    return {
        "treatment_class": col.pick(
            codes_by(rng, well.health, _TREATMENT), _PERSON["treatment_class"].codes
        ),
        "health_record": col.bools(some(0.85)),
        "premium_subsidised": col.bools(aided | some(0.1)),
        "can_join_enterprise": col.bools(fit),
        "wants_enterprise_job": col.bools(fit & some(0.4)),
        "placed_by_trainer": col.bools(placed),
        "contract_months": col.money(months, placed),
        "stable_job": col.bools(stable),
        "employment_difficulty": col.bools(hard & some(0.3)),
        "starting_business": col.bools(working & some(0.015)),
        "flexible_employment": col.bools(working & ~stable & some(0.2)),
    }


def of_households(
    rng: np.random.Generator,
    status: Ints,
    category: Ints,
    relocation: Ints,
    hands: Ints,
    grade: Any,
) -> Mapping[str, pa.Array]:
    """Helpers, doctors, checks and papers of the households of a county.

    `hands` counts members who can work; `grade` is the dwelling's, 0 to 3 for A to D.
    """
    count = len(status)

    def some(share: float) -> Bools:
        return np.asarray(rng.random(count) < share)

    concerned, moved = relocation != NOT, relocation == MOVED
    watched = status == livelihood.OBSERVED
    left = watched | (status == livelihood.EXITED)
    year = np.where(watched, np.where(some(0.7), _DAY[2016], _DAY[2015]), _DAY[2014])
    town = between(rng, 0, len(_SITES) - 1, count)
    return {
        "exited_on": col.dates(year + between(rng, 200, 350, count), left),
        "helper_assigned": col.bools(livelihood.is_active(status) & some(0.96)),
        "family_doctor": col.bools(some(0.62)),
        "three_without": col.bools((category == 2) & (hands == 0)),
        "income_unstable": col.bools((category == 1) & some(0.35)),
        "dibao_checks": col.ints(np.where(category > 0, between(rng, 0, 2, count), 0)),
        "branch_project": col.bools(some(0.02)),
        "zero_employment": col.bools((hands == 0) & some(0.4)),
        "seismic_ok": col.bools((grade < 2) & some(0.85)),
        "relocation_subsidised": col.bools(moved & some(0.92)),
        "loan_eligible": col.bools(some(0.7)),
        "full_subsidy_agreed": col.bools(concerned & some(0.06)),
        "resettlement_site": col.pick(town, _HOUSEHOLD["resettlement_site"].codes, concerned),
        "settled_with_land": col.bools(moved & (town == 0) & some(0.8)),
        "home_owned_on": col.dates(_DAY[2016] + between(rng, 90, 350, count), moved & some(0.95)),
        "hukou_moved": col.bools(moved & (town > 0) & some(0.3)),
    }
