"""Dwelling, relocation, water, road, land: worse for the poorer household and remoter hamlet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from bangfu import dictionary
from bangfu.demo import columns as col
from bangfu.demo import figures
from bangfu.demo.chance import between, codes, codes_by, worst
from bangfu.demo.columns import Bools, Floats, Ints
from bangfu.demo.places import Hamlets

_FIELDS = dictionary.entity("household").fields
NOT, PLANNED, MOVED = range(3)
_BRICK, _NO_HOUSE = 0, 5
# How much worse `place` is in poverty villages on average, where the published count was made.
_IN_POVERTY_VILLAGES = 0.27
_EPOCH_2015 = int(np.datetime64("2015-03-01").astype(int))


@dataclass(frozen=True)
class Site:
    """What the homes are drawn from; arrays over the households of a county."""

    hardship: Floats
    size: Ints
    active: Bools  # registered or returned: the poor of the plans
    candidate: Bools
    hamlets: Hamlets

    @property
    def place(self) -> Floats:
        """Household and hamlet hardship together, about standard normal among the active."""
        return np.asarray((0.6 * self.hardship + 0.6 * self.hamlets.hardship - 0.036) / 0.91)


@dataclass(frozen=True)
class Homes:
    """Columns of the household table and the facts the village totals need."""

    columns: Mapping[str, pa.Array]
    water_ok: Bools
    electricity: Bools
    tv: Bools
    housing_ok: Bools
    relocation: Ints
    grade: Ints  # of the dwelling, 0 to 3 for A to D


def draw(rng: np.random.Generator, site: Site) -> Homes:
    """Homes of the households at `site`."""
    relocation, accompanying = _relocation(rng, site)
    dwelling, housing_ok, grade = _dwelling(rng, site, relocation)
    water = _water(rng, site)
    tv_share = figures.value("tv_unsolved") / _households_in_poverty_villages()
    electricity = ~worst(rng, site.place, 0.009, 0.6)
    tv = ~worst(rng, site.place - _IN_POVERTY_VILLAGES, tv_share, 0.55) & electricity
    columns = {
        **dwelling,
        **_moving(rng, site, relocation, accompanying),
        **_roads(rng, site),
        **_land(rng, site),
        "water_source": col.pick(water, _FIELDS["water_source"].codes),
        "has_electricity": col.bools(electricity),
        "has_tv": col.bools(tv),
        "food_secure": col.bools(~worst(rng, site.hardship, 0.008, 0.6)),
        "clothing_secure": col.bools(~worst(rng, site.hardship, 0.010, 0.6)),
    }
    return Homes(columns, water < 6, electricity, tv, housing_ok, relocation, grade)


def _households_in_poverty_villages() -> float:
    """Registered households in poverty villages at full size, for the share without television."""
    households = figures.value("persons_registered") / figures.assumed("household_size")
    return float(households * figures.assumed("in_poverty_villages"))


def _relocation(rng: np.random.Generator, site: Site) -> tuple[Ints, Bools]:
    registered = figures.value("relocation_registered")
    share = registered / figures.value("persons_registered")
    chosen = site.active & worst(rng, site.place, share, 0.6)
    moved = rng.random(len(chosen)) < figures.value("relocation_moved_2016") / registered
    extra = figures.value("relocation_objects") - registered
    candidates = figures.value("persons_collected") * figures.assumed("status")["candidate"]
    accompanying = site.candidate & (rng.random(len(chosen)) < extra / candidates)
    kind = np.where(chosen | accompanying, np.where(moved, MOVED, PLANNED), NOT)
    return kind, accompanying


def _moving(
    rng: np.random.Generator, site: Site, relocation: Ints, accompanying: Bools
) -> Mapping[str, pa.Array]:
    count, size = len(relocation), site.size
    moved, concerned = relocation == MOVED, relocation != NOT
    # 25 m2 a head, 40 for one person, 120 at most (HC1-E-708), a few square metres below.
    area = np.minimum(np.where(size == 1, 40, 25 * size), 120) - np.floor(rng.random(count) * 5)
    allotted = moved | (concerned & (rng.random(count) < 0.25))
    confirmed = moved & (rng.random(count) < 0.93) | allotted & ~moved & (rng.random(count) < 0.5)
    cost = np.round(area * (1100 + 700 * rng.random(count)), -2)
    borrows = moved & (rng.random(count) < 0.3)
    loan = np.minimum(np.round(cost * (0.2 + 0.3 * rng.random(count)), -3), 60000)
    whole = concerned & (rng.random(count) < np.where(site.hamlets.size < 20, 0.6, 0.2))
    return {
        "relocation": col.pick(relocation, _FIELDS["relocation"].codes),
        "relocation_kind": col.pick(accompanying, _FIELDS["relocation_kind"].codes, concerned),
        "whole_relocation": col.bools(whole),
        "resettlement_area": col.money(area, allotted),
        "resettlement_confirmed": col.bools(confirmed),
        "resettlement_cost": col.money(cost, moved),
        "housing_loan": col.money(np.where(borrows, loan, 0)),
    }


def _dwelling(
    rng: np.random.Generator, site: Site, relocation: Ints
) -> tuple[Mapping[str, pa.Array], Bools, Ints]:
    count, z = len(relocation), site.hardship
    moved = relocation == MOVED
    waiting = relocation == PLANNED
    better = np.array([(62, 20, 9, 7, 1, 0.3), (44, 23, 18, 12, 2, 1), (22, 23, 29, 21, 3, 2)])
    structure = codes_by(rng, np.digitize(z + 0.8 * waiting, [-0.4, 0.8]), better)
    structure = np.where(moved, _BRICK, structure)
    house = structure != _NO_HOUSE
    risk = z + 0.7 * waiting + 0.5 * (structure == 2) + 0.6 * rng.standard_normal(count)
    grade = np.digitize(risk, [-0.1, 1.55, 2.25])
    grade = np.where(moved, 0, grade)
    mended = house & (grade < 2) & ~moved & (rng.random(count) < 0.12)
    pending = house & (grade >= 2) & (rng.random(count) < 0.25)
    per_head = np.exp(3.25 - 0.13 * z + 0.42 * rng.standard_normal(count))
    area = np.round(np.clip(per_head * site.size**0.75, 8, 320))
    area = np.where(moved, np.minimum(25 * site.size, 120), np.where(house, area, 0))
    building = (rng.random(count) < np.where((grade >= 2) | ~house, 0.16, 0.01)) & ~moved
    progress = np.round(0.05 + 0.93 * rng.random(count), 2)
    renovation = np.where(mended | pending, 1 + (rng.random(count) < 0.45), 0)
    cost = np.round((12 + 45 * rng.random(count)) * np.where(renovation == 1, 1000, 400), -2)
    accepted = _EPOCH_2015 + between(rng, 0, 640, count)
    columns = {
        "dwelling_structure": col.pick(structure, _FIELDS["dwelling_structure"].codes),
        "dwelling_area": col.money(area),
        "dwelling_grade": col.pick(grade, _FIELDS["dwelling_grade"].codes, house),
        "build_progress": col.money(progress, building),
        "build_months_left": col.money(np.ceil((1 - progress) * 11), building),
        "renovation": col.pick(renovation, _FIELDS["renovation"].codes),
        "renovation_cost": col.money(cost, renovation > 0),
        "renovation_accepted_on": col.dates(accepted, mended),
        "can_self_fund": col.bools(rng.random(count) < np.clip(0.62 - 0.14 * z, 0.1, 0.95)),
    }
    fit = house & (structure < 4) & (grade < 2) & (area >= 13 * site.size)
    return columns, fit, grade


def _water(rng: np.random.Generator, site: Site) -> Ints:
    share = figures.value("water_unsolved") / figures.value("persons_registered")
    unsolved = worst(rng, site.place, share, 0.65)
    table = np.array([(58, 12, 18, 3, 8, 1, 0), (22, 9, 38, 10, 20, 1, 0)], float)
    solved = codes_by(rng, (site.place > 0.2).astype(np.int64), table)
    return np.asarray(np.where(unsolved, 6, solved))


def _roads(rng: np.random.Generator, site: Site) -> Mapping[str, pa.Array]:
    """One road per hamlet, so its households agree."""
    _, first, of = np.unique(site.hamlets.hamlet, return_index=True, return_inverse=True)
    remote = site.hamlets.hardship[first] + 0.7 * rng.standard_normal(len(first))
    grade = 3 - np.digitize(remote, [0.25, 1.35, 2.3])
    motorable = rng.random(len(first)) < np.array([0.02, 0.6, 0.97, 0.995])[grade]
    return {
        "road_grade": col.pick(grade[of], _FIELDS["road_grade"].codes),
        "road_motorable": col.bools(motorable[of]),
    }


def _land(rng: np.random.Generator, site: Site) -> Mapping[str, pa.Array]:
    count = len(site.size)
    cropland = np.exp(-0.30 - 0.10 * site.hardship + 0.55 * rng.standard_normal(count))
    cropland[rng.random(count) < 0.02] = 0
    forest = np.exp(0.1 + 0.25 * site.hamlets.hardship + 0.9 * rng.standard_normal(count))
    forest[codes(rng, count, (72, 28)) == 1] = 0
    return {
        "cropland_mu": col.money(np.round(cropland * site.size, 1)),
        "forest_mu": col.money(np.round(forest * site.size, 1)),
    }
