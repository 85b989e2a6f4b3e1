"""Checks as data: what the doctor makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangfu.config import checks
from bangfu.config.cli import doctor
from bangfu.kernel.health import Check, Finding, all_checks, ok


def test_a_check_that_breaks_is_a_finding_and_not_a_crash() -> None:
    def broken() -> Finding:
        raise OSError("no such device")

    seen = doctor._look(Check("设备", "Device", broken))
    assert seen.state == "bad"
    assert "no such device" in seen.zh
    assert doctor._look(Check("设备", "Device", lambda: ok("好", "fine"))).state == "ok"


def test_the_doctor_looks_at_everything_that_the_platform_stands_on() -> None:
    checks.load_rooms()
    names = {c.en for c in all_checks()}
    assert names >= {
        "Database", "Migrations", "Data key", "Data directory", "Front-end build",
        "Chinese fonts", "Free disk", "Memory",
    }  # fmt: skip


def test_a_directory_that_cannot_be_written_is_bad(
    tmp_path: Path, settings: pytest.FixtureRequest
) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.BANGFU_VAR = tmp_path / "file"  # type: ignore[attr-defined]
    seen = checks.lake_writable()
    assert seen.state == "bad"
    assert "BANGFU_VAR" in seen.do_en


def test_a_full_disk_is_said_before_it_hurts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Usage:
        free = 512 * 1024**2

    monkeypatch.setattr(checks.shutil, "disk_usage", lambda path: Usage)
    seen = checks.disk()
    assert seen.state == "bad"
    Usage.free = 5 * 1024**3
    assert checks.disk().state == "warn"
    Usage.free = 50 * 1024**3
    assert checks.disk().state == "ok"
