"""A nation on two cores: everyone the country registered, out of core, killed and resumed.

    python -m bench.nation [--persons 98990000] [--city DIR] [--work var/bench/nation] [--kill 0.5]

Copies the demo city's counties under the division codes of other provinces until there are so
many persons, evaluates the city by itself (the cost per person to compare with), then the
nation with the whole hechi pack: killed once when `--kill` of the counties are done, and
started again. Everything under `--work` goes at the end unless `--keep`.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.compute as pc

from bangfu import lake
from bench.measure import run, say

NATION = 98_990_000  # 9899 万
CITY = 1_002_480
BANGFU = str(Path(sys.executable).with_name("bangfu"))
# Provinces of the centre and the west, where registered households lived.
PROVINCES = ("13", "14", "15", "22", "23", "34", "36", "41", "42", "43", "45", "46", "50", "51",
             "52", "53", "54", "61", "62", "63", "64", "65")  # fmt: skip
BATCH = 40_960


def prefixes() -> Iterator[str]:
    """First four digits of a division code: province by province, city by city; not the
    demo city's own, which comes first."""
    yield "4512"
    for city in range(1, 60):
        for province in PROVINCES:
            if (code := f"{province}{city:02d}") != "4512":
                yield code


def replicate(city: Path, out: Path, persons: int) -> int:
    """A snapshot of `persons` persons at `out` made of copies of a city; gives its counties.

    The last county is cut in the middle, with the households of those who stay.
    """
    source = lake.Snapshot.open(city)
    each = source.row_count("person")
    counties = 0
    with lake.SnapshotWriter(out, source.period, "bench.nation", replace=True) as writer:
        left = persons
        for prefix in prefixes():
            for county in source.counties:
                number = min(source.row_count("person", county), left)
                if number:
                    _copy(source, writer, county, prefix, number)
                    left -= number
                    counties += 1
            if not left:
                break
            if (done := persons - left) % (10 * each) == 0:
                print(f"  {done:,} persons written", file=sys.stderr, flush=True)
    if left:
        raise ValueError(f"no division codes left for {left} persons")
    return counties


def _copy(
    source: lake.Snapshot, writer: lake.SnapshotWriter, county: str, prefix: str, number: int
) -> None:
    code = prefix + county[4:]
    person = source.read("person", county).slice(0, number)
    household = source.read("household", county)
    if number < source.row_count("person", county):
        homes = pc.is_in(household["household_no"], pc.unique(person["household_no"]))
        household = household.filter(homes)
    tables = {"person": person, "household": household}
    for entity in lake.ENTITIES:
        table = tables.get(entity)
        if table is None:
            table = source.read(entity, county)
        if table.num_rows:
            batches = _recoded(table, county[:4], prefix).to_batches(max_chunksize=BATCH)
            writer.write(entity, code, batches)


def _recoded(table: pa.Table, old: str, new: str) -> pa.Table:
    """The rows with every key that begins with `old` beginning with `new`."""
    for place, name in enumerate(table.column_names):
        values = table[name]
        if name.endswith(("_no", "_code")) and values.type == pa.string():
            moved = pc.binary_replace_slice(values, 0, len(old), new)
            table = table.set_column(
                place, name, pc.if_else(pc.starts_with(values, old), moved, values)
            )
    return table


def evaluate(snapshot: Path, out: Path, kill: float | None) -> tuple[float, float, int]:
    """(seconds, peak MiB, counties taken over) of an evaluation, killed once on the way.

    Seconds are those of both runs. Raises CalledProcessError when one fails by itself.
    """
    command = [BANGFU, "evaluate", "--snapshot", str(snapshot), "--pack", "hechi", "--as-of",
               "2016-12-31", "--out", str(out), "--quiet"]  # fmt: skip
    counts = out.parent / f".{out.name}.part" / "counts"
    seconds = peak = 0.0
    taken = 0
    if kill is not None:
        number = int(len(lake.Snapshot.open(snapshot).counties) * kill)
        seconds, peak = _killed_at(command, counts, number)
        taken = len(list(counts.glob("*.json")))
        if out.exists() or not taken:
            raise RuntimeError("a killed run must leave its finished counties and no result")
        print(f"  killed after {seconds:.0f} s with {taken} counties done", file=sys.stderr)
    spent = run(*command)
    return seconds + spent.seconds, max(peak, spent.peak_mb), taken


def _killed_at(command: list[str], counts: Path, number: int) -> tuple[float, float]:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=sys.stderr)
    watched = psutil.Process(process.pid)
    peak = 0
    while process.poll() is None:
        peak = max(peak, watched.memory_info().rss)
        if len(list(counts.glob("*.json"))) >= number:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return time.perf_counter() - start, peak / (1 << 20)
        time.sleep(0.2)
    raise subprocess.CalledProcessError(process.returncode, command)


def main() -> None:
    """Make, evaluate, kill, resume, and print the figures."""
    asked = argparse.ArgumentParser(prog="python -m bench.nation", description=__doc__)
    asked.add_argument("--persons", type=int, default=NATION)
    asked.add_argument("--city", type=Path, help="a snapshot of the demo city; made if not given")
    asked.add_argument("--work", type=Path, default=Path("var/bench/nation"))
    asked.add_argument("--kill", type=float, default=0.5, help="share of counties done; 1: never")
    asked.add_argument("--keep", action="store_true")
    options = asked.parse_args()
    work = options.work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    try:
        measure(work, options.city, options.persons, options.kill)
    finally:
        if not options.keep:
            shutil.rmtree(work, ignore_errors=True)


def measure(work: Path, city: Path | None, persons: int, kill: float) -> None:
    """The figures of one nation, under names that say its size."""
    if city is None:
        city = work / "city"
        run(BANGFU, "demo-data", "--persons", str(CITY), "--out", str(city), "--seed", "1",
            "--replace")  # fmt: skip
    size = "100m" if persons == NATION else f"{persons / 1e6:g}m"
    if (work / "snapshot").exists():  # of an earlier run with --keep
        counties = len(lake.Snapshot.open(work / "snapshot").counties)
    else:
        start = time.perf_counter()
        counties = replicate(city, work / "snapshot", persons)
        say(f"nation_{size}_made_s", time.perf_counter() - start)
    say(f"nation_{size}_counties", counties)
    say(f"nation_{size}_snapshot_gb", _gigabytes(work / "snapshot"))
    evaluate(city, work / "small", None)  # compiles the pack, once for both
    before = _processor()
    small, _, _ = evaluate(city, work / "small", None)
    base = lake.Snapshot.open(city).row_count("person")
    say("evaluate_city_s", small)
    small_cpu = _processor()
    spent, peak, taken = evaluate(work / "snapshot", work / "findings", kill if kill < 1 else None)
    large_cpu = _processor() - small_cpu
    found = json.loads((work / "findings" / "manifest.json").read_text(encoding="utf-8"))
    if found["rows"]["person"] != persons:
        raise RuntimeError(f"{found['rows']['person']} persons evaluated")
    say(f"evaluate_{size}_s", spent)
    say(f"evaluate_{size}_peak_mb", peak)
    say(f"evaluate_{size}_resumed_counties", taken)
    say(f"evaluate_{size}_findings_gb", _gigabytes(work / "findings"))
    say(f"evaluate_{size}_cpu_s", large_cpu)
    say("us_per_person_city", small / base * 1e6)
    say(f"us_per_person_{size}", spent / persons * 1e6)
    say(f"cost_per_person_slope_{size}", (spent / persons) / (small / base))
    slope = (large_cpu / persons) / ((small_cpu - before) / base)
    say(f"cost_per_person_slope_{size}_cpu", slope)


def _processor() -> float:
    """Processor seconds of all programs that were started and have ended: other work on the
    machine stretches time, not these."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _gigabytes(folder: Path) -> float:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e9


if __name__ == "__main__":
    main()
