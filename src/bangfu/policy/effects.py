"""Two findings directories of one snapshot, compared: who is covered, what it costs, who gains
and who loses, readiness for exit, incomes against the line. DuckDB SQL over the Parquet files.

One table of households is made (`home`: a row per household with both sides beside each
other), everything else is a GROUP BY of it. Gives exact counts and sums; what may be shown of
them is for `outcome` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from bangfu import lake
from bangfu.policy import poverty
from bangfu.policy.pack import Pack, ParameterValue
from bangfu.policy.script import literal

SIDES = ("before", "after")
# How often a year an amount is paid; what is paid by the day is not known in advance.
TIMES = {"year": 1, "semester": 2, "month": 12, "once": 1, "batch": 1}
RECURRING = ("year", "semester", "month")
DIMENSIONS = ("ethnicity", "category", "poverty_grade")
LINES = ("poverty_line", "provincial_line")
INCOME = "net_income_per_capita"
# Upper ends of the bands of a household's gain or loss in a year; the last band is open.
YUAN_BANDS = (100, 500, 1000, 3000, 5000)
PERCENT_BANDS = (1, 5, 10, 20, 50)
NO_INCOME = "no_income"
WHOLE = ""
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Side:
    """One of the two: its findings, and the pack they were judged by."""

    findings: Path
    pack: Pack


@dataclass
class Effects:
    """Everything that was counted, by county ('' for all together where it says place)."""

    counties: tuple[str, ...]
    cells: list[dict[str, Any]] = field(default_factory=list)
    bands: list[dict[str, Any]] = field(default_factory=list)
    ready: list[dict[str, Any]] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    public: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    poverty: dict[str, dict[str, poverty.Poverty]] = field(default_factory=dict)
    exit_rule: str = ""


def exit_rule_of(pack: Pack, as_of: date) -> str:
    """The exit standard: the household criterion in force that is made of others and part of
    none; where there are several, the one with the most items. '' where there is none."""
    found = [r for r in pack.rules_of("criterion") if r.entity == "household" and r.at(as_of)]
    parts = {part for rule in found for part in rule.components}
    tops = [r for r in found if r.components and r.id not in parts]
    return max(tops, key=lambda r: len(r.components)).id if tops else ""


def compared(
    snapshot: lake.Snapshot, before: Side, after: Side, as_of: date, counties: Sequence[str],
    *, threads: int = 2, memory_mb: int = 800,
) -> Effects:  # fmt: skip
    """The effects of going from one pack to the other."""
    work = _Work(snapshot, (before, after), as_of, tuple(counties))
    with duckdb.connect() as database:
        database.execute(f"SET threads = {int(threads)}")
        database.execute(f"SET memory_limit = '{int(memory_mb)}MB'")
        database.execute(f"SET temp_directory = {literal(after.findings.parent / '.spill')}")
        work.database = database
        return work.run()


class _Work:
    database: duckdb.DuckDBPyConnection

    def __init__(
        self,
        snapshot: lake.Snapshot,
        sides: tuple[Side, Side],
        as_of: date,
        counties: tuple[str, ...],
    ) -> None:
        self.snapshot, self.sides, self.as_of = snapshot, sides, as_of
        self.counties = counties
        self.found = Effects(counties)

    def run(self) -> Effects:
        """All of it."""
        self._homes()
        for name, side in zip(SIDES, self.sides, strict=True):
            self._side(name, side)
        self._join()
        self._cells()
        self._bands()
        self._ready()
        self._poverty()
        self._rules()
        self._public()
        return self.found

    # --- reading -------------------------------------------------------------------------

    def _files(self, side: Side, table: str) -> str:
        """The relation of a findings table in the counties asked for; '' when it has no file."""
        root = side.findings / f"{table}.parquet"
        found = [
            str(file)
            for county in self.counties
            for file in sorted((root / f"county_code={county}").glob("*.parquet"))
        ]
        return f"read_parquet([{_texts(found)}], hive_partitioning = false)" if found else ""

    def _snapshot(self, entity: str, *names: str) -> str:
        """A SELECT of snapshot columns, NULL for those an older snapshot lacks."""
        files = [str(f) for county in self.counties for f in self.snapshot.files(entity, county)]
        if not files:
            return f"SELECT {', '.join(f'NULL::VARCHAR AS {n}' for n in names)} WHERE false"
        present = set(self.snapshot.columns(entity))
        columns = ", ".join(n if n in present else f"NULL::VARCHAR AS {n}" for n in names)
        return f"SELECT {columns} FROM read_parquet([{_texts(files)}], hive_partitioning = false)"

    def _homes(self) -> None:
        household = self._snapshot(
            "household", "household_no", "village_code", "category", "poverty_grade", "status"
        )
        person = self._snapshot("person", "household_no", "person_no", "ethnicity", "relation")
        county = self._snapshot("county", "county_code", "county_kind")
        self.database.execute(f"""
            CREATE TEMP TABLE base AS
            WITH person AS ({person}), household AS ({household}), county AS ({county}),
            member AS (
              SELECT household_no, count(*)::BIGINT AS persons,
                     coalesce(max(ethnicity) FILTER (relation = 'head'),
                              arg_min(ethnicity, person_no)) AS ethnicity
              FROM person GROUP BY household_no)
            SELECT h.household_no, substr(h.village_code, 1, 6) AS county, h.village_code,
                   coalesce(h.category, '') AS category,
                   coalesce(h.poverty_grade, '') AS poverty_grade,
                   coalesce(m.ethnicity, '') AS ethnicity, coalesce(m.persons, 0) AS persons,
                   coalesce(h.status IN ('registered', 'returned'), true) AS assessed,
                   c.county_kind
            FROM household h LEFT JOIN member m USING (household_no)
            LEFT JOIN county c ON c.county_code = substr(h.village_code, 1, 6)""")

    def _side(self, name: str, side: Side) -> None:
        times = " ".join(f"WHEN '{p}' THEN {n}" for p, n in TIMES.items())
        source = self._files(side, "entitlements") or (
            "(SELECT NULL::VARCHAR AS household_no, NULL::VARCHAR AS entity, NULL::VARCHAR AS"
            " subject, NULL::DECIMAL(18,2) AS amount, NULL::VARCHAR AS unit,"
            " NULL::VARCHAR AS period WHERE false)"
        )
        recurring = ", ".join(f"'{p}'" for p in RECURRING)
        self.database.execute(f"""
            CREATE TEMP TABLE paid_{name} AS
            WITH line AS (
              SELECT household_no, entity, subject, period,
                     CASE WHEN unit = 'yuan' THEN CASE period {times} END * amount END AS yearly
              FROM {source} WHERE household_no IS NOT NULL)
            SELECT household_no, (100 * coalesce(sum(yearly), 0))::BIGINT AS fen,
                   (100 * coalesce(sum(yearly) FILTER (period IN ({recurring})), 0))::BIGINT
                     AS steady,
                   bool_or(entity = 'household') AS whole,
                   count(DISTINCT subject) FILTER (entity = 'person') AS persons
            FROM line GROUP BY household_no""")
        self.found.exit_rule = exit_rule_of(side.pack, self.as_of)
        criteria = self._files(side, "criteria") or "(SELECT '' AS household_no WHERE false)"
        variables = self._files(side, "variables")
        ready = f'"{self.found.exit_rule}"' if self.found.exit_rule else "NULL::BOOLEAN"
        has_income = variables and ("household", INCOME) in side.pack.variables and (
            INCOME in self._columns(variables))  # fmt: skip
        income = f"(100 * {INCOME})::BIGINT" if has_income else "NULL::BIGINT"
        self.database.execute(f"""
            CREATE TEMP TABLE judged_{name} AS
            SELECT c.household_no, {ready} AS ready, {income} AS income
            FROM {criteria} c {"LEFT JOIN " + variables + " v USING (household_no)" if variables else ""}""")

    def _columns(self, relation: str) -> list[str]:
        rows = self.database.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        return [str(row[0]) for row in rows]

    def _join(self) -> None:
        """`home`: both sides of each household. Amounts and incomes are whole fen."""
        columns = ",\n".join(
            f"coalesce(p_{n}.fen, 0) AS fen_{n}, coalesce(p_{n}.steady, 0) AS steady_{n},"
            f" p_{n}.household_no IS NOT NULL AS covered_{n},"
            f" CASE WHEN p_{n}.whole THEN b.persons ELSE coalesce(p_{n}.persons, 0) END"
            f" AS heads_{n}, j_{n}.ready AS ready_{n}, j_{n}.income AS own_{n},"
            f" {self._line(side)} AS line_{n}"
            for n, side in zip(SIDES, self.sides, strict=True)
        )
        joins = "\n".join(
            f"LEFT JOIN paid_{n} p_{n} USING (household_no)"
            f" LEFT JOIN judged_{n} j_{n} USING (household_no)"
            for n in SIDES
        )
        # What is paid more or less a year is shared among the members, to the nearest fen.
        change = "(steady_after - steady_before)"
        per_head = (
            f"CASE WHEN persons = 0 THEN 0 WHEN {change} >= 0"
            f" THEN (2 * {change} + persons) // (2 * persons)"
            f" ELSE -((-2 * {change} + persons) // (2 * persons)) END"
        )
        self.database.execute(f"""
            CREATE TEMP TABLE home AS
            WITH both_sides AS (SELECT b.*, {columns} FROM base b {joins})
            SELECT *, own_before AS income_before, own_after + {per_head} AS income_after,
                   fen_after - fen_before AS gain
            FROM both_sides""")

    def _line(self, side: Side) -> str:
        """The poverty line of a household's place in fen, as a CASE; NULL where none is set."""
        name = next((n for n in LINES if n in side.pack.parameters), "")
        values = side.pack.parameters[name].in_force(self.as_of) if name else ()
        cases = "".join(
            f" WHEN {_there(v)} THEN {_fen(v)}" for v in values if v.region or v.county_kind
        )
        general = next((_fen(v) for v in values if not v.region and not v.county_kind), "NULL")
        return f"(CASE{cases} ELSE {general} END)::BIGINT" if cases else f"({general})::BIGINT"

    # --- counting ------------------------------------------------------------------------

    def _rows(self, query: str) -> list[dict[str, Any]]:
        cursor = self.database.execute(query)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _cells(self) -> None:
        sides = ",\n".join(
            f"count(*) FILTER (covered_{n}) AS covered_households_{n},"
            f" sum(heads_{n})::BIGINT AS covered_persons_{n},"
            f" count(*) FILTER (fen_{n} > 0) AS paid_households_{n},"
            f" sum(fen_{n})::HUGEINT AS cost_{n}"
            for n in SIDES
        )
        self.found.cells = self._rows(f"""
            SELECT county, {", ".join(DIMENSIONS)}, count(*) AS households,
                   sum(persons)::BIGINT AS persons, {sides},
                   {_moved("gain", "gain > 0", "gain")}, {_moved("lose", "gain < 0", "-gain")}
            FROM home GROUP BY county, {", ".join(DIMENSIONS)} ORDER BY ALL""")

    def _bands(self) -> None:
        yuan = " ".join(f"WHEN abs(gain) <= {100 * top} THEN '{top}'" for top in YUAN_BANDS)
        percent = " ".join(
            f"WHEN 100 * abs(gain)::HUGEINT <= {top} * income_before::HUGEINT * persons THEN '{top}'"
            for top in PERCENT_BANDS
        )
        self.found.bands = self._rows(f"""
            WITH moved AS (
              SELECT county, CASE WHEN gain > 0 THEN 'gain' ELSE 'lose' END AS way, persons, gain,
                     CASE {yuan} ELSE 'more' END AS yuan,
                     CASE WHEN coalesce(income_before, 0) <= 0 THEN '{NO_INCOME}' {percent}
                          ELSE 'more' END AS percent
              FROM home WHERE gain <> 0)
            SELECT county, way, 'yuan' AS scale, yuan AS band, count(*) AS households,
                   sum(persons)::BIGINT AS persons, sum(abs(gain))::HUGEINT AS amount
            FROM moved GROUP BY county, way, yuan
            UNION ALL
            SELECT county, way, 'percent', percent, count(*), sum(persons)::BIGINT,
                   sum(abs(gain))::HUGEINT
            FROM moved GROUP BY county, way, percent
            ORDER BY ALL""")

    def _ready(self) -> None:
        columns = ", ".join(
            f"count(*) FILTER (ready_{n}) AS ready_{n},"
            f" count(*) FILTER (NOT ready_{n}) AS not_ready_{n},"
            f" count(*) FILTER (ready_{n} IS NULL) AS undecided_{n}"
            for n in SIDES
        )
        self.found.ready = self._rows(f"""
            SELECT county, count(*) AS assessed, {columns} FROM home WHERE assessed
            GROUP BY county ORDER BY ALL""")

    def _poverty(self) -> None:
        for name in SIDES:
            self.database.execute(f"""
                CREATE OR REPLACE TEMP VIEW incomes AS
                SELECT county AS place, income_{name} AS income, line_{name} AS line, persons
                FROM home WHERE line_{name} IS NOT NULL
                UNION ALL
                SELECT '{WHOLE}', income_{name}, line_{name}, persons
                FROM home WHERE line_{name} IS NOT NULL""")
            self.found.poverty[name] = poverty.measured(self.database, "incomes")

    def _rules(self) -> None:
        """Subjects and amounts of every rule in each county, both sides."""
        by_key: dict[tuple[str, str], dict[str, Any]] = {}
        for name, side in zip(SIDES, self.sides, strict=True):
            for rule, county, measure, count, amount in self._outcomes(side):
                row = by_key.setdefault((rule, county), {"rule": rule, "county": county})
                row[f"{measure}_{name}"] = int(count)
                if amount is not None:
                    row[f"amount_{name}"] = amount
        self.found.rules = [by_key[key] for key in sorted(by_key)]

    def _outcomes(self, side: Side) -> Iterable[Row]:
        for table in ("entitlements", "limits", "alerts", "met"):
            if source := self._files(side, table):
                amount = "sum(amount)" if table in ("entitlements", "limits") else "NULL"
                yield from self.database.execute(
                    f"SELECT rule, substr(region_code, 1, 6), 'positive', count(*), {amount}"
                    f" FROM {source} GROUP BY ALL ORDER BY ALL"
                ).fetchall()
        if source := self._files(side, "undecided"):
            yield from self.database.execute(
                f"SELECT rule, substr(region_code, 1, 6), 'undecided', count(*), NULL"
                f" FROM {source} GROUP BY ALL ORDER BY ALL"
            ).fetchall()
        criteria = [
            r.id for r in side.pack.rules_of("criterion")
            if r.entity == "household" and r.at(self.as_of) is not None
        ]  # fmt: skip
        source = self._files(side, "criteria")
        if criteria and source:
            counts = ", ".join(f'count(*) FILTER ("{rule}") AS "{rule}"' for rule in criteria)
            for row in self._rows(
                f"SELECT substr(region_code, 1, 6) AS county, {counts} FROM {source}"
                " GROUP BY ALL ORDER BY ALL"
            ):
                county = row.pop("county")
                yield from ((rule, county, "positive", n, None) for rule, n in row.items() if n)

    def _public(self) -> None:
        """Yearly cost of what villages and counties get, which is no household's."""
        times = " ".join(f"WHEN '{p}' THEN {n}" for p, n in TIMES.items())
        for name, side in zip(SIDES, self.sides, strict=True):
            source = self._files(side, "entitlements")
            rows: list[Row] = [] if not source else self.database.execute(
                f"SELECT substr(region_code, 1, 6), sum(CASE period {times} END * amount)"
                f" FROM {source} WHERE household_no IS NULL AND unit = 'yuan' GROUP BY ALL"
            ).fetchall()  # fmt: skip
            self.found.public[name] = {county: amount or Decimal(0) for county, amount in rows}


def _moved(name: str, where: str, amount: str) -> str:
    return (
        f"count(*) FILTER ({where}) AS {name}_households,"
        f" coalesce(sum(persons) FILTER ({where}), 0)::BIGINT AS {name}_persons,"
        f" coalesce(sum({amount}) FILTER ({where}), 0)::HUGEINT AS {name}_amount"
    )


def _there(value: ParameterValue) -> str:
    parts = [f"starts_with(b.village_code, {literal(value.region)})"] if value.region else []
    if value.county_kind:
        parts.append(f"b.county_kind = {literal(value.county_kind)}")
    return " AND ".join(parts)


def _fen(value: ParameterValue) -> str:
    return str(int(Decimal(str(value.value)) * 100))


def _texts(values: Iterable[str]) -> str:
    return ", ".join(literal(value) for value in values)
