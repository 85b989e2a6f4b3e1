"""Making papers: as a file by the worker, or one at once. Each making is written down."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from bangfu import audit
from bangfu.access import sealed
from bangfu.access.scope import Scope
from bangfu.documents import html, problems, word
from bangfu.documents.finding import Source, Wanted
from bangfu.documents.paper import papers
from bangfu.jobs import Progress
from bangfu.jobs import commands as jobs
from bangfu.jobs.models import Job
from bangfu.policy.documents.filling import Values
from bangfu.registry import divisions

KIND = "document.make"
MOST, MOST_SHEETS, DAYS = 10_000, 300, 30
_PIECE = 1 << 20


def root() -> Path:
    """Where made files lie, sealed."""
    return Path(settings.BANGFU_VAR) / "documents"


def path(job_id: int) -> Path:
    """Where a job's file lies."""
    return root() / f"{job_id}.sealed"


def start(scope: Scope, wanted: Wanted) -> Job:
    """Have the worker make a file. Raises Problem `documents.*`, `access.*`."""
    source = _checked(scope, wanted, MOST)
    place = divisions.full_name(wanted.region_code)
    title = f"{source.document.no} {source.document.title.zh}（{place}）"
    return jobs.enqueue(
        scope, KIND, title, {"wanted": asdict(wanted)}, region_code=wanted.region_code
    )


def _checked(scope: Scope, wanted: Wanted, most: int) -> Source:
    source = Source(scope, wanted)
    count = source.count()
    if not count:
        what = {"household": "户", "village": "村", "county": "县"}[source.document.about]
        raise problems.NOTHING(
            region=divisions.full_name(wanted.region_code), title=source.document.title.zh,
            what=what,
        )  # fmt: skip
    if count > most:
        kind = problems.TOO_WIDE if most == MOST else problems.TOO_MANY
        raise kind(found=count, limit=most)
    return source


def make(scope: Scope, wanted: Wanted, target: Path, progress: Progress) -> dict[str, Any]:
    """Make the file `target`; what to say of it. Raises Problem `documents.*`."""
    sweep()
    source = _checked(scope, wanted, MOST)
    total = source.count()

    def told() -> Iterator[Values]:
        for done, values in enumerate(source.values()):
            if done % 50 == 0:
                progress(done, total, "正在生成")
            yield values

    root().mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryFile(dir=root()) as whole:  # has no name: nothing to leave behind
        _write(source, told(), whole)
        whole.seek(0)
        target.unlink(missing_ok=True)
        size, sha256 = sealed.write(target, iter(lambda: whole.read(_PIECE), b""))
    progress(total, total, "已生成")
    _audited(scope, source, total, sha256)
    return {"sealed": target.name, "name": file_name(source), "bytes": size, "count": total,
            "sha256": sha256}  # fmt: skip


def _write(source: Source, values: Iterator[Values], out: IO[bytes]) -> None:
    document = source.document
    word.write(out, papers(document, source.known, values), document.title.zh)


def file_name(source: Source) -> str:
    """What to call the file."""
    place = divisions.full_name(source.wanted.region_code, from_level="county")
    number = f"-{source.wanted.subject}" if source.wanted.subject else ""
    document = source.document
    return f"{document.no}{document.title.zh}-{place}{number}-{source.wanted.year}.docx"


def _audited(scope: Scope, source: Source, count: int, sha256: str, how: str = "word") -> None:
    """One event for each making; a full one says so."""
    wanted, document = source.wanted, source.document
    with audit.event(
        "document.made", actor=scope.actor, region_code=wanted.region_code,
        subject=wanted.subject or (f"batch:{wanted.batch}" if wanted.batch else document.id),
        detail={"document": document.id, "pack": document.pack, "layout": document.hash,
                "year": wanted.year, "papers": count, "personal": document.personal, "as": how,
                "sha256": sha256},
    ):  # fmt: skip
        pass


def one(scope: Scope, wanted: Wanted) -> tuple[bytes, str]:
    """A small file at once: (content, name). Raises Problem `documents.*`."""
    source = _checked(scope, wanted, MOST_SHEETS)
    with tempfile.SpooledTemporaryFile(max_size=8 << 20) as out:
        _write(source, source.values(), out)
        out.seek(0)
        content = out.read()
    _audited(scope, source, source.count(), hashlib.sha256(content).hexdigest())
    return content, file_name(source)


def sheets(scope: Scope, wanted: Wanted) -> tuple[Source, list[str]]:
    """The same as printable HTML. Raises Problem `documents.*`."""
    source = _checked(scope, wanted, MOST_SHEETS)
    made = list(html.sheets(papers(source.document, source.known, source.values())))
    digest = hashlib.sha256("".join(made).encode()).hexdigest()
    _audited(scope, source, source.count(), digest, "print")
    return source, made


def content(scope: Scope, job: Job) -> Iterator[bytes]:
    """A made file, piece by piece; written down. Raises Problem `documents.file_gone`."""
    where = path(job.pk)
    if job.state != "done" or not where.exists():
        raise problems.GONE(days=DAYS)
    with audit.event(
        "document.downloaded", actor=scope.actor, subject=f"job:{job.pk}",
        region_code=job.region_code, detail={"sha256": (job.result or {}).get("sha256", "")},
    ):  # fmt: skip
        pass

    def damaged(_name: str, _what: str) -> Exception:
        return problems.GONE(days=DAYS)

    stream = sealed.read(where, damaged)

    def pieces() -> Iterator[bytes]:
        with stream:
            while piece := stream.read(_PIECE):
                yield piece

    return pieces()


def sweep() -> int:
    """Remove files past their days; how many."""
    oldest = time.time() - DAYS * 86400
    gone = 0
    for file in root().glob("*.sealed"):
        with suppress(OSError):
            if file.stat().st_mtime < oldest:
                os.unlink(file)
                gone += 1
    return gone


__all__ = ["KIND", "content", "file_name", "make", "one", "path", "sheets", "start"]
