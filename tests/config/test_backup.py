"""Backup and restore: real archives of a real database."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from pathlib import Path

import psycopg
import pytest

from bangfu.config.postgres import EmbeddedServer
from tests.config.place import Place


def _sql(place: Place, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(EmbeddedServer(place.var / "pg").uri()) as db:
        done = db.execute(statement)  # type: ignore[arg-type]
        return done.fetchall() if done.description else []


@pytest.fixture(scope="module")
def archive(place: Place) -> Path:
    """An archive of the installation with one file in the lake and one session row."""
    lake = place.var / "lake" / "2016-12"
    lake.mkdir(parents=True)
    (lake / "manifest.json").write_text('{"period": "2016-12"}')
    photo = place.var / "evidence" / "ab" / "cd"
    photo.mkdir(parents=True)
    (photo / "abcd.file").write_bytes(b"sealed")
    _sql(place, "INSERT INTO django_session VALUES ('kept', 'data', now())")
    target = place.var.parent / "out" / "copy.tar"
    done = place.run("backup", str(target))
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_an_archive_can_be_read_by_its_owner_only_and_holds_no_key(
    place: Place, archive: Path
) -> None:
    assert archive.stat().st_mode & 0o077 == 0
    key = (place.var / "key").read_text().strip().encode()
    assert key not in archive.read_bytes()
    with tarfile.open(archive) as tar:
        names = tar.getnames()
    assert names[0] == "database.dump"
    assert names[-1] == "manifest.json"
    assert "lake/2016-12/manifest.json" in names
    assert "evidence/ab/cd/abcd.file" in names


def test_restoring_brings_back_rows_and_files_and_removes_later_ones(
    place: Place, archive: Path
) -> None:
    _sql(place, "DELETE FROM django_session")
    _sql(place, "CREATE TABLE later (n int)")
    (place.var / "lake" / "2016-12" / "manifest.json").write_text("spoilt")
    (place.var / "lake" / "later").mkdir()
    refused = place.run("restore", str(archive))
    assert refused.returncode == 2
    assert "config.restore_not_empty" in refused.stderr
    done = place.run("restore", str(archive), "--replace")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _sql(place, "SELECT session_key FROM django_session") == [("kept",)]
    assert _sql(place, "SELECT to_regclass('later')") == [(None,)]
    assert "2016-12" in (place.var / "lake" / "2016-12" / "manifest.json").read_text()
    assert not (place.var / "lake" / "later").exists()
    assert place.run("doctor").stdout.count("✘ 数据库") == 0
    assert not list(place.var.glob(".restore-*"))


def test_restores_into_an_empty_installation(archive: Path, place: Place, tmp_path: Path) -> None:
    new = Place(tmp_path / "var")
    new.var.mkdir()
    shutil.copy(place.var / "key", new.var / "key")
    done = new.run("restore", str(archive))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "数据库结构：已是最新" in new.run("doctor").stdout


def _altered(archive: Path, target: Path, change: dict[str, bytes | None]) -> Path:
    with tarfile.open(archive) as old, tarfile.open(target, "w") as new:
        for member in old.getmembers():
            reader = old.extractfile(member)
            assert reader is not None
            content: bytes | None = reader.read()
            if member.name in change:
                content = change[member.name]
            if content is not None:
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
    return target


def test_an_altered_cut_or_foreign_archive_changes_nothing(
    place: Place, archive: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.tar"
    cut.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    text = tmp_path / "text.tar"
    text.write_text("not a tar")
    with tarfile.open(archive) as tar:
        reader = tar.extractfile("manifest.json")
        assert reader is not None
        manifest = json.loads(reader.read())
    other_key = json.dumps(manifest | {"key": "0" * 16}).encode()
    newer = json.dumps(manifest | {"format": 99}).encode()
    lake = "lake/2016-12/manifest.json"
    cases = {
        cut: "config.backup_unreadable",
        text: "config.backup_unreadable",
        tmp_path / "absent.tar": "config.backup_unreadable",
        _altered(archive, tmp_path / "a.tar", {lake: b"x"}): "config.backup_unreadable",
        _altered(archive, tmp_path / "b.tar", {lake: None}): "config.backup_unreadable",
        _altered(archive, tmp_path / "c.tar", {"manifest.json": None}): "config.backup_unreadable",
        _altered(archive, tmp_path / "d.tar", {"manifest.json": newer}): "config.backup_unreadable",
        _altered(archive, tmp_path / "e.tar", {"manifest.json": other_key}): (
            "config.backup_other_key"
        ),
    }
    for number, name in enumerate(("../outside", "/tmp/outside", "link")):  # noqa: S108 - refused
        hostile = _altered(archive, tmp_path / f"h{number}.tar", {})
        with tarfile.open(hostile, "a") as tar:
            member = tarfile.TarInfo(name)
            if name == "link":
                member.type, member.linkname = tarfile.SYMTYPE, "/etc"
            tar.addfile(member)
        cases[hostile] = "config.backup_unreadable"
    before = _sql(place, "SELECT count(*) FROM django_migrations")
    for file, code in cases.items():
        told = place.run("restore", str(file), "--replace")
        assert told.returncode == 2, (file, told.stdout, told.stderr)
        assert code in told.stderr, (file, told.stderr)
    assert _sql(place, "SELECT count(*) FROM django_migrations") == before
