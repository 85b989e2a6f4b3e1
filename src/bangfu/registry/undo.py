"""Undoing one event as a unit: every row back to what it was before it, or nothing.

An event may touch a row several times (insert, then update); what counts is the row before
the first of them. Nothing is undone under somebody's later work: later changes of the same
rows, and later rows that hang on rows this event made, are conflicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from bangfu import audit
from bangfu.access import problems as access_problems
from bangfu.access.scope import Scope
from bangfu.audit.models import Change, Event
from bangfu.registry import problems

# (entity, table, primary key, key parts in audit_change.key), parents before children.
_TABLES = (
    ("county", "registry_county", {"county_code": 1}),
    ("county_year", "registry_county_year", {"county_code": 1, "year": 2}),
    ("village", "registry_village", {"village_code": 1}),
    ("village_year", "registry_village_year", {"village_code": 1, "year": 2}),
    ("household", "registry_household", {"household_no": 1}),
    ("household_year", "registry_household_year", {"household_no": 1, "year": 2}),
    ("person", "registry_person", {"person_no": 1}),
    ("person_year", "registry_person_year", {"person_no": 1, "year": 2}),
    ("membership", "registry_membership", {"id": 2}),
    ("township", "registry_township", {"township_code": 1}),
    ("enterprise", "registry_enterprise", {"enterprise_no": 1}),
    ("cooperative", "registry_cooperative", {"cooperative_no": 1}),
    ("project", "registry_project", {"project_no": 1}),
    ("loan", "registry_loan", {"loan_no": 1}),
)
_NUMBERS = {"year": "integer", "id": "bigint"}
# What hangs on a row: (entity, its table, the column that names the parent, parent's entity,
# its key in audit_change).
_HANGING = (
    ("household_year", "registry_household_year", "household_no", "household",
     "t.household_no || '/' || t.year"),
    ("person", "registry_person", "household_no", "household", "t.person_no"),
    ("membership", "registry_membership", "household_no", "household",
     "t.household_no || '/' || t.id"),
    ("person_year", "registry_person_year", "person_no", "person", "t.person_no || '/' || t.year"),
    ("membership", "registry_membership", "person_no", "person", "t.household_no || '/' || t.id"),
    ("loan", "registry_loan", "household_no", "household", "t.loan_no"),
)  # fmt: skip
_FIRST = (
    "(SELECT DISTINCT ON (entity, key) entity, key, op FROM audit_change"
    " WHERE event_id = %(event)s AND entity = %(entity)s ORDER BY entity, key, id)"
)
_LATER = """
SELECT count(*), min(c.key) FROM audit_change c WHERE c.event_id = %(event)s AND EXISTS
 (SELECT 1 FROM audit_change l WHERE l.key = c.key AND l.entity = c.entity
   AND l.id > c.id AND l.event_id <> c.event_id)
"""


@dataclass(frozen=True)
class UndoPreview:
    """What undoing would do: rows by entity and kind, and how many were changed since."""

    counts: dict[str, dict[str, int]]
    conflicts: int
    example: str | None

    @property
    def possible(self) -> bool:
        """Whether nothing was changed since."""
        return bool(self.counts) and not self.conflicts


def preview(scope: Scope, event_id: int) -> UndoPreview:
    """What undoing `event_id` would do. Raises Problem outside the scope, or when the event
    reaches beyond what the person may see, or when it was undone already."""
    event = Event.objects.filter(scope.q("region_code"), pk=event_id).first()
    if event is None or was_undone(event_id):
        raise problems.NOTHING_TO_UNDO()
    counts: dict[str, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entity, op, count(*) FROM audit_change WHERE event_id = %s GROUP BY 1, 2",
            [event_id],
        )
        for name, op, number in cursor.fetchall():
            counts.setdefault(name, {})[op] = number
        if sum(n for ops in counts.values() for n in ops.values()) != event.changes:
            raise access_problems.OUT_OF_SCOPE(subject=f"event:{event_id}")
        cursor.execute(_LATER, {"event": event_id})
        conflicts, example = cursor.fetchone()
        for hanging in _HANGING:
            number, key = _hanging(cursor, event_id, *hanging)
            conflicts, example = conflicts + number, example or key
    return UndoPreview(counts, conflicts, example)


def undo(scope: Scope, event_id: int, *, reason: str, action: str = "registry.undone") -> int:
    """Put every row of the event back; the undoing event's id.

    Raises Problem `registry.undo_conflict` when a row was changed since, and
    `registry.nothing_to_undo` when it was undone already.
    """
    event = Event.objects.filter(scope.q("region_code"), pk=event_id).first()
    with audit.event(
        action, actor=scope.actor, subject=f"undo:{event_id}",
        region_code=event.region_code if event else "", detail={"reason": reason},
    ) as opened, connection.cursor() as cursor:  # fmt: skip
        for name, table, pk in _TABLES:
            _lock(cursor, event_id, name, table, pk)
        seen = preview(scope, event_id)  # after the locks: nobody changes these rows now
        if not seen.counts:
            raise problems.NOTHING_TO_UNDO()
        if seen.conflicts:
            raise problems.UNDO_CONFLICT(count=seen.conflicts, example=seen.example)
        opened.detail |= {"undone": event_id, "counts": seen.counts}
        for name, table, pk in reversed(_TABLES):
            _remove_inserted(cursor, event_id, name, table, pk)
        for name, table, pk in _TABLES:
            _restore(cursor, event_id, name, table, pk)
    return opened.id


def _matches(pk: dict[str, int], row: str, change: str) -> sql.Composed:
    """Row's key columns = parts of the change's key, so that the key's index is used."""
    tests = []
    for column, part in pk.items():
        cast = sql.SQL("::" + _NUMBERS[column]) if column in _NUMBERS else sql.SQL("")
        key = (
            sql.SQL("{c}.key").format(c=sql.Identifier(change))
            if len(pk) == 1 and part == 1
            else sql.SQL("split_part({c}.key, '/', {n})").format(
                c=sql.Identifier(change), n=sql.Literal(part)
            )
        )
        tests.append(
            sql.SQL("{row} = {key}{cast}").format(
                row=sql.Identifier(row, column), key=key, cast=cast
            )
        )
    return sql.SQL(" AND ").join(tests)


def _run(cursor: Any, text: str, event_id: int, name: str, **parts: sql.Composable) -> None:
    statement = sql.SQL(text).format(first=sql.SQL(_FIRST), **parts)
    cursor.execute(statement, {"event": event_id, "entity": name})


def _lock(cursor: Any, event_id: int, name: str, table: str, pk: dict[str, int]) -> None:
    _run(
        cursor,
        "SELECT count(*) FROM (SELECT 1 FROM {table} t JOIN {first} c ON {same} FOR UPDATE OF t) x",
        event_id, name, table=sql.Identifier(table), same=_matches(pk, "t", "c"),
    )  # fmt: skip


def _hanging(
    cursor: Any, event_id: int, child: str, table: str, column: str, parent: str, key: str
) -> tuple[int, str | None]:
    """Rows of `table` that hang on a row this event made and that it did not make itself.

    NOT IN is one hashed pass whatever the planner believes of so young an event.
    """
    statement = sql.SQL(
        "SELECT count(*), min(c.key) FROM audit_change c JOIN {table} t ON t.{column} = c.key"
        " WHERE c.event_id = %(event)s AND c.entity = %(parent)s AND c.op = 'insert'"
        " AND {key} NOT IN (SELECT own.key FROM audit_change own WHERE own.event_id = %(event)s"
        " AND own.entity = %(child)s AND own.op = 'insert')"
    ).format(table=sql.Identifier(table), column=sql.Identifier(column), key=sql.SQL(key))
    cursor.execute(statement, {"event": event_id, "parent": parent, "child": child})
    number, example = cursor.fetchone()
    return int(number), example


def _remove_inserted(cursor: Any, event_id: int, name: str, table: str, pk: dict[str, int]) -> None:
    _run(
        cursor,
        "DELETE FROM {table} t USING {first} c WHERE c.op = 'insert' AND {same}",
        event_id, name, table=sql.Identifier(table), same=_matches(pk, "t", "c"),
    )  # fmt: skip


# The row before the event: later values overlaid by earlier ones, column by column.
_ORIGINAL = """
WITH original AS MATERIALIZED (
  SELECT c.key, jsonb_object_agg(e.key, e.value ORDER BY c.id DESC) AS before
  FROM (SELECT key, id, before, first_value(op) OVER (PARTITION BY key ORDER BY id) AS began
        FROM audit_change WHERE event_id = %(event)s AND entity = %(entity)s) c
  CROSS JOIN LATERAL jsonb_each(c.before) e
  WHERE c.began <> 'insert'
  GROUP BY c.key)
"""


def _restore(cursor: Any, event_id: int, name: str, table: str, pk: dict[str, int]) -> None:
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        " AND table_name = %s ORDER BY ordinal_position",
        [table],
    )
    columns = [row[0] for row in cursor.fetchall() if row[0] not in pk]
    parts = {"table": sql.Identifier(table), "same": _matches(pk, "t", "o")}
    if columns:
        _run(
            cursor,
            _ORIGINAL + "UPDATE {table} t SET {sets} FROM (SELECT o.key, r.* FROM original o"
            " JOIN {table} t ON {same} CROSS JOIN LATERAL jsonb_populate_record(t, o.before) r) o"
            " WHERE {again}",
            event_id, name, **parts, again=_matches(pk, "t", "o"),
            sets=sql.SQL(", ").join(
                sql.SQL("{c} = o.{c}").format(c=sql.Identifier(c)) for c in columns
            ),
        )  # fmt: skip
    _run(
        cursor,
        _ORIGINAL + "INSERT INTO {table} SELECT r.* FROM original o CROSS JOIN LATERAL"
        " jsonb_populate_record(NULL::{table}, o.before) r"
        " WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE {same})",
        event_id, name, **parts,
    )  # fmt: skip


def was_undone(event_id: int) -> bool:
    """Whether an event has been undone."""
    return Event.objects.filter(subject=f"undo:{event_id}").exists()


def changes_of(event_id: int) -> int:
    """How many rows an event changed."""
    return Change.objects.filter(event_id=event_id).count()
