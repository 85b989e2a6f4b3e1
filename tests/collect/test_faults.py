"""When things go wrong half-way: the registry is as it was, and the person is told."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db import connections as every_connection

from bangfu.collect import commands, queries, staging, storage
from bangfu.collect.models import Batch
from bangfu.kernel.problems import Problem
from bangfu.registry import bulk
from bangfu.registry.commands import correct_household
from bangfu.registry.models import Household, Person
from tests import world
from tests.collect.files import NEW_HOME, head, home, quiet, xlsx

CLERK = world.scope(world.GAOLING)
SOURCE = Path(__file__).resolve().parents[2]


def full(*args: Any, **values: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def full_database(*args: Any, **values: Any) -> None:
    raise OperationalError("could not extend file") from psycopg.errors.DiskFull()


def test_disk_full_while_storing(give: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_put", full)
    with pytest.raises(Problem, match="collect.disk_full"):
        give([home()])
    assert not Batch.objects.exists()
    assert not list(storage.root().glob("*/*.file"))


def test_disk_full_while_staging(give: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "copy_in", full_database)
    with pytest.raises(Problem, match="collect.disk_full"):
        give([home()])
    batch = Batch.objects.get()
    assert batch.state == "failed"
    assert batch.problem["code"] == "collect.disk_full"


def test_disk_full_while_applying(give: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = give([home()], [head()])
    write = bulk.apply

    def half(stage: str, name: str, *args: Any) -> Any:
        return full_database() if name == "person" else write(stage, name, *args)

    monkeypatch.setattr(bulk, "apply", half)
    with pytest.raises(Problem, match="collect.disk_full"):
        commands.apply(CLERK, batch.pk, quiet)
    assert not Household.objects.filter(pk=NEW_HOME).exists()
    monkeypatch.setattr(bulk, "apply", write)
    assert commands.apply(CLERK, batch.pk, quiet).state == "applied"


def test_registry_changed_since_the_preview(give: Any) -> None:
    batch = give([home(world.FIRST, cause_main="因残")])
    correct_household(CLERK, world.FIRST, 2016, {"cause_main": "因学"}, reason="入户")
    with pytest.raises(Problem, match="collect.stale"):
        commands.apply(CLERK, batch.pk, quiet)
    assert Household.objects.get(pk=world.FIRST).cause_main == "schooling"
    seen = queries.batch(CLERK, batch.pk)
    assert seen.refreshed
    assert seen.preview["household"]["changed"][0]["fields"][0]["before"] == "因学"
    commands.apply(CLERK, batch.pk, quiet)
    assert Household.objects.get(pk=world.FIRST).cause_main == "disability"


def test_an_annual_value_changed_since_the_preview(give: Any) -> None:
    batch = give([home(world.FIRST, income_wages=77)])
    correct_household(CLERK, world.FIRST, 2016, {"income_wages": "88"}, reason="入户")
    with pytest.raises(Problem, match="collect.stale"):
        commands.apply(CLERK, batch.pk, quiet)


def test_the_same_new_household_twice(give: Any) -> None:
    first, second = give([home()], [head()]), give([home()], [head()])
    commands.apply(CLERK, first.pk, quiet)
    with pytest.raises(Problem, match="collect.stale"):
        commands.apply(CLERK, second.pk, quiet)
    assert queries.batch(CLERK, second.pk).total("unchanged") == 2
    with pytest.raises(Problem, match="collect.nothing_to_apply"):
        commands.apply(CLERK, second.pk, quiet)


def test_a_number_registered_since_the_preview(give: Any) -> None:
    other = f"{world.DINGFU}000010"
    first, second = give([home()], [head()]), give([home(other)], [head(other)])
    commands.apply(CLERK, first.pk, quiet)
    with pytest.raises(Problem, match="collect.stale"):
        commands.apply(CLERK, second.pk, quiet)
    seen = queries.batch(CLERK, second.pk)
    assert (seen.state, seen.counts["person"]["refused"]) == ("refused", 1)
    assert not Person.objects.filter(household_no=other).exists()


def test_an_applied_household_that_was_undone_meanwhile(give: Any) -> None:
    family = give([home()])
    commands.apply(CLERK, family.pk, quiet)
    members = give([], [head()])
    commands.undo(CLERK, family.pk, "测试", quiet)
    with pytest.raises(Problem, match="collect.stale"):
        commands.apply(CLERK, members.pk, quiet)
    assert not Person.objects.filter(household_no=NEW_HOME).exists()
    row = queries.opened(queries.issues(CLERK, members).get())
    assert row.faults[0].text == "文件和登记库中都没有这一户"


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once(world: None) -> None:
    from tests import world as place

    batches = []
    for cause in ("因残", "因学"):
        given = [commands.Given("a.xlsx", [xlsx([home(place.FIRST, cause_main=cause)])])]
        batches.append(commands.check(CLERK, commands.receive(CLERK, given, 2016).pk, quiet))
    told: list[str] = []
    together = threading.Barrier(2)

    def write(batch: Batch) -> None:
        try:
            together.wait()
            commands.apply(CLERK, batch.pk, quiet)
            told.append("applied")
        except Problem as problem:
            told.append(problem.code)
        finally:
            every_connection.close_all()

    threads = [threading.Thread(target=write, args=(b,)) for b in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["applied", "collect.stale"]
    states = set(Batch.objects.values_list("state", flat=True))
    assert states == {"applied", "staged"}


_KILLED = """
import os, signal
from bangfu.config import bootstrap
bootstrap.django()
from bangfu.collect import commands
from bangfu.registry import bulk
from tests import world
write = bulk.apply
def half(stage, name, *args):
    if name == "person":
        os.kill(os.getpid(), signal.SIGKILL)
    return write(stage, name, *args)
bulk.apply = half
commands.apply(world.scope(world.GAOLING), {batch}, lambda done, total, message="": None)
"""


@pytest.mark.django_db(transaction=True)
def test_killed_half_way(world: None) -> None:
    from django.conf import settings

    given = [commands.Given("a.xlsx", [xlsx([home()], [head()])])]
    batch = commands.check(CLERK, commands.receive(CLERK, given, 2016).pk, quiet)
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_KILLED.format(batch=batch.pk))],
        cwd=SOURCE, capture_output=True, text=True,
        env={**os.environ, "DATABASE_URL": settings.BANGFU_DATABASE_URI, "PYTHONPATH": "src:."},
    )  # fmt: skip
    assert ended.returncode == -9, ended.stderr
    assert not Household.objects.filter(pk=NEW_HOME).exists()
    assert Batch.objects.get(pk=batch.pk).state == "staged"
    assert commands.apply(CLERK, batch.pk, quiet).state == "applied"


def test_a_check_that_was_killed_is_told(give: Any) -> None:
    from bangfu.jobs.models import Job

    given = [commands.Given("a.xlsx", [xlsx([home()])])]
    batch = commands.receive(CLERK, given, 2016)
    job = Job.objects.create(
        kind="import.check", title="t", region_code=world.GAOLING, state="failed"
    )
    Batch.objects.filter(pk=batch.pk).update(job_id=job.pk)
    seen = queries.batch(CLERK, batch.pk)
    assert (seen.state, seen.problem["code"]) == ("failed", "collect.interrupted")
    commands.sweep()
    assert not (storage.root() / batch.folder).exists()


def test_stored_files_are_sealed_and_go_when_applied(give: Any) -> None:
    batch = give([home(hamlet_name="弄桃屯")], [head()])
    (stored,) = (storage.root() / batch.folder).glob("*.file")
    assert b"PK\x03\x04" not in stored.read_bytes()
    with storage.read(stored) as stream:
        assert stream.read(4) == b"PK\x03\x04"
    commands.apply(CLERK, batch.pk, quiet)
    assert not stored.exists()
    assert not staging.exists(batch.pk, "household")


def test_a_stored_file_that_was_cut_or_altered_does_not_open(tmp_path: Path) -> None:
    path = tmp_path / "a.file"
    storage.write(path, [os.urandom(3 << 20)])
    whole = path.read_bytes()
    for spoiled in (whole[:-100], whole[: 2 << 20], whole[:-1] + bytes([whole[-1] ^ 1])):
        path.write_bytes(spoiled)
        with pytest.raises(Problem, match="collect.damaged"):
            storage.read_all(path)


def test_staged_rows_hold_no_plain_personal_data(give: Any) -> None:
    batch = give([home(phone="13877812345")], [head()])
    with connection.cursor() as cursor:
        for name in ("household", "person"):
            cursor.execute(f"SELECT s::text FROM {staging.table_of(batch.pk, name)} s")
            text = str(cursor.fetchall())
            assert "13877812345" not in text
            assert "韦国强" not in text


def test_failed_check_leaves_nothing_staged(give: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from bangfu.collect import preview

    def broken(*args: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(preview, "samples", broken)
    with pytest.raises(RuntimeError):
        give([home()])
    batch = Batch.objects.get()
    assert batch.state == "failed"
    assert not staging.exists(batch.pk, "household")


def test_year_and_right(give: Any) -> None:
    with pytest.raises(Problem, match="collect.bad_year"):
        give([home()], year=1999)
    with pytest.raises(Problem, match="access.no_right"):
        give([home()], scope=world.scope(world.DINGFU, "village_officer"))
