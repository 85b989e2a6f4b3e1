"""`make bench`: every figure as `name: value`, ratios from one run on one machine.

    python -m bench [--persons N] [--only evaluate,import,pages] [--keep]

Everything lies under var/bench and is removed at the end unless `--keep`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from bench import compare, full_city, issue_pack
from bench.measure import run, say

CITY = 1_002_480
PARTS = ("evaluate", "import", "pages")
BANGFU = str(Path(sys.executable).with_name("bangfu"))


def main() -> None:
    """Run the parts asked for."""
    asked = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    asked.add_argument("--persons", type=int, default=CITY)
    asked.add_argument("--only", default=",".join(PARTS))
    asked.add_argument("--keep", action="store_true")
    options = asked.parse_args()
    parts = set(options.only.split(","))
    if unknown := parts - set(PARTS):
        asked.error(f"no such part: {', '.join(sorted(unknown))}")
    work = Path("var/bench").absolute()
    work.mkdir(parents=True, exist_ok=True)
    say("cpu_count", os.cpu_count() or 0)
    say("persons", options.persons)
    try:
        if "evaluate" in parts:
            evaluate(work, options.persons)
        if parts & {"import", "pages"}:
            full_city.measure(work, options.persons, parts)
    finally:
        if not options.keep:
            shutil.rmtree(work, ignore_errors=True)


def evaluate(work: Path, persons: int) -> None:
    """The hechi pack over a full city, beside OpenFisca on the same files."""
    snapshot, ours, theirs = work / "snapshot", work / "findings", work / "openfisca"
    pack = issue_pack.write(work)
    made = run(BANGFU, "demo-data", "--persons", str(persons), "--out", str(snapshot),
               "--seed", "1", "--replace")  # fmt: skip
    say("demo_data_s", made.seconds)
    say("demo_data_peak_mb", made.peak_mb)
    best = None
    for _ in range(3):
        shutil.rmtree(ours, ignore_errors=True)
        found = run(BANGFU, "evaluate", "--snapshot", str(snapshot), "--pack", str(pack),
                    "--as-of", "2016-12-31", "--out", str(ours))  # fmt: skip
        best = found if best is None or found.seconds < best.seconds else best
    assert best is not None
    say("evaluate_1m_s", best.seconds)
    say("evaluate_1m_peak_mb", best.peak_mb)
    other = None
    for _ in range(3):
        shutil.rmtree(theirs, ignore_errors=True)
        found = run(sys.executable, "-m", "bench.openfisca_run", str(snapshot), str(theirs))
        other = found if other is None or found.seconds < other.seconds else other
    assert other is not None
    say("openfisca_1m_s", other.seconds)
    say("openfisca_1m_peak_mb", other.peak_mb)
    say("vs_openfisca_1m", other.seconds / best.seconds)
    cells, wrong = compare.disagreements(ours, theirs, snapshot)
    say("vs_openfisca_compared", cells)
    say("vs_openfisca_disagreements", wrong)


if __name__ == "__main__":
    main()
