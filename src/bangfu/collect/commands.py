"""Writes of the room: taking files in, applying, undoing, cancelling, sweeping up."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
from django.db import DatabaseError, OperationalError, connection, transaction
from psycopg import sql

from bangfu import audit
from bangfu.access.scope import Scope
from bangfu.collect import checkrun, guard, problems, queries, staging, storage
from bangfu.collect.headers import ENTITIES
from bangfu.collect.models import Batch, RowIssue
from bangfu.jobs import Progress
from bangfu.jobs import commands as jobs
from bangfu.jobs.models import Job
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.registry import bulk
from bangfu.registry import problems as registry_problems
from bangfu.registry import undo as registry_undo

# One import at a time writes; the others wait their turn, then look whether all is as it was.
IMPORT_LOCK = 0x696D706F
KEEP_OPEN_DAYS = 7  # a batch nobody decides on
KEEP_FILES_DAYS = 30  # the marked file of a decided batch
FIRST_YEAR = 2013
_DISK_FULL = "53100"
_LARGE = 50_000  # rows written


@dataclass(frozen=True)
class Given:
    """One uploaded file: its name and its bytes, piece by piece."""

    name: str
    chunks: Iterable[bytes]


def receive(scope: Scope, files: Sequence[Given], year: int, *, encoding: str = "auto") -> Batch:
    """Store files sealed as a new batch in state checking. Raises Problem for what can be seen
    at once: no file, wrong kind, too big, damaged or hostile archive, disk full."""
    scope.require("import.apply")
    if not files:
        raise problems.NO_FILE()
    if not FIRST_YEAR <= year <= clock.today().year:
        raise problems.BAD_YEAR(year=year, limit=clock.today().year)
    folder = secrets.token_hex(16)
    try:
        kept = [_store(folder, number, given) for number, given in enumerate(files)]
        batch = Batch.objects.create(
            folder=folder, files=kept, year=year, encoding=encoding, user_id=scope.user_id,
            username=scope.username, region_code=scope.region_code,
        )  # fmt: skip
        with audit.event(
            "import.received", actor=scope.actor, subject=f"batch:{batch.pk}",
            region_code=scope.region_code, source=batch.title[:200],
            detail={"files": [{k: f[k] for k in ("name", "size", "sha256")} for f in kept], "year": year},
        ):  # fmt: skip
            return batch
    except BaseException:
        storage.remove(folder)
        raise


def _store(folder: str, number: int, given: Given) -> dict[str, object]:
    name = Path(given.name.replace("\\", "/")).name[:200] or "file"
    path = storage.root() / folder / f"{number}.file"
    size, digest = storage.write(path, _limited(name, given.chunks))
    with storage.read(path) as stream:
        kind = guard.kind_of(name, stream.read(4096))
    guard.check_size(name, kind, size)
    return {"name": name, "size": size, "sha256": digest, "kind": kind}


def _limited(name: str, chunks: Iterable[bytes]) -> Iterable[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > guard.MAX_CSV:
            guard.check_size(name, "csv", size)
        yield chunk


def start_check(scope: Scope, batch: Batch) -> Job:
    """Hand the checking to the worker."""
    job = jobs.enqueue(
        scope, "import.check", f"校验导入文件：{batch.title}"[:200], {"batch": batch.pk},
        region_code=batch.region_code,
    )  # fmt: skip
    Batch.objects.filter(pk=batch.pk).update(job_id=job.pk)
    return job


def check(scope: Scope, batch_id: int, progress: Progress, *, marked: bool = True) -> Batch:
    """Validate and stage a batch. A refused file leaves the batch failed, and is raised."""
    batch = queries.batch(scope, batch_id)
    if batch.state != "checking":
        raise _wrong_state(batch, "校验")
    try:
        return checkrun.run(scope, batch, progress, marked=marked)
    except BaseException as fault:
        known = _as_problem(fault, batch)
        _fail(batch, known or problems.INTERRUPTED())
        if known is not None:
            raise known from fault
        raise


def _fail(batch: Batch, told: Problem) -> None:
    """Keep why a batch failed and let go of its rows and files."""
    with suppress(DatabaseError):  # what cannot be kept now is told by `queries.settle` later
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        staging.drop(batch.pk)
        Batch.objects.filter(pk=batch.pk).update(
            state="failed", problem=plain(told), ended_at=clock.now()
        )
    storage.remove(batch.folder)


def _as_problem(fault: BaseException, batch: Batch) -> Problem | None:
    """The refusal for a fault that a person can mend, None for any other."""
    if isinstance(fault, Problem):
        return fault
    if isinstance(fault, OSError) and fault.errno in storage.FULL:
        return problems.DISK_FULL()
    if isinstance(fault, OperationalError):
        full = getattr(fault.__cause__, "sqlstate", "") == _DISK_FULL
        return problems.DISK_FULL() if full else None
    if isinstance(fault, duckdb.OutOfMemoryException | MemoryError):
        return problems.TOO_MUCH(name=batch.title)
    return None


def plain(problem: Problem) -> dict[str, object]:
    """A problem as JSON in both languages."""
    return {
        "code": problem.code,
        "zh": [problem.message("zh"), problem.advice("zh")],
        "en": [problem.message("en"), problem.advice("en")],
    }


def _wrong_state(batch: Batch, action: str) -> Problem:
    return problems.WRONG_STATE(batch=batch.pk, state=batch.get_state_display(), action=action)


# applying


def start_apply(scope: Scope, batch_id: int, *, only_valid: bool = False) -> Job:
    """Hand the applying to the worker. Raises Problem when it cannot be applied."""
    scope.require("import.apply")
    batch = queries.batch(scope, batch_id)
    _refuse_busy(batch)
    _check_applicable(batch, only_valid)
    job = jobs.enqueue(
        scope, "import.apply", f"导入：{batch.title}"[:200],
        {"batch": batch.pk, "only_valid": only_valid}, region_code=batch.region_code,
    )  # fmt: skip
    Batch.objects.filter(pk=batch.pk).update(job_id=job.pk, refreshed=False)
    return job


def _refuse_busy(batch: Batch) -> None:
    job = queries.job_of(batch)
    if job is not None and job.is_open:
        raise problems.BUSY(batch=batch.pk)


def _check_applicable(batch: Batch, only_valid: bool) -> None:
    if not batch.is_open:
        raise _wrong_state(batch, "导入")
    if batch.total("refused") and not only_valid:
        raise problems.HAS_REFUSED(count=batch.total("refused"))
    if not batch.total("new") + batch.total("changed"):
        raise problems.NOTHING_TO_APPLY()


class _Stale(Exception):
    def __init__(self, count: int) -> None:
        self.count = count


def apply(scope: Scope, batch_id: int, progress: Progress, *, only_valid: bool = False) -> Batch:
    """Write the staged rows under one audit event: all of them or, on any fault, none.

    Raises Problem; `collect.stale` when the registry changed since the preview (which is then
    made anew), `collect.has_refused` unless `only_valid`.
    """
    scope.require("import.apply")
    seen = queries.batch(scope, batch_id)
    try:
        with transaction.atomic():
            batch = _write(scope, batch_id, progress, only_valid)
    except _Stale as stale:
        _refresh(scope, batch_id)
        raise problems.STALE(count=stale.count) from None
    except (OSError, OperationalError) as fault:
        known = _as_problem(fault, seen)
        if known is None:
            raise
        raise known from fault
    _let_go(batch)
    if _is_large(batch):
        bulk.analyze()  # or lists would be planned as if the tables were empty
    progress(100, 100, "导入完成")
    return batch


def _is_large(batch: Batch) -> bool:
    return batch.total("new") + batch.total("changed") > _LARGE


def _write(scope: Scope, batch_id: int, progress: Progress, only_valid: bool) -> Batch:
    progress(1, 100, "等待其他导入完成")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    _check_applicable(batch, only_valid)
    staged = [name for name in ENTITIES if staging.exists(batch.pk, name)]
    progress(5, 100, "核对预览之后有无变化")
    changed = sum(bulk.stale(staging.table_of(batch.pk, n), n, batch.year) for n in staged)
    changed += len(staging.late(batch.pk))
    if changed:
        raise _Stale(changed)
    day = min(date(batch.year, 12, 31), clock.today()).isoformat()
    with audit.event(
        "import.applied", actor=scope.actor, subject=f"batch:{batch.pk}",
        region_code=batch.region_code, source=batch.title[:200],
        detail={"year": batch.year, "counts": batch.counts, "only_valid": only_valid,
                "sha256": [f["sha256"] for f in batch.files]},
    ) as event:  # fmt: skip
        if _is_large(batch):
            bulk.run(sql.SQL("SET LOCAL work_mem = '256MB'"))  # row history passes through memory
        for number, name in enumerate(staged):
            progress(15 + 40 * number, 100, f"写入{'户' if name == 'household' else '人员'}信息")
            bulk.apply(staging.table_of(batch.pk, name), name, batch.year, day)
        progress(92, 100, "记录变更历史")
    batch.state, batch.event_id = "applied", event.id
    batch.applied_at = batch.ended_at = clock.now()
    batch.save(update_fields=["state", "event_id", "applied_at", "ended_at"])
    return batch


def _refresh(scope: Scope, batch_id: int) -> None:
    """Compare the staged rows anew; the preview then says what would happen now."""
    with transaction.atomic():
        batch = Batch.objects.select_for_update().get(pk=batch_id)
        gone = staging.late(batch.pk)
        if gone:
            staging.take_out(batch.pk, gone)
            batch.counts["person"]["refused"] += len(gone)
            batch.state = "refused"
            checkrun.keep_late(scope, batch, gone)
        for name in ENTITIES:
            if staging.exists(batch.pk, name):
                bulk.unmark(staging.table_of(batch.pk, name))
        checkrun.compared(batch)
        batch.refreshed = True
        batch.save()


def _let_go(batch: Batch) -> None:
    """What a decided batch no longer needs: staged rows and the file as it came."""
    staging.drop(batch.pk)
    for number in range(len(batch.files)):
        (storage.root() / batch.folder / f"{number}.file").unlink(missing_ok=True)


# undoing, cancelling, sweeping


def start_undo(scope: Scope, batch_id: int, reason: str) -> Job:
    """Hand the undoing to the worker. Raises Problem when it is not possible."""
    scope.require("import.undo")
    batch = queries.batch(scope, batch_id)
    _refuse_busy(batch)
    if batch.state != "applied":
        raise _wrong_state(batch, "撤销")
    seen = queries.undo_preview(scope, batch)
    if seen.conflicts:
        raise registry_problems.UNDO_CONFLICT(count=seen.conflicts, example=seen.example)
    job = jobs.enqueue(
        scope, "import.undo", f"撤销导入：{batch.title}"[:200],
        {"batch": batch.pk, "reason": reason[:200]}, region_code=batch.region_code,
    )  # fmt: skip
    Batch.objects.filter(pk=batch.pk).update(job_id=job.pk)
    return job


def undo(scope: Scope, batch_id: int, reason: str, progress: Progress) -> Batch:
    """Put every row the batch changed back. Raises Problem when rows were changed since."""
    scope.require("import.undo")
    queries.batch(scope, batch_id)
    progress(5, 100, "撤销中")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])
        batch = Batch.objects.select_for_update().get(pk=batch_id)
        if batch.state != "applied" or batch.event_id is None:
            raise _wrong_state(batch, "撤销")
        batch.undo_event_id = registry_undo.undo(
            scope, batch.event_id, reason=reason, action="import.undone"
        )
        batch.state, batch.ended_at = "undone", clock.now()
        batch.save(update_fields=["state", "undo_event_id", "ended_at"])
    progress(100, 100, "撤销完成")
    return batch


def cancel(scope: Scope, batch_id: int) -> Batch:
    """Give up an undecided batch; its staged rows and files are removed by the sweep job."""
    scope.require("import.apply")
    batch = queries.batch(scope, batch_id)
    _refuse_busy(batch)
    if not batch.is_open:
        raise _wrong_state(batch, "取消")
    with audit.event(
        "import.cancelled", actor=scope.actor, subject=f"batch:{batch.pk}",
        region_code=batch.region_code, source=batch.title[:200],
    ):  # fmt: skip
        Batch.objects.filter(pk=batch.pk).update(state="cancelled", ended_at=clock.now())
    jobs.enqueue(scope, "import.sweep", "清理导入暂存数据", {}, region_code=batch.region_code)
    batch.refresh_from_db()
    return batch


def release(scope: Scope, batch_id: int) -> None:
    """Let go of a checked batch that nobody will decide on (a dry run at the command line)."""
    batch = queries.batch(scope, batch_id)
    if batch.is_open:
        staging.drop(batch.pk)
        Batch.objects.filter(pk=batch.pk).update(state="cancelled", ended_at=clock.now())


def sweep() -> int:
    """Remove what is due: staged rows and files of decided, failed and forgotten batches, and
    folders nobody knows. Run by the worker and at every check; how many batches it cleared."""
    now, cleared = clock.now(), 0
    for batch in Batch.objects.filter(state="checking"):
        queries.settle(batch)
    forgotten = now - timedelta(days=KEEP_OPEN_DAYS)
    Batch.objects.filter(state__in=("staged", "refused"), checked_at__lt=forgotten).update(
        state="cancelled", ended_at=now
    )
    for batch in Batch.objects.filter(swept_at=None, state__in=("cancelled", "failed")):
        staging.drop(batch.pk)
        storage.remove(batch.folder)
        RowIssue.objects.filter(batch=batch).delete()
        Batch.objects.filter(pk=batch.pk).update(swept_at=now, marked="")
        cleared += 1
    old = now - timedelta(days=KEEP_FILES_DAYS)
    for batch in Batch.objects.filter(
        swept_at=None, state__in=("applied", "undone"), ended_at__lt=old
    ):
        storage.remove(batch.folder)
        RowIssue.objects.filter(batch=batch).delete()
        Batch.objects.filter(pk=batch.pk).update(swept_at=now, marked="")
        cleared += 1
    _remove_orphans()
    return cleared


def _remove_orphans() -> None:
    if not storage.root().is_dir():
        return
    limit = clock.now().timestamp() - 3600
    known = set(Batch.objects.values_list("folder", flat=True))
    for folder in storage.root().iterdir():
        if folder.name not in known and folder.stat().st_mtime < limit:
            storage.remove(folder.name)
