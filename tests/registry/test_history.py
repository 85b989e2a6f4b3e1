"""Writes outside an event are refused on every path; inside one, history is exact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from bangfu import audit
from bangfu.audit.models import Change
from bangfu.registry.models import Household, HouseholdYear, Membership, Person
from tests import world as made

pytestmark = pytest.mark.django_db
TABLES = (
    "household", "household_year", "person", "person_year", "membership",
    "village", "village_year", "county", "county_year",
)  # fmt: skip
KEY = {"household": "household_no", "person": "person_no", "village": "village_code",
       "county": "county_code"}  # fmt: skip
ROWS = {
    "household": {"household_no": "451228101201000098", "village_code": made.DINGFU},
    "person": {"person_no": "45122810120100000109", "household_no": made.FIRST,
               "village_code": made.DINGFU},
    "membership": {"person_no": "45122810120100000109", "household_no": made.FIRST,
                   "village_code": made.DINGFU, "started_on": "2016-01-01"},
    "village": {"village_code": "451228101299"}, "county": {"county_code": "451299"},
}  # fmt: skip


def row_of(table: str) -> dict[str, object]:
    if table in ROWS:
        return ROWS[table]
    row = {k: v for k, v in ROWS[table.removesuffix("_year")].items() if k != "household_no"
           or table == "household_year"}  # fmt: skip
    return {**row, "year": 2015}


def insert(cursor: Any, table: str, row: dict[str, object]) -> None:
    names = ", ".join(row)
    cursor.execute(
        f"INSERT INTO registry_{table} ({names}) VALUES ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )


def copy(cursor: Any, table: str, row: dict[str, object]) -> None:
    with cursor.copy(f"COPY registry_{table} ({', '.join(row)}) FROM STDIN") as stream:
        stream.write("\t".join(str(v) for v in row.values()) + "\n")


def update(cursor: Any, table: str, row: dict[str, object]) -> None:
    column = "village_code" if "village_code" in row else "county_code"
    cursor.execute(f"UPDATE registry_{table} SET {column} = {column}")


def delete(cursor: Any, table: str, row: dict[str, object]) -> None:
    cursor.execute(f"DELETE FROM registry_{table}")


def truncate(cursor: Any, table: str, row: dict[str, object]) -> None:
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute(f"TRUNCATE registry_{table} CASCADE")


@pytest.mark.parametrize("path", [insert, copy, update, delete, truncate], ids=lambda f: f.__name__)
@pytest.mark.parametrize("table", TABLES)
def test_no_table_is_written_outside_an_event(
    world: None, table: str, path: Callable[[Any, str, dict[str, object]], None]
) -> None:
    import psycopg

    wanted = "would leave no history" if path is truncate else "outside an audit event"
    with (
        pytest.raises((DatabaseError, psycopg.Error), match=wanted),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        path(cursor, table, row_of(table))


@pytest.mark.parametrize("table", TABLES)
def test_a_key_is_never_changed(world: None, table: str) -> None:
    with audit.event("test.made", actor=made.ACTOR), connection.cursor() as cursor:
        if table in ("village_year", "county_year"):
            row = {"village_code": made.DINGFU} if table == "village_year" else {
                "county_code": made.DUAN}  # fmt: skip
            insert(cursor, table, {**row, "year": 2016})
    column = "year" if table.endswith("_year") else KEY.get(table, "id")
    changed = "id + 1000" if column == "id" else "year + 1" if column == "year" else "'999'"
    with (
        pytest.raises(DatabaseError, match="would leave no history"),
        audit.event("test.rekey", actor=made.ACTOR),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE registry_{table} SET {column} = {changed}")


def test_the_orm_is_refused_too(world: None) -> None:
    first = Household.objects.get(pk=made.FIRST)
    first.status = "exited"
    for write in (
        first.save,
        first.delete,
        lambda: Household.objects.bulk_update([first], ["status"]),
        lambda: Household.objects.filter(pk=made.FIRST).update(status="exited"),
        lambda: Household.objects.bulk_create([Household(pk="1", village_code="1")]),
    ):
        with pytest.raises(DatabaseError, match="outside an audit event"), transaction.atomic():
            write()


def test_an_event_that_ended_opens_no_door(world: None) -> None:
    with audit.event("test.ended", actor=made.ACTOR):
        pass
    with pytest.raises(DatabaseError, match="outside"), transaction.atomic():
        Household.objects.update(status="exited")


def test_before_and_after_hold_exactly_what_differs(world: None) -> None:
    with audit.event("test.exact", actor=made.ACTOR) as event:
        Household.objects.filter(pk=made.FIRST).update(
            status="exited", hamlet_name="", dwelling_area=Decimal("80.50"),
            registered_on=date(2015, 12, 31), causes_other=["schooling", "land"], has_tv=True,
            cause_main="illness",  # as it was
        )  # fmt: skip
        HouseholdYear.objects.filter(household_no=made.FIRST).update(
            income_wages=Decimal("9007199254740993.01")  # more than a float can hold
        )
    main, annual = Change.objects.filter(event_id=event.id).order_by("id")
    assert (main.entity, main.key, main.op) == ("household", made.FIRST, "update")
    assert main.region_code == made.DINGFU
    assert main.before == {
        "status": "registered", "hamlet_name": None, "dwelling_area": None, "registered_on": None,
        "causes_other": None, "has_tv": None,
    }  # fmt: skip
    assert main.after == {
        "status": "exited", "hamlet_name": "", "dwelling_area": Decimal("80.50"),
        "registered_on": "2015-12-31", "causes_other": ["schooling", "land"], "has_tv": True,
    }  # fmt: skip
    assert annual.key == f"{made.FIRST}/2016"
    assert annual.before == {"income_wages": Decimal("1200.50")}
    assert annual.after == {"income_wages": Decimal("9007199254740993.01")}


def test_a_write_that_changes_nothing_leaves_no_history(world: None) -> None:
    with audit.event("test.same", actor=made.ACTOR) as event:
        Household.objects.filter(pk=made.FIRST).update(status="registered")
    assert not Change.objects.filter(event_id=event.id).exists()


def test_a_bulk_change_keeps_every_row(world: None) -> None:
    with audit.event("test.bulk", actor=made.ACTOR) as event, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registry_household (household_no, village_code, status) SELECT"
            " %s || lpad(n::text, 6, '0'), %s, 'registered' FROM generate_series(1000, 2999) n",
            [made.DINGFU, made.DINGFU],
        )
        cursor.execute(
            "UPDATE registry_household SET status = 'exited', dwelling_area ="
            " right(household_no, 4)::numeric WHERE household_no >= %s",
            [f"{made.DINGFU}001000"],
        )
        cursor.execute(
            "DELETE FROM registry_household WHERE household_no >= %s AND household_no < %s",
            [f"{made.DINGFU}002000", f"{made.DINGFU}002999"],
        )
    ops = Change.objects.filter(event_id=event.id).values_list("op", flat=True)
    assert {op: list(ops).count(op) for op in set(ops)} == {
        "insert": 2000, "update": 2000 + 2, "delete": 999,
    }  # fmt: skip
    one = Change.objects.get(event_id=event.id, key=f"{made.DINGFU}001234", op="update")
    assert one.before == {"status": "registered", "dwelling_area": None}
    assert one.after == {"status": "exited", "dwelling_area": Decimal("1234.00")}
    gone = Change.objects.get(event_id=event.id, key=f"{made.DINGFU}002500", op="delete")
    assert gone.before["household_no"] == f"{made.DINGFU}002500"
    assert gone.before["dwelling_area"] == Decimal("2500.00")
    assert audit.verify().ok


def test_personal_data_stands_sealed_in_history(world: None) -> None:
    with audit.event("test.gone", actor=made.ACTOR):
        Membership.objects.filter(household_no=made.FIRST).delete()
        connection.cursor().execute("DELETE FROM registry_person_year")
        Person.objects.filter(household_no=made.FIRST).delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(before::text || coalesce(after::text, ''), ' ')"
                       " FROM audit_change WHERE op <> 'insert'")  # fmt: skip
        kept = cursor.fetchone()[0]
    assert "name_sealed" in kept
    assert not [s for s in made.secrets() if s in kept]
