"""`make bench`: every figure as `name: value`, ratios from one run on one machine.

    python -m bench [--persons N] [--only evaluate,ten,import,pages,procedures] [--keep]

Everything lies under var/bench and is removed at the end unless `--keep`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench import evaluating, full_city
from bench.measure import say

CITY = 1_002_480
PARTS = ("evaluate", "ten", "import", "pages", "procedures")


def _procedures(work: Path) -> None:
    """A site of its own, so in a process of its own."""
    site = os.environ | {"BANGFU_VAR": str(work / "procedures")}
    site.pop("DATABASE_URL", None)
    bangfu = str(Path(sys.executable).with_name("bangfu"))
    for command in ("key", "migrate"):
        subprocess.run([bangfu, command], env=site, check=True, stdout=sys.stderr)
    few = [bangfu, "demo-load", "--persons", "2000", "--seed", "1"]
    subprocess.run(few, env=site, check=True, stdout=sys.stderr)
    subprocess.run([sys.executable, "-m", "bench.procedures"], env=site, check=True)


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
            evaluating.city(work, options.persons)
        if "ten" in parts:
            evaluating.ten_cities(work, options.persons)
        if parts & {"import", "pages"}:
            full_city.measure(work, options.persons, parts)
        if "procedures" in parts:
            _procedures(work)
    finally:
        if not options.keep:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
