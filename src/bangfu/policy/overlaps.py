"""Who is entitled twice to what the papers give once: the groups of `overlaps.yaml` over the
entitlement rows of an evaluation, a county at a time.

Runs after the rules, from the files they wrote; groups that only say "these add up" cost
nothing. Amounts are taken to a year, so that a monthly and a yearly one can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from bangfu.policy.declared import Overlap, read_overlaps
from bangfu.policy.pack import Pack
from bangfu.policy.script import literal

TABLE = "overlaps"
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
        database.execute("SET memory_limit = '400MB'")
        for county in counties:
            files = sorted((findings / "entitlements.parquet" / f"county_code={county}").glob("*"))
            if files:
                database.execute(f"CREATE OR REPLACE TEMP TABLE found AS {_sql(groups, files)}")
                _ceilings(database, groups, loaded, as_of)
                _keep(database, findings, county, counts)
    return tuple(counts[g.id] for g in groups if g.id in counts)


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


def _sql(groups: list[Overlap], files: list[Path]) -> str:
    """Rows of subjects with several claims; those of a group with a ceiling are judged later."""
    listed = ", ".join(literal(file) for file in files)
    rules = ", ".join(sorted({literal(rule) for group in groups for rule in group.rules}))
    members = ", ".join(
        f"({literal(g.id)}, {literal(g.kind)}, {literal(g.per)}, {literal(rule)}, {g.most})"
        for g in groups for rule in g.rules
    )  # fmt: skip
    times = " ".join(f"WHEN {literal(period)} THEN {n}" for period, n in TIMES.items())
    return f"""
WITH g(overlap, kind, per, rule, most) AS (VALUES {members}),
e AS (
  SELECT rule, entity, subject, household_no, region_code,
         (coalesce(amount, 0) * CASE period {times} ELSE 1 END)::DECIMAL(18,2) AS amount
  FROM read_parquet([{listed}], hive_partitioning = false) WHERE rule IN ({rules})),
by_rule AS (
  SELECT overlap, any_value(kind) AS kind, per, any_value(most) AS most,
         CASE WHEN per = 'household' THEN household_no ELSE subject END AS subject,
         household_no, any_value(region_code) AS region_code, rule, count(*) AS claims,
         list(amount) AS amounts, sum(amount) AS amount
  FROM e JOIN g USING (rule)
  WHERE per <> 'household' OR household_no IS NOT NULL
  GROUP BY ALL),
whole AS (
  SELECT overlap, any_value(kind) AS kind, per AS entity, subject, household_no,
         any_value(region_code) AS region_code, list(rule ORDER BY rule) AS rules,
         any_value(most) AS most, sum(claims)::INTEGER AS claims,
         sum(amount)::DECIMAL(18,2) AS amount, max(amount) AS most_by_rule,
         list_reverse_sort(flatten(list(amounts))) AS each
  FROM by_rule GROUP BY overlap, per, subject, household_no)
SELECT overlap, kind, entity, subject, household_no, region_code, rules, claims, amount,
       (CASE WHEN kind = 'cap' THEN 0
             WHEN most > 0 THEN amount - list_sum(list_slice(each, 1, most))
             ELSE amount - most_by_rule END)::DECIMAL(18,2) AS excess
FROM whole
WHERE kind = 'cap' OR (most > 0 AND claims > most) OR (most = 0 AND len(rules) > 1)"""


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
    database: duckdb.DuckDBPyConnection,
    findings: Path,
    county: str,
    counts: dict[str, DoubleClaims],
) -> None:
    """Write the county's rows and add them up."""
    totals = database.execute(
        "SELECT overlap, count(*), sum(excess) FROM found GROUP BY 1 ORDER BY 1"
    ).fetchall()
    if not totals:
        return
    folder = findings / f"{TABLE}.parquet" / f"county_code={county}"
    folder.mkdir(parents=True)
    database.execute(
        f"COPY (SELECT * FROM found ORDER BY overlap, subject) TO {literal(folder / 'part-0.parquet')}"
        " (FORMAT parquet, COMPRESSION snappy)"
    )
    for group, subjects, excess in totals:
        before = counts.get(group, DoubleClaims(group, 0, Decimal(0)))
        counts[group] = DoubleClaims(group, before.subjects + subjects, before.excess + excess)
