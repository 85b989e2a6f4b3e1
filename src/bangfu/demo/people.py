"""Families laid out as rows of persons, with births, kin and what does not depend on others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bangfu.demo import families as fam
from bangfu.demo.chance import between, codes_by
from bangfu.demo.columns import Bools, Floats, Ints

YEAR = 2016
AUGUST_31 = 243  # day of the year (from 0) of 31 August 2016
ETHNIC = ("01", "06", "08", "13", "32", "36")


@dataclass(frozen=True)
class People:
    """Parallel arrays over the persons of a county, household by household.

    `household` counts households of the county; `father`, `mother`, `spouse` are rows of this
    table or -1. `school_age` is completed years on 31 August 2016.
    """

    household: Ints
    serial: Ints
    slot: Ints
    age: Ints
    male: Bools
    birth: Ints  # days since 1970-01-01
    school_age: Ints
    father: Ints
    mother: Ints
    spouse: Ints
    ethnic: Ints  # index into ETHNIC
    twin_of: Ints  # row whose person is entered again here (planted), -1 otherwise
    households: int

    def __len__(self) -> int:
        return len(self.household)

    def count(self, which: Any) -> Ints:
        """How many members of each household are `which` (a boolean array over persons)."""
        found = np.bincount(self.household[which], minlength=self.households)
        return np.asarray(found, np.int64)

    def total(self, values: Any) -> Floats:
        """Sum of `values` over the members of each household."""
        return np.asarray(np.bincount(self.household, values, self.households), np.float64)


def lay_out(rng: np.random.Generator, f: fam.Families, ethnic: dict[str, float]) -> People:
    """The persons of `f`. `ethnic` weighs GB/T 3304 codes for the heads of this county."""
    household, slot = np.nonzero(f.present)
    row_of = np.cumsum(f.present.ravel()).reshape(f.present.shape) - 1
    serial = np.cumsum(f.present, axis=1)[household, slot].astype(np.int64)

    def rows(slots: Ints) -> Ints:
        wanted = slots[household, slot]
        found = row_of[household, np.maximum(wanted, 0)]
        return np.asarray(np.where(wanted == fam.NOBODY, -1, found))

    father, mother = (rows(links) for links in f.parents())
    age, male = f.age[household, slot], f.male[household, slot].copy()
    day = between(rng, 0, 364, len(slot))
    twin_of = _twins(rng, household, slot)
    twins = np.flatnonzero(twin_of >= 0)
    for values in (age, male, day):
        values[twins] = values[twin_of[twins]]
    group = _ethnic(rng, household, slot, father, ethnic, len(f.present))
    group[twins] = group[twin_of[twins]]
    year = (YEAR - 1970 - age).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    return People(
        household, serial, slot, age, male, year + day, age - (day > AUGUST_31),
        father, mother, rows(f.spouses()), group, twin_of, len(f.present),
    )  # fmt: skip


def _twins(rng: np.random.Generator, household: Ints, slot: Ints) -> Ints:
    """For every TWIN slot a person of another household (never another twin)."""
    twin_of = np.full(len(slot), -1, np.int64)
    real = np.flatnonzero(slot != fam.TWIN)
    twins = np.flatnonzero(slot == fam.TWIN)
    if not len(twins):
        return twin_of
    chosen = real[between(rng, 0, len(real) - 1, len(twins))]
    same = household[chosen] == household[twins]
    first = real[np.searchsorted(household[real], (household[twins] + 1) % (household[-1] + 1))]
    twin_of[twins] = np.where(same, first, chosen)
    return twin_of


def _ethnic(
    rng: np.random.Generator,
    household: Ints,
    slot: Ints,
    father: Ints,
    weights: dict[str, float],
    count: int,
) -> Ints:
    """Blood relatives share the head's group; one in three who married in draws another."""
    table = np.array([[weights.get(code, 0) for code in ETHNIC]], float)
    own = codes_by(rng, np.zeros(count, np.int64), table)
    group = own[household]
    married_in = np.isin(slot, (fam.SPOUSE, fam.MOTHER, fam.INLAW, fam.OTHER))
    drawn = codes_by(rng, np.zeros(len(slot), np.int64), table)
    other = married_in & (rng.random(len(slot)) < 0.33)
    group = np.where(other, drawn, group)
    has_father = father >= 0
    group[has_father] = group[father[has_father]]
    return np.asarray(group, np.int64)
