"""`bangfu run`: one command from registry to findings, and how it tells of it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from bangfu.config import bootstrap
from bangfu.config.cli import findings as cli
from bangfu.config.cli.main import build
from bangfu.findings.models import Run
from bangfu.jobs.registry import handler
from tests.findings import town

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _django_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ensure_database", lambda: None)


def test_run_tells_counts_time_and_digest() -> None:
    town.build()
    answer = CliRunner().invoke(build([cli]), ["run", "--period", "2016-12"])
    assert answer.exit_code == 0, answer.output
    run = Run.objects.get(is_current=True)
    assert "认定对象 4 户：达标 2，未达标 1，待定 1" in answer.output
    assert run.digest in answer.output


def test_run_of_a_snapshot_and_day() -> None:
    first = town.judged()
    answer = CliRunner().invoke(
        build([cli]), ["run", "--snapshot", first.snapshot_path, "--as-of", "2016-06-30"]
    )
    assert answer.exit_code == 0, answer.output
    run = Run.objects.get(is_current=True)
    assert (str(run.as_of), run.snapshot_digest) == ("2016-06-30", first.snapshot_digest)
    assert run.digest != first.digest


def test_the_worker_knows_the_rooms_jobs() -> None:
    assert handler("evaluate")
    assert handler("export.findings")
