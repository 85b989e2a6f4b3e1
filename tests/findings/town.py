"""The small place of `tests.world` with enough recorded to be judged: one household ready, one
failing, one lacking data, one that is not assessed."""

from __future__ import annotations

from datetime import date
from typing import Any

from bangfu import audit
from bangfu.findings import commands
from bangfu.findings.models import Run
from bangfu.registry.models import Household, HouseholdYear, Person, PersonYear, Village
from tests import world

READY = world.FAMILIES[0][0]  # Dingfu
OBSERVED = world.FAMILIES[1][0]  # Dingfu, status observed: not assessed
FAILING = world.FAMILIES[2][0]  # Sanlian
LACKING = world.FAMILIES[3][0]  # Dading in Disu
FAR = world.FAMILIES[4][0]  # Nandan
CHILD = f"{READY}02"
PERIOD = "2016-12"

GOOD: dict[str, Any] = {
    "dwelling_structure": "brick_timber", "dwelling_area": "80", "dwelling_grade": "B",
    "water_source": "tap", "has_electricity": True, "has_tv": True, "road_grade": "hardened",
    "road_motorable": True, "hamlet_households": 40, "relocation": "none",
}  # fmt: skip
GOOD_YEAR: dict[str, Any] = {
    "cropland_mu": "5", "forest_mu": "3", "income_business": "1000", "income_wages": "30000",
    "income_property": "0", "income_transfer": "500", "income_other": "0",
    "production_cost": "200", "has_premises": False, "has_breeding_income": False,
    "has_own_business": False, "has_other_income": False,
}  # fmt: skip
PERSON_YEAR: dict[str, Any] = {
    "medical_insurance": "ncms", "labour": "ordinary", "months_working_away": "8",
    "on_dibao": False, "school_stage": "none", "dropout": "none", "months_absent": "0",
    "newly_admitted": False, "special_education": False, "aspiration_class": False,
    "boarding": False, "on_wubao": False, "health": "healthy", "self_care": True,
}  # fmt: skip


def build() -> None:
    """Divisions, families and their records."""
    world.divisions()
    world.families()
    record()


def record() -> None:
    """What is recorded of the families, where they are there already."""
    with audit.event("test.records", actor=world.ACTOR, region_code="45"):
        for number in (READY, OBSERVED, FAILING, LACKING, FAR):
            Household.objects.filter(pk=number).update(**GOOD)
            HouseholdYear.objects.filter(household_no=number).update(**GOOD_YEAR)
            Person.objects.filter(household_no=number).update(
                birth_date=date(1970, 1, 1), sex="male", father_no="none", mother_no="none",
                disability_grade=None,
            )  # fmt: skip
            PersonYear.objects.filter(person_no__startswith=number).update(**PERSON_YEAR)
        Person.objects.filter(pk=CHILD).update(
            birth_date=date(2008, 2, 14), father_no=f"{READY}01", mother_no="none"
        )
        PersonYear.objects.filter(person_no=CHILD).update(
            school_stage="primary", boarding=True, school_year=3, labour="none"
        )
        Household.objects.filter(pk=FAILING).update(water_source="none", dwelling_grade="D")
        Household.objects.filter(pk=LACKING).update(has_tv=None)
        PersonYear.objects.filter(person_no__startswith=LACKING).update(medical_insurance=None)
        Village.objects.update(is_poverty_village=True)


def judged() -> Run:
    """The town evaluated, as the operator does it."""
    build()
    return commands.start(system(), period=PERIOD, now=True)


def system() -> Any:
    """The operator's scope."""
    from bangfu.access.scope import system_scope

    return system_scope(world.CITY)
