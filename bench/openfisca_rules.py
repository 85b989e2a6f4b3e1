"""The hechi pack's household and student rules, written for OpenFisca by hand.

Only the bench uses it. It is two-valued, as OpenFisca is: an unknown number is 0, an unknown
yes/no is no, an unknown code is none of the codes. A result that our engine decides does not
depend on the unknown inputs, so the two must agree wherever ours is decided.
"""

from __future__ import annotations

from openfisca_core.taxbenefitsystems import TaxBenefitSystem

from bench import openfisca_household, openfisca_person
from bench.openfisca_base import (
    HOUSEHOLD_INPUTS,
    PERSON_INPUTS,
    VARIABLES,
    household_entity,
    input_variable,
    person_entity,
)

_ = openfisca_household, openfisca_person  # importing them declares their rules

CRITERIA = tuple(
    v.__name__ for v in VARIABLES if v.__name__.startswith("HC3") and v.entity is household_entity
)
AMOUNTS = tuple(
    v.__name__ for v in VARIABLES if v.__name__.startswith("HC2") and v.value_type is float
)
FLAGS = tuple(
    v.__name__ for v in VARIABLES if v.__name__.startswith("HC") and v.entity is person_entity
    and v.value_type is bool
)  # fmt: skip


def system() -> TaxBenefitSystem:
    """The tax and benefit system: inputs, quantities and rules."""
    made = TaxBenefitSystem([person_entity, household_entity])
    for name, kind in HOUSEHOLD_INPUTS.items():
        made.add_variable(input_variable(name, household_entity, kind))
    for name, kind in PERSON_INPUTS.items():
        made.add_variable(input_variable(name, person_entity, kind))
    for variable in VARIABLES:
        made.add_variable(variable)
    return made
