"""Undoing one event as a unit: every row back to what it was, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from psycopg import sql

from bangfu import audit
from bangfu.access.scope import Scope
from bangfu.audit.models import Change, Event
from bangfu.registry import problems
from bangfu.registry.tables import Plan, plan

# Dependents are put back last and taken away first.
_ORDER = ("county", "village", "household", "person")


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
    """What undoing `event_id` would do. Raises Problem outside the scope."""
    event = Event.objects.filter(scope.q("region_code"), pk=event_id).first()
    if event is None:
        raise problems.NOTHING_TO_UNDO()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entity, op, count(*) FROM audit_change WHERE event_id = %s GROUP BY 1, 2",
            [event_id],
        )
        counts: dict[str, dict[str, int]] = {}
        for name, op, number in cursor.fetchall():
            counts.setdefault(name, {})[op] = number
        cursor.execute(
            "SELECT count(*), min(c.key) FROM audit_change c WHERE c.event_id = %s AND EXISTS"
            " (SELECT 1 FROM audit_change l WHERE l.key = c.key AND l.entity = c.entity"
            "  AND l.id > c.id AND l.event_id <> c.event_id)",
            [event_id],
        )
        conflicts, example = cursor.fetchone()
    return UndoPreview(counts, conflicts, example)


def undo(scope: Scope, event_id: int, *, reason: str, action: str = "registry.undone") -> int:
    """Put every row of the event back; the undoing event's id.

    Raises Problem `registry.undo_conflict` when a row was changed since, and
    `registry.nothing_to_undo` when it was undone already.
    """
    seen = preview(scope, event_id)
    if not seen.counts:
        raise problems.NOTHING_TO_UNDO()
    if seen.conflicts:
        raise problems.UNDO_CONFLICT(count=seen.conflicts, example=seen.example)
    region_code = Event.objects.values_list("region_code", flat=True).get(pk=event_id)
    with audit.event(
        action, actor=scope.actor, subject=f"event:{event_id}", region_code=region_code,
        detail={"undone": event_id, "reason": reason, "counts": seen.counts},
    ) as opened:  # fmt: skip
        _remove_inserted(event_id)
        for name in _ORDER:
            p = plan(name)
            _restore(event_id, name, p.table, p, (p.key,))
            _restore(event_id, f"{name}_year", p.year_table, p, (p.key, "year"))
        _restore_membership(event_id)
    return opened.id


def _remove_inserted(event_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM registry_membership WHERE id::text IN (SELECT key FROM audit_change"
            " WHERE event_id = %s AND entity = 'membership' AND op = 'insert')",
            [event_id],
        )
        for name in reversed(_ORDER):
            p = plan(name)
            for table, word, key in (
                (p.year_table, f"{name}_year", f"t.{p.key} || '/' || t.year"),
                (p.table, name, f"t.{p.key}"),
            ):
                cursor.execute(
                    sql.SQL(
                        "DELETE FROM {table} t USING audit_change c WHERE c.event_id = %s"
                        " AND c.entity = %s AND c.op = 'insert' AND c.key = {key}"
                    ).format(table=sql.Identifier(table), key=sql.SQL(key)),
                    [event_id, word],
                )


def _restore(event_id: int, word: str, table: str, p: Plan, pk: tuple[str, ...]) -> None:
    annual = word.endswith("_year")
    columns = (*p.carried, *p.annual) if annual else p.main
    if not columns:
        return
    key = sql.SQL("x.{k} || '/' || x.year" if annual else "x.{k}").format(k=sql.Identifier(p.key))
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "UPDATE {table} t SET {sets} FROM (SELECT (jsonb_populate_record(x, c.before)).*"
                " FROM audit_change c JOIN {table} x ON c.key = {key}"
                " WHERE c.event_id = %s AND c.entity = %s AND c.op = 'update') r WHERE {same}"
            ).format(
                table=sql.Identifier(table),
                key=key,
                sets=sql.SQL(", ").join(
                    sql.SQL("{c} = r.{c}").format(c=sql.Identifier(c)) for c in columns
                ),
                same=sql.SQL(" AND ").join(
                    sql.SQL("t.{c} = r.{c}").format(c=sql.Identifier(c)) for c in pk
                ),
            ),
            [event_id, word],
        )
        cursor.execute(
            sql.SQL(
                "INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, c.before)).*"
                " FROM audit_change c WHERE c.event_id = %s AND c.entity = %s AND c.op = 'delete'"
            ).format(table=sql.Identifier(table)),
            [event_id, word],
        )


def _restore_membership(event_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE registry_membership t SET ended_on = NULL FROM audit_change c"
            " WHERE c.event_id = %s AND c.entity = 'membership' AND c.op = 'update'"
            " AND c.key = t.id::text",
            [event_id],
        )


def was_undone(event_id: int) -> bool:
    """Whether an event has been undone."""
    return Event.objects.filter(subject=f"event:{event_id}").exists()


def changes_of(event_id: int) -> int:
    """How many rows an event changed."""
    return Change.objects.filter(event_id=event_id).count()
