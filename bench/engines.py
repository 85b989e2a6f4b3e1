"""Whether two findings directories are the same: rows, values, types, counts, files by county.

    python -m bench.engines ONE OTHER
    python -m bench.engines --snapshot DIR [--pack hechi] [--as-of 2016-12-31] [--master local[2]]

The second form evaluates the snapshot with DuckDB and with Spark and compares the two. Prints
`rows_compared` and `differences`, names what differs, and exits 1 when anything does.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

import duckdb

from bench.measure import run, say

BANGFU = str(Path(sys.executable).with_name("bangfu"))
SAID = ("pack", "pack_hash", "as_of", "snapshot", "counties", "rows", "rules", "tables",
        "missing_columns")  # fmt: skip


def compare(one: Path, other: Path) -> tuple[int, list[str]]:
    """(rows compared, what differs). Rows are compared as bags: a file has no order."""
    differences: list[str] = []
    said = [json.loads((d / "manifest.json").read_text(encoding="utf-8")) for d in (one, other)]
    differences += [f"manifest: {key}" for key in SAID if said[0][key] != said[1][key]]
    rows = 0
    with duckdb.connect() as database:
        for table in said[0]["tables"]:
            compared, found = _table(database, one / f"{table}.parquet", other / f"{table}.parquet")
            rows += compared
            differences += [f"{table}: {what}" for what in found]
    return rows, differences


def _table(database: duckdb.DuckDBPyConnection, one: Path, other: Path) -> tuple[int, list[str]]:
    counties = [sorted(path.name for path in folder.iterdir()) for folder in (one, other)]
    if counties[0] != counties[1]:
        return 0, [f"counties {counties[0]} ≠ {counties[1]}"]
    if not counties[0]:
        return 0, []
    found: list[str] = []
    rows = 0
    for county in counties[0]:
        for name, folder in (("a", one), ("b", other)):
            files = str(folder / county / "*.parquet").replace("'", "''")
            database.execute(
                f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM"
                f" read_parquet('{files}', hive_partitioning = false)"
            )
        shapes = [database.execute(f"DESCRIBE {name}").fetchall() for name in ("a", "b")]
        if [row[:2] for row in shapes[0]] != [row[:2] for row in shapes[1]]:
            found.append(f"{county}: columns or types")
            continue
        for name, left, right in (
            ("only in the first", "a", "b"),
            ("only in the second", "b", "a"),
        ):
            number = _number(database, f"(FROM {left} EXCEPT ALL FROM {right})")
            if number:
                found.append(f"{county}: {number} rows {name}")
        rows += _number(database, "a")
    return rows, found


def _number(database: duckdb.DuckDBPyConnection, what: str) -> int:
    row = database.execute(f"SELECT count(*) FROM {what}").fetchone()
    return int(row[0]) if row else 0


def both(snapshot: Path, pack: str, as_of: str, master: str, work: Path) -> tuple[Path, Path]:
    """Findings by DuckDB and by Spark; prints how long each took and its peak memory."""
    outs = []
    for engine in ("duckdb", "spark"):
        out = work / engine
        shutil.rmtree(out, ignore_errors=True)
        more = ("--spark-master", master) if engine == "spark" else ()
        spent = run(BANGFU, "evaluate", "--snapshot", str(snapshot), "--pack", pack, "--as-of",
                    as_of, "--out", str(out), "--quiet", "--engine", engine, *more)  # fmt: skip
        say(f"{engine}_s", spent.seconds)
        say(f"{engine}_peak_mb", spent.peak_mb)
        outs.append(out)
    return outs[0], outs[1]


def main() -> int:
    """Compare two directories, or two engines on a snapshot; gives the exit code."""
    asked = argparse.ArgumentParser(prog="python -m bench.engines", description=__doc__)
    asked.add_argument("findings", nargs="*", type=Path)
    asked.add_argument("--snapshot", type=Path)
    asked.add_argument("--pack", default="hechi")
    asked.add_argument("--as-of", default="2016-12-31")
    asked.add_argument("--master", default="local[2]")
    asked.add_argument("--work", type=Path, default=Path("var/bench/engines"))
    options = asked.parse_args()
    if options.snapshot:
        work = options.work.absolute()
        work.mkdir(parents=True, exist_ok=True)
        pair = both(options.snapshot, options.pack, options.as_of, options.master, work)
    elif len(options.findings) == 2:
        pair = (options.findings[0], options.findings[1])
    else:
        asked.error("two findings directories, or --snapshot")
    rows, differences = compare(*pair)
    say("rows_compared", rows)
    say("differences", len(differences))
    for what in differences:
        print(f"  {what}")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
