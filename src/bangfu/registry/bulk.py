"""The bulk path: Arrow -> COPY -> staging table -> compare -> apply, in whole statements.

Used by imports and by the demo city. A blank in a staged row leaves the stored value as it
is; the columns named in the row's `cleared` are emptied. Applying must happen inside an
audit event: the tables' triggers see to it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from django.db import connection
from psycopg import sql

from bangfu.access import crypto
from bangfu.dictionary import entity
from bangfu.kernel import clock
from bangfu.registry.tables import Plan, compared, plan

BOOKKEEPING = ("row_no", "op", "cleared", "seen")
_CHUNK = 20_000


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(c) for c in columns)


def run(statement: sql.Composable, parameters: list[Any] | None = None) -> int:
    """Execute one statement; rows touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def create_stage(table: str, name: str) -> None:
    """An empty UNLOGGED staging table for entity `name`."""
    p = plan(name)
    run(
        sql.SQL(
            "CREATE UNLOGGED TABLE {stage} AS SELECT NULL::integer AS row_no, NULL::text AS op,"
            " NULL::text[] AS cleared, NULL::text AS seen, {main}, {annual}"
            " FROM {table} m, {year} y WHERE false"
        ).format(
            stage=sql.Identifier(table),
            main=sql.SQL(", ").join(sql.Identifier("m", c) for c in (p.key, *p.main)),
            annual=sql.SQL(", ").join(sql.Identifier("y", c) for c in p.annual),
            table=sql.Identifier(p.table),
            year=sql.Identifier(p.year_table),
        )
    )


def drop_stage(table: str) -> None:
    """Remove a staging table, if it is there."""
    run(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(table)))


def seal_columns(name: str, table: pa.Table) -> pa.Table:
    """Personal data columns of `table` replaced by sealed value and blind index, as hex text."""
    personal = [f.name for f in entity(name).select(pii=True) if f.name in table.column_names]
    return with_sealed(table, sealed_values({c: table.column(c) for c in personal}))


def sealed_values(columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Sealed value and blind index of each column, as hex text; no database, no table: this
    is the part of the bulk path that helper processes may do."""
    made: dict[str, pa.Array] = {}
    for name, column in columns.items():
        sealed, blind = crypto.seal_many(name, column.to_pylist())
        made[f"{name}_sealed"] = pa.array(sealed, pa.string())
        made[f"{name}_blind"] = pa.array(blind, pa.string())
    return made


def with_sealed(table: pa.Table, made: dict[str, pa.Array]) -> pa.Table:
    """`table` with the columns of `sealed_values` in place of the plain ones."""
    plain = {c.removesuffix("_sealed").removesuffix("_blind") for c in made}
    table = table.drop_columns(sorted(plain))
    for column, values in made.items():
        table = table.append_column(column, values)
    return table


def _flat(table: pa.Table) -> pa.Table:
    """Lists as PostgreSQL array literals, since CSV has no lists."""
    for position, field in enumerate(table.schema):
        if pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
            joined = pc.binary_join(table.column(position).cast(pa.list_(pa.string())), ",")
            text = pc.binary_join_element_wise("{", joined, "}", "")
            table = table.set_column(position, field.name, text)
    return table


def copy_in(table: str, rows: pa.Table) -> int:
    """COPY `rows` into `table` (columns by name); rows written."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table), _names(rows.column_names)
    )
    options = pa_csv.WriteOptions(include_header=False)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, rows.num_rows, _CHUNK):
            buffer = io.BytesIO()
            pa_csv.write_csv(_flat(rows.slice(start, _CHUNK)), buffer, options)
            copy.write(buffer.getvalue())
    return int(rows.num_rows)


def fill_villages(stage: str, households: str | None) -> None:
    """Give staged persons the village of their household: staged beside them, or registered."""
    source: sql.Composable = sql.SQL("SELECT household_no, village_code FROM registry_household")
    if households:
        source = sql.SQL(
            "SELECT household_no, coalesce(s.village_code, h.village_code) AS village_code"
            " FROM {} s FULL JOIN registry_household h USING (household_no)"
        ).format(sql.Identifier(households))
    run(
        sql.SQL(
            "UPDATE {stage} p SET village_code = h.village_code FROM ({source}) h"
            " WHERE h.household_no = p.household_no"
        ).format(stage=sql.Identifier(stage), source=source)
    )


def _differs(p: Plan, columns: tuple[str, ...], alias: str) -> sql.Composable:
    tests: list[sql.Composable] = [
        sql.SQL(
            "((s.{c} IS NOT NULL AND s.{c} IS DISTINCT FROM {a}.{c})"
            " OR ({name} = ANY(s.cleared) AND {a}.{c} IS NOT NULL))"
        ).format(
            c=sql.Identifier(c), a=sql.Identifier(alias), name=sql.Literal(c.removesuffix("_blind"))
        )
        for c in columns
        if compared(c)
    ]
    return sql.SQL(" OR ").join(tests) if tests else sql.SQL("false")


def compare(stage: str, name: str, year: int) -> dict[str, int]:
    """Mark each staged row that is not marked yet new, changed or unchanged against the
    registry; counts of all rows by mark. `seen` keeps a digest of the row that was compared,
    so that `stale` can tell later whether it is still the same."""
    p = plan(name)
    parts = _parts(stage, p, year)
    run(
        sql.SQL(
            "UPDATE {stage} s SET op = CASE WHEN {main} OR {annual} THEN 'changed'"
            " ELSE 'unchanged' END, seen = {digest}"
            " FROM {table} m LEFT JOIN {year_table} y ON y.{key} = m.{key} AND y.year = {year}"
            " WHERE s.{key} = m.{key} AND s.op IS NULL"
        ).format(main=_differs(p, p.main, "m"), annual=_differs(p, p.annual, "y"), **parts)
    )
    run(sql.SQL("UPDATE {stage} SET op = 'new' WHERE op IS NULL").format(**parts))
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT op, count(*) FROM {} GROUP BY op").format(sql.Identifier(stage))
        )
        found = dict(cursor.fetchall())
    return {op: int(found.get(op, 0)) for op in ("new", "changed", "unchanged")}


def _parts(stage: str, p: Plan, year: int) -> dict[str, sql.Composable]:
    return {
        "stage": sql.Identifier(stage),
        "key": sql.Identifier(p.key),
        "table": sql.Identifier(p.table),
        "year_table": sql.Identifier(p.year_table),
        "year": sql.Literal(year),
        "digest": sql.SQL("md5(m::text || coalesce(y::text, ''))"),
    }


def stale(stage: str, name: str, year: int) -> int:
    """Staged rows whose mark no longer holds: 'new' ones that exist by now, and 'changed' ones
    whose registered row is not the one they were compared with."""
    parts = _parts(stage, plan(name), year)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT (SELECT count(*) FROM {stage} s JOIN {table} m USING ({key})"
                " WHERE s.op = 'new') + (SELECT count(*) FROM {stage} s"
                " LEFT JOIN {table} m ON m.{key} = s.{key}"
                " LEFT JOIN {year_table} y ON y.{key} = s.{key} AND y.year = {year}"
                " WHERE s.op = 'changed' AND (m.{key} IS NULL OR s.seen IS DISTINCT FROM {digest}))"
            ).format(**parts)
        )
        return int(cursor.fetchone()[0])


def unmark(stage: str) -> None:
    """Forget the marks, to compare anew."""
    run(sql.SQL("UPDATE {} SET op = NULL, seen = NULL").format(sql.Identifier(stage)))


def _kept(column: str, target: str) -> sql.Composable:
    """The value an update writes: staged unless blank, empty where cleared. A sealed value
    is rewritten only when its blind index differs, else history would fill with re-sealings."""
    base = column.removesuffix("_sealed").removesuffix("_blind")
    if column.endswith("_sealed"):
        chosen = sql.SQL(
            "CASE WHEN s.{b} IS NULL OR s.{b} IS NOT DISTINCT FROM {t}.{b} THEN {t}.{c}"
            " ELSE s.{c} END"
        )
    else:
        chosen = sql.SQL("coalesce(s.{c}, {t}.{c})")
    filled = chosen.format(
        b=sql.Identifier(f"{base}_blind"), c=sql.Identifier(column), t=sql.Identifier(target)
    )
    return sql.SQL("CASE WHEN {name} = ANY(s.cleared) THEN NULL ELSE {filled} END").format(
        name=sql.Literal(base), filled=filled
    )


def apply(stage: str, name: str, year: int, started_on: str | None = None) -> dict[str, int]:
    """Write the staged rows marked new or changed; counts of rows written.

    `started_on` (ISO date) begins the membership of new persons and ends that of persons who
    move; default: today. Must run inside an audit event.
    """
    p = plan(name)
    common = {
        "stage": sql.Identifier(stage),
        "key": sql.Identifier(p.key),
        "table": sql.Identifier(p.table),
        "year_table": sql.Identifier(p.year_table),
        "year": sql.Literal(year),
    }
    if name == "person":
        _move_members(stage, started_on)
    changed = run(
        sql.SQL(
            "UPDATE {table} t SET {sets} FROM {stage} s WHERE t.{key} = s.{key} AND s.op = 'changed'"
        ).format(sets=_sets(p.main, "t"), **common)
    )
    created = run(
        sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM {stage} WHERE op = 'new'"
        ).format(columns=_names((p.key, *p.main)), **common)
    )
    run(
        sql.SQL(
            "UPDATE {year_table} t SET {sets} FROM {stage} s"
            " WHERE t.{key} = s.{key} AND t.year = {year} AND s.op = 'changed'"
        ).format(sets=_sets((*p.carried, *p.annual), "t"), **common)
    )
    columns = (p.key, *p.carried, *p.annual)
    run(
        sql.SQL(
            "INSERT INTO {year_table} ({columns}, year) SELECT {columns}, {year} FROM {stage} s"
            " WHERE op IN ('new', 'changed') AND num_nonnulls({annual}) > 0 AND NOT EXISTS"
            " (SELECT 1 FROM {year_table} t WHERE t.{key} = s.{key} AND t.year = {year})"
        ).format(columns=_names(columns), annual=_names(p.annual), **common)
    )
    return {"new": created, "changed": changed}


def _sets(columns: tuple[str, ...], target: str) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(c), _kept(c, target)) for c in columns
    )


def _move_members(stage: str, started_on: str | None) -> None:
    """Membership follows: new persons join, persons whose household differs move."""
    day = sql.Literal(started_on or clock.today().isoformat())  # the session's clock is UTC
    run(
        sql.SQL(
            "UPDATE registry_membership m SET ended_on = {day} FROM {stage} s"
            " JOIN registry_person p USING (person_no)"
            " WHERE m.person_no = s.person_no AND m.ended_on IS NULL AND s.op = 'changed'"
            " AND s.household_no IS NOT NULL AND s.household_no <> p.household_no"
        ).format(stage=sql.Identifier(stage), day=day)
    )
    run(
        sql.SQL(
            "INSERT INTO registry_membership (person_no, household_no, village_code, started_on)"
            " SELECT s.person_no, s.household_no, s.village_code, {day}::date FROM {stage} s"
            " LEFT JOIN registry_person p USING (person_no) WHERE s.op = 'new' OR (s.op = 'changed'"
            " AND s.household_no IS NOT NULL AND s.household_no <> p.household_no)"
        ).format(stage=sql.Identifier(stage), day=day)
    )


def analyze() -> None:
    """Tell the planner what the tables of people now hold."""
    for name in ("household", "person"):
        p = plan(name)
        for table in (p.table, p.year_table):
            run(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
    run(sql.SQL("ANALYZE registry_membership"))


def load_new(
    name: str, parts: Iterator[pa.Table], year: int, started_on: str,
    progress: Callable[[int], None] | None = None,
) -> int:  # fmt: skip
    """Write rows known to be new, part by part, straight through a staging table; rows written.

    Must run inside an audit event; used to fill an empty registry.
    """
    written, stage = 0, f"staging_load_{name}"
    drop_stage(stage)
    create_stage(stage, name)
    for part in parts:
        written += copy_in(stage, seal_columns(name, part))
        run(sql.SQL("UPDATE {} SET op = 'new'").format(sql.Identifier(stage)))
        apply(stage, name, year, started_on)
        run(sql.SQL("TRUNCATE {}").format(sql.Identifier(stage)))
        if progress:
            progress(written)
    drop_stage(stage)
    return written
