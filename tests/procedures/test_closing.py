"""A batch is closed once nothing of it is open, by who opens it, and is only read from then on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from threading import Barrier, Thread

import pytest
from django.db import connection

from bangfu import audit
from bangfu.kernel.problems import Problem
from bangfu.procedures import commands, drawing
from bangfu.procedures.acting import Asked
from bangfu.procedures.models import Batch, Case
from bangfu.registry import divisions
from bangfu.registry.models import Household
from tests import world as place
from tests.procedures import town

SEPTEMBER = date(2016, 9, 1)
LEFT = Asked("done", "verify", town.MAY, "withdrawn", reason="整户迁出")


def refused(code: str) -> pytest.RaisesExc[Problem]:
    return pytest.raises(Problem, match=code)


def close(made: Batch, scope: commands.Scope = town.COUNTY) -> None:
    with town.day(SEPTEMBER):
        commands.close_batch(scope, made.pk)


@pytest.mark.django_db
@pytest.mark.usefixtures("world")
def test_while_cases_are_open_it_is_told_how_many_and_where() -> None:
    made = town.batch()
    (mine,) = town.enrolled(made)
    (theirs,) = town.enrolled(made, place.FOREIGN, scope=town.OTHER_TOWN)
    town.do(town.TOWN, mine, town.verified())
    with refused("procedures.batch_busy") as told:
        close(made)
    assert "还有 2 件在办" in told.value.message()
    assert "高岭镇“村级评议”1 件；地苏镇“入户核验”1 件" in told.value.message()
    town.do(town.OTHER_TOWN, theirs, LEFT)
    with refused("procedures.batch_busy") as told:
        close(made)
    assert "还有 1 件在办" in told.value.message()
    assert Batch.objects.get().closed_at is None


@pytest.mark.django_db
@pytest.mark.usefixtures("world")
def test_closed_it_is_only_read() -> None:
    made = town.batch()
    (case_id,) = town.enrolled(made)
    town.do(town.TOWN, case_id, LEFT)
    for scope in (town.TOWN, place.scope(place.NANDAN, "county_office")):
        with pytest.raises(Problem):
            close(made, scope)
    with refused("procedures.refused"):
        close(made, town.CITY)  # it sees the batch, but the county opens and closes it
    close(made)
    with refused("procedures.batch_closed"):
        close(made)
    with refused("procedures.batch_closed"):
        town.enrolled(made, on=SEPTEMBER)
    with refused("procedures.batch_closed"), town.day(SEPTEMBER):
        drawing.draw(town.COUNTY, made.pk, "determine", percent=50)
    with refused("procedures.refused") as told:
        town.do(town.TOWN, case_id, town.verified(SEPTEMBER))
    assert "已办结" in told.value.message()
    assert audit.verify().ok


@pytest.fixture
def many(transactional_db: None) -> Iterator[tuple[Batch, list[str]]]:
    """A batch to which a township is about to add."""
    place.divisions()
    numbers = [f"{place.DINGFU}{n:06d}" for n in range(1, 51)]
    with audit.event("test", actor=place.ACTOR):
        Household.objects.bulk_create(
            Household(household_no=n, village_code=n[:12], status="registered") for n in numbers
        )
    yield town.batch(), numbers
    divisions._names.cache_clear()


def test_closing_and_putting_in_at_once_cannot_both_win(many: tuple[Batch, list[str]]) -> None:
    made, numbers = many
    told: list[str] = []
    start = Barrier(2)

    def run(name: str) -> None:
        start.wait()
        try:
            if name == "close":
                commands.close_batch(town.COUNTY, made.pk)
            else:
                commands.enrol(town.TOWN, made.pk, numbers)
            told.append(name)
        except Problem as problem:
            told.append(problem.code)
        finally:
            connection.close()

    with town.day(town.MAY):
        threads = [Thread(target=run, args=(n,)) for n in ("close", "enrol")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    made.refresh_from_db()
    if made.closed_at:
        assert sorted(told) == ["close", "procedures.batch_closed"]
        assert not Case.objects.exists()
    else:
        assert sorted(told) == ["enrol", "procedures.batch_busy"]
        assert Case.objects.filter(ended=False).count() == len(numbers)
    assert audit.verify().ok
