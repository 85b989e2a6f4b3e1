"""The hechi pack's household and student rules, written for OpenFisca by hand.

Only the bench uses it. It is two-valued, as OpenFisca is: an unknown number is 0, an unknown
yes/no is no, an unknown code is none of the codes. A result that our engine decides does not
depend on the unknown inputs, so the two must agree wherever ours is decided.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import YEAR
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

AS_OF = np.datetime64("2016-12-31")
POVERTY_LINE = 2952

person_entity = build_entity(key="person", plural="persons", label="", is_person=True)
household_entity = build_entity(
    key="household",
    plural="households",
    label="",
    roles=[{"key": "member", "plural": "members", "label": ""}],
)

# Codes enter as small integers: their place in these lists, -1 for unknown.
CODES: dict[str, list[str]] = {
    "status": ["candidate", "registered", "observed", "exited", "returned", "removed"],
    "dwelling_structure": [
        "brick_concrete", "brick_timber", "earth_timber", "timber", "other", "none",
    ],
    "dwelling_grade": ["A", "B", "C", "D"],
    "relocation": ["none", "planned", "moved"],
    "water_source": ["tap", "well", "tank", "cellar", "spring", "other", "none"],
    "road_grade": ["none", "earth", "gravel", "hardened"],
    "sex": ["male", "female"],
    "relation": [
        "head", "spouse", "child", "child_in_law", "grandchild", "parent", "grandparent",
        "sibling", "other",
    ],
    "school_stage": [
        "none", "preschool", "primary", "junior", "senior", "secondary_vocational",
        "higher_vocational", "undergraduate", "postgraduate",
    ],
    "dropout": [
        "none", "poverty", "severe_disability", "mental_illness", "major_illness", "other",
    ],
    "labour": ["skilled", "ordinary", "weak", "none"],
    "medical_insurance": ["none", "ncms", "resident", "employee"],
}  # fmt: skip


def code(field: str, *names: str) -> list[int]:
    """Places of `names` in the code list of `field`."""
    return [CODES[field].index(name) for name in names]


def is_in(values: Any, field: str, *names: str) -> Any:
    """Which of `values` are one of `names`."""
    found = np.zeros(len(values), dtype=bool)
    for place in code(field, *names):
        found |= values == place
    return found


def _input(name: str, entity: Any, kind: type) -> type[Variable]:
    default = {int: -1, float: 0.0, bool: False}[kind]
    body = {
        "value_type": kind,
        "entity": entity,
        "definition_period": YEAR,
        "default_value": default,
    }
    return type(name, (Variable,), body)


HOUSEHOLD_INPUTS: dict[str, type] = {
    **dict.fromkeys(
        ("status", "dwelling_structure", "dwelling_grade", "relocation", "water_source",
         "road_grade"), int,
    ),
    **dict.fromkeys(
        ("income_business", "income_wages", "income_property", "income_transfer",
         "income_other", "production_cost", "cropland_mu", "forest_mu", "dwelling_area",
         "build_progress", "build_months_left", "hamlet_households"), float,
    ),
    **dict.fromkeys(
        ("has_premises", "has_breeding_income", "has_own_business", "has_other_income",
         "resettlement_confirmed", "has_electricity", "has_tv", "road_motorable",
         "is_poverty_village"), bool,
    ),
}  # fmt: skip
PERSON_INPUTS: dict[str, type] = {
    **dict.fromkeys(
        ("sex", "relation", "school_stage", "dropout", "labour", "medical_insurance",
         "birth_year", "birth_monthday", "school_year", "father_row", "mother_row",
         "spouse_row", "disability_grade"), int,
    ),
    **dict.fromkeys(("months_working_away", "months_absent", "student_loan"), float),
    **dict.fromkeys(
        ("boarding", "newly_admitted", "school_in_region", "special_education",
         "aspiration_class", "on_dibao", "self_care"), bool,
    ),
}  # fmt: skip


def household_rule(name: str, kind: type = bool) -> Any:
    """Decorator: a formula on the household as an OpenFisca variable called `name`."""
    return _rule(name, household_entity, kind)


def person_rule(name: str, kind: type = bool) -> Any:
    """Decorator: a formula on the person."""
    return _rule(name, person_entity, kind)


_VARIABLES: list[type[Variable]] = []


def _rule(name: str, entity: Any, kind: type) -> Any:
    def declare(formula: Any) -> Any:
        body = {
            "value_type": kind,
            "entity": entity,
            "definition_period": YEAR,
            "formula": formula,
        }
        _VARIABLES.append(type(name, (Variable,), body))
        return formula

    return declare


# ---- household quantities


@household_rule("household_size", float)
def _size(household: Any, period: Any) -> Any:
    return household.nb_persons()


@household_rule("is_supported")
def _supported(household: Any, period: Any) -> Any:
    return is_in(household("status", period), "status", "registered", "observed", "returned")


@household_rule("net_income_per_capita", float)
def _income(household: Any, period: Any) -> Any:
    total = (
        household("income_business", period)
        + household("income_wages", period)
        + household("income_property", period)
        + household("income_transfer", period)
        + household("income_other", period)
        - household("production_cost", period)
    )
    return total / household("household_size", period)


@household_rule("has_labour")
def _labour(household: Any, period: Any) -> Any:
    labour = household.members("labour", period)
    return household.any(is_in(labour, "labour", "skilled", "ordinary", "weak"))


@household_rule("is_relocation")
def _relocation(household: Any, period: Any) -> Any:
    return is_in(household("relocation", period), "relocation", "planned", "moved")


@person_rule("age", float)
def _age(person: Any, period: Any) -> Any:
    years = 2016 - person("birth_year", period)
    return years - (person("birth_monthday", period) > 1231)


# ---- the nine


@household_rule("HC3-C-2")
def _c2(household: Any, period: Any) -> Any:
    per_head = household("cropland_mu", period) / household("household_size", period)
    return household("has_labour", period) * (per_head >= 0.5)


@household_rule("HC3-C-3")
def _c3(household: Any, period: Any) -> Any:
    per_head = household("forest_mu", period) / household("household_size", period)
    return household("has_labour", period) * (per_head >= 1)


@household_rule("HC3-C-4")
def _c4(household: Any, period: Any) -> Any:
    return household("has_labour", period) * household("has_premises", period)


@household_rule("HC3-C-5")
def _c5(household: Any, period: Any) -> Any:
    return household("has_labour", period) * household("has_breeding_income", period)


@household_rule("HC3-C-6")
def _c6(household: Any, period: Any) -> Any:
    away = household.any(household.members("months_working_away", period) >= 6)
    return household("has_labour", period) * (away + household("has_own_business", period))


@household_rule("HC3-C-7")
def _c7(household: Any, period: Any) -> Any:
    return household("has_labour", period) * household("has_other_income", period)


@household_rule("HC3-C-8")
def _c8(household: Any, period: Any) -> Any:
    return household.any(household.members("on_dibao", period))


@household_rule("HC3-C-1")
def _c1(household: Any, period: Any) -> Any:
    met = household("HC3-C-2", period)
    for number in (3, 4, 5, 6, 7, 8):
        met = met + household(f"HC3-C-{number}", period)
    return met


@household_rule("HC3-C-10")
def _c10(household: Any, period: Any) -> Any:
    structure = household("dwelling_structure", period)
    sound = is_in(
        structure, "dwelling_structure", "brick_concrete", "brick_timber", "earth_timber", "timber"
    )
    return sound * is_in(household("dwelling_grade", period), "dwelling_grade", "A", "B")


@household_rule("HC3-C-11")
def _c11(household: Any, period: Any) -> Any:
    return household("dwelling_area", period) / household("household_size", period) >= 13


@household_rule("HC3-C-13")
def _c13(household: Any, period: Any) -> Any:
    # float32 cannot hold 0.5 + cents exactly for every share, but it does hold these two bounds
    return (household("build_progress", period) >= 0.5) * (
        household("build_months_left", period) <= 6
    )


@household_rule("HC3-C-14")
def _c14(household: Any, period: Any) -> Any:
    return household("is_relocation", period) * household("resettlement_confirmed", period)


@household_rule("HC3-C-9")
def _c9(household: Any, period: Any) -> Any:
    own = household("HC3-C-10", period) * household("HC3-C-11", period) + household(
        "HC3-C-13", period
    )
    return np.where(household("is_relocation", period), household("HC3-C-14", period), own)


@household_rule("HC3-C-15")
def _c15(household: Any, period: Any) -> Any:
    scheme = household.members("medical_insurance", period)
    return household.all(is_in(scheme, "medical_insurance", "ncms", "resident"))


@household_rule("HC3-C-16")
def _c16(household: Any, period: Any) -> Any:
    age = household.members("age", period)
    out = is_in(household.members("dropout", period), "dropout", "poverty")
    return np.logical_not(household.any((age >= 6) * (age <= 15) * out))


@person_rule("HC3-C-17")
def _c17(person: Any, period: Any) -> Any:
    age = person("age", period)
    excused = is_in(
        person("dropout", period), "dropout", "severe_disability", "mental_illness", "major_illness"
    )
    return (age >= 6) * (age <= 15) * excused


@household_rule("HC3-C-18")
def _c18(household: Any, period: Any) -> Any:
    hamlet = household("hamlet_households", period)
    passable = is_in(household("road_grade", period), "road_grade", "gravel", "hardened")
    return (hamlet < 20) + passable * household("road_motorable", period)


@household_rule("HC3-C-19")
def _c19(household: Any, period: Any) -> Any:
    return is_in(
        household("water_source", period), "water_source",
        "tap", "well", "tank", "cellar", "spring", "other",
    )  # fmt: skip


@household_rule("HC3-C-20")
def _c20(household: Any, period: Any) -> Any:
    return household("has_electricity", period)


@household_rule("HC3-C-21")
def _c21(household: Any, period: Any) -> Any:
    return household("has_tv", period)


@household_rule("HC3-C-22")
def _c22(household: Any, period: Any) -> Any:
    return household("net_income_per_capita", period) > POVERTY_LINE


@household_rule("HC3-B-1")
def _b1(household: Any, period: Any) -> Any:
    met = household("HC3-C-1", period)
    for number in (9, 15, 16, 18, 19, 20, 21, 22):
        met = met * household(f"HC3-C-{number}", period)
    return met


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


CRITERIA = tuple(
    v.__name__ for v in _VARIABLES if v.__name__.startswith("HC3") and v.entity is household_entity
)
AMOUNTS = tuple(
    v.__name__ for v in _VARIABLES if v.__name__.startswith("HC2") and v.value_type is float
)
FLAGS = tuple(
    v.__name__ for v in _VARIABLES if v.__name__.startswith("HC") and v.entity is person_entity
    and v.value_type is bool
)  # fmt: skip


def system() -> TaxBenefitSystem:
    """The tax and benefit system: inputs, quantities and rules."""
    made = TaxBenefitSystem([person_entity, household_entity])
    for name, kind in HOUSEHOLD_INPUTS.items():
        made.add_variable(_input(name, household_entity, kind))
    for name, kind in PERSON_INPUTS.items():
        made.add_variable(_input(name, person_entity, kind))
    for variable in _VARIABLES:
        made.add_variable(variable)
    return made
