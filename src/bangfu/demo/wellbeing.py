"""Health, disability, ability to work, migrant work, insurance, each in the light of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from bangfu import dictionary
from bangfu.demo import columns as col
from bangfu.demo.chance import codes, codes_by, worst
from bangfu.demo.columns import Bools, Floats, Ints
from bangfu.demo.people import People

_FIELDS = dictionary.entity("person").fields
HEALTHY, CHRONIC, MAJOR = range(3)
SKILLED, ORDINARY, WEAK, UNABLE = range(4)
_AGE_EDGES = [16, 40, 60, 75]
_INPATIENT = np.array([0.03, 0.16, 0.75])


@dataclass(frozen=True)
class Wellbeing:
    """Health and labour of every person (indexes into the dictionary's codes)."""

    health: Ints
    disability: Ints  # 0 = none
    labour: Ints
    months_away: Floats
    self_care: Bools

    @property
    def severe(self) -> Bools:
        """Cannot earn for reasons of health."""
        return np.asarray((self.health == MAJOR) | ((self.disability > 0) & (self.disability < 3)))


def disability(rng: np.random.Generator, people: People, hardship: Floats) -> Ints:
    """Disability grade, 0 for none."""
    z = hardship[people.household]
    by_age = np.array([0.012, 0.028, 0.05, 0.075, 0.10])[np.digitize(people.age, _AGE_EDGES)]
    has = rng.random(len(people)) < by_age * np.exp(0.35 * z)
    return np.asarray(np.where(has, 1 + codes(rng, len(people), (14, 26, 30, 30)), 0))


def draw(
    rng: np.random.Generator, people: People, hardship: Floats, grade: Ints, student: Bools
) -> Wellbeing:
    """Health, then labour, then months of work away."""
    count = len(people)
    z, age = hardship[people.household], people.age
    cohort = np.digitize(age, _AGE_EDGES)
    major = np.array([0.006, 0.018, 0.048, 0.065, 0.07])[cohort] * np.exp(0.45 * z)
    chronic = np.array([0.006, 0.03, 0.10, 0.26, 0.38])[cohort] * np.exp(0.25 * z)
    u = rng.random(count)
    health = np.where(u < major, MAJOR, np.where(u < major + chronic, CHRONIC, HEALTHY))
    labour = _labour(rng, people, health, grade, student)
    severe = np.isin(grade, (1, 2))
    helpless = np.where(grade == 1, 0.65, np.where(severe, 0.22, 0)) + np.where(age > 84, 0.25, 0)
    helpless = helpless + np.where(health == MAJOR, 0.12, 0)
    self_care = rng.random(count) >= helpless
    return Wellbeing(health, grade, labour, _away(rng, people, labour, self_care), self_care)


def _labour(
    rng: np.random.Generator, people: People, health: Ints, grade: Ints, student: Bools
) -> Ints:
    count, age = len(people), people.age
    table = np.array(
        [(9, 88, 2, 1), (0, 25, 55, 20), (0, 3, 27, 70), (0, 10, 50, 40), (0, 0, 12, 88)], float
    )
    frail = (health == CHRONIC) & (rng.random(count) < 0.5) | (grade >= 3)
    broken = (health == MAJOR) | np.isin(grade, (1, 2))
    row = np.select([broken, frail, age >= 72, age >= 60], [4, 3, 2, 1], 0)
    labour = codes_by(rng, row, table)
    return np.asarray(np.where((age < 16) | student, UNABLE, labour))


def _away(rng: np.random.Generator, people: People, labour: Ints, self_care: Bools) -> Floats:
    """Months of migrant work in the year; young parents of school children leave most often."""
    able = (labour <= ORDINARY) & self_care & (people.age <= 58)
    chance = np.select([people.age < 30, people.age < 45], [0.62, 0.45], 0.22)
    goes = able & (rng.random(len(people)) < chance)
    months = np.where(rng.random(len(people)) < 0.7, 6 + 5.5 * rng.random(len(people)), 2)
    months = np.where(months == 2, 1 + 5 * rng.random(len(people)), months)
    return np.asarray(np.where(goes, np.round(months * 2) / 2, 0.0))


def columns(
    rng: np.random.Generator, people: People, w: Wellbeing, active: Bools, hardship: Floats
) -> Mapping[str, pa.Array]:
    """The health, work and insurance columns of the person table."""
    count, age = len(people), people.age
    still_away = (w.months_away > 0) & (rng.random(count) < 0.8)
    absent = np.where(still_away, w.months_away + np.floor(rng.random(count) * 3) / 2, 0)
    working = w.labour <= WEAK
    certificate = (w.labour == SKILLED) & (rng.random(count) < 0.10)
    bands = np.array([100, 100, 100, 200, 300, 500])[np.floor(rng.random(count) * 6).astype(int)]
    pays = (age >= 16) & (age < 60) & (rng.random(count) < 0.78)
    ill = rng.random(count) < _INPATIENT[w.health]
    cost = np.where(ill, np.exp(rng.normal(8.6, 0.8, count)) * (1 + 1.2 * (w.health == MAJOR)), 0)
    cost = np.minimum(np.round(cost, 2), 180_000)
    kind = w.disability > 0
    return {
        "health": col.pick(w.health, _FIELDS["health"].codes),
        "disability_grade": col.ints(w.disability, kind),
        "disability_kind": col.pick(
            codes(rng, count, (12, 9, 4, 42, 13, 15, 5)), _FIELDS["disability_kind"].codes, kind
        ),
        "labour": col.pick(w.labour, _FIELDS["labour"].codes),
        "months_working_away": col.money(w.months_away),
        "months_absent": col.money(absent),
        "wants_training": col.bools(working & (age < 56) & (rng.random(count) < 0.24)),
        "new_certificate": col.bools(certificate),
        "medical_insurance": _insurance(rng, people, active, hardship),
        "pension_band": col.money(np.where(pays, bands, 0)),
        "inpatient_cost": col.money(cost),
        "reimbursed": col.money(np.round(cost * (0.5 + 0.3 * rng.random(count)), 2)),
        "self_care": col.bools(w.self_care),
    }


def _insurance(
    rng: np.random.Generator, people: People, active: Bools, hardship: Floats
) -> pa.Array:
    """Whole households go uninsured more often than single members do."""
    share = np.where(active, 0.04, 0.008)
    careless = np.where(active, worst(rng, hardship, 0.04, 0.35), rng.random(len(active)) < share)
    uninsured = careless[people.household] & (rng.random(len(people)) < 0.6)
    uninsured |= rng.random(len(people)) < 0.003
    drawn = 1 + codes(rng, len(people), (96.5, 3.3, 0.2))
    kind = np.where(uninsured, 0, drawn)
    return col.pick(kind, _FIELDS["medical_insurance"].codes)
