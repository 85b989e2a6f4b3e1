"""When a deadline is near, and when the level above is told, is the procedure's own to say."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from bangfu import audit
from bangfu.procedures import queries, supervising
from bangfu.procedures.models import Batch, Definition
from tests import world as place
from tests.procedures import town, valley

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]


def reworded(made: Batch, old: str, new: str) -> Batch:
    """The batch under another text of its procedure."""
    text = made.definition.text.replace(old, new)
    assert text != made.definition.text
    with audit.event("test", actor=place.ACTOR):
        made.definition = Definition.objects.create(
            pack=made.pack, procedure=made.procedure, text=text,
            hash=hashlib.sha256(text.encode()).hexdigest(),
        )  # fmt: skip
        made.save()
    return made


def above(on: date) -> tuple[int, int, bool]:
    """In the county's inbox and counts, and whether the late list says it was told."""
    with town.day(on):
        inbox = sum(t.count for t in queries.inbox(town.COUNTY)["above"])
        (late,) = supervising.late(town.COUNTY, supervising.LateFilter())
        return inbox, queries.summary(town.COUNTY)["above"], late.escalated


def test_the_level_above_is_told_after_the_days_of_the_text() -> None:
    made = reworded(town.batch(), "escalate_days: 3", "escalate_days: 10")
    town.enrolled(made)  # to be verified by 30 June
    assert above(date(2016, 7, 10)) == (0, 0, False)
    assert above(date(2016, 7, 11)) == (1, 1, True)
    with town.day(date(2016, 7, 11)):
        (day,) = supervising.deadlines(town.COUNTY, date(2016, 6, 1), date(2016, 6, 30)).values()
    assert (day[0].overdue, day[0].escalated) == (True, True)


@pytest.mark.parametrize(("days", "near"), [(10, date(2016, 6, 20)), (2, date(2016, 6, 28))])
def test_a_deadline_is_near_from_the_days_of_the_text(days: int, near: date) -> None:
    made = reworded(town.batch(), "remind_days: 7", f"remind_days: {days}")
    town.enrolled(made)
    with town.day(near.replace(day=near.day - 1)):
        assert queries.summary(town.TOWN)["later"] == 1
        assert queries.summary(town.TOWN)["coming"] == 0
    with town.day(near):
        assert queries.summary(town.TOWN)["coming"] == 1
        assert [t.count for t in queries.inbox(town.TOWN)["coming"]] == [1]
        (day,) = supervising.deadlines(town.TOWN, date(2016, 6, 30), date(2016, 6, 30)).values()
        assert (day[0].coming, day[0].mine) == (True, True)


def test_each_procedure_goes_by_its_own_days() -> None:
    """Villages are told of ten days ahead, households seven."""
    valley.enrolled(valley.batch())  # to be verified by 31 October
    with town.day(date(2016, 10, 20)):
        assert queries.summary(town.TOWN)["coming"] == 0
    with town.day(date(2016, 10, 21)):
        assert queries.summary(town.TOWN)["coming"] == 2
