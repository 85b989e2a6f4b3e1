"""Forged records show, two at once cannot both win, a killed bulk leaves nothing, 5,000 are quick."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.db import InternalError, ProgrammingError, connection, transaction
from django.db.utils import DatabaseError

from bangfu import audit
from bangfu.audit.models import Event
from bangfu.kernel.problems import Problem
from bangfu.procedures import commands
from bangfu.procedures.acting import Asked
from bangfu.procedures.models import Case, StepRecord
from bangfu.registry import divisions
from bangfu.registry.models import Household
from tests import world
from tests.procedures import town


def run(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def forge(sql: str) -> None:
    """What somebody with the database's own password could do."""
    tables = ("procedures_steprecord", "procedures_signature", "procedures_case")
    off = [f"ALTER TABLE {t} DISABLE TRIGGER USER" for t in tables]
    run("; ".join(["SET CONSTRAINTS ALL IMMEDIATE", *off, sql]))


@pytest.fixture
def exited(world: None, db: None) -> int:
    (case_id,) = town.enrolled(town.batch())
    town.to_county(case_id)
    assert audit.verify().ok
    return case_id


@pytest.mark.parametrize("sql", [
    "UPDATE procedures_steprecord SET \"by\" = 'nobody' WHERE act = 'done'",
    "DELETE FROM procedures_steprecord",
    "TRUNCATE procedures_steprecord CASCADE",
    "UPDATE procedures_signature SET party = 'x'",
    "UPDATE procedures_definition SET text = ''",
    "UPDATE procedures_case SET step = 'struck_off'",
])  # fmt: skip
def test_the_database_refuses_to_alter_what_was_recorded(exited: int, sql: str) -> None:
    with pytest.raises((ProgrammingError, InternalError, DatabaseError)):
        run(sql)


@pytest.mark.parametrize(("sql", "told"), [
    ("UPDATE procedures_steprecord SET \"on\" = '2016-05-02' WHERE seq = 2", "被改动"),
    ("UPDATE procedures_steprecord SET hash = repeat('0', 64) WHERE seq = 2", "与审计链不符"),
    ("DELETE FROM procedures_steprecord WHERE act = 'post'", "与审计链不符"),
    ("UPDATE procedures_case SET step = 'struck_off', ended = true", "所在步骤与记录不符"),
    ("UPDATE procedures_case SET last_hash = repeat('0', 64)", "末条记录缺失"),
    ("DELETE FROM procedures_signature; DELETE FROM procedures_steprecord", "与审计链不符"),
])  # fmt: skip
def test_forging_shows_in_the_verification(exited: int, sql: str, told: str) -> None:
    forge(sql)
    report = audit.verify()
    assert not report.ok
    assert told in str(report.fault)


@pytest.fixture
def many(transactional_db: None) -> Iterator[list[int]]:
    """A batch of 300 households with the county."""
    world.divisions()
    yield crowd(300)
    divisions._names.cache_clear()


def crowd(count: int) -> list[int]:
    numbers = [f"{world.DINGFU}{n:06d}" for n in range(1, count + 1)]
    with audit.event("test", actor=world.ACTOR):
        Household.objects.bulk_create(
            Household(household_no=n, village_code=n[:12], status="registered") for n in numbers
        )
    ids = town.enrolled(town.batch(), *numbers)
    asked = Asked("done", "verify", town.MAY, "withdrawn", reason="x")
    assert asked.outcome
    return ids


def withdraw(on: date = town.MAY) -> Asked:
    return Asked("done", "verify", on, "withdrawn", reason="整组搬迁")


def test_two_at_once_wait_for_each_other_and_one_is_told(many: list[int]) -> None:
    told: list[Any] = []
    start = threading.Barrier(2)

    def decide(name: str) -> None:
        scope = world.scope(world.GAOLING, username=name)
        start.wait()
        try:
            commands.act_many(scope, many, withdraw(), dict.fromkeys(many, 1))
            told.append("done")
        except Problem as problem:
            told.append(problem.code)
        finally:
            connection.close()

    with town.day(town.MAY):
        threads = [threading.Thread(target=decide, args=(n,)) for n in ("one", "two")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(told) == ["done", "procedures.changed_meanwhile"]
    assert StepRecord.objects.filter(act="done").count() == len(many)
    assert audit.verify().ok


KILLED = """
import os, django
django.setup()
from datetime import date
from bangfu.procedures import after, commands
from tests.procedures import town
from tests import world
def stop(*_a):
    print("written", flush=True)
    import time; time.sleep(60)
after.follow = stop
from bangfu.procedures.models import Case
with town.day(town.MAY):
    commands.act_many(world.scope(world.GAOLING), list(Case.objects.values_list("pk", flat=True)),
        commands.Asked("done", "verify", town.MAY, "withdrawn", reason="x"))
"""


def test_killed_in_the_middle_of_a_bulk_decision_nothing_was_done(many: list[int]) -> None:
    env = os.environ | {"DATABASE_URL": settings.BANGFU_DATABASE_URI, "PYTHONPATH": "src:."}
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", KILLED], stdout=subprocess.PIPE, env=env, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "written"  # records written, not yet committed
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with town.day(town.MAY):
            assert not StepRecord.objects.filter(act="done").exists()
            assert Case.objects.filter(step="verify", version=1).count() == len(many)
            try:
                # The dead server's locks are gone: the same decision can be taken again.
                done = commands.act_many(world.scope(world.GAOLING), many, withdraw())
                break
            except DatabaseError:
                time.sleep(0.2)
    assert len(done) == len(many)
    assert Event.objects.filter(action="procedure.done").count() == 1
    assert audit.verify().ok


def test_one_case_that_cannot_be_done_keeps_all_from_being_done(many: list[int]) -> None:
    with town.day(town.MAY):
        commands.act(world.scope(world.GAOLING), many[7], withdraw())
        with pytest.raises(Problem, match="procedures.refused_many|procedures.refused") as told:
            commands.act_many(world.scope(world.GAOLING), many, withdraw())
    assert "已办结" in told.value.message()
    assert StepRecord.objects.filter(act="done").count() == 1
