"""Closing a period: the registry's tables -> Arrow -> the lake, county by county.

One repeatable-read transaction, so every county is seen at the same moment. Rows leave
PostgreSQL as COPY text (NUMERIC stays exact) and become typed Arrow columns here.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from bangfu import audit
from bangfu.access.scope import Scope
from bangfu.dictionary import BASIC, KEYS, OTHERS, PLACE_COLUMN, snapshot_columns
from bangfu.kernel import region
from bangfu.kernel.period import Period
from bangfu.lake import Snapshot, SnapshotWriter, arrow_schema
from bangfu.registry import records
from bangfu.registry.models import County, SnapshotTaken
from bangfu.registry.tables import plan

_READ = pa_csv.ReadOptions(block_size=8 << 20)


def take(
    scope: Scope, period: str, *, out: Path | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> SnapshotTaken:  # fmt: skip
    """Close `period` ('2016-12'): a snapshot of everyone present, at `out` or in the lake.

    A second snapshot of a period stands beside the first (2016-12-r2), so that earlier
    findings stay reproducible. Raises Problem `lake.*`, ValueError for no period.
    """
    wanted = Period.parse(period)
    target = out or _next_place(str(wanted))
    counties = list(County.objects.order_by("county_code").values_list("county_code", flat=True))
    # The others have a table in the snapshot only where somebody keeps them.
    kinds = (*BASIC, *(name for name in OTHERS if records.model_of(name).objects.exists()))
    rows = dict.fromkeys(kinds, 0)
    with (
        transaction.atomic(),
        SnapshotWriter(target, str(wanted), source="registry") as writer,
    ):
        _same_moment()
        for number, county in enumerate(counties):
            if progress:
                progress(number, len(counties), county)
            for name in kinds:
                found = (
                    _county(name, county, wanted.year) if name in BASIC else _others(name, county)
                )
                rows[name] += writer.write(name, county, found)
    with audit.event(
        "snapshot.taken", actor=scope.actor, subject=str(wanted), region_code=scope.region_code,
        detail={"path": target.name, "rows": rows},
    ):  # fmt: skip
        return SnapshotTaken.objects.create(
            period=str(wanted), path=str(target), rows=rows, taken_by=scope.username,
            manifest_hash=Snapshot.open(target).digest,
        )  # fmt: skip


def _next_place(period: str) -> Path:
    lake = Path(settings.BANGFU_VAR) / "lake"
    lake.mkdir(parents=True, exist_ok=True)
    place, revision = lake / period, 1
    while place.exists():
        revision += 1
        place = lake / f"{period}-r{revision}"
    return place


def _same_moment() -> None:
    """One view of the data for all counties. Inside a test's own transaction the isolation
    can no longer be changed, and need not be: nobody else writes there."""
    if not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _county(name: str, county: str, year: int) -> pa.Table:
    """One county's rows of entity `name` as an Arrow table in the lake's schema."""
    fields = snapshot_columns(name)
    p = plan(name)
    columns = [
        (sql.SQL("array_to_string({c}, ',')") if f.type == "codes" else sql.SQL("{c}")).format(
            c=sql.Identifier("y" if f.annual else "m", f.name)
        )
        for f in fields
    ]
    present = (
        sql.SQL(
            "EXISTS (SELECT 1 FROM registry_membership b WHERE b.person_no = m.person_no"
            " AND b.ended_on IS NULL)"
        )
        if name == "person"
        else sql.SQL("true")
    )
    scope_column = "county_code" if name == "county" else "village_code"
    query = sql.SQL(
        "COPY (SELECT {columns} FROM {table} m LEFT JOIN {year_table} y"
        " ON y.{key} = m.{key} AND y.year = {year}"
        " WHERE m.{scope} >= {low} AND m.{scope} < {high} AND {present} ORDER BY m.{key})"
        " TO STDOUT (FORMAT csv)"
    ).format(
        columns=sql.SQL(", ").join(columns),
        table=sql.Identifier(p.table),
        year_table=sql.Identifier(p.year_table),
        key=sql.Identifier(p.key),
        year=sql.Literal(year),
        scope=sql.Identifier(scope_column),
        low=sql.Literal(county),
        high=sql.Literal(region.upper_bound(county)),
        present=present,
    )
    buffer = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for block in copy:
            buffer.write(block)
    return _typed(name, buffer)


def _others(name: str, county: str) -> pa.Table:
    """One county's loans, enterprises …: they have no yearly table."""
    columns = [
        sql.SQL("array_to_string({c}, ',')" if f.type == "codes" else "{c}").format(
            c=sql.Identifier(f.name)
        )
        for f in snapshot_columns(name)
    ]
    query = sql.SQL(
        "COPY (SELECT {columns} FROM {table} WHERE {scope} >= {low} AND {scope} < {high}"
        " ORDER BY {key}) TO STDOUT (FORMAT csv)"
    ).format(
        columns=sql.SQL(", ").join(columns),
        table=sql.Identifier(f"registry_{name}"),
        scope=sql.Identifier(PLACE_COLUMN[name]),
        key=sql.Identifier(KEYS[name]),
        low=sql.Literal(county),
        high=sql.Literal(region.upper_bound(county)),
    )
    buffer = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for block in copy:
            buffer.write(block)
    return _typed(name, buffer)


def _typed(name: str, buffer: io.BytesIO) -> pa.Table:
    schema = arrow_schema(name)
    if not buffer.tell():
        return schema.empty_table()
    buffer.seek(0)
    read = pa_csv.read_csv(
        buffer,
        read_options=pa_csv.ReadOptions(column_names=schema.names, block_size=_READ.block_size),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types={
                f.name: pa.string() if pa.types.is_list(f.type) else f.type for f in schema
            },
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )
    for position, field in enumerate(schema):
        if pa.types.is_list(field.type):
            text = read.column(position)
            lists = pc.split_pattern(text, ",")
            empty = pa.scalar([], lists.type)  # an empty list, not a list of one empty text
            lists = pc.if_else(pc.equal(text, ""), empty, lists)
            read = read.set_column(position, field.name, lists)
    return read.cast(schema)
