"""Asking for, running and stopping a job."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django_tasks import task

from bangfu.access.scope import Scope
from bangfu.jobs import problems
from bangfu.jobs.models import Job
from bangfu.jobs.registry import handler
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem

log = logging.getLogger(__name__)

# Held by whoever runs a job, as long as it runs: a job marked running whose lock is free
# belongs to a process that is gone.
_LOCK = 0x6A6F6273
_PROGRESS = """
UPDATE jobs_job SET done = CASE WHEN state = 'running' THEN %s ELSE done END,
       total = CASE WHEN state = 'running' THEN %s ELSE total END, message = %s
WHERE id = %s RETURNING state
"""


def enqueue(
    scope: Scope, kind: str, title: str, params: dict[str, Any], *, region_code: str = ""
) -> Job:
    """A waiting job, handed to the worker when this transaction commits."""
    job = Job.objects.create(
        kind=kind, title=title, user_id=scope.user_id, params=params,
        region_code=region_code or scope.region_code,
    )  # fmt: skip
    transaction.on_commit(lambda: run_job.enqueue(job.pk))
    return job


def run_now(scope: Scope, kind: str, title: str, params: dict[str, Any]) -> Job:
    """The same work done here and now (command line). Raises what the work raises."""
    job = Job.objects.create(
        kind=kind, title=title, user_id=scope.user_id, params=params, region_code=scope.region_code
    )
    perform(job, reraise=True)
    return job


def stop(scope: Scope, job: Job) -> None:
    """Ask a job to stop; it does at its next step."""
    Job.objects.filter(scope.q("region_code"), pk=job.pk, state__in=("waiting", "running")).update(
        state="stopped", finished_at=clock.now()
    )


@task()
def run_job(job_id: int) -> None:
    """What the worker runs."""
    job = Job.objects.filter(pk=job_id, state="waiting").first()
    if job is not None:
        perform(job)


def perform(job: Job, *, reraise: bool = False) -> None:
    """Run `job` to its end, keeping progress and outcome in its row."""
    with _side_connection() as side:
        side.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK, job.pk % 2**31])
        Job.objects.filter(pk=job.pk).update(state="running", started_at=clock.now())

        def progress(done: int, total: int, message: str = "") -> None:
            if _keep_progress(side, job.pk, done, total, message) == "stopped":
                raise problems.STOPPED()

        try:
            result = handler(job.kind)(job, progress)
        except Exception as fault:
            _keep_failure(job, fault)
            if reraise:
                raise
            return
    # Even if somebody asked to stop meanwhile: the work is done, and the row says so.
    Job.objects.filter(pk=job.pk).update(state="done", finished_at=clock.now(), result=result)
    job.refresh_from_db()


def _keep_failure(job: Job, fault: Exception) -> None:
    # A database error leaves the connection unusable inside an outer transaction;
    # outside one this only closes what is broken.
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    problem = fault if isinstance(fault, Problem) else None
    if problem is None:
        log.error("job %s failed\n%s", job.pk, traceback.format_exc())
        problem = problems.FAULT(what=type(fault).__name__, job=job.pk)
    Job.objects.filter(pk=job.pk).exclude(state="stopped").update(
        state="failed", finished_at=clock.now(), problem=_plain(problem)
    )


def fail_abandoned() -> int:
    """Mark as failed the running jobs whose process is gone (killed, machine off); how many.

    Called when a worker starts and where jobs are shown.
    """
    running = list(Job.objects.filter(state="running").values_list("pk", flat=True))
    if not running:
        return 0
    gone = []
    with _side_connection() as side:
        for job_id in running:
            free = side.execute(
                "SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, job_id % 2**31]
            ).fetchone()
            if free and free[0]:
                gone.append(job_id)
        # Still holding the locks: nobody can have begun them in between.
        return Job.objects.filter(pk__in=gone, state="running").update(
            state="failed", finished_at=clock.now(), problem=_plain(problems.ABANDONED())
        )


def _plain(problem: Problem) -> dict[str, Any]:
    return {**problem.as_dict("zh"), "details": {k: str(v) for k, v in problem.details.items()}}


def _side_connection() -> psycopg.Connection[Any]:
    """A connection of its own: work inside one long transaction is still seen from outside."""
    side = psycopg.connect(settings.BANGFU_DATABASE_URI, autocommit=True)
    side.execute("SET lock_timeout = '2s'")
    return side


def _keep_progress(
    side: psycopg.Connection[Any], job_id: int, done: int, total: int, message: str
) -> str:
    """Keep it and say the job's state."""
    values: list[int | str] = [done, total, message[:300], job_id]
    try:
        seen = side.execute(_PROGRESS, values).fetchone()
    except psycopg.errors.LockNotAvailable:
        seen = None
    if seen is None:  # the row belongs to a transaction of ours that is still open
        with connection.cursor() as cursor:
            cursor.execute(_PROGRESS, values)
            seen = cursor.fetchone()
    return str(seen[0]) if seen else "stopped"
