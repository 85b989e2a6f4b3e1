"""Running a command and measuring it: wall seconds and peak resident memory of the whole tree."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Measured:
    """Wall seconds and peak resident memory (MiB) of a command and its children."""

    seconds: float
    peak_mb: float


def run(*command: str) -> Measured:
    """Run `command`, its output going to ours. Raises CalledProcessError when it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=sys.stderr)
    watched = psutil.Process(process.pid)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _resident(watched))
        time.sleep(0.02)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Measured(seconds, peak / (1 << 20))


def _resident(process: psutil.Process) -> int:
    total = 0
    try:
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of `values` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def say(name: str, value: float | str) -> None:
    """Print one figure as `name: value`."""
    shown = f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
    print(f"{name}: {shown}", flush=True)
