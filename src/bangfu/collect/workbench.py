"""The workbench of one check: an in-memory DuckDB holding the file's rows, typed, their faults,
and what the registry already knows of them. Nothing of it touches the disk.

Tables: `household` and `person` (row_no, dictionary fields, cleared), `fault` (entity, row_no,
field, code, value, note), `known_household` and `known_person` (the registry's rows).
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import duckdb

from bangfu.collect import cells, rules, typed
from bangfu.collect.headers import ENTITIES
from bangfu.collect.reading import Sheet
from bangfu.dictionary import Field, entity

MEMORY = "1500MB"


class Bench:
    """A connection with the tables above. Use as a context manager."""

    def __init__(self) -> None:
        self.con = duckdb.connect(":memory:", config={"memory_limit": MEMORY, "threads": "2"})
        self.con.execute("SET temp_directory = ''")  # personal data never spills to a file
        self.con.execute("SET enable_progress_bar = false")
        self.con.execute(cells.MACROS)
        for name in ENTITIES:
            columns = ", ".join(f"{f.name} {f.duckdb_type}" for f in entity(name).fields.values())
            self.con.execute(f"CREATE TABLE {name} (row_no INTEGER, {columns}, cleared VARCHAR[])")
            village = "" if "village_code" in entity(name).fields else ", village_code VARCHAR"
            self.con.execute(f"CREATE TABLE known_{name} ({columns}{village}, present BOOLEAN)")
        self.con.execute(
            "CREATE TABLE fault (entity VARCHAR, row_no INTEGER, field VARCHAR, code VARCHAR,"
            " value VARCHAR, note VARCHAR)"
        )
        warnings = [code for code, rule in rules.every().items() if rule.level == "warning"]
        self.con.execute("CREATE TABLE warning (code VARCHAR)")
        self.con.executemany("INSERT INTO warning VALUES (?)", [[w] for w in warnings])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.con.close()

    def run(self, statement: str, *values: Any) -> duckdb.DuckDBPyConnection:
        """Execute one statement with bound values."""
        return self.con.execute(statement, list(values))

    def one(self, statement: str, *values: Any) -> Any:
        """The first value of the first row."""
        row = self.run(statement, *values).fetchone()
        return row[0] if row else None

    def load(self, sheet: Sheet, progress: Callable[[int], None]) -> int:
        """Type every cell of `sheet`; how many rows it has (blank rows are not rows)."""
        taken = 0
        for batch in sheet.batches():
            values, faults = typed.batch(self.con, sheet, batch)
            names = ", ".join(values.column_names)
            self.con.register("typed", values)
            self.run(f"INSERT INTO {sheet.entity} ({names}) SELECT {names} FROM typed")
            self.con.unregister("typed")
            if faults.num_rows:
                self.con.register("found", faults)
                self.run(
                    "INSERT INTO fault SELECT ?, row_no, field, code, value, '' FROM found",
                    sheet.entity,
                )
                self.con.unregister("found")
            taken += batch.num_rows
            progress(taken)
        for row_no, columns in sheet.ragged:
            self.run(
                "INSERT INTO fault VALUES (?, ?, '', 'ragged', ?, '')",
                sheet.entity, row_no, f"{columns} 列",
            )  # fmt: skip
        return int(self.one(f"SELECT count(*) FROM {sheet.entity}")) + len(sheet.ragged)

    def refused(self, name: str) -> str:
        """A subquery of the refused row numbers of an entity."""
        return (
            f"(SELECT DISTINCT row_no FROM fault WHERE entity = '{name}'"
            " AND code NOT IN (SELECT code FROM warning))"
        )


def text_of(field: Field, value: Any) -> str:
    """A typed value as people read it, for messages."""
    if value is None:
        return ""
    if field.type == "code":
        return field.label_of(str(value))
    if field.type == "bool":
        return "是" if str(value).lower() == "true" else "否"
    return str(value)
