"""Judging a city, ten cities, and one township of a city, beside OpenFisca on the same files."""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import psutil

from bangfu import policy
from bench import compare, issue_pack, nation, translate
from bench.measure import Measured, run, say

BANGFU = str(Path(sys.executable).with_name("bangfu"))
AS_OF = date(2016, 12, 31)
TEN = 10
_OPENFISCA_NEEDS = 12 << 30  # bytes free for ten million persons as whole columns (some 8 GB)


@dataclass(frozen=True)
class Both:
    """A set of rules that both sides judge by: our pack and the rules of it, their module."""

    pack: Path
    rules: tuple[str, ...]
    module: Path


def every_rule(work: Path) -> Both:
    """All rules of pack hechi that OpenFisca can express; the others are named on stderr."""
    return _both(work, Path("hechi"), "every_rule", tell=True)


def exit_education(work: Path) -> Both:
    """The set of the first comparison: the exit standard, education, left-behind persons."""
    return _both(work, issue_pack.write(work), "exit_education")


def _both(work: Path, pack: Path, name: str, *, tell: bool = False) -> Both:
    made = translate.translate(pack, AS_OF)
    module = work / f"openfisca_{name}.py"
    module.write_text(made.source, encoding="utf-8")
    if tell:
        say("vs_openfisca_rules", len(made.rules))
        say("vs_openfisca_left_out", len(made.left))
        for rule, why in made.left.items():
            print(f"  left out on both sides: {rule}: {why}", file=sys.stderr)
    return Both(pack, made.rules, module)


def city(work: Path, persons: int) -> None:
    """`*_1m` figures of a full city, and of one of its townships by itself."""
    snapshot, ours = work / "snapshot", work / "findings"
    made = run(BANGFU, "demo-data", "--persons", str(persons), "--out", str(snapshot),
               "--seed", "1", "--replace")  # fmt: skip
    say("demo_data_s", made.seconds)
    say("demo_data_peak_mb", made.peak_mb)
    _side_by_side(work, snapshot, every_rule(work), "")
    _side_by_side(work, snapshot, exit_education(work), "_exit_education")
    twice = (_ours(snapshot, Path("hechi"), ours) for _ in range(2))  # the first compiles
    whole = min(twice, key=lambda m: m.seconds)
    say("evaluate_1m_whole_pack_s", whole.seconds)
    say("evaluate_1m_whole_pack_peak_mb", whole.peak_mb)
    say("incremental_ms", township(snapshot, work / "township"))


def _side_by_side(work: Path, snapshot: Path, both: Both, name: str) -> None:
    """Time and memory of the two, in turn, the better of three; and where they disagree."""
    ours, theirs = work / "findings", work / "openfisca"
    runs = [
        (_ours(snapshot, both.pack, ours, both.rules), _theirs(snapshot, both.module, theirs))
        for _ in range(3)
    ]
    own, other = (min(side, key=lambda m: m.seconds) for side in zip(*runs, strict=True))
    say(f"evaluate_1m{name}_s", own.seconds)
    say(f"evaluate_1m{name}_peak_mb", own.peak_mb)
    say(f"openfisca_1m{name}_s", other.seconds)
    say(f"openfisca_1m{name}_peak_mb", other.peak_mb)
    say(f"vs_openfisca_1m{name}", other.seconds / own.seconds)
    cells, wrong = compare.disagreements(ours, theirs)
    say(f"vs_openfisca{name}_compared", cells)
    say(f"vs_openfisca{name}_disagreements", wrong)


def ten_cities(work: Path, persons: int) -> None:
    """`*_10m` figures: the city ten times, under the codes of other places."""
    small, large = work / "snapshot", work / "snapshot10"
    ours, theirs = work / "findings10", work / "openfisca10"
    both = every_rule(work)
    if not small.exists():
        run(BANGFU, "demo-data", "--persons", str(persons), "--out", str(small), "--seed", "1")
    nation.replicate(small, large, TEN * persons)
    findings = work / "findings"
    one = min(
        (_ours(small, both.pack, findings, both.rules) for _ in range(2)), key=lambda m: m.seconds
    )
    many = _ours(large, both.pack, ours, both.rules)
    say("evaluate_10m_s", many.seconds)
    say("evaluate_10m_peak_mb", many.peak_mb)
    say("cost_per_person_slope", many.seconds / TEN / one.seconds)
    if psutil.virtual_memory().available < _OPENFISCA_NEEDS:
        print("  openfisca_10m: not enough free memory", file=sys.stderr)
        return
    other = _theirs(large, both.module, theirs)
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


def _ours(snapshot: Path, pack: Path, out: Path, rules: tuple[str, ...] = ()) -> Measured:
    shutil.rmtree(out, ignore_errors=True)
    chosen = [word for rule in rules for word in ("--rule", rule)]
    return run(BANGFU, "evaluate", "--snapshot", str(snapshot), "--pack", str(pack),
               "--as-of", AS_OF.isoformat(), "--out", str(out), "--quiet", *chosen)  # fmt: skip


def _theirs(snapshot: Path, module: Path, out: Path) -> Measured:
    shutil.rmtree(out, ignore_errors=True)
    return run(sys.executable, "-m", "bench.openfisca_run", str(module), str(snapshot), str(out))
