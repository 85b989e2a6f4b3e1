"""Gives the compiled program its rows by hand (cases, one household): tables `src_<entity>`.
Those of a snapshot are `views`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from bangfu import dictionary, lake
from bangfu.policy.views import LINKS


def table_columns(entity: str) -> dict[str, str]:
    """Columns and DuckDB types of a `src_` table."""
    found = {f.name: f.duckdb_type for f in dictionary.snapshot_columns(entity)}
    return {**found, **dict.fromkeys(LINKS[entity], "VARCHAR")}


def create_tables(
    connection: duckdb.DuckDBPyConnection, only: Mapping[str, Iterable[str]] | None = None
) -> None:
    """Empty `src_` tables on a connection, with the columns in `only` or all."""
    for entity in dictionary.ENTITIES:
        wanted = set(only[entity]) if only is not None else None
        columns = [
            exp.ColumnDef(this=exp.to_identifier(name, quoted=True),
                          kind=exp.DataType.build(kind, dialect="duckdb"))
            for name, kind in table_columns(entity).items()
            if wanted is None or name in wanted
        ]  # fmt: skip
        if not columns:
            continue
        table = exp.Schema(this=exp.to_table(f"src_{entity}"), expressions=columns)
        connection.execute(exp.Create(this=table, kind="TABLE").sql("duckdb"))


def replace_few(
    connection: duckdb.DuckDBPyConnection,
    entity: str,
    columns: Iterable[str],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """The rows of a small `src_` table. Raises duckdb.ConversionException.

    Values go in as typed literals: DuckDB looks for optional modules at every bound value,
    which costs more than the whole explanation.
    """
    names = tuple(columns)
    connection.execute(_delete_sql(entity))
    if rows:
        values = ", ".join(
            "(" + ", ".join(literal(row.get(name)) for name in names) + ")" for row in rows
        )
        connection.execute(_insert_sql(entity, names) + values)


def literal(value: Any) -> str:
    """A value as a DuckDB literal. Raises TypeError for what no field can hold."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value)
        case Decimal():
            return format(value, "f")
        case str():
            return str(exp.Literal.string(value).sql("duckdb"))
        case datetime():
            return literal(value.date())
        case date():
            return f"DATE '{value.isoformat()}'"
        case list() | tuple():
            return "[" + ", ".join(literal(item) for item in value) + "]"
        case _:
            raise TypeError(f"no field holds {value!r}")


@lru_cache(maxsize=16)
def _delete_sql(entity: str) -> str:
    return str(exp.delete(f"src_{entity}").sql("duckdb"))


@lru_cache(maxsize=256)
def _insert_sql(entity: str, names: tuple[str, ...]) -> str:
    into = ", ".join(exp.to_identifier(name, quoted=True).sql("duckdb") for name in names)
    return f"INSERT INTO src_{entity} ({into}) VALUES "


def insert(
    connection: duckdb.DuckDBPyConnection, entity: str, rows: list[Mapping[str, Any]]
) -> None:
    """Rows into a `src_` table; columns a row does not give are NULL.

    Raises pyarrow.ArrowInvalid or ArrowTypeError when a value does not fit its field.
    """
    if not rows:
        return
    schema = lake.arrow_schema(entity)
    for link in LINKS[entity]:
        schema = schema.append(pa.field(link, pa.string()))
    given = pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
    connection.register("given", given)
    try:
        connection.execute(
            exp.insert(exp.select("*").from_("given"), f"src_{entity}").sql("duckdb")
        )
    finally:
        connection.unregister("given")
