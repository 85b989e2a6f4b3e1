"""A household judged now is judged as the run judges it: relatives elsewhere in the county count,
but what is recorded of them is shown only to those whose scope they lie in; and rules that gather
over a village or county are told as the run found them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from bangfu import audit
from bangfu.access.session import scoped
from bangfu.findings import commands, explaining
from bangfu.findings.models import Alert, Run, Undecided
from bangfu.policy.explanation import RuleFinding
from bangfu.registry import queries as registry
from bangfu.registry.models import Membership, Person, PersonYear
from tests import world
from tests.findings import town

pytestmark = pytest.mark.django_db
FATHER = f"{town.LACKING}01"  # in the other township
AWAY = "HC2-C-101"  # left-behind child: the father's months of absence


@pytest.fixture
def run() -> Run:
    """The town judged, a child of Gaoling having its father in Disu."""
    town.build()
    with audit.event("test.moved", actor=world.ACTOR, region_code="45"):
        Person.objects.filter(pk=town.CHILD).update(father_no=FATHER)
        PersonYear.objects.filter(person_no=FATHER).update(months_absent=7)
    return commands.start(town.system(), period=town.PERIOD, now=True)


def _told(live: Any, rule: str, subject: str) -> RuleFinding:
    found = [r for r in live.found if (r.id, r.subject) == (rule, subject)]
    assert len(found) == 1
    return found[0]


def _absence(found: RuleFinding) -> list[tuple[str, Any, bool]]:
    inputs = [i for c in found.conditions for i in c.inputs]
    return [
        (i.shown, i.value, i.withheld)
        for i in inputs
        if i.field == "person.months_absent" and i.zh.startswith("父亲")
    ]


def test_every_household_is_told_as_the_run_found_it(run: Run) -> None:
    scope = town.system()
    for number in (town.READY, town.OBSERVED, town.FAILING, town.LACKING, town.FAR):
        live = explaining.explanation(scope, number)
        assert live.differences == []
        open_ = {
            (r.id, r.subject): sorted(r.missing) for r in live.found if r.outcome == "undecided"
        }
        places = [number, number[:12], number[:6]]
        stored = [
            u for u in Undecided.objects.filter(run=run)
            if u.household_no == number or u.subject in places
        ]  # fmt: skip
        assert open_ == {(u.rule, u.subject): sorted(u.missing) for u in stored}


def test_a_father_elsewhere_counts_and_is_shown_where_he_is_in_scope(run: Run) -> None:
    county = explaining.explanation(world.scope(world.DUAN, "county_office"), town.READY)
    assert _absence(_told(county, AWAY, town.CHILD)) == [("7", 7, False)]
    clerk = world.scope(world.GAOLING)
    with scoped(clerk), connection.cursor() as cursor:
        live = explaining.explanation(clerk, town.READY)
        cursor.execute("SELECT count(*) FROM registry_person WHERE person_no = %s", [FATHER])
        assert cursor.fetchone() == (0,)  # the wall stands again
    told = _told(live, AWAY, town.CHILD)
    assert [c.truth for c in told.conditions] == [
        c.truth for c in _told(county, AWAY, town.CHILD).conditions
    ]
    assert _absence(told) == [("不在辖区内，不予显示", None, True)]
    assert FATHER not in str([i for r in live.rules for c in r["conditions"] for i in c["inputs"]
                              if i["field"] != "person.father_no"])  # fmt: skip
    assert live.differences == []


def test_children_elsewhere_are_found_by_their_parents(run: Run) -> None:
    rows = registry.rows(town.system(), town.LACKING, 2016, kin=True)
    assert [p["person_no"] for p in rows.kin] == [town.CHILD]
    assert rows.withheld == frozenset()
    clerk = world.scope(world.DISU)
    assert registry.rows(clerk, town.LACKING, 2016, kin=True).withheld == {town.CHILD}
    assert registry.rows(clerk, town.LACKING, 2016).kin == []


def test_those_who_have_left_are_no_relatives(run: Run) -> None:
    with audit.event("test.left", actor=world.ACTOR, region_code="45"):
        Membership.objects.filter(person_no=FATHER).update(ended_on="2016-11-30")
    assert registry.rows(town.system(), town.READY, 2016, kin=True).kin == []


def test_rules_over_a_village_are_told_from_the_run(run: Run) -> None:
    live = explaining.explanation(world.scope(world.DUAN, "county_office"), town.READY)
    gathered = {r.id: r for r in live.found if r.stored}
    assert {r.entity for r in gathered.values()} == {"village", "county"}
    assert {r.subject for r in gathered.values()} == {world.DINGFU, world.DUAN}
    for found in gathered.values():
        assert found.conditions == ()
        assert found.cite["document"]
        key = {"run": run, "rule": found.id, "subject": found.subject}
        assert Alert.objects.filter(**key).exists() is (found.outcome in ("met", "flagged"))
        assert Undecided.objects.filter(**key).exists() is (found.outcome == "undecided")
    assert {r.outcome for r in gathered.values()} > {"undecided"}
    clerk = explaining.explanation(world.scope(world.GAOLING), town.READY)
    assert {r.entity for r in clerk.found if r.stored} == {"village"}
