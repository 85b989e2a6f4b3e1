"""Households as families: who is in one, how old, and whose child, parent or spouse.

Every household has the same row of slots (head, spouse, five children …); an archetype says
which are filled. Ages are drawn so that a mother is 16 to 48 years and a father at least 16
years older than a child. All by whole arrays: no loop over persons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bangfu.demo.chance import between, codes, codes_by
from bangfu.demo.columns import Bools, Floats, Ints

HEAD, SPOUSE, CHILD, INLAW, GRAND, FATHER, MOTHER, GRAN, SIB, OTHER, TWIN = (
    0, 1, 2, 7, 8, 10, 11, 12, 13, 14, 15,
)  # fmt: skip
SLOTS = 16  # children 2..6, grandchildren 8..9; TWIN: planted copy of another's person
RELATION = (
    "head", "spouse", "child", "child", "child", "child", "child", "child_in_law",
    "grandchild", "grandchild", "parent", "parent", "grandparent", "sibling", "other", "other",
)  # fmt: skip
# share, head's age from..to, spouse, father, mother
_TYPES: dict[str, tuple[float, int, int, float, float, float]] = {
    "alone": (0.08, 46, 88, 0.0, 0.0, 0.0),
    "elder_couple": (0.065, 58, 84, 1.0, 0.0, 0.0),
    "nuclear": (0.41, 26, 52, 0.93, 0.0, 0.0),
    "stem": (0.22, 28, 54, 0.90, 0.55, 0.80),
    "three_generation": (0.105, 50, 72, 0.80, 0.0, 0.0),
    "single_parent": (0.06, 28, 55, 0.0, 0.0, 0.25),
    "unmarried": (0.04, 25, 50, 0.0, 0.50, 0.80),
    "grandparents_only": (0.02, 56, 76, 0.60, 0.0, 0.0),
}
_NAMES = tuple(_TYPES)
_CHILDREN = {  # weights of 0..5 children
    "nuclear": (0, 25, 45, 22, 6, 2),
    "stem": (8, 30, 42, 16, 3, 1),
    "three_generation": (0, 70, 30, 0, 0, 0),
    "single_parent": (0, 45, 40, 12, 3, 0),
}
NOBODY = -1


@dataclass(frozen=True)
class Families:
    """Arrays (households, SLOTS): who is present, age in 2016, male; and the parents' slots."""

    present: Bools
    age: Ints
    male: Bools

    @property
    def size(self) -> Ints:
        """Members per household."""
        return np.asarray(self.present.sum(axis=1), np.int64)

    def take(self, rows: Any) -> Families:
        """Some of the households."""
        return Families(self.present[rows], self.age[rows], self.male[rows])

    def parents(self) -> tuple[Ints, Ints]:
        """Slots of father and mother of every slot, NOBODY where not in the household."""
        father = np.full(self.present.shape, NOBODY, np.int64)
        mother = np.full(self.present.shape, NOBODY, np.int64)
        head_male = self.male[:, HEAD]
        of_children = np.where(head_male, HEAD, SPOUSE), np.where(head_male, SPOUSE, HEAD)
        first_male = self.male[:, CHILD]
        of_grand = np.where(first_male, CHILD, INLAW), np.where(first_male, INLAW, CHILD)
        for slot in range(CHILD, CHILD + 5):
            father[:, slot], mother[:, slot] = of_children
        for slot in (GRAND, GRAND + 1):
            father[:, slot], mother[:, slot] = of_grand
        for slot in (HEAD, SIB):
            father[:, slot], mother[:, slot] = FATHER, MOTHER
        mother[:, FATHER] = GRAN
        for links in (father, mother):
            there = np.take_along_axis(self.present, np.maximum(links, 0), axis=1)
            links[~there] = NOBODY
        return father, mother

    def spouses(self) -> Ints:
        """Slot of the spouse of every slot, NOBODY where none."""
        spouse = np.full(self.present.shape, NOBODY, np.int64)
        for one, two in ((HEAD, SPOUSE), (CHILD, INLAW), (FATHER, MOTHER)):
            both = self.present[:, one] & self.present[:, two]
            spouse[both, one], spouse[both, two] = two, one
        return spouse


def draw(rng: np.random.Generator, persons: int, twins: float) -> Families:
    """Families of exactly `persons` members; a share `twins` gets a TWIN slot to be filled."""
    batch = _some(rng, int(persons / 3.2) + 60, twins)
    total = np.cumsum(batch.size)
    if total[-1] < persons:
        raise AssertionError("too few families drawn")
    whole = int(np.searchsorted(total, persons, side="right"))
    missing = persons - (int(total[whole - 1]) if whole else 0)
    rows = np.concatenate([np.arange(whole), np.full(missing, whole)])
    families = batch.take(rows)
    # What is left of the count lives alone: an elder per missing person.
    families.present[whole:] = False
    families.present[whole:, HEAD] = True
    families.age[whole:, HEAD] = between(rng, 60, 85, missing)
    return families


def _some(rng: np.random.Generator, count: int, twins: float) -> Families:
    kind = codes(rng, count, [spec[0] for spec in _TYPES.values()])
    table = np.array(list(_TYPES.values()))[kind]
    present = np.zeros((count, SLOTS), np.bool_)
    age = np.zeros((count, SLOTS), np.int64)
    male = rng.random((count, SLOTS)) < 0.52
    present[:, HEAD] = True
    age[:, HEAD] = between(rng, table[:, 1], table[:, 2], count)
    male[:, HEAD] = rng.random(count) < 0.86
    families = Families(present, age, male)
    _couples(rng, families, table)
    _children(rng, families, kind)
    _third_generation(rng, families, kind)
    _elders(rng, families, table)
    _others(rng, families, kind, twins)
    return families


def _couples(rng: np.random.Generator, f: Families, table: Floats) -> None:
    count = len(table)
    f.present[:, SPOUSE] = rng.random(count) < table[:, 3]
    gap = np.rint(rng.normal(2.5, 2.5, count)).astype(np.int64)
    head_male = f.male[:, HEAD]
    f.age[:, SPOUSE] = np.clip(f.age[:, HEAD] + np.where(head_male, -gap, gap), 21, 95)
    f.male[:, SPOUSE] = ~head_male


def _woman_age(f: Families) -> Ints:
    """Age of the children's mother, in the household or not."""
    absent = f.age[:, HEAD] - 2
    there = np.where(f.present[:, SPOUSE], f.age[:, SPOUSE], absent)
    return np.asarray(np.where(f.male[:, HEAD], there, f.age[:, HEAD]))


def _man_age(f: Families) -> Ints:
    there = np.where(f.present[:, SPOUSE], f.age[:, SPOUSE], f.age[:, HEAD])
    return np.asarray(np.where(f.male[:, HEAD], f.age[:, HEAD], there))


def _children(rng: np.random.Generator, f: Families, kind: Ints) -> None:
    count = len(kind)
    weights = np.array([_CHILDREN.get(name, (1, 0, 0, 0, 0, 0)) for name in _NAMES], float)
    wanted = codes_by(rng, kind, weights)
    woman, youngest_parent = _woman_age(f), np.minimum(_woman_age(f), _man_age(f))
    birth = np.clip(np.rint(rng.normal(24, 3.5, count)), 18, 36).astype(np.int64)
    first = woman - birth
    # In a younger family the eldest has not always stayed: the eldest at home is 14 to 30 at most.
    at_home = np.where(kind == _NAMES.index("three_generation"), 99, between(rng, 8, 30, count))
    first = np.maximum(np.minimum(first, at_home), woman - 44)
    first = np.minimum(first, youngest_parent - 17)
    stem = kind == _NAMES.index("three_generation")
    first = np.where(stem, np.maximum(first, np.minimum(youngest_parent - 18, 22)), first)
    current = first
    for order in range(5):
        slot = CHILD + order
        f.age[:, slot] = current
        f.present[:, slot] = (wanted > order) & (current >= 0) & (woman - current <= 47)
        current = current - between(rng, 2, 6, count)
    grown = f.age[:, CHILD + 1 : CHILD + 5] > 24
    stays = rng.random((count, 4)) < 0.7
    f.present[:, CHILD + 1 : CHILD + 5] &= ~grown | stays


def _third_generation(rng: np.random.Generator, f: Families, kind: Ints) -> None:
    count = len(kind)
    first, male = f.age[:, CHILD], f.male[:, CHILD]
    married = (kind == _NAMES.index("three_generation")) & f.present[:, CHILD] & (first >= 22)
    married &= rng.random(count) < 0.9
    gap = between(rng, 0, 4, count)
    f.age[:, INLAW] = np.where(male, np.maximum(first - gap, 20), first + gap)
    f.male[:, INLAW] = ~male
    f.present[:, INLAW] = married
    mother = np.where(male, f.age[:, INLAW], first)
    alone = kind == _NAMES.index("grandparents_only")
    head_or_spouse = np.minimum(_woman_age(f), f.age[:, HEAD])
    eldest = np.where(
        alone, np.minimum(between(rng, 1, 16, count), head_or_spouse - 36),
        mother - between(rng, 19, 32, count),
    )  # fmt: skip
    for order in range(2):
        slot = GRAND + order
        f.age[:, slot] = eldest
        wanted = rng.random(count) < (0.92 if order == 0 else 0.55)
        f.present[:, slot] = (married | alone) & wanted & (eldest >= 0)
        eldest = eldest - between(rng, 2, 6, count)


def _elders(rng: np.random.Generator, f: Families, table: Floats) -> None:
    count = len(table)
    head = f.age[:, HEAD]
    mother = head + between(rng, 18, 36, count)
    father = mother + between(rng, 0, 6, count)
    for slot, years, share in ((FATHER, father, table[:, 4]), (MOTHER, mother, table[:, 5])):
        alive = 1 - np.clip((years - 55) / 48, 0, 1) ** 2
        f.age[:, slot] = years
        f.male[:, slot] = slot == FATHER
        f.present[:, slot] = (rng.random(count) < share * alive) & (years <= 98)
    f.age[:, GRAN] = father + between(rng, 18, 24, count)
    f.male[:, GRAN] = False
    f.present[:, GRAN] = (table[:, 4] > 0) & (rng.random(count) < 0.04) & (f.age[:, GRAN] <= 99)


def _others(rng: np.random.Generator, f: Families, kind: Ints, twins: float) -> None:
    count = len(kind)
    f.age[:, SIB] = f.age[:, HEAD] - between(rng, 2, 9, count)
    f.present[:, SIB] = (f.age[:, HEAD] < 50) & (rng.random(count) < 0.03)
    f.age[:, OTHER] = between(rng, 3, 80, count)
    f.present[:, OTHER] = rng.random(count) < 0.006
    f.present[:, TWIN] = rng.random(count) < twins
