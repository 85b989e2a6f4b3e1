"""Judging a city, ten cities, and one township of a city, beside OpenFisca on the same files."""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import psutil

from bangfu import policy
from bench import compare, issue_pack, nation
from bench.measure import Measured, run, say

BANGFU = str(Path(sys.executable).with_name("bangfu"))
AS_OF = date(2016, 12, 31)
TEN = 10
_OPENFISCA_NEEDS = 14 << 30  # bytes free for ten million persons as whole columns


def city(work: Path, persons: int) -> None:
    """`*_1m` figures of a full city, and of one of its townships by itself."""
    snapshot, ours, theirs = work / "snapshot", work / "findings", work / "openfisca"
    pack = issue_pack.write(work)
    made = run(BANGFU, "demo-data", "--persons", str(persons), "--out", str(snapshot),
               "--seed", "1", "--replace")  # fmt: skip
    say("demo_data_s", made.seconds)
    say("demo_data_peak_mb", made.peak_mb)
    best = min((_ours(snapshot, pack, ours) for _ in range(3)), key=lambda m: m.seconds)
    say("evaluate_1m_s", best.seconds)
    say("evaluate_1m_peak_mb", best.peak_mb)
    other = min((_theirs(snapshot, theirs) for _ in range(3)), key=lambda m: m.seconds)
    say("openfisca_1m_s", other.seconds)
    say("openfisca_1m_peak_mb", other.peak_mb)
    say("vs_openfisca_1m", other.seconds / best.seconds)
    cells, wrong = compare.disagreements(ours, theirs, snapshot)
    say("vs_openfisca_compared", cells)
    say("vs_openfisca_disagreements", wrong)
    whole = _ours(snapshot, Path("hechi"), ours)
    say("evaluate_1m_whole_pack_s", whole.seconds)
    say("evaluate_1m_whole_pack_peak_mb", whole.peak_mb)
    say("incremental_ms", township(snapshot, work / "township"))


def ten_cities(work: Path, persons: int) -> None:
    """`*_10m` figures: the city ten times, under the codes of other places."""
    small, large = work / "snapshot", work / "snapshot10"
    ours, theirs = work / "findings10", work / "openfisca10"
    pack = issue_pack.write(work)
    if not small.exists():
        run(BANGFU, "demo-data", "--persons", str(persons), "--out", str(small), "--seed", "1")
    nation.replicate(small, large, TEN * persons)
    one = min((_ours(small, pack, work / "findings") for _ in range(2)), key=lambda m: m.seconds)
    many = min((_ours(large, pack, ours) for _ in range(2)), key=lambda m: m.seconds)
    say("evaluate_10m_s", many.seconds)
    say("evaluate_10m_peak_mb", many.peak_mb)
    say("cost_per_person_slope", many.seconds / TEN / one.seconds)
    if psutil.virtual_memory().available < _OPENFISCA_NEEDS:
        print("  openfisca_10m: not enough free memory", file=sys.stderr)
        return
    other = _theirs(large, theirs)
    say("openfisca_10m_s", other.seconds)
    say("openfisca_10m_peak_mb", other.peak_mb)
    say("vs_openfisca_10m", other.seconds / many.seconds)
    say("mem_vs_openfisca_10m", many.peak_mb / other.peak_mb)
    shutil.rmtree(large)


def township(snapshot: Path, out: Path, runs: int = 7) -> float:
    """Milliseconds to judge one township again by the whole pack, findings written: the middle
    of several runs in this process, of the township that is the middle one by households."""
    query = "SELECT substr(village_code, 1, 9) FROM read_parquet(?) GROUP BY 1 ORDER BY count(*), 1"
    sizes = duckdb.execute(query, [f"{snapshot}/household/*/*.parquet"]).fetchall()
    region = sizes[len(sizes) // 2][0]
    spent = []
    for _ in range(runs + 1):  # the first compiles
        start = time.perf_counter()
        policy.evaluate(snapshot, "hechi", AS_OF, out, region=region)
        spent.append((time.perf_counter() - start) * 1000)
    return statistics.median(spent[1:])


def _ours(snapshot: Path, pack: Path, out: Path) -> Measured:
    shutil.rmtree(out, ignore_errors=True)
    return run(BANGFU, "evaluate", "--snapshot", str(snapshot), "--pack", str(pack),
               "--as-of", AS_OF.isoformat(), "--out", str(out), "--quiet")  # fmt: skip


def _theirs(snapshot: Path, out: Path) -> Measured:
    shutil.rmtree(out, ignore_errors=True)
    return run(sys.executable, "-m", "bench.openfisca_run", str(snapshot), str(out))
