"""Gives the compiled program its rows by hand (worked cases): tables `src_<entity>`.
Those of a snapshot are `views`.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Empty `src_` tables on a connection."""
    for entity in dictionary.ENTITIES:
        columns = [
            exp.ColumnDef(this=exp.to_identifier(name, quoted=True),
                          kind=exp.DataType.build(kind, dialect="duckdb"))
            for name, kind in table_columns(entity).items()
        ]  # fmt: skip
        table = exp.Schema(this=exp.to_table(f"src_{entity}"), expressions=columns)
        connection.execute(exp.Create(this=table, kind="TABLE").sql("duckdb"))


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
