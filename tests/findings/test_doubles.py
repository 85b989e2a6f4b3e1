"""Double claims of a run: loaded, counted by group and place, behind the scope."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bangfu import audit
from bangfu.findings import commands, doubles
from bangfu.kernel.problems import Problem
from bangfu.registry.models import HouseholdYear, PersonYear
from tests import world
from tests.findings import town

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def judged() -> None:
    """The child of the ready household is in the aspiration class of a vocational school."""
    town.build()
    with audit.event("test.records", actor=world.ACTOR, region_code="45"):
        PersonYear.objects.filter(person_no=town.CHILD).update(
            school_stage="secondary_vocational", aspiration_class=True, school_year=1
        )
        HouseholdYear.objects.update(income_other="0")
    commands.start(town.system(), period=town.PERIOD, now=True)


def test_a_run_tells_who_claims_twice(judged: None) -> None:
    scope = town.system()
    counts = {c.group.id: c for c in doubles.by_group(scope)}
    # 1,500 a semester beside 4,000 a year: the larger stays.
    assert (counts["HC-O-03"].subjects, counts["HC-O-03"].excess) == (1, Decimal(3000))
    assert counts["HC-O-04"].subjects == 0
    assert not {g.group.id for g in counts.values() if g.group.kind == "stacking"}
    (row,) = doubles.found(scope, "HC-O-03")
    assert (row.subject, row.household_no) == (town.CHILD, town.READY)
    assert (row.rules, row.claims) == (["HC2-E-134", "HC2-E-135"], 2)
    assert doubles.by_place(scope, "HC-O-03") == [(world.DUAN, 1, 1, Decimal(3000))]
    of_child = doubles.of_household(scope, town.READY)
    assert {group.id for group, _ in of_child} >= {"HC-O-03", "HC-O-05"}

    # Another place sees nothing of it, another department no group that is not its own.
    elsewhere = world.scope(world.NANDAN, "county_office")
    assert not list(doubles.found(elsewhere, "HC-O-03"))
    assert not doubles.of_household(elsewhere, town.READY)
    with pytest.raises(Problem, match="findings.unknown_group"):
        doubles.found(scope, "HC-O-99")
    school = world.scope(world.DUAN, "county_department", department="教育局")
    assert "HC-O-03" in doubles.groups(school)
    assert "HC-O-04" not in doubles.groups(school)
