"""The workbench of one check: an in-memory DuckDB holding the file's rows, typed, their faults,
and what the registry already knows of them. Nothing of it touches the disk.

Tables: `household` and `person` (row_no, dictionary fields, cleared), `fault` (entity, row_no,
field, code, value, note), `known_household` and `known_person` (the registry's rows).
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from bangfu.collect import cells, rules
from bangfu.collect.headers import ENTITIES
from bangfu.collect.reading import Sheet
from bangfu.dictionary import Field, entity

MEMORY = "1500MB"
_WARNINGS = "name_form"  # the one cell fault that keeps the value


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

    def __enter__(self) -> Bench:
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
        """Type every cell of `sheet`; rows taken (blank rows are not rows)."""
        taken = 0
        for batch in sheet.batches():
            self.con.register("raw", batch)
            self.run(f"CREATE OR REPLACE TEMP TABLE chunk AS {chunk_query(sheet, batch)}")
            fields = [name for name in sheet.columns if name]
            names = ", ".join(fields)
            self.run(
                f"INSERT INTO {sheet.entity} (row_no, {names}, cleared)"
                f" SELECT row_no, {names}, cleared FROM chunk"
            )
            self.run(
                "INSERT INTO fault "
                + " UNION ALL ".join(
                    f"SELECT '{sheet.entity}', row_no, '{f}', \"!{f}\", \"?{f}\", ''"
                    f' FROM chunk WHERE "!{f}" IS NOT NULL'
                    for f in fields
                )
            )
            self.con.unregister("raw")
            taken += batch.num_rows
            progress(taken)
        self.run("DROP TABLE IF EXISTS chunk")
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


def chunk_query(sheet: Sheet, batch: pa.Table) -> str:
    """The query that types one batch (registered as `raw`): for each field its value, its
    fault as "!field" and its text as "?field"."""
    fields = entity(sheet.entity).fields
    names = [name for name in sheet.columns if name]
    clears = _with_clears(batch, names)
    texts, values, faults, finals = [], [], [], []
    for name in names:
        trimmed = cells.trimmed(f'raw."{name}"')
        if name in clears:
            trimmed = (
                f"CASE WHEN {trimmed} IN ({cells.listed(cells.CLEAR)}) THEN NULL ELSE {trimmed} END"
            )
        texts.append(f'{trimmed} AS "?{name}"')
        made = cells.cell(fields[name], f'"?{name}"', f'"={name}"')
        values.append(f'{made.value} AS "={name}"')
        faults.append(f'{made.fault} AS "!{name}"')
        keep = f" OR \"!{name}\" = '{_WARNINGS}'" if name == "name" else ""
        finals.append(
            f'CASE WHEN "!{name}" IS NULL{keep} THEN "={name}" END AS {name}, "!{name}", "?{name}"'
        )
    asks = f"IN ({cells.listed(cells.CLEAR)})"
    marks = [
        f"CASE WHEN {cells.trimmed('raw.' + name)} {asks} THEN '{name}' END"
        for name in sorted(clears)
    ]
    cleared = (
        f"list_filter([{', '.join(marks)}], lambda x: x IS NOT NULL)"
        if marks
        else "NULL::VARCHAR[]"
    )
    some = [f'"?{name}"' for name in names] + (["cleared[1]"] if marks else [])
    filled = f"coalesce({', '.join(some)}) IS NOT NULL"
    return (
        f"WITH text AS (SELECT row_no, {', '.join(texts)}, {cleared} AS cleared FROM raw),"
        f" filled AS (SELECT * FROM text WHERE {filled}),"
        f" value AS (SELECT *, {', '.join(values)} FROM filled),"
        f" fault AS (SELECT *, {', '.join(faults)} FROM value)"
        f" SELECT row_no, {', '.join(finals)}, cleared FROM fault"
    )


def _with_clears(batch: pa.Table, names: list[str]) -> set[str]:
    """Fields of the batch in which some cell asks to be cleared (keys cannot be)."""
    wanted = pa.array(cells.CLEAR)
    return {
        name
        for name in names
        if name not in cells.KEYS and pc.any(pc.is_in(batch.column(name), value_set=wanted)).as_py()
    }


def text_of(field: Field, value: Any) -> str:
    """A typed value as people read it, for messages."""
    if value is None:
        return ""
    if field.type == "code":
        return field.label_of(str(value))
    if field.type == "bool":
        return "是" if str(value).lower() == "true" else "否"
    return str(value)
