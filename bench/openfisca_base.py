"""What the hand-written OpenFisca rules stand on: entities, codes, inputs, declaring a rule."""

from __future__ import annotations

from typing import Any

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import YEAR
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


def input_variable(name: str, entity: Any, kind: type) -> type[Variable]:
    """A value that is given, not computed."""
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


VARIABLES: list[type[Variable]] = []


def _rule(name: str, entity: Any, kind: type) -> Any:
    def declare(formula: Any) -> Any:
        body = {
            "value_type": kind,
            "entity": entity,
            "definition_period": YEAR,
            "formula": formula,
        }
        VARIABLES.append(type(name, (Variable,), body))
        return formula

    return declare
