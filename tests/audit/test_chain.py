"""The chain tells of every alteration, however it was made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bangfu import audit
from bangfu.audit.models import Change, Event
from tests import world

pytestmark = pytest.mark.django_db


@contextmanager
def triggers_off() -> Iterator[Any]:
    """As somebody with the database in their hands would do it."""
    with connection.cursor() as cursor:
        for word in ("DISABLE", "ENABLE"):
            for table in ("audit_event", "audit_change"):
                cursor.execute(f"ALTER TABLE {table} {word} TRIGGER USER")
            if word == "DISABLE":
                yield cursor


@pytest.fixture
def chain(world: None) -> list[int]:
    """Some events, one with row changes; their ids in order."""
    from bangfu.registry.models import Household

    for number in range(3):
        with audit.event("test.act", actor=world_actor(), detail={"n": number}):
            pass
    with audit.event("household.corrected", actor=world_actor(), subject="x"):
        Household.objects.update(status="exited")
    with audit.event("test.last", actor=world_actor()):
        pass
    return list(Event.objects.order_by("chain_no").values_list("id", flat=True))


def world_actor() -> audit.Actor:
    return world.ACTOR


def test_an_untouched_chain_holds(chain: list[int]) -> None:
    report = audit.verify()
    assert report.ok, report.fault
    assert report.checked == len(chain)


ALTERATIONS = {
    "detail": "UPDATE audit_event SET detail = '{\"n\": 7}' WHERE id = {middle}",
    "actor": "UPDATE audit_event SET actor = 'somebody' WHERE id = {middle}",
    "time": "UPDATE audit_event SET at = at - interval '1 day' WHERE id = {middle}",
    "region": "UPDATE audit_event SET region_code = '4512' WHERE id = {middle}",
    "removed": "DELETE FROM audit_event WHERE id = {middle}",
    "first removed": "DELETE FROM audit_event WHERE chain_no = 1",
    "newest removed": "DELETE FROM audit_event WHERE id = {last}",
    "row change altered": 'UPDATE audit_change SET before = \'{"status": "removed"}\''
    " WHERE id = (SELECT min(id) FROM audit_change WHERE event_id = {rows})",
    "before moved to after": "UPDATE audit_change SET after = before, before = NULL"
    " WHERE event_id = {rows}",
    "row change in another place": "UPDATE audit_change SET region_code = '4512'"
    " WHERE event_id = {rows}",
    "row change back-dated": "UPDATE audit_change SET at = at - interval '1 year'"
    " WHERE event_id = {rows}",
    "row change removed": "DELETE FROM audit_change"
    " WHERE id = (SELECT min(id) FROM audit_change WHERE event_id = {rows})",
    "row change moved to another event": "UPDATE audit_change SET event_id = {middle}"
    " WHERE id = (SELECT min(id) FROM audit_change WHERE event_id = {rows})",
    "row change forged": "INSERT INTO audit_change (event_id, at, entity, key, region_code, op)"
    " VALUES ({middle}, now(), 'household', 'x', '45', 'insert')",
    "row change of no event": "INSERT INTO audit_change (event_id, at, entity, key, region_code,"
    " op) VALUES (987654321, now(), 'household', 'x', '45', 'insert')",
    "event inserted at the end": "INSERT INTO audit_event SELECT id + 100000, chain_no + 1, at,"
    " actor, role, 'forged', subject, region_code, source, detail, 0, '', hash, hash"
    " FROM audit_event WHERE id = {last}",
    "event inserted between": "UPDATE audit_event SET chain_no = chain_no + 1000"
    " WHERE id = {last}; INSERT INTO audit_event SELECT id + 100000, chain_no - 999, at, actor,"
    " role, 'forged', subject, region_code, source, detail, 0, '', prev_hash, hash"
    " FROM audit_event WHERE id = {last}",
}


@pytest.mark.parametrize("what", ALTERATIONS)
def test_an_alteration_is_found(chain: list[int], what: str) -> None:
    rows = Event.objects.get(action="household.corrected").id
    values = {"middle": chain[2], "last": chain[-1], "rows": rows}
    statement = ALTERATIONS[what]
    for name, value in values.items():
        statement = statement.replace("{" + name + "}", str(value))
    with triggers_off() as cursor:
        cursor.execute(statement)
    report = audit.verify()
    assert not report.ok, what
    assert report.fault


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event CASCADE",
        "UPDATE audit_change SET op = 'x'",
        "DELETE FROM audit_change",
        "TRUNCATE audit_change",
    ],
)
def test_records_are_append_only_for_the_program_itself(chain: list[int], statement: str) -> None:
    from django.db import DatabaseError, transaction

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert audit.verify().ok


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(detail=st.dictionaries(st.text(max_size=5), JSON, max_size=3), text=st.text(max_size=300))
def test_any_detail_survives_the_database(db: None, detail: dict[str, Any], text: str) -> None:
    safe = text.encode("utf-8", "replace").decode()
    with audit.event(
        "test.any", actor=audit.Actor(safe, safe), subject=safe, source=safe
    ) as opened:
        opened.detail = detail
    report = audit.verify()
    assert report.ok, report.fault


def test_an_event_that_fails_leaves_nothing(db: None) -> None:
    with pytest.raises(RuntimeError), audit.event("test.fails", actor=world.ACTOR):
        raise RuntimeError
    assert not Event.objects.filter(action="test.fails").exists()
    assert audit.verify().ok


def test_inner_events_own_their_rows(world: None) -> None:
    from bangfu.registry.models import Household
    from tests import world as made

    with audit.event("outer", actor=made.ACTOR) as outer:
        Household.objects.filter(pk=made.FIRST).update(status="exited")
        with audit.event("inner", actor=made.ACTOR) as inner:
            Household.objects.filter(pk=made.SECOND).update(status="exited")
        with pytest.raises(RuntimeError), audit.event("lost", actor=made.ACTOR):
            Household.objects.filter(pk=made.SECOND).update(status="returned")
            raise RuntimeError
        Household.objects.filter(pk=made.FIRST).update(status="returned")
    keys = {e: list(Change.objects.filter(event_id=e).values_list("key", flat=True))
            for e in (outer.id, inner.id)}  # fmt: skip
    assert keys == {outer.id: [made.FIRST, made.FIRST], inner.id: [made.SECOND]}
    assert audit.verify().ok
