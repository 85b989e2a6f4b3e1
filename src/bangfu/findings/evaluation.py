"""The work of a run, as a job: snapshot, evaluate county by county, load, switch.

The worker (or the command line) runs it as the owner of the tables. Until `loading.switch`
nothing of it can be seen, so a killed run leaves no half results; `commands.recover` closes it.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.db.models import Max

from bangfu import audit
from bangfu.access.models import User
from bangfu.access.scope import Scope, scope_of, system_scope
from bangfu.audit.models import Change
from bangfu.findings import loading, partitions, problems, rules
from bangfu.findings.models import Run
from bangfu.jobs import Progress, register
from bangfu.jobs.models import Job
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.lake import Snapshot

KIND = "evaluate"
# Each stage fills this much of the bar; the messages name it.
_STAGES = {"snapshot": (0, 25, "生成快照"), "evaluate": (25, 75, "逐县评估"),
           "load": (75, 100, "装载结果")}  # fmt: skip


_WATCHER: ContextVar[Callable[[int, int, str], None] | None] = ContextVar("watcher", default=None)


@contextmanager
def watched_by(report: Callable[[int, int, str], None]) -> Iterator[None]:
    """Tell `report` of the progress of runs done inside, in this thread (command line)."""
    token = _WATCHER.set(report)
    try:
        yield
    finally:
        _WATCHER.reset(token)


@register(KIND)
def evaluate(job: Job, progress: Progress) -> dict[str, Any]:
    """The handler. params: run (id), load_only (results are there, load them again)."""
    run = Run.objects.get(pk=job.params["run"])
    Run.objects.filter(pk=run.pk).update(state="running", started_at=clock.now(), job=job)
    run.refresh_from_db()
    try:
        partitions.drop_loose(but=run.pk)
        if job.params.get("load_only"):
            return _reload(run, _scope_of(job), progress)
        return _whole(run, _scope_of(job), progress)
    except Exception as fault:
        _give_up(run, fault)
        raise


def _scope_of(job: Job) -> Scope:
    user = User.objects.filter(pk=job.user_id).first() if job.user_id else None
    return scope_of(user) if user else system_scope()


def _whole(run: Run, scope: Scope, progress: Progress) -> dict[str, Any]:
    from bangfu import policy

    pack = policy.load_pack(run.pack)
    seen = rules.of_pack(pack, run.as_of)
    _keep(run, pack_hash=pack.hash, pack_title=pack.title.zh,
          rules=[r.to_json() for r in seen], exit_rule=seen.exit_rule)  # fmt: skip
    with _timed(run, "snapshot", progress) as report:
        snapshot = _snapshot(run, scope, report)
    out = Path(settings.BANGFU_VAR) / "findings" / f"run-{run.pk:06d}"
    out.parent.mkdir(parents=True, exist_ok=True)
    with _timed(run, "evaluate", progress) as report:
        policy.evaluate(snapshot, pack, run.as_of, out, progress=report)
    _keep(run, findings_path=str(out))
    return _load(run, scope, progress)


def _snapshot(run: Run, scope: Scope, report: Report) -> Path:
    """The run's snapshot, taken now unless the run was given one."""
    from bangfu.registry import snapshot as registry_snapshot

    if not run.snapshot_path:
        newest = Change.objects.aggregate(newest=Max("id"))["newest"]
        _keep(run, last_change=newest or 0)
        taken = registry_snapshot.take(scope, run.period, progress=report)
        _keep(run, snapshot_path=taken.path)
    path = Path(run.snapshot_path)
    opened = Snapshot.open(path)
    _keep(run, snapshot_digest=opened.digest)
    return path


def _load(run: Run, scope: Scope, progress: Progress) -> dict[str, Any]:
    with _timed(run, "load", progress) as report:
        digest = loading.load(run, Path(run.findings_path), Path(run.snapshot_path), report)
    counts = loading.counted(run)
    finished = clock.now()
    with audit.event(
        "run.finished", actor=scope.actor, subject=f"run:{run.pk}", region_code=run.region_code,
        detail={"pack": run.pack, "pack_hash": run.pack_hash, "as_of": str(run.as_of),
                "snapshot": run.snapshot_digest, "digest": digest, **counts},
    ):  # fmt: skip
        loading.switch(run, digest=digest, counts=counts, finished_at=finished, problem=None)
    loading.tidy(run)
    return {"run": run.pk, "digest": digest, **counts}


def _reload(run: Run, scope: Scope, progress: Progress) -> dict[str, Any]:
    for path in (run.findings_path, run.snapshot_path):
        if not path or not Path(path).is_dir():
            raise problems.FILES_GONE(path=path or "—")
    if run.pk in partitions.attached():
        partitions.drop(run.pk)
    return _load(run, scope, progress)


def _keep(run: Run, **values: Any) -> None:
    for name, value in values.items():
        setattr(run, name, value)
    Run.objects.filter(pk=run.pk).update(**values)


Report = Callable[[int, int, str], None]


@contextmanager
def _timed(run: Run, stage: str, progress: Progress) -> Iterator[Report]:
    """One stage: its part of the progress bar, and its seconds kept with the run."""
    low, high, label = _STAGES[stage]

    def report(done: int, total: int, message: str = "") -> None:
        share = low + (high - low) * done // max(total, 1)
        told(share, f"{label} {_place(message)}（{done}/{total}）")

    def told(share: int, message: str) -> None:
        progress(share, 100, message)
        if watcher := _WATCHER.get():
            watcher(share, 100, message)

    told(low, label)
    began = time.monotonic()
    yield report
    _keep(run, seconds={**run.seconds, stage: round(time.monotonic() - began, 1)})


def _place(message: str) -> str:
    """A county's name where the message is its code."""
    from bangfu.registry import divisions

    return divisions.names().get(message, message)


def _is_full(fault: Exception) -> bool:
    inner: BaseException | None = fault
    while inner is not None:
        if isinstance(inner, psycopg.errors.DiskFull):
            return True
        if isinstance(inner, OSError) and inner.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        inner = inner.__cause__
    return False


def _give_up(run: Run, fault: Exception) -> None:
    """Keep why; what was half loaded goes away."""
    problem = fault if isinstance(fault, Problem) else None
    stopped = problem is not None and problem.code == "jobs.stopped"
    told = problem or (problems.DISK_FULL() if _is_full(fault) else problems.RUN_LOST())
    plain = told.as_dict("zh") | {"details": {k: str(v) for k, v in told.details.items()}}
    if not connection.is_usable():
        connection.close()
    if run.pk not in partitions.attached():
        partitions.drop(run.pk)
    # A run that was whole before it was asked for again stays what it was.
    state = "superseded" if run.digest else "stopped" if stopped else "failed"
    Run.objects.filter(pk=run.pk, is_current=False).update(
        state=state, finished_at=clock.now(), problem=None if stopped else plain
    )
