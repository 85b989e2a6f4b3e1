"""Finding and reading households, always inside the scope."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bangfu import audit
from bangfu.access import crypto
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.registry import commands, divisions, queries
from bangfu.registry.models import Household, HouseholdYear, Membership, Person
from bangfu.registry.queries import HouseholdFilter
from tests import world as made

pytestmark = pytest.mark.django_db
COUNTY = made.scope(made.DUAN, "county_office")
GAOLING = [made.FAMILIES[i][0] for i in (0, 1, 2)]
DUAN = [made.FAMILIES[i][0] for i in (0, 1, 2, 3)]


def found(scope: Any = COUNTY, **narrowed: Any) -> list[str]:
    return [h.pk for h in queries.households(scope, HouseholdFilter(**narrowed))]


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ({}, DUAN),
        ({"region_code": made.GAOLING}, GAOLING),
        ({"region_code": made.SANLIAN}, [GAOLING[2]]),
        ({"status": ("observed",)}, [made.SECOND]),
        ({"status": ("observed", "registered")}, DUAN),
        ({"status": ("exited",)}, []),
        ({"cause": ("illness",), "status": ("observed",)}, [made.SECOND]),
        ({"cause": ("water",)}, []),
        ({"missing": "phone"}, [made.SECOND]),
        ({"missing": "dwelling_grade"}, DUAN),
        ({"missing": "status"}, []),
        ({"missing": "income_wages"}, []),
        ({"missing": "income_business", "year": 2016}, DUAN),
        ({"missing": "income_wages", "year": 2015}, DUAN),
        ({"text": made.FIRST}, [made.FIRST]),
        ({"text": made.SANLIAN}, [GAOLING[2]]),
        ({"text": " " + made.FAMILIES[0][2][0][1] + " "}, [made.FIRST]),
        ({"text": made.FAMILIES[0][2][1][1]}, [made.FIRST]),
        ({"text": "13977810003"}, [GAOLING[2]]),
        ({"text": "蓝桂英"}, [made.SECOND]),
        ({"text": "蓝桂"}, []),
        ({"text": "%"}, []),
        ({"text": "' OR 1=1 --"}, []),
        ({"text": made.FAMILIES[4][2][0][0]}, []),  # in another county
        ({"text": made.FAMILIES[4][2][0][1]}, []),
        ({"text": "13977810005"}, []),
    ],
)
def test_filters(world: None, narrowed: dict[str, Any], expected: list[str]) -> None:
    assert found(**narrowed) == sorted(expected)


@pytest.mark.parametrize("code", [made.NANDAN, "451299", "45122", "x", made.CITY, "451228999"])
def test_another_or_an_unknown_region_is_said_to_be_so(world: None, code: str) -> None:
    with pytest.raises(Problem) as refused:
        found(region_code=code)
    assert refused.value.kind.status == 404


@pytest.mark.parametrize("name", ["no_such_field", "name", "household_no__startswith", ""])
def test_missing_takes_fields_of_the_dictionary(world: None, name: str) -> None:
    if not name:
        assert found(missing=name) == sorted(DUAN)
        return
    with pytest.raises(Problem, match="registry.unknown_field"):
        found(missing=name)


def test_an_identity_number_may_end_in_a_small_x(world: None) -> None:
    number = next(
        n for serial in range(1000)
        if (n := made.id_number(f"45272819900101{serial:03d}")).endswith("X")
    )  # fmt: skip
    with audit.event("test.x", actor=made.ACTOR):
        made.person(made.SECOND, 2, "韦末", number)
    assert found(text=number.lower()) == [made.SECOND]


def test_a_household_number_that_could_be_an_identity_number_is_found(world: None) -> None:
    from bangfu.kernel import identity

    number = next(
        (f"{head}{serial:06d}"
         for head in ("451228100112", "451228101201", "451228192001")
         for serial in range(319999)
         if identity.fault(f"{head}{serial:06d}") is None),
        None,
    )  # fmt: skip
    assert number is not None, "choose another village"
    with audit.event("test.twin", actor=made.ACTOR):
        Household.objects.create(household_no=number, village_code=made.DINGFU)
    assert found(text=number) == [number]


def test_annotations_count_present_members_only(world: None) -> None:
    def first() -> Any:
        narrowed = HouseholdFilter(text=made.FIRST)
        return queries.annotated(queries.households(COUNTY, narrowed)).get()

    assert first().persons == 2
    assert crypto.unseal(first().head_sealed) == "韦大明"
    with audit.event("test.left", actor=made.ACTOR):
        Membership.objects.filter(person_no=f"{made.FIRST}02").update(ended_on=date(2016, 6, 1))
    assert first().persons == 1
    assert [p.pk for p in queries.members(COUNTY, made.FIRST)] == [f"{made.FIRST}01"]


def test_a_household_outside_the_scope_is_not_there(world: None) -> None:
    clerk = made.scope(made.GAOLING)
    assert queries.household(clerk, made.FIRST).pk == made.FIRST
    for read in (
        lambda: queries.household(clerk, made.FOREIGN),
        lambda: queries.rows(clerk, made.FOREIGN, 2016),
        lambda: queries.history(clerk, made.FOREIGN),
        lambda: queries.as_of(clerk, made.FOREIGN, date(2016, 1, 1)),
        lambda: queries.household(clerk, "nothing"),
    ):
        with pytest.raises(Problem, match="registry.household_not_found"):
            read()
    assert not queries.members(clerk, made.FOREIGN)
    assert not queries.years(clerk, made.FOREIGN)
    assert not queries.people_by_id_number(clerk, made.FAMILIES[3][2][0][1])
    assert not queries.annual_of(clerk, [made.FOREIGN], 2016)


def test_rows_are_what_the_engine_reads(world: None) -> None:
    rows = queries.rows(COUNTY, made.FIRST, 2016)
    assert rows.household["income_wages"] == Decimal("1200.50")
    assert rows.household["status"] == "registered"
    assert [m["relation"] for m in rows.members] == ["head", "child"]
    assert rows.village["village_code"] == made.DINGFU
    assert rows.county["county_code"] == made.DUAN
    text = str(rows)
    assert not [s for s in made.secrets() if s in text]
    assert queries.rows(COUNTY, made.FIRST, 2015).household["income_wages"] is None


@pytest.fixture
def days(world: None) -> Iterator[None]:
    """Corrections on four days; the change rows are dated by the database, so they are moved."""
    from django.db import connection

    states = (
        ("2016-03-01 23:30+08", {"status": "registered", "dwelling_area": Decimal("50.00")}),
        ("2016-06-01 00:10+08", {"status": "observed"}),
        ("2016-06-01 18:00+08", {"status": "exited", "registered_on": date(2014, 1, 2),
                                 "causes_other": ["land"]}),
        ("2016-09-01 12:00+08", {"status": "returned", "dwelling_area": None}),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_change DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_change SET at = '2015-12-01 12:00+08'")
        for at, values in states:
            with audit.event("test.day", actor=made.ACTOR) as event:
                Household.objects.filter(pk=made.FIRST).update(**values)
            cursor.execute("UPDATE audit_change SET at = %s WHERE event_id = %s", [at, event.id])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_change ENABLE TRIGGER USER")
    return


@pytest.mark.parametrize(
    ("day", "status", "area", "since"),
    [
        (date(2015, 12, 1), "registered", None, None),
        (date(2016, 2, 28), "registered", None, None),
        (date(2016, 3, 1), "registered", Decimal("50.00"), None),
        (date(2016, 5, 31), "registered", Decimal("50.00"), None),
        (date(2016, 6, 1), "exited", Decimal("50.00"), date(2014, 1, 2)),
        (date(2016, 8, 31), "exited", Decimal("50.00"), date(2014, 1, 2)),
        (date(2016, 9, 1), "returned", None, date(2014, 1, 2)),
    ],
)
def test_as_of_any_day(
    days: None, day: date, status: str, area: Decimal | None, since: date | None
) -> None:
    state = queries.as_of(COUNTY, made.FIRST, day)
    assert (state["status"], state["dwelling_area"], state["registered_on"]) == (
        status,
        area,
        since,
    )
    assert state["causes_other"] == (["land"] if since else None)


def test_as_of_before_registration_is_empty(days: None) -> None:
    assert queries.as_of(COUNTY, made.FIRST, date(2015, 11, 30)) == {}


def test_as_of_sees_through_a_removal_that_was_undone(days: None) -> None:
    from bangfu.registry import undo

    with audit.event("test.removed", actor=made.ACTOR, region_code=made.DUAN) as event:
        Membership.objects.filter(household_no=made.FIRST).delete()
        for table in ("person_year", "person", "household_year", "household"):
            from django.db import connection

            column = "person_no" if table.startswith("person") else "household_no"
            connection.cursor().execute(
                f"DELETE FROM registry_{table} WHERE {column} LIKE %s", [made.FIRST + "%"]
            )
    undo.undo(COUNTY, event.id, reason="误删")
    assert queries.as_of(COUNTY, made.FIRST, date(2016, 7, 1))["status"] == "exited"


def test_history_tells_who_did_what(world: None) -> None:
    clerk = made.scope(made.GAOLING, username="gaoling")
    commands.correct_household(
        clerk,
        made.FIRST,
        2016,
        {"dwelling_grade": "B级", "income_wages": "3000"},
        reason="入户核实",
    )
    commands.end_membership(clerk, f"{made.FIRST}02", clock.today(), "外嫁")
    newest, middle, first = queries.history(COUNTY, made.FIRST)
    assert newest.event.action == "person.left"
    assert newest.changes[0].after == {"ended_on": clock.today().isoformat()}
    assert (middle.event.actor, middle.event.action) == ("gaoling", "household.corrected")
    changed = {c.entity: (c.before, c.after) for c in middle.changes}
    assert changed == {
        "household": ({"dwelling_grade": None}, {"dwelling_grade": "B"}),
        "household_year": (
            {"income_wages": Decimal("1200.50")},
            {"income_wages": Decimal("3000.00")},
        ),
    }
    assert first.event.action == "test.families"


def test_history_follows_a_person_who_moved_in(world: None) -> None:
    mover = f"{made.FIRST}02"
    with audit.event("test.move", actor=made.ACTOR):
        Membership.objects.filter(person_no=mover).update(ended_on=date(2016, 5, 1))
        Membership.objects.create(person_no=mover, household_no=made.SECOND,
                                  village_code=made.DINGFU, started_on=date(2016, 5, 1))  # fmt: skip
        Person.objects.filter(pk=mover).update(household_no=made.SECOND)
    for number in (made.FIRST, made.SECOND):
        assert "test.move" in [h.event.action for h in queries.history(COUNTY, number)]


def test_years_are_newest_first(world: None) -> None:
    with audit.event("test.year", actor=made.ACTOR):
        HouseholdYear.objects.create(household_no=made.FIRST, year=2017, village_code=made.DINGFU)
    assert queries.years(COUNTY, made.FIRST) == [2017, 2016]
    assert queries.latest_year() == 2017


def test_divisions_within_reach(world: None) -> None:
    clerk = made.scope(made.GAOLING)
    assert [d.code for d in divisions.children(clerk, made.GAOLING)] == [made.DINGFU, made.SANLIAN]
    assert [d.code for d in divisions.children(clerk, made.CITY)] == [made.DUAN]
    assert [d.code for d in divisions.children(clerk, made.NANDAN)] == []
    assert [d.name for d in divisions.trail(COUNTY, made.DINGFU)] == [
        "都安瑶族自治县", "高岭镇", "定福村",
    ]  # fmt: skip
    assert divisions.full_name(made.DINGFU) == "都安瑶族自治县高岭镇定福村"
    for code in (made.NANDAN, "451299", "zz"):
        with pytest.raises(Problem, match="registry.unknown_region"):
            divisions.get(clerk, code)
