"""Backup and restore: the database and the files under BANGFU_VAR as one tar.

`pg_dump`, `pg_restore` and `psql` come with the embedded server and work with an external
one as well. A restore changes nothing until everything in the archive has been checked, and
the database is replaced in one transaction. The data key is never in the archive: it is
kept apart, and its fingerprint tells whether the right one is there.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from bangfu import __version__
from bangfu.config import problems
from bangfu.config.postgres import programs
from bangfu.kernel import clock

FORMAT = 1
FOLDERS = ("lake", "findings", "files", "evidence")  # under BANGFU_VAR; the rest can be made again
Progress = Callable[[int, int, str], None]
_REPLACE = (
    "SET lock_timeout = '10s'; DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
    "GRANT USAGE ON SCHEMA public TO PUBLIC;"
)


@dataclass(frozen=True)
class Archive:
    """What a backup says of itself: when, which version, what is in it (name to sha256)."""

    made: str
    version: str
    key: str
    members: dict[str, str]


def fingerprint() -> str:
    """Tells data keys apart without giving them away."""
    key = settings.BANGFU_KEY
    return hmac.new(key.encode(), b"bangfu backup", hashlib.sha256).hexdigest()[:16] if key else ""


def default_name(at: datetime | None = None) -> str:
    """`bangfu-20161231-235900.tar`."""
    return f"bangfu-{at or clock.now():%Y%m%d-%H%M%S}.tar"


def backup(target: Path, progress: Progress) -> Archive:
    """Write a backup to `target`, whole or not at all.

    Raises Problem `config.backup_failed`, OSError when the disk is full.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as name:
            dump = Path(name) / "database.dump"
            progress(0, 1, "database")
            _run("pg_dump", "--format=custom", "--no-owner", "--file", dump, _uri())
            files = [("database.dump", dump), *_files()]
            members = {}
            with part.open("wb") as out, tarfile.open(fileobj=out, mode="w|") as tar:
                for number, (inside, path) in enumerate(files):
                    progress(number, len(files), inside)
                    tar.add(path, inside)
                    members[inside] = _sha256(path)
                archive = Archive(clock.now().isoformat(), __version__, fingerprint(), members)
                note = Path(name) / "manifest.json"
                note.write_text(json.dumps({"format": FORMAT, **vars(archive)}, indent=1))
                tar.add(note, "manifest.json")  # last: an archive without it is not whole
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.chmod(0o600)
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return archive


def restore(source: Path, progress: Progress, *, replace: bool = False) -> Archive:
    """Put back what `source` holds; refuses a database with tables unless `replace`.

    Raises Problem `config.backup_unreadable`, `backup_other_key`, `restore_not_empty`,
    `backup_failed`; after any of them the data is what it was before.
    """
    if not replace and _has_tables():
        raise problems.RESTORE_NOT_EMPTY()
    var: Path = settings.BANGFU_VAR
    var.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=var, prefix=".restore-") as name:
        inside = Path(name)
        progress(0, 3, source.name)
        archive = _unpack(source, inside)
        if archive.key != fingerprint():
            raise problems.BACKUP_OTHER_KEY(path=source)
        progress(1, 3, "database")
        _restore_database(inside)
        progress(2, 3, "files")
        for folder in FOLDERS:
            old = inside / f"old-{folder}"
            if (var / folder).exists():
                (var / folder).rename(old)
            if (inside / folder).exists():
                (inside / folder).rename(var / folder)
        progress(3, 3, "")
    return archive


def _restore_database(inside: Path) -> None:
    script, before = inside / "database.sql", inside / "before.sql"
    _run("pg_restore", "--no-owner", "--file", script, inside / "database.dump")
    before.write_text(_REPLACE, encoding="utf-8")
    _make_roles()
    _run(
        "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1",
        "--file", before, "--file", script, "--dbname", _uri(),
    )  # fmt: skip


def _make_roles() -> None:
    """Roles belong to the server, not to the dump; the restricted ones must be there first."""
    from django.db import connection

    from bangfu.access.session import GRANTED, ROLE

    with connection.cursor() as cursor:
        for role in (ROLE, GRANTED):
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE ROLE {role} NOLOGIN")
                cursor.execute(f"GRANT {role} TO CURRENT_USER")
    connection.close()  # the tables it knows are about to go


def _has_tables() -> bool:
    from django.db import connection

    return bool(connection.introspection.table_names())


def _unpack(source: Path, into: Path) -> Archive:
    try:
        with tarfile.open(source, "r:") as tar:
            for member in tar:
                _extract(tar, member, into)
        raw: dict[str, Any] = json.loads((into / "manifest.json").read_text(encoding="utf-8"))
        archive = Archive(raw["made"], raw["version"], raw["key"], raw["members"])
    except FileNotFoundError as fault:
        what = "manifest.json" if source.exists() else str(fault.strerror)
        raise problems.BACKUP_UNREADABLE(path=source, reason=what) from None
    except (tarfile.TarError, ValueError, KeyError, EOFError) as fault:
        raise problems.BACKUP_UNREADABLE(path=source, reason=str(fault)) from None
    if raw.get("format") != FORMAT:
        raise problems.BACKUP_UNREADABLE(path=source, reason=f"format {raw.get('format')}")
    found = {str(p.relative_to(into)) for p in into.rglob("*") if p.is_file()} - {"manifest.json"}
    if found != set(archive.members):
        raise problems.BACKUP_UNREADABLE(path=source, reason="manifest.json")
    for name, digest in archive.members.items():
        if _sha256(into / name) != digest:
            raise problems.BACKUP_UNREADABLE(path=source, reason=name)
    return archive


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    """One plain file, inside `into` (Debian 12's tarfile has no extraction filters yet)."""
    parts = Path(member.name).parts
    reader = tar.extractfile(member) if member.isreg() else None
    if reader is None or not parts or Path(member.name).is_absolute() or ".." in parts:
        raise tarfile.TarError(f"unexpected member: {member.name}")
    target = into.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with reader, target.open("wb") as out:
        shutil.copyfileobj(reader, out)


def _files() -> list[tuple[str, Path]]:
    var: Path = settings.BANGFU_VAR
    return [
        (str(path.relative_to(var)), path)
        for folder in FOLDERS
        for path in sorted((var / folder).rglob("*"))
        if path.is_file() and not path.is_symlink()
    ]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _uri() -> str:
    return str(settings.BANGFU_DATABASE_URI)


def _run(program: str, *args: str | Path) -> None:
    if shutil.which(str(programs() / program)) is None:
        raise problems.POSTGRES_MISSING()
    done = subprocess.run(
        [str(programs() / program), *map(str, args)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        told = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
        raise problems.BACKUP_FAILED(reason=f"{program}: {told[-1]}")
