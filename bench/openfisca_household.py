"""The rules on a household: its quantities, the nine of the exit standard, the rest of plan three."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.openfisca_base import POVERTY_LINE, household_rule, is_in, person_rule

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
