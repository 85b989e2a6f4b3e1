"""Where OpenFisca and bangfu disagree on the same snapshot, beyond float32 rounding.

Only what bangfu decides is compared: OpenFisca has no unknown.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from bench import openfisca_base as base
from bench import openfisca_rules as rules

# A household's criterion that hangs on a ratio may differ in float32 at the very threshold.
_CLOSE = "abs({value} - {limit}) <= 1e-5 * {limit}"


def disagreements(ours: Path, theirs: Path, snapshot: Path) -> tuple[int, int]:
    """(cells compared, cells that disagree beyond rounding)."""
    db = duckdb.connect()
    for name, files in (("ours", f"{ours}/criteria.parquet/*/*.parquet"),
                        ("theirs", f"{theirs}/criteria.parquet")):  # fmt: skip
        db.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet(?)", [files])
    db.execute(
        "CREATE TABLE close AS SELECT household_no FROM theirs"
        f" JOIN (SELECT household_no, count(*) AS n FROM read_parquet('{snapshot}/person/*/*.parquet')"
        "   GROUP BY 1) USING (household_no)"
        f" JOIN read_parquet('{snapshot}/household/*/*.parquet') h USING (household_no) WHERE "
        + " OR ".join(
            _CLOSE.format(value=v, limit=k)
            for v, k in (
                ("net_income_per_capita", base.POVERTY_LINE),
                ("cropland_mu / n", 0.5),
                ("forest_mu / n", 1),
                ("dwelling_area / n", 13),
            )
        )
    )
    cells = wrong = 0
    for rule in rules.CRITERIA:
        compared, differing = db.execute(
            f'SELECT count(o."{rule}"), count(*) FILTER (o."{rule}" <> t."{rule}"'
            "  AND household_no NOT IN (FROM close))"
            " FROM ours o JOIN theirs t USING (household_no)"
        ).fetchone() or (0, 0)
        cells, wrong = cells + compared, wrong + differing
        if differing:
            print(f"  {rule}: {differing} households differ")
    # Ours by kind of rule, theirs by kind of result.
    db.execute(
        "CREATE TABLE our_rows AS"
        " SELECT rule, subject, amount FROM read_parquet($folder || '/entitlements.parquet/*/*')"
        " UNION ALL BY NAME"
        " SELECT rule, subject, amount FROM read_parquet($folder || '/limits.parquet/*/*')"
        " UNION ALL BY NAME SELECT rule, subject FROM read_parquet($folder || '/alerts.parquet/*/*')"
        " UNION ALL BY NAME SELECT rule, subject FROM read_parquet($folder || '/met.parquet/*/*')",
        {"folder": str(ours)},
    )
    for table, names in (("entitlements", rules.AMOUNTS), ("alerts", rules.FLAGS)):
        for rule in names:
            number, differing = _rows(db, ours, theirs, table, rule)
            cells, wrong = cells + number, wrong + differing
            if differing:
                print(f"  {rule}: {differing} persons differ")
    return cells, wrong


def _rows(
    db: duckdb.DuckDBPyConnection, ours: Path, theirs: Path, table: str, rule: str
) -> tuple[int, int]:
    """Rows of one person rule present on one side only, unless ours leaves them undecided."""
    amount = "amount" if table == "entitlements" else "NULL::DOUBLE"
    found = db.execute(
        f"""
        WITH o AS (SELECT subject, amount FROM our_rows WHERE rule = $rule),
             t AS (SELECT subject, {amount} AS amount
                   FROM read_parquet('{theirs}/{table}.parquet') WHERE rule = $rule),
             u AS (SELECT subject FROM read_parquet('{ours}/undecided.parquet/*/*.parquet')
                   WHERE rule = $rule)
        SELECT count(*), count(*) FILTER (
            (o.subject IS NULL AND t.subject NOT IN (FROM u)) OR t.subject IS NULL
            OR abs(o.amount - t.amount) > 1e-3)
        FROM o FULL JOIN t USING (subject)
        """,
        {"rule": rule},
    ).fetchone()
    return found or (0, 0)
