"""Where OpenFisca and bangfu disagree on the same snapshot, beyond float32 rounding.

Only what bangfu decides is compared: OpenFisca has no unknown. Every rule that OpenFisca's side
was given is compared, and every variable of a household, on every household and person for whom
one of the two says anything.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import duckdb

# A float32 has 24 bits: an amount is right to a few parts in ten million, and may have been
# rounded to the other cent.
_FAR = "abs(o.{name}::DOUBLE - t.{name}::DOUBLE) > 0.011 + 1e-6 * abs(o.{name}::DOUBLE)"
_KEYS = ("county_code", "household_no", "region_code")
WIDE = ("criteria", "variables")
LONG = ("entitlements", "limits", "alerts", "met")


def disagreements(ours: Path, theirs: Path) -> tuple[int, int]:
    """(cells compared, cells that disagree beyond rounding); each rule that does is named on
    stderr. Both sides must hold the same rules."""
    db = duckdb.connect()
    for side, folder, files in (("o", ours, "/*/*.parquet"), ("t", theirs, "")):
        for table in (*WIDE, *LONG, *(["undecided"] if side == "o" else [])):
            db.execute(f"CREATE VIEW {side}_{table} AS"
                       f" FROM read_parquet('{folder}/{table}.parquet{files}')")  # fmt: skip
    compared, wrong = _wide(db)
    more, worse = _long(db)
    compared, wrong = compared + more, wrong + worse
    for rule, number in wrong.items():
        if number:
            print(f"  {rule}: {number} disagree", file=sys.stderr)
    return compared.total(), wrong.total()


def _columns(db: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in db.execute(f"DESCRIBE {table}").fetchall()}


def _wide(db: duckdb.DuckDBPyConnection) -> tuple[Counter[str], Counter[str]]:
    """By column of the households' tables."""
    compared: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for table in WIDE:
        kinds = _columns(db, f"o_{table}")
        names = [name for name in kinds if name not in _KEYS]
        counts = [count for name in names for count in _counts(f'"{name}"', kinds[name])]
        found = db.execute(
            f"SELECT {', '.join(counts)} FROM o_{table} o FULL JOIN t_{table} t"
            " USING (household_no)"
        ).fetchone()
        assert found is not None
        for index, name in enumerate(names):
            compared[name], wrong[name] = found[2 * index : 2 * index + 2]
    return compared, wrong


def _counts(column: str, kind: str) -> tuple[str, str]:
    """SQL of how many of a column are compared, and how many differ."""
    differs = f"o.{column} IS DISTINCT FROM t.{column}"
    if kind != "BOOLEAN":
        differs = f"(t.{column} IS NULL OR {_FAR.format(name=column)})"
    known = f"o.{column} IS NOT NULL"
    return f"count(o.{column})", f"count(*) FILTER ({known} AND {differs})"


def _long(db: duckdb.DuckDBPyConnection) -> tuple[Counter[str], Counter[str]]:
    """By rule: rows on one side only, unless ours are undecided, and amounts that differ."""
    compared: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for table in LONG:
        amount = (
            f"OR (o.amount IS NULL) <> (t.amount IS NULL) OR {_FAR.format(name='amount')}"
            if "amount" in _columns(db, f"o_{table}") else ""
        )  # fmt: skip
        rows = db.execute(
            f"""
            WITH o AS (SELECT * REPLACE (rule::VARCHAR AS rule) FROM o_{table}),
                 both_sides AS (
                    SELECT coalesce(o.rule, t.rule) AS rule, coalesce(o.subject, t.subject) AS subject,
                        o.rule IS NULL AS extra, o.rule IS NULL OR t.rule IS NULL {amount} AS differs
                    FROM o FULL JOIN t_{table} t ON o.rule = t.rule AND o.subject = t.subject),
                 decided AS (
                    SELECT * FROM both_sides WHERE NOT extra
                    UNION ALL
                    SELECT b.* FROM both_sides b ANTI JOIN
                        (SELECT rule::VARCHAR AS rule, subject FROM o_undecided) u
                        USING (rule, subject) WHERE extra)
            SELECT rule, count(*), count(*) FILTER (differs) FROM decided GROUP BY 1
            """
        ).fetchall()
        for rule, number, differing in rows:
            compared[rule] += number
            wrong[rule] += differing
    return compared, wrong
