"""Who is entitled twice to what the papers give once: the groups of `overlaps.yaml` over the
entitlement rows of an evaluation, a county at a time.

Runs after the rules, from the files they wrote; groups that only say "these add up" cost
nothing. Yuan are taken to a year, so that a monthly and a yearly sum can be compared; shares, in-kind
aid and candidates count as claims without money.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from bangfu.policy.pack import Pack
from bangfu.policy.script import literal

if TYPE_CHECKING:  # the reader of YAML takes longer to start than a small pack to judge
    from bangfu.policy.declared import Overlap

TABLE = "overlaps"
_BATCH = 200_000_000  # bytes of entitlements judged together
# How often a year an amount is paid; a day's is not known in advance and counts once.
TIMES = {"year": 1, "semester": 2, "month": 12, "once": 1, "batch": 1, "day": 1}


@dataclass(frozen=True)
class DoubleClaims:
    """One group: how many subjects claim twice, and what goes beyond the group, yuan a year."""

    group: str
    subjects: int
    excess: Decimal


def write(
    findings: Path, pack: Pack | str | Path, as_of: date, counties: Iterable[str]
) -> tuple[DoubleClaims, ...]:
    """Write `overlaps.parquet` beside the entitlements in `findings`; counts by group.

    Columns: overlap, kind, entity, subject, household_no, region_code, rules, claims, amount
    and excess (DECIMAL, a year's worth).
    """
    groups = [g for g in _groups(pack) if g.kind != "stacking"]
    if not groups:
        return ()
    loaded = _loaded(pack) if any(g.cap for g in groups) else None
    counts: dict[str, DoubleClaims] = {}
    with duckdb.connect() as database:
        database.execute("SET threads = 2")
        database.execute("SET memory_limit = '800MB'")
        for batch in _batches(findings, counties):
            rows = _rows(groups, findings, batch)
            if rows:
                database.execute(f"CREATE OR REPLACE TEMP TABLE found AS {_sql(groups, rows)}")
                _ceilings(database, groups, loaded, as_of)
                _keep(database, findings, counts)
    return tuple(counts[g.id] for g in groups if g.id in counts)


def _batches(findings: Path, counties: Iterable[str]) -> Iterator[list[str]]:
    """Counties together up to so many bytes of entitlements: one statement is dear, memory too."""
    batch: list[str] = []
    size = 0
    for county in counties:
        batch.append(county)
        folder = findings / "entitlements.parquet" / f"county_code={county}"
        size += sum(file.stat().st_size for file in folder.glob("*"))
        if size > _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _groups(pack: Pack | str | Path) -> tuple[Overlap, ...]:
    """The pack's groups; of a pack that is not loaded, from its small file alone."""
    if isinstance(pack, Pack):
        return pack.overlaps
    from bangfu.policy.loading import parents_of

    found: tuple[Overlap, ...] = ()
    for root in parents_of(pack):
        found += _read(root)
    return found


def _read(root: Path) -> tuple[Overlap, ...]:
    from bangfu.policy.declared import read_overlaps
    from bangfu.policy.loading import bare
    from bangfu.policy.reader import Reader
    from bangfu.policy.source import read

    file = root / "overlaps.yaml"
    if not file.is_file():
        return ()
    node = read(file)
    return read_overlaps(Reader(), bare(root), node) if node.value is not None else ()


def _loaded(pack: Pack | str | Path) -> Pack:
    from bangfu.policy.loading import load_pack

    return pack if isinstance(pack, Pack) else load_pack(pack)


def _rows(groups: list[Overlap], findings: Path, counties: list[str]) -> str:
    """Entitlements, and candidates where a group asks for them, of the rules in groups."""
    parts = []
    for of, tables in (("claims", ("entitlements",)), ("candidates", ("met", "alerts"))):
        rules = ", ".join(sorted({literal(r) for g in groups if g.of == of for r in g.rules}))
        for table in tables if rules else ():
            folders = [findings / f"{table}.parquet" / f"county_code={c}" for c in counties]
            files = [file for folder in folders for file in sorted(folder.glob("*"))]
            listed = ", ".join(literal(file) for file in files)
            amount = "amount, unit, period" if of == "claims" else "0, NULL, NULL"
            if listed:
                parts.append(
                    f"SELECT county_code, rule, subject, household_no, region_code, {amount} FROM"
                    f" read_parquet([{listed}], hive_types = {{'county_code': VARCHAR}})"
                    f" WHERE rule IN ({rules})"
                )
    return " UNION ALL ".join(parts)


def _sql(groups: list[Overlap], rows: str) -> str:
    """Rows of subjects with several claims; those of a group with a ceiling are judged later.

    First by cheap aggregates who has more than one, then the details of those alone.
    """
    heads = ", ".join(
        f"({n}, {literal(g.id)}, {literal(g.kind)}, {literal(g.per)}, {g.most})"
        for n, g in enumerate(groups)
    )
    members = ", ".join(
        f"({n}, {literal(rule)}, {g.per == 'household'})"
        for n, g in enumerate(groups) for rule in g.rules
    )  # fmt: skip
    times = " ".join(f"WHEN {literal(period)} THEN {n}" for period, n in TIMES.items())
    return f"""
WITH head(n, overlap, kind, per, most) AS (VALUES {heads}),
member(n, rule, whole) AS (VALUES {members}),
e AS MATERIALIZED (
  SELECT n, CASE WHEN whole THEN household_no ELSE subject END AS key, rule, county_code,
         household_no, region_code,
         (CASE WHEN unit = 'yuan' THEN coalesce(amount, 0) ELSE 0 END
          * CASE period {times} ELSE 1 END)::DECIMAL(18,2) AS amount
  FROM ({rows}) AS r(county_code, rule, subject, household_no, region_code, amount, unit, period)
  JOIN member USING (rule) WHERE NOT whole OR household_no IS NOT NULL),
several AS (
  SELECT n, key FROM e JOIN head USING (n) GROUP BY n, key
  HAVING any_value(kind) = 'cap' OR CASE WHEN any_value(most) > 0 THEN count(*) > any_value(most)
         ELSE min(rule) <> max(rule) END),
by_rule AS (
  SELECT n, key, rule, any_value(county_code) AS county_code,
         any_value(household_no) AS household_no, any_value(region_code) AS region_code,
         count(*) AS claims, list(amount) AS amounts, sum(amount) AS amount
  FROM e SEMI JOIN several USING (n, key) GROUP BY n, key, rule),
whole AS (
  SELECT n, key, any_value(county_code) AS county_code, any_value(household_no) AS household_no,
         any_value(region_code) AS region_code, list_sort(list(rule)) AS rules,
         sum(claims)::INTEGER AS claims, sum(amount)::DECIMAL(18,2) AS amount,
         max(amount) AS by_rule, list_reverse_sort(flatten(list(amounts))) AS each
  FROM by_rule GROUP BY n, key)
SELECT county_code, overlap, kind, per AS entity, key AS subject, household_no, region_code,
       rules, claims, amount,
       (CASE WHEN kind = 'cap' THEN 0
             WHEN most > 0 THEN amount - list_sum(list_slice(each, 1, most))
             ELSE amount - by_rule END)::DECIMAL(18,2) AS excess
FROM whole JOIN head USING (n)"""


def _ceilings(
    database: duckdb.DuckDBPyConnection, groups: list[Overlap], pack: Pack | None, as_of: date
) -> None:
    """Judge the groups with a ceiling; one whose ceiling is not set reports nothing."""
    for group in groups:
        if not group.cap or pack is None:
            continue
        values = pack.parameters[group.cap].in_force(as_of)
        cases = " ".join(
            f"WHEN starts_with(region_code, {literal(v.region)}) THEN {Decimal(str(v.value))}"
            for v in values
        )  # fmt: skip
        ceiling = f"CASE {cases} END" if cases else "NULL"
        database.execute(
            f"UPDATE found SET excess = greatest(amount - ({ceiling}), 0)::DECIMAL(18,2)"
            f" WHERE overlap = {literal(group.id)}"
        )
    database.execute("DELETE FROM found WHERE kind = 'cap' AND (excess IS NULL OR excess <= 0)")


def _keep(
    database: duckdb.DuckDBPyConnection, findings: Path, counts: dict[str, DoubleClaims]
) -> None:
    """Write the batch's rows, a folder per county, and add them up."""
    totals = database.execute(
        "SELECT overlap, count(*), sum(excess) FROM found GROUP BY 1 ORDER BY 1"
    ).fetchall()
    if totals:
        database.execute(
            "COPY (SELECT * FROM found ORDER BY county_code, overlap, subject) TO"
            f" {literal(findings / f'{TABLE}.parquet')} (FORMAT parquet, COMPRESSION snappy,"
            " PARTITION_BY (county_code), OVERWRITE_OR_IGNORE, FILENAME_PATTERN 'part-{i}')"
        )
    for group, subjects, excess in totals:
        before = counts.get(group, DoubleClaims(group, 0, Decimal(0)))
        counts[group] = DoubleClaims(group, before.subjects + subjects, before.excess + excess)
