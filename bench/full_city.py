"""The registry at full city: import, list and explanation, on an embedded database of its own.

Runs in this process with BANGFU_VAR pointing at var/bench/site, so that neither the demo nor
a real registry is touched.
"""

from __future__ import annotations

import os
import random
import secrets
import sys
import time
from pathlib import Path
from typing import Any

from bench.measure import percentile, run, say

BANGFU = str(Path(sys.executable).with_name("bangfu"))
PASSWORD = secrets.token_urlsafe(16)  # of an account that goes with the bench


def measure(work: Path, persons: int, parts: set[str]) -> None:
    """Fill a registry by import (or straight, where import is not asked for), then measure."""
    site = work / "site"
    os.environ |= {"BANGFU_VAR": str(site), "DJANGO_SETTINGS_MODULE": "bangfu.config.settings"}
    os.environ.pop("DATABASE_URL", None)
    run(BANGFU, "key")
    run(BANGFU, "migrate")
    from bangfu.config import bootstrap

    bootstrap.django()
    from bangfu.registry import divisions

    divisions.load()
    if "import" in parts:
        _import(work, persons)
    else:
        run(BANGFU, "demo-load", "--persons", str(persons), "--seed", "1")
    if "pages" in parts:
        spent = run(BANGFU, "run", "--period", "2016-12", "--pack", "hechi",
                    "--as-of", "2016-12-31")  # fmt: skip
        say("run_1m_s", spent.seconds)
        _pages()


def _import(work: Path, persons: int) -> None:
    folder = work / "csv"
    run(BANGFU, "demo-data", "--persons", str(persons), "--out", str(folder), "--seed", "1",
        "--format", "csv", "--replace")  # fmt: skip
    files = [folder / "households.csv", folder / "persons.csv"]
    rows = sum(_lines(f) - 1 for f in files)
    bare = _bare_copy(files)
    spent = run(BANGFU, "import", *map(str, files), "--registry", "--year", "2016", "--apply",
                "--only-valid", "--no-report")  # fmt: skip
    say("import_rows", rows)
    say("bare_copy_1m_s", bare)
    say("import_1m_s", spent.seconds)
    say("import_1m_rows_per_s", rows / spent.seconds)
    say("import_1m_peak_mb", spent.peak_mb)
    say("import_vs_bare_copy", spent.seconds / bare)


def _lines(file: Path) -> int:
    with file.open("rb") as content:
        return sum(block.count(b"\n") for block in iter(lambda: content.read(1 << 20), b""))


def _bare_copy(files: list[Path]) -> float:
    """Seconds of COPY of the same files into tables of text, without index or check."""
    from django.db import connection

    start = time.perf_counter()
    for file in files:
        with file.open("rb") as content, connection.cursor() as cursor:
            names = content.readline().decode("utf-8-sig").strip().split(",")
            columns = ", ".join(f"c{n} text" for n in range(len(names)))
            cursor.execute(f"CREATE TEMP TABLE bare_{file.stem} ({columns})")
            with cursor.copy(f"COPY bare_{file.stem} FROM STDIN (FORMAT csv)") as copy:
                while block := content.read(1 << 20):
                    copy.write(block)
            cursor.execute(f"DROP TABLE bare_{file.stem}")
    return time.perf_counter() - start


def _pages() -> None:
    from django.test import Client

    from bangfu.access import system_scope
    from bangfu.access.commands import save_user
    from bangfu.findings import explaining
    from bangfu.registry.models import Household

    user = save_user(
        system_scope(), username=f"bench-{secrets.token_hex(3)}", display_name="测试", role="city_office",
        region_code="4512", password=PASSWORD,
    )  # fmt: skip
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    chance = random.Random(1)
    numbers = list(Household.objects.order_by("?").values_list("household_no", flat=True)[:300])
    say("list_p95_ms", percentile([_timed(client, a) for a in _lists(chance)][10:], 0.95))
    say("household_page_p95_ms",
        percentile([_timed(client, f"/households/{n}/") for n in numbers[:110]][10:], 0.95))  # fmt: skip
    say("home_p95_ms", percentile([_timed(client, "/") for _ in range(20)], 0.95))
    scope = system_scope()
    spent = []
    for number in numbers:
        start = time.perf_counter()
        explaining.explanation(scope, number)
        spent.append((time.perf_counter() - start) * 1000)
    say("explain_p95_ms", percentile(spent[10:], 0.95))


def _lists(chance: random.Random) -> list[str]:
    """Addresses of household lists, each with two filters drawn by chance."""
    status = ["registered", "observed", "returned", "exited"]
    second = [
        *(f"cause={c}" for c in ("illness", "schooling", "skill", "labour", "land")),
        *(f"readiness={r}" for r in ("ready", "not_ready", "undecided")),
        *(f"fails={r}" for r in ("HC3-C-9", "HC3-C-18", "HC3-C-21", "HC3-C-22")),
        "missing=has_tv",
        "region=451228",
    ]
    return [
        f"/households/?status={chance.choice(status)}&{chance.choice(second)}" for _ in range(210)
    ]


def _timed(client: Any, address: str) -> float:
    start = time.perf_counter()
    response = client.get(address)
    spent = (time.perf_counter() - start) * 1000
    if response.status_code != 200:
        raise RuntimeError(f"{address}: {response.status_code}")
    return spent
