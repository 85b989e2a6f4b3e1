"""Starting, stopping and mending runs."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from bangfu import audit
from bangfu.access import problems as access_problems
from bangfu.access.scope import Scope
from bangfu.findings import evaluation, problems, queries
from bangfu.findings.models import Run
from bangfu.jobs import commands as jobs
from bangfu.kernel import clock
from bangfu.kernel.period import Period
from bangfu.lake import Snapshot
from bangfu.registry import queries as registry

PACK = "hechi"
_GRACE = timedelta(minutes=1)
_LOCK = 0x66696E64  # taken while a run is made


def may_choose(scope: Scope) -> bool:
    """Whether this person chooses period, day and pack for everyone: the city and above.
    Others evaluate again as it was last done."""
    return len(scope.region_code) <= 4


def usual(scope: Scope, run: Run | None = None) -> dict[str, Any]:
    """What a run is started with unless told otherwise: pack, period, as_of of the current
    run (`run` where the caller has read it), else the newest registration year."""
    at = run or queries.current(scope)
    if at is not None:
        return {"pack": at.pack, "period": at.period, "as_of": at.as_of}
    year = registry.latest_year() or clock.today().year
    period = Period(year, 12)
    return {"pack": PACK, "period": str(period), "as_of": period.last_day}


def start(
    scope: Scope, *, pack: str = "", as_of: date | None = None, period: str = "",
    snapshot: Path | None = None, now: bool = False,
) -> Run:  # fmt: skip
    """Begin an evaluation: of the registry as it is now, or of a snapshot that is there.

    With `now` it is done before this returns (command line). Raises Problem
    `findings.already_running`, `findings.not_yours_to_choose`, `findings.bad_request`,
    `policy.*`, `lake.*`.
    """
    scope.require("run.start")
    recover()
    plan = _plan(scope, pack, as_of, period, snapshot)
    with transaction.atomic():
        _refuse_second()
        run = Run.objects.create(
            **plan, region_code=scope.region_code, user_id=scope.user_id, started_by=scope.username
        )
        with audit.event(
            "run.started", actor=scope.actor, subject=f"run:{run.pk}",
            region_code=scope.region_code, detail={k: str(v) for k, v in plan.items()},
        ):  # fmt: skip
            pass
        if not now:
            _enqueue(scope, run, {"run": run.pk})
    if now:
        jobs.run_now(scope, evaluation.KIND, _title(run), {"run": run.pk})
    run.refresh_from_db()
    return run


def _plan(
    scope: Scope, pack: str, as_of: date | None, period: str, snapshot: Path | None
) -> dict[str, Any]:
    from bangfu import policy

    found = usual(scope)
    chosen = {"pack": pack or found["pack"], "period": period or found["period"]}
    if snapshot is not None:
        chosen["period"] = Snapshot.open(snapshot).period
    try:
        span = Period.parse(chosen["period"])
    except ValueError:
        raise problems.BAD_REQUEST(what=f"期次“{chosen['period']}”应写作 2016-12") from None
    same_period = chosen["period"] == found["period"]
    day = as_of or (found["as_of"] if same_period else span.last_day)
    changed = {**chosen, "as_of": day} != found or snapshot is not None
    if changed and not may_choose(scope):
        raise problems.NOT_YOURS_TO_CHOOSE()
    loaded = policy.load_pack(chosen["pack"])
    if not loaded.start <= day <= loaded.end:
        from bangfu.policy import problems as policy_problems

        raise policy_problems.AS_OF_OUTSIDE_PACK(
            as_of=day, pack=loaded.id, start=loaded.start, end=loaded.end
        )
    return {
        **chosen, "as_of": day, "snapshot_path": str(snapshot.resolve()) if snapshot else "",
        "pack_hash": loaded.hash, "pack_title": loaded.title.zh,
    }  # fmt: skip


def _refuse_second() -> None:
    """One evaluation at a time: two would only wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK])
    other = Run.objects.filter(state__in=("waiting", "running")).first()
    if other is not None:
        raise problems.ALREADY_RUNNING(run=other.pk, by=other.started_by)


def _title(run: Run) -> str:
    return f"评估 {run.period}（判定日期 {run.as_of}）"


def _enqueue(scope: Scope, run: Run, params: dict[str, Any]) -> None:
    job = jobs.enqueue(scope, evaluation.KIND, _title(run), params, region_code=scope.region_code)
    Run.objects.filter(pk=run.pk).update(job=job)


def reload(scope: Scope, run_id: int, *, now: bool = False) -> Run:
    """Show an older run again: its files into the work tables, and current.

    Raises Problem as `start` does, and `findings.files_gone`.
    """
    scope.require("run.start")
    if not may_choose(scope):
        raise problems.NOT_YOURS_TO_CHOOSE()
    recover()
    run = queries.run(scope, run_id)
    if run.state != "superseded" or not Path(run.findings_path or "-").is_dir():
        raise problems.FILES_GONE(path=run.findings_path or "—")
    params = {"run": run.pk, "load_only": True}
    with transaction.atomic():
        _refuse_second()
        Run.objects.filter(pk=run.pk).update(state="waiting")
        if not now:
            _enqueue(scope, run, params)
    if now:
        jobs.run_now(scope, evaluation.KIND, _title(run), params)
    run.refresh_from_db()
    return run


def stop(scope: Scope, run_id: int) -> Run:
    """Cancel a run; one at work ends at its next step. Raises Problem `findings.run_closed`,
    `access.out_of_scope` for the run of a wider region."""
    scope.require("run.start")
    run = queries.run(scope, run_id)
    if not run.is_open:
        raise problems.RUN_CLOSED()
    if run.job is None or not scope.covers(run.job.region_code):
        raise access_problems.OUT_OF_SCOPE(subject=f"run:{run_id}")
    with audit.event(
        "run.stopped", actor=scope.actor, subject=f"run:{run.pk}", region_code=run.region_code
    ):
        jobs.stop(scope, run.job)
        if run.state == "waiting":
            Run.objects.filter(pk=run.pk).update(state="stopped", finished_at=clock.now())
    run.refresh_from_db()
    return run


def recover() -> int:
    """Close runs whose process is gone; how many. Safe at any time, by anyone."""
    jobs.fail_abandoned()
    closed = 0
    for run in Run.objects.filter(state__in=("waiting", "running")).select_related("job"):
        # Without a job yet it is just being made, by a command that runs it itself.
        fresh = run.job is None and clock.now() - run.created_at < _GRACE
        if not fresh and (run.job is None or not run.job.is_open):
            _close(run)
            closed += 1
    return closed


def _close(run: Run) -> None:
    stopped = run.job is not None and run.job.state == "stopped"
    Run.objects.filter(pk=run.pk).update(
        state="superseded" if run.digest else "stopped" if stopped else "failed",
        finished_at=clock.now(), problem=None if stopped else problems.RUN_LOST().as_dict("zh"),
    )  # fmt: skip
