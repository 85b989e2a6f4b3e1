"""What the registry knows of a file's rows, brought to the workbench in a few whole queries."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.csv as pa_csv
from django.db import connection, transaction
from psycopg import sql

from bangfu.collect.workbench import Bench
from bangfu.dictionary import Field, entity
from bangfu.registry import bulk, divisions
from bangfu.registry.models import Division, Household
from bangfu.registry.tables import plan

_HOMES, _PEOPLE = "collect_asked_household", "collect_asked_person"
_BLOCK = 32 << 20
_HOUSEHOLDS_ASKED = """
SELECT household_no AS key FROM household WHERE household_no IS NOT NULL
UNION SELECT household_no FROM person WHERE household_no IS NOT NULL
"""
_PERSONS_ASKED = """
SELECT person_no AS key FROM person WHERE person_no IS NOT NULL
UNION SELECT father_no FROM person WHERE father_no IS NOT NULL
UNION SELECT mother_no FROM person WHERE mother_no IS NOT NULL
UNION SELECT spouse_no FROM person WHERE spouse_no IS NOT NULL
"""


def bring(bench: Bench, year: int) -> None:
    """Fill `known_household`, `known_person` and `village` for the rows on the bench.

    Persons: those in the file, the relatives they name, and all of the households concerned.
    """
    if not Division.objects.exists():
        divisions.load()
    codes = Division.objects.filter(level="village").values_list("code", flat=True)
    bench.con.register("codes", pa.table({"code": pa.array(list(codes), pa.string())}))
    bench.run("CREATE TABLE village AS SELECT code FROM codes")
    bench.con.unregister("codes")
    if not Household.objects.exists():
        return
    with transaction.atomic():
        _ask(bench, _HOMES, _HOUSEHOLDS_ASKED)
        _ask(bench, _PEOPLE, _PERSONS_ASKED)
        bulk.run(
            sql.SQL(
                "INSERT INTO {homes} SELECT household_no FROM registry_person"
                " WHERE person_no IN (SELECT key FROM {people})"
            ).format(homes=sql.Identifier(_HOMES), people=sql.Identifier(_PEOPLE))
        )
        _fetch(
            bench,
            "household",
            year,
            sql.SQL("m.household_no IN (SELECT key FROM collect_asked_household)"),
        )
        _fetch(
            bench, "person", year,
            sql.SQL(
                "m.person_no IN (SELECT key FROM collect_asked_person UNION SELECT person_no"
                " FROM registry_person WHERE household_no IN (SELECT key FROM collect_asked_household))"
            ),
        )  # fmt: skip
        for table in (_HOMES, _PEOPLE):
            bulk.drop_stage(table)


def _ask(bench: Bench, table: str, query: str) -> None:
    bulk.drop_stage(table)
    bulk.run(sql.SQL('CREATE TEMP TABLE {} (key text COLLATE "C")').format(sql.Identifier(table)))
    keys = bench.run(query).to_arrow_reader(200_000)
    for batch in keys:
        bulk.copy_in(table, pa.Table.from_batches([batch]))
    bulk.run(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))


def _fetch(bench: Bench, name: str, year: int, which: sql.Composable) -> None:
    p, fields = plan(name), entity(name).select(pii=False)
    columns = [_column(f, p.key) for f in fields]
    present = sql.SQL("true")
    if name == "person":
        columns.append(sql.SQL("m.village_code"))
        present = sql.SQL(
            "EXISTS (SELECT 1 FROM registry_membership b WHERE b.person_no = m.person_no"
            " AND b.ended_on IS NULL)"
        )
    query = sql.SQL(
        "COPY (SELECT {columns}, {present} FROM {table} m LEFT JOIN {year_table} y"
        " ON y.{key} = m.{key} AND y.year = {year} WHERE {which}) TO STDOUT (FORMAT csv)"
    ).format(
        columns=sql.SQL(", ").join(columns), present=present, table=sql.Identifier(p.table),
        year_table=sql.Identifier(p.year_table), key=sql.Identifier(p.key),
        year=sql.Literal(year), which=which,
    )  # fmt: skip
    buffer = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for block in copy:
            buffer.write(block)
            if buffer.tell() > _BLOCK:
                _insert(bench, name, fields, buffer)
                buffer = io.BytesIO()
    if buffer.tell():
        _insert(bench, name, fields, buffer)


def _column(field: Field, key: str) -> sql.Composable:
    column = sql.Identifier("y" if field.annual and field.name != key else "m", field.name)
    if field.type == "codes":
        return sql.SQL("array_to_string({}, ',')").format(column)
    return column


def _insert(bench: Bench, name: str, fields: list[Field], buffer: io.BytesIO) -> None:
    buffer.seek(0)
    names = [f.name for f in fields] + (["village_code"] if name == "person" else []) + ["present"]
    table = pa_csv.read_csv(
        buffer,
        read_options=pa_csv.ReadOptions(column_names=names, block_size=_BLOCK),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True,
            null_values=[""], quoted_strings_can_be_null=False,
        ),
    )  # fmt: skip
    bench.con.register("fetched", table)
    typed = ", ".join(
        f"string_split({f.name}, ',')"
        if f.type == "codes"
        else f"CAST({f.name} AS {f.duckdb_type})"
        for f in fields
    )
    extra = ", village_code" if name == "person" else ""
    bench.run(
        f"INSERT INTO known_{name} ({', '.join(names)}) SELECT {typed}{extra}, present = 't' FROM fetched"
    )
    bench.con.unregister("fetched")
