"""Long work: progress seen from outside, outcomes kept, stopping, and processes that die."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from bangfu.access import scope_of, system_scope
from bangfu.access.session import scoped
from bangfu.jobs import commands, handler, queries, register
from bangfu.jobs import registry as kinds
from bangfu.jobs.models import Job
from bangfu.kernel.problems import Problem
from tests import world

ME = system_scope()


@pytest.fixture(autouse=True)
def _own_kinds() -> Iterator[None]:
    before = dict(kinds._HANDLERS)
    yield
    kinds._HANDLERS.clear()
    kinds._HANDLERS.update(before)


def outside(job_id: int) -> tuple[Any, ...]:
    """The job's row as another connection sees it."""
    with psycopg.connect(settings.BANGFU_DATABASE_URI) as other:
        row = other.execute(
            "SELECT state, done, total, message FROM jobs_job WHERE id = %s", [job_id]
        ).fetchone()
    assert row is not None
    return row


def work() -> None:
    """What a worker process does, once."""
    call_command(
        "db_worker", batch=True, interval=0, startup_delay=False, reload=False, verbosity=0
    )


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_while_the_work_s_transaction_is_open() -> None:
    seen = []

    @register("test.long")
    def long(job: Job, progress: Any) -> dict[str, Any]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            for step in range(1, 4):
                progress(step, 4, f"第 {step} 步")
                seen.append(outside(job.pk))
        return {"steps": 3}

    job = commands.enqueue(ME, "test.long", "试", {})
    assert outside(job.pk)[0] == "waiting"
    work()
    assert seen == [("running", n, 4, f"第 {n} 步") for n in (1, 2, 3)]
    job.refresh_from_db()
    assert (job.state, job.result, job.percent) == ("done", {"steps": 3}, 100)
    assert job.started_at is not None
    assert job.finished_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_job_is_handed_over_only_when_its_transaction_commits() -> None:
    register("test.never")(lambda job, progress: {})
    with pytest.raises(RuntimeError), transaction.atomic():
        commands.enqueue(ME, "test.never", "试", {})
        raise RuntimeError
    work()
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["problem", "fault", "database"])
def test_a_failure_is_kept_with_its_reason_and_undoes_its_work(how: str) -> None:
    world.divisions()

    @register("test.fails")
    def fails(job: Job, progress: Any) -> dict[str, Any]:
        from bangfu.registry.problems import UNKNOWN_REGION

        with transaction.atomic():
            world.user("made-on-the-way", "county_office", world.DUAN)
            progress(1, 2)
            if how == "problem":
                raise UNKNOWN_REGION(code="99")
            if how == "database":
                connection.cursor().execute("SELECT 1 / 0")
            raise ZeroDivisionError
        return {}

    job = commands.enqueue(ME, "test.fails", "试", {})
    work()
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.problem["code"] == ("registry.unknown_region" if how == "problem" else "jobs.fault")
    assert job.problem["advice"]
    assert not queries_users()
    with pytest.raises((Problem, ZeroDivisionError, Exception)):
        commands.run_now(ME, "test.fails", "试", {})
    assert Job.objects.filter(state="failed").count() == 2


def queries_users() -> list[Any]:
    from bangfu.access.models import User

    return list(User.objects.all())


@pytest.mark.django_db(transaction=True)
def test_stopping_takes_effect_at_the_next_step() -> None:
    steps = []

    @register("test.stops")
    def stops(job: Job, progress: Any) -> dict[str, Any]:
        with transaction.atomic():
            for step in range(10):
                steps.append(step)
                if step == 2:
                    stopper = threading.Thread(target=stop_elsewhere, args=(job.pk,))
                    stopper.start()
                    stopper.join()
                progress(step, 10)
        return {}

    job = commands.enqueue(ME, "test.stops", "试", {})
    work()
    job.refresh_from_db()
    assert steps == [0, 1, 2]
    assert (job.state, job.result) == ("stopped", {})


def stop_elsewhere(job_id: int) -> None:
    commands.stop(ME, Job.objects.get(pk=job_id))
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_waiting_job_that_is_stopped_never_begins() -> None:
    ran = []
    register("test.waits")(lambda job, progress: ran.append(job.pk) or {})
    job = commands.enqueue(ME, "test.waits", "试", {})
    commands.stop(ME, job)
    work()
    job.refresh_from_db()
    assert (ran, job.state) == ([], "stopped")


@pytest.mark.django_db(transaction=True)
def test_work_that_was_done_before_the_stop_is_said_to_be_done() -> None:
    @register("test.late")
    def late(job: Job, progress: Any) -> dict[str, Any]:
        stop_elsewhere(job.pk)
        return {"rows": 5}

    job = commands.enqueue(ME, "test.late", "试", {})
    work()
    job.refresh_from_db()
    assert (job.state, job.result) == ("done", {"rows": 5})


DIES = """
    import sys
    import django
    django.setup()
    from bangfu.jobs import register
    from bangfu.jobs.commands import perform
    from bangfu.jobs.models import Job

    @register("test.dies")
    def dies(job, progress):
        progress(1, 2, "半途")
        print("running", flush=True)
        sys.stdin.read()

    perform(Job.objects.get(pk=int(sys.argv[1])))
"""


@pytest.mark.django_db(transaction=True)
def test_a_killed_process_leaves_a_job_that_failed() -> None:
    job = Job.objects.create(kind="test.dies", title="试", region_code="45")
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(DIES), str(job.pk)],
        stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True,
        env=os.environ | {"DATABASE_URL": settings.BANGFU_DATABASE_URI},
    )  # fmt: skip
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == "running\n"
        assert outside(job.pk) == ("running", 1, 2, "半途")
        assert commands.fail_abandoned() == 0, "it is alive"
    finally:
        program.kill()
        program.communicate()
    for _ in range(50):
        if commands.fail_abandoned():
            break
        time.sleep(0.1)
    job.refresh_from_db()
    assert (job.state, job.problem["code"]) == ("failed", "jobs.abandoned")
    assert commands.fail_abandoned() == 0


@pytest.mark.django_db
def test_work_can_be_done_here_and_now_inside_a_transaction() -> None:
    @register("test.now")
    def now(job: Job, progress: Any) -> dict[str, Any]:
        progress(1, 1, "好")
        return {"ok": True}

    job = commands.run_now(ME, "test.now", "试", {})
    assert (job.state, job.result, job.message) == ("done", {"ok": True}, "好")


def test_one_kind_has_one_handler() -> None:
    register("test.one")(len)  # type: ignore[arg-type]
    register("test.one")(len)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="two handlers"):
        register("test.one")(max)  # type: ignore[arg-type]
    assert handler("test.one") is len  # type: ignore[comparison-overlap]
    with pytest.raises(KeyError):
        handler("test.none")


@pytest.mark.django_db
def test_one_sees_one_s_own_jobs_and_evaluations_of_one_s_region() -> None:
    staff = {role: scope_of(user) for role, user in world.staff().items()}
    clerk, office = staff["township_clerk"], staff["county_office"]
    made = {
        "mine": commands.enqueue(clerk, "export", "试", {}),
        "evaluation": commands.enqueue(clerk, "evaluate", "试", {}),
        "office": commands.enqueue(office, "export", "试", {}),
    }
    assert {j.pk for j in queries.jobs(clerk)} == {made["mine"].pk, made["evaluation"].pk}
    assert {j.pk for j in queries.jobs(office)} == {made["office"].pk, made["evaluation"].pk}
    assert not queries.jobs(staff["village_officer"])
    with pytest.raises(Problem, match="access.out_of_scope"):
        queries.job(office, made["mine"].pk)
    with scoped(clerk):
        assert queries.job(clerk, made["mine"].pk).title == "试"
        inside = commands.enqueue(clerk, "export", "墙内", {})
    assert inside.region_code == world.GAOLING


@pytest.mark.parametrize(
    ("state", "done", "total", "percent"),
    [("running", 0, 0, 0), ("running", 1, 3, 33), ("running", 5, 3, 99), ("done", 0, 0, 100)],
)
def test_percent(state: str, done: int, total: int, percent: int) -> None:
    assert Job(state=state, done=done, total=total).percent == percent
