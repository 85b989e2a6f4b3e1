"""The batch program on one group of counties: compute the tables, write the files, count.

Each group runs on its own cursor with its own temporary tables; several run side by side.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from bangfu import lake
from bangfu.kernel.problems import Problem
from bangfu.policy import problems
from bangfu.policy.script import Script, literal
from bangfu.policy.township import Township
from bangfu.policy.views import view_of

GROUP_CELLS = 400_000_000  # persons in work at a time, times rules: bounds the memory
_FEWEST = 360  # rules a person is reckoned with at least: joins weigh more than results
_COPY = ("FORMAT parquet, COMPRESSION snappy, PARTITION_BY (county_code), OVERWRITE_OR_IGNORE,"
         " FILENAME_PATTERN 'part-{i}'")  # fmt: skip
_FEW = {"entitlements": ("rule", "entity", "unit", "period"),
        "limits": ("rule", "entity", "unit", "period"), "alerts": ("rule", "entity"),
        "met": ("rule", "entity"), "undecided": ("rule", "entity")}  # fmt: skip
Group = tuple[str, ...]


def word_type(program: Script) -> str:
    """The statement that makes the type `word`: a text of which few occur.

    Such a column is written to Parquet as numbers with a list, in an eighth of the time that
    it takes to write, and look up, each text; whoever reads the file sees texts.
    """
    return f"CREATE TYPE word AS ENUM ({', '.join(literal(w) for w in program.words)})"


def _columns(table: str) -> str:
    """An output's columns, those of few values as `word`."""
    few = [f"CAST({name} AS word) AS {name}" for name in _FEW.get(table, ())]
    if table == "undecided":
        few.append("CAST(missing AS word[]) AS missing")
    return f"* REPLACE ({', '.join(few)})" if few else "*"


def group_counties(
    snapshot: lake.Snapshot, counties: Iterable[str], workers: int, rules: int
) -> list[Group]:
    """Counties in groups, evened out, of which as many as there are workers fit into memory.

    Every statement is planned once per group, so groups are as few as can be: one, computed by
    all `workers`, where that fits.
    """
    sizes = {county: snapshot.row_count("person", county) for county in counties}
    cells = sum(sizes.values()) * max(rules, _FEWEST)
    number = 1 if cells <= GROUP_CELLS else -(-cells // max(1, GROUP_CELLS // workers))
    number = min(len(sizes), number)
    groups: list[list[str]] = [[] for _ in range(number)]
    loads = [0] * number
    for county in sorted(sizes, key=lambda c: (-sizes[c], c)):
        least = loads.index(min(loads))
        groups[least].append(county)
        loads[least] += sizes[county]
    return [tuple(sorted(group)) for group in groups if group]


@dataclass
class Work:
    """What every group needs: the snapshot, the program, where files go."""

    snapshot: lake.Snapshot
    program: Script
    work_dir: Path
    wide: Callable[[], Script]
    township: Township | None = None

    def __post_init__(self) -> None:
        self.present = {e: self.snapshot.columns(e) for e in lake.ENTITIES}

    def run(self, cursor: duckdb.DuckDBPyConnection, group: Group) -> dict[str, dict[str, Any]]:
        """Evaluate a group; gives per county the rows and counts that were recorded.

        Figures beyond 18 digits are computed again with 38; a group that memory does not hold,
        in halves. Raises EVALUATION_FAILED, DISK_FAULT, or FILE_DAMAGED for a file that is not
        what the manifest says.
        """
        try:
            self.snapshot.verify_counties(group)
            return self._held(cursor, group)
        except (duckdb.IOException, OSError) as fault:
            raise problems.DISK_FAULT(out=str(self.work_dir), reason=str(fault)) from fault
        finally:
            cursor.close()

    def _held(self, cursor: duckdb.DuckDBPyConnection, group: Group) -> dict[str, dict[str, Any]]:
        try:
            try:
                return self._run(cursor, group, self.program)
            except duckdb.OutOfRangeException:
                return self._run(cursor, group, self.wide())
        except duckdb.OutOfMemoryException as fault:
            for name, _ in self.program.statements:
                cursor.execute(f"DROP TABLE IF EXISTS {name}")
            if len(group) == 1:
                raise problems.EVALUATION_FAILED(
                    county=group[0], reason=str(fault).split("\n")[0], statement=""
                ) from fault
            half = len(group) // 2
            return self._held(cursor, group[:half]) | self._held(cursor, group[half:])

    def _clear(self, group: Group) -> None:
        """Remove what a killed run, or the narrow one, left: it may have had more parts."""
        for table in self.program.outputs:
            for county in group:
                left = self.work_dir / f"{table}.parquet" / f"county_code={county}"
                if left.exists():
                    shutil.rmtree(left)

    def _run(
        self, cursor: duckdb.DuckDBPyConnection, group: Group, program: Script
    ) -> dict[str, dict[str, Any]]:
        self._clear(group)
        for entity in lake.ENTITIES:
            view = view_of(self.snapshot, entity, group, self.present[entity])
            self._do(cursor, group, f"CREATE OR REPLACE TEMP VIEW src_{entity} AS {view}")
        rows = self.township.fill(cursor, program) if self.township else {}
        for name, sql in program.statements:
            self._do(cursor, group, f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")
        if self.township:
            self.township.keep(cursor, program)
        for table, select in program.outputs.items():
            folder = literal(self.work_dir / f"{table}.parquet")
            typed = f"SELECT {_columns(table)} FROM ({select})"
            self._do(cursor, group, f"COPY ({typed}) TO {folder} ({_COPY})")
        found = self._counts(cursor, group, program, rows)
        for county, counts in found.items():
            file = self.work_dir / "counts" / f"{county}.json"
            partial = file.with_suffix(".tmp")
            partial.write_text(json.dumps(counts), encoding="utf-8")
            os.replace(partial, file)
        return found

    def _counts(
        self,
        cursor: duckdb.DuckDBPyConnection,
        group: Group,
        program: Script,
        rows: dict[str, int],
    ) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {
            county: {"rows": rows or {e: self.snapshot.row_count(e, county) for e in lake.ENTITIES},
                     "rules": {}}
            for county in group
        }  # fmt: skip
        for entity, sql in program.counts.items():
            ids = [rule.id for rule in program.rules if rule.entity == entity]
            for county in group:  # a county without a kept row has nothing positive or unknown
                total = found[county]["rows"][entity]
                found[county]["rules"].update(dict.fromkeys(ids, (0, 0, total, "0")))
            if ids:
                self._do(cursor, group, sql)
                for county, *lists in cursor.fetchall():
                    total = found[county]["rows"][entity]
                    for rule, positive, undecided, amount in zip(ids, *lists, strict=True):
                        # DuckDB's count_if over nothing but NULL is NULL, not 0.
                        found[county]["rules"][rule] = (
                            positive or 0,
                            undecided,
                            total,
                            str(amount),
                        )
        return found

    @staticmethod
    def _do(cursor: duckdb.DuckDBPyConnection, group: Group, sql: str) -> None:
        try:
            cursor.execute(sql)
        except (
            duckdb.OutOfRangeException, duckdb.OutOfMemoryException, duckdb.IOException, Problem,
        ):  # fmt: skip
            raise
        except duckdb.Error as fault:
            raise problems.EVALUATION_FAILED(
                county="、".join(group), reason=str(fault).split("\n")[0], statement=sql[:4000]
            ) from fault
