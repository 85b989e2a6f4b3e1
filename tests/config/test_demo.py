"""`make demo` without the serving: from nothing to an evaluated city, and again."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from bangfu.config.postgres import EmbeddedServer
from tests.config.place import Place

pytestmark = pytest.mark.slow
ARGS = ("demo", "--no-serve", "--persons", "2000")


def _one(place: Place, query: str) -> object:
    server = EmbeddedServer(place.var / "pg").start()
    try:
        with psycopg.connect(server.uri()) as db:
            row = db.execute(query).fetchone()  # type: ignore[arg-type]
        return row[0] if row else None
    finally:
        server.leave()


def test_a_demo_goes_on_after_a_kill_repeats_and_can_begin_anew(tmp_path: Path) -> None:
    place = Place(tmp_path / "var")
    cut = subprocess.Popen(place.command(*ARGS), env=place.environment, cwd=tmp_path)
    time.sleep(7)  # somewhere between the first table and the last finding
    cut.send_signal(signal.SIGKILL)
    cut.wait()

    first = place.run(*ARGS)
    assert first.returncode == 0, first.stdout + first.stderr
    for account in ("village", "township", "county", "department", "city", "inspector", "admin"):
        assert account in first.stdout
    assert _one(place, "SELECT count(*) FROM registry_person") == 2000
    runs = "SELECT count(*) FROM findings_run WHERE is_current"
    assert _one(place, runs) == 1
    assert _one(place, "SELECT count(*) FROM inspection_plan") != 0
    assert place.run("audit", "verify").returncode == 0

    again = place.run(*ARGS)
    assert again.returncode == 0
    assert _one(place, "SELECT count(*) FROM findings_run WHERE digest <> ''") == 1

    other = place.run("demo", "--no-serve", "--persons", "2500", "--fresh")
    assert other.returncode == 0, other.stdout + other.stderr
    assert _one(place, "SELECT count(*) FROM registry_person") == 2500
