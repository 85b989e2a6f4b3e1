"""Samples of what an import would change: field, before, after; personal data masked."""

from __future__ import annotations

from typing import Any

from django.db import connection
from psycopg import sql

from bangfu.access import crypto, mask
from bangfu.collect.staging import exists, table_of
from bangfu.collect.workbench import text_of
from bangfu.dictionary import Field, entity
from bangfu.registry.tables import plan, stored

SAMPLES = 40


def samples(batch_id: int, name: str, year: int) -> dict[str, list[dict[str, Any]]]:
    """{'changed': [{key, fields: [{zh, before, after}]}], 'new': [{key, fields}]}."""
    if not exists(batch_id, name):
        return {"changed": [], "new": []}
    return {
        "changed": [_difference(name, row) for row in _rows(batch_id, name, year, "changed")],
        "new": [_difference(name, row) for row in _rows(batch_id, name, year, "new")],
    }


def _rows(batch_id: int, name: str, year: int, op: str) -> list[dict[str, Any]]:
    """Staged rows with their registered values: columns s_<c> and r_<c>."""
    p = plan(name)
    columns = [("m", c) for c in p.main] + [("y", c) for c in p.annual]
    query = sql.SQL(
        "SELECT s.{key} AS key, s.row_no AS row_no, s.cleared AS cleared, {columns} FROM {stage} s"
        " LEFT JOIN {table} m ON m.{key} = s.{key}"
        " LEFT JOIN {year_table} y ON y.{key} = s.{key} AND y.year = {year}"
        " WHERE s.op = {op} ORDER BY s.row_no LIMIT {limit}"
    ).format(
        key=sql.Identifier(p.key), stage=sql.Identifier(table_of(batch_id, name)),
        table=sql.Identifier(p.table), year_table=sql.Identifier(p.year_table),
        year=sql.Literal(year), op=sql.Literal(op), limit=sql.Literal(SAMPLES),
        columns=sql.SQL(", ").join(
            sql.SQL("s.{c} AS {s}, {a}.{c} AS {r}").format(
                c=sql.Identifier(c), a=sql.Identifier(a), s=sql.Identifier(f"s_{c}"),
                r=sql.Identifier(f"r_{c}"),
            )
            for a, c in columns
        ),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(query)
        names = [d.name for d in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _difference(name: str, row: dict[str, Any]) -> dict[str, Any]:
    spec, found = entity(name), []
    cleared = set(row["cleared"] or ())
    for field in spec.fields.values():
        if field.name == spec.key:
            continue
        told = stored(field)[-1]  # the blind index says whether a sealed value differs
        if field.name not in cleared and (
            row[f"s_{told}"] is None or row[f"s_{told}"] == row[f"r_{told}"]
        ):
            continue
        after = "" if field.name in cleared else _shown(field, row, "s_")
        before = _shown(field, row, "r_")
        if before or after:
            found.append({"name": field.name, "zh": field.zh, "before": before, "after": after})
    return {"key": row["key"], "row": row["row_no"], "fields": found}


def _shown(field: Field, row: dict[str, Any], side: str) -> str:
    if field.pii:
        return mask(field.name, crypto.unseal(row[f"{side}{field.name}_sealed"]))
    value = row[f"{side}{field.name}"]
    if isinstance(value, list):
        return "、".join(field.label_of(v) for v in value)
    return text_of(field, value)
