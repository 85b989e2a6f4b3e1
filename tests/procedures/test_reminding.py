"""The day's reminders: to whom, of what, once a day, and kept in the audit log."""

from __future__ import annotations

from datetime import date

import pytest

from bangfu import audit
from bangfu.access.models import User
from bangfu.access.scope import system_scope
from bangfu.audit.models import Event
from bangfu.procedures import reminding
from bangfu.procedures.models import Reminder
from tests import world as place
from tests.procedures import town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]


@pytest.fixture
def people(world: None) -> None:
    """A clerk, another township's clerk, a county office, and one whose account is closed."""
    for name, role, region, active in (
        ("clerk", "township_clerk", place.GAOLING, True),
        ("other", "township_clerk", place.DISU, True),
        ("county", "county_office", place.DUAN, True),
        ("gone", "township_clerk", place.GAOLING, False),
    ):
        with audit.event("test", actor=place.ACTOR):
            User.objects.create(username=name, display_name=name, role=role, region_code=region,
                                is_active=active)  # fmt: skip


def told(on: date) -> dict[str, tuple[int, int, int, int]]:
    """Whom the run of that day told, and of how many."""
    with town.day(on, 7):
        count = reminding.remind(system_scope())
    rows = Reminder.objects.filter(on=on)
    assert rows.count() == count
    return {r.username: (r.overdue, r.today, r.coming, r.above) for r in rows}


@pytest.mark.usefixtures("people")
def test_each_is_told_what_is_theirs() -> None:
    town.enrolled(town.batch())  # to be verified by 30 June
    assert told(date(2016, 6, 1)) == {}
    assert told(date(2016, 6, 25)) == {"clerk": (0, 0, 1, 0)}
    assert told(date(2016, 6, 30)) == {"clerk": (0, 1, 0, 0)}
    assert told(date(2016, 7, 2)) == {"clerk": (1, 0, 0, 0)}
    assert told(date(2016, 7, 5)) == {"clerk": (1, 0, 0, 0), "county": (0, 0, 0, 1)}
    lines = Reminder.objects.get(username="county").lines
    assert [(x[0], x[2], x[4], x[5]) for x in lines] == [("above", "入户核验", 1, "2016-06-30")]
    with town.day(date(2016, 7, 6)):
        latest = reminding.latest(town.TOWN)
    assert latest is not None
    assert (latest.on, latest.overdue) == (date(2016, 7, 5), 1)
    assert reminding.latest(town.OTHER_TOWN) is None


@pytest.mark.usefixtures("people")
def test_once_a_day_and_in_the_audit_log() -> None:
    town.enrolled(town.batch())
    on = date(2016, 7, 5)
    assert len(told(on)) == 2
    with town.day(on, 9):
        assert reminding.remind(system_scope()) == 0
    assert Reminder.objects.count() == 2
    event = Event.objects.get(action="procedure.reminded")
    assert event.detail["accounts"] == 2
    assert event.detail["cases"]["overdue"] == 1
    assert audit.verify().ok
