"""What translated OpenFisca rules stand on: entities, and how members, relatives and children
are gathered. Rows are found by index arrays, once; nothing is sorted."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.periods import YEAR
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

f32 = np.float32
_NO_DAY = 2**31 - 1

person_entity = build_entity(key="person", plural="persons", label="", is_person=True)
household_entity = build_entity(
    key="household",
    plural="households",
    label="",
    roles=[{"key": "member", "plural": "members", "label": ""}],
)
_ENTITIES = {"person": person_entity, "household": household_entity}
_GIVEN = {"bool": (bool, False), "float": (float, 0.0), "int": (int, 0), "code": (int, -1),
          "link": (int, -1), "date": (int, _NO_DAY)}  # fmt: skip


def system(rules: ModuleType) -> TaxBenefitSystem:
    """The tax and benefit system of a translated module: its inputs and formulas."""
    made = TaxBenefitSystem([person_entity, household_entity])
    for name, entity, kind, *_ in rules.INPUTS:
        value_type, default = _GIVEN[kind]
        made.add_variable(_variable(name, entity, value_type, default_value=default))
    for name, entity, value_type, formula in rules.FORMULAS:
        made.add_variable(_variable(name, entity, value_type, formula=formula))
    return made


def _variable(name: str, entity: str, value_type: type, **more: Any) -> type[Variable]:
    body = {"value_type": value_type, "entity": _ENTITIES[entity], "definition_period": YEAR}
    return type(name, (Variable,), body | more)


# ---- members of a household


def any_of(household: Any, truth: Any) -> Any:
    """Households with a member for whom it is true."""
    found = np.zeros(household.count, dtype=bool)
    found[household.members_entity_id[truth]] = True
    return found


def all_of(household: Any, truth: Any) -> Any:
    """Households without a member for whom it is not true."""
    return ~any_of(household, ~truth)


def count_of(household: Any, truth: Any) -> Any:
    """Number of members, or of those for whom it is true."""
    rows = household.members_entity_id
    return np.bincount(rows if truth is None else rows[truth], minlength=household.count)


def sum_of(household: Any, truth: Any, value: Any) -> Any:
    """Sum over members, or over those for whom it is true."""
    rows = household.members_entity_id
    if truth is not None:
        rows, value = rows[truth], value[truth]
    return np.bincount(rows, weights=value, minlength=household.count)


def max_of(household: Any, truth: Any, value: Any) -> Any:
    """Largest value of a member; 0 where there is none."""
    return _extreme(np.maximum, household, truth, value)


def min_of(household: Any, truth: Any, value: Any) -> Any:
    """Smallest value of a member; 0 where there is none."""
    return _extreme(np.minimum, household, truth, value)


def _extreme(best: Any, household: Any, truth: Any, value: Any) -> Any:
    rows = household.members_entity_id
    if truth is not None:
        rows, value = rows[truth], value[truth]
    found = np.zeros(household.count, dtype=value.dtype)
    found[rows] = value  # some member's: the best then replaces it
    best.at(found, rows, value)
    return found


# ---- relatives; links are rows, negative where nobody is known


def linked(values: Any, row: Any) -> Any:
    """The value of the linked person, 0 or no where none is known."""
    known = row >= 0
    found = np.zeros(len(row), dtype=values.dtype)
    found[known] = values[row[known]]
    return found


def any_child(truth: Any, father: Any, mother: Any) -> Any:
    """Persons with a child for whom it is true."""
    found = np.zeros(len(truth), dtype=bool)
    for link in (father, mother):
        row = link[truth]
        found[row[row >= 0]] = True
    return found


def all_child(truth: Any, father: Any, mother: Any) -> Any:
    """Persons without a child for whom it is not true."""
    return ~any_child(~truth, father, mother)


def rounded(value: Any, places: int) -> Any:
    """Rounded half away from zero, as money is."""
    unit = 10**places
    return np.copysign(np.floor(np.abs(value) * unit + 0.5), value) / unit
