"""The rules on a person: student subsidies and left-behind persons."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.openfisca_base import is_in, person_rule

# ---- students: amounts in yuan


def student(name: str, amount: float, stages: tuple[str, ...], *flags: str) -> None:
    """A subsidy of `amount` for students of a supported household in `stages` with `flags`."""

    def formula(person: Any, period: Any) -> Any:
        who = person.household("is_supported", period) * is_in(
            person("school_stage", period), "school_stage", *stages
        )
        for flag in flags:
            value = person(flag.removeprefix("not "), period)
            who = who * (np.logical_not(value) if flag.startswith("not ") else value)
        return amount * who

    person_rule(name, float)(formula)


COLLEGE = ("higher_vocational", "undergraduate")
student("HC2-E-127", 1200, ("preschool",))
student("HC2-E-129", 1000, ("primary",), "boarding")
student("HC2-E-130", 1250, ("junior",), "boarding")
student("HC2-E-132", 2500, ("senior",))
student("HC2-E-134", 1500, ("secondary_vocational", "higher_vocational"))
student("HC2-E-136", 500, COLLEGE, "newly_admitted", "school_in_region")
student("HC2-E-137", 1000, COLLEGE, "newly_admitted", "not school_in_region")
student("HC2-E-138", 8000, (*COLLEGE, "postgraduate"), "newly_admitted")
student("HC2-E-140", 5000, ("undergraduate",), "newly_admitted")


@person_rule("HC2-E-126", float)
def _e126(person: Any, period: Any) -> Any:
    compulsory = is_in(person("school_stage", period), "school_stage", "primary", "junior")
    return 6000 * compulsory * person("special_education", period)


@person_rule("HC2-E-131", float)
def _e131(person: Any, period: Any) -> Any:
    compulsory = is_in(person("school_stage", period), "school_stage", "primary", "junior")
    return 4 * compulsory * person.household("is_poverty_village", period)


@person_rule("HC2-E-135", float)
def _e135(person: Any, period: Any) -> Any:
    year = person("school_year", period)
    return (
        4000
        * person.household("is_supported", period)
        * is_in(person("school_stage", period), "school_stage", "secondary_vocational")
        * person("aspiration_class", period)
        * (year >= 1)
        * (year <= 2)
    )


@person_rule("HC2-E-151")
def _e151(person: Any, period: Any) -> Any:
    return is_in(person("dropout", period), "dropout", "poverty")


def in_kind(name: str, *stages: str, supported: bool = True) -> None:
    """A benefit without an amount for students in `stages`."""

    def formula(person: Any, period: Any) -> Any:
        studies = is_in(person("school_stage", period), "school_stage", *stages)
        return studies * person.household("is_supported", period) if supported else studies

    person_rule(name)(formula)


in_kind("HC2-E-128", "primary", "junior", supported=False)
in_kind("HC2-E-133", "secondary_vocational")
in_kind("HC2-E-141", "preschool")
in_kind("HC2-E-142", "senior")
in_kind("HC2-E-143", "secondary_vocational")


# ---- left-behind persons; links are rows of the other person, -1 where none is known


def of_linked(person: Any, period: Any, link: str, values: Any) -> Any:
    """`values` of the linked person, 0 where no link is known."""
    row = person(link, period)
    return np.where(row >= 0, values[row], 0)


@person_rule("has_stayed")
def _stayed(person: Any, period: Any) -> Any:
    return person("months_absent", period) < 3


@person_rule("HC2-C-101")
def _c101(person: Any, period: Any) -> Any:
    absent = person("months_absent", period)
    away = (of_linked(person, period, "father_row", absent) >= 3) * (
        of_linked(person, period, "mother_row", absent) >= 3
    )
    return (person("age", period) <= 14) * away * person("has_stayed", period)


@person_rule("HC2-C-102")
def _c102(person: Any, period: Any) -> Any:
    away = person("months_absent", period) >= 3
    children = np.zeros(person.count, dtype=np.int64)
    gone = np.zeros(person.count, dtype=np.int64)
    for link in ("father_row", "mother_row"):
        row = person(link, period)
        children += np.bincount(row[row >= 0], minlength=person.count)
        gone += np.bincount(row[(row >= 0) & away], minlength=person.count)
    return (
        (person("age", period) >= 60)
        * (gone > 0)
        * (gone == children)
        * person("has_stayed", period)
    )


@person_rule("HC2-C-103")
def _c103(person: Any, period: Any) -> Any:
    relation = person("relation", period)
    absent = person("months_absent", period)
    is_head, is_spouse = is_in(relation, "relation", "head"), is_in(relation, "relation", "spouse")
    head_absent = person.household.sum(absent * is_head)
    spouse_absent = person.household.sum(absent * is_spouse)
    guessed = np.where(is_spouse, head_absent, 0) + np.where(is_head, spouse_absent, 0)
    linked = person("spouse_row", period) >= 0
    husband = np.where(linked, of_linked(person, period, "spouse_row", absent), guessed)
    return (
        is_in(person("sex", period), "sex", "female")
        * (person("age", period) < 60)
        * (husband >= 6)
        * person("has_stayed", period)
    )


@person_rule("HC2-C-104")
def _c104(person: Any, period: Any) -> Any:
    return person("disability_grade", period) >= 1


@person_rule("HC2-C-105")
def _c105(person: Any, period: Any) -> Any:
    dropout = person("dropout", period)
    trouble = (
        person.household("is_supported", period)
        + (dropout > 0)
        + (person("disability_grade", period) >= 1)
    )
    return person("HC2-C-101", period) * trouble


@person_rule("HC2-C-106")
def _c106(person: Any, period: Any) -> Any:
    who = person("HC2-C-102", period) + person("HC2-C-103", period) + person("HC2-C-104", period)
    return (
        who * np.logical_not(person("self_care", period)) * person.household("is_supported", period)
    )
