"""School and education: the stage that fits the age, boarding, aid, drop-out, level reached."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from bangfu import dictionary
from bangfu.demo import columns as col
from bangfu.demo.chance import codes_by
from bangfu.demo.columns import Bools, Floats, Ints
from bangfu.demo.people import People

STAGES = dictionary.entity("person").fields["school_stage"].codes
NONE, PRESCHOOL, PRIMARY, JUNIOR, SENIOR, VOCATIONAL, HIGHER, BACHELOR, MASTER = range(9)
_FIRST_AGE = np.array([0, 3, 6, 12, 15, 15, 18, 18, 22])
_YEARS = np.array([0, 3, 6, 3, 3, 3, 3, 4, 3])
_BOARDS = np.array([0, 0, 0.22, 0.76, 0.93, 0.93, 1.0, 1.0, 1.0])
# Weights of the stages by age: what children of collected households do at that age.
_AT_18 = (48, 0, 0, 0, 6, 8, 22, 16, 0)
_AT_15 = (13, 0, 0, 0, 50, 37, 0, 0, 0)


def stage(rng: np.random.Generator, people: People, hardship: Floats) -> tuple[Ints, Ints]:
    """Stage (index into STAGES) and year within it (0 = not in school) of every person."""
    late = (rng.random(len(people)) < 0.07).astype(np.int64)
    age = people.school_age - late
    table = np.zeros((40, len(STAGES)))
    table[:, NONE] = 1
    table[3:6] = [30, 70, 0, 0, 0, 0, 0, 0, 0]
    table[6:12] = [0, 0, 100, 0, 0, 0, 0, 0, 0]
    table[12:15] = [0, 0, 0, 100, 0, 0, 0, 0, 0]
    table[15:18] = _AT_15
    table[18:21] = _AT_18
    table[21] = (82, 0, 0, 0, 0, 0, 0, 18, 0)
    table[22:25] = (199, 0, 0, 0, 0, 0, 0, 0, 1)
    found = codes_by(rng, np.clip(age, 0, 39), table)
    # Those with a master's age who are late, or 18 and still in a school of the stage before.
    year = np.clip(age - _FIRST_AGE[found] + 1, 1, np.maximum(_YEARS[found], 1))
    poor = rng.random(len(people)) < 0.06 * np.clip(hardship[people.household], 0, 3)
    leaves = poor & np.isin(found, (SENIOR, HIGHER, BACHELOR))
    found = np.where(leaves, NONE, found)
    return found, np.where(found == NONE, 0, year)


def dropouts(
    rng: np.random.Generator, people: People, found: Ints, hardship: Floats, disability: Ints
) -> tuple[Ints, Bools]:
    """Drop-out reason (index of the dictionary's codes) and who leaves school by it (age 6-15)."""
    compulsory = np.isin(found, (PRIMARY, JUNIOR))
    z = hardship[people.household]
    severe = compulsory & np.isin(disability, (1, 2)) & (rng.random(len(people)) < 0.3)
    chance = np.where(found == JUNIOR, 0.010, 0.0025) * np.exp(0.6 * z)
    poverty = compulsory & (rng.random(len(people)) < 0.55 * chance)
    other = compulsory & (rng.random(len(people)) < 0.25 * chance)
    ill = compulsory & (rng.random(len(people)) < 0.20 * chance)
    reason = np.select([severe, poverty, ill, other], [2, 1, 4, 5], 0)
    return reason, reason > 0


def columns(
    rng: np.random.Generator, people: People, found: Ints, year: Ints, reason: Ints
) -> Mapping[str, pa.Array]:
    """The school columns of the person table."""
    count = len(people)
    student = found != NONE
    upper = np.where((found == PRIMARY) & (year >= 4), 0.2, 0.0)
    boarding = rng.random(count) < _BOARDS[found] + upper
    tertiary = np.isin(found, (HIGHER, BACHELOR, MASTER))
    entered = (year == 1) & (found >= SENIOR)
    outside = np.where(tertiary, 0.22, np.where(found >= PRIMARY, 0.015, 0.0))
    aided = found >= SENIOR
    loan = np.where(found == MASTER, 12000, 6000 + 500 * np.floor(rng.random(count) * 5))
    borrows = tertiary & (rng.random(count) < 0.55)
    aspiration = np.isin(found, (SENIOR, VOCATIONAL)) & ~people.male & (rng.random(count) < 0.01)
    return {
        "school_stage": col.pick(found, STAGES),
        "school_year": col.ints(year, student),
        "boarding": col.bools(boarding & student),
        "newly_admitted": col.bools(entered),
        "school_in_region": col.bools(rng.random(count) >= outside, student),
        "aspiration_class": col.bools(aspiration),
        "student_aid_class": col.ints(1 + np.floor(rng.random(count) * 3), aided),
        "student_loan": col.money(np.where(borrows, loan, 0), tertiary),
        "dropout": col.pick(reason, dictionary.entity("person").fields["dropout"].codes),
        "education_level": _level(rng, people, found),
    }


def _level(rng: np.random.Generator, people: People, found: Ints) -> pa.Array:
    """Level reached or being studied; unknown (not applicable) before school."""
    codes = dictionary.entity("person").fields["education_level"].codes
    cohort = np.digitize(people.age, [16, 25, 40, 55, 70])
    table = np.array(
        [
            (2, 45, 53, 0, 0, 0, 0),
            (1, 8, 68, 17, 5, 1, 0),
            (2, 28, 56, 10, 3, 1, 0),
            (6, 46, 41, 6, 1, 0, 0),
            (18, 60, 19, 3, 0, 0, 0),
            (48, 46, 5, 1, 0, 0, 0),
        ],
        float,
    )
    drawn = codes_by(rng, cohort, table)
    by_stage = np.array([0, 0, 1, 2, 3, 3, 4, 5, 6])[found]
    level = np.where(found >= PRIMARY, by_stage, drawn)
    level = np.where((found == NONE) & (people.school_age < 16), 1, level)
    return col.pick(level, codes, people.school_age >= 6)
