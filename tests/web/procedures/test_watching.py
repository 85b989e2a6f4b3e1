"""The calendar, who is late, the counts on the home page: each sees its own region and no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from bangfu.procedures import queries, supervising
from tests import world
from tests.procedures import town

pytestmark = pytest.mark.django_db
SignedIn = Callable[[str], Client]


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.fixture
def case(world: None) -> int:
    """One household to be verified by 30 June 2016."""
    (made,) = town.enrolled(town.batch())
    return made


def test_the_calendar_shows_the_day_mine_first(case: int, signed_in: SignedIn) -> None:
    clerk = signed_in("township_clerk")
    with town.day(date(2016, 6, 20)):
        page = text(clerk.get("/procedures/calendar/"))
        assert "2016 年 6 月" in page
        assert "本月到期 1 件，由您办理 1 件" in page
        assert "due=2016-06-30" in page
        assert "由您办理 0 件" in text(clerk.get("/procedures/calendar/?month=2016-07"))
        listed = text(clerk.get("/procedures/cases/?due=2016-06-30&state=open"))
        assert world.FIRST in listed
        assert world.FIRST not in text(clerk.get("/procedures/cases/?due=2016-06-29"))
        # The county sees it, but it is not the county's to do.
        county = text(signed_in("county_office").get("/procedures/calendar/"))
        assert "本月到期 1 件，由您办理 0 件" in county
        mine = signed_in("county_office").get("/procedures/calendar/?whose=mine")
        assert "本月没有到期的件" in text(mine)
    assert text(clerk.get("/procedures/calendar/?month=nonsense"))


def test_due_at_midnight_in_shanghai(case: int, world: None) -> None:
    """30 June ends at 24:00 in Shanghai, whatever day it is in London."""
    for on, hour, bucket in ((date(2016, 6, 30), 23, "today"), (date(2016, 7, 1), 0, "overdue")):
        with town.day(on, hour):
            assert queries.summary(town.TOWN)[bucket] == 1
            late = supervising.late(town.COUNTY, supervising.LateFilter())
            assert len(late) == (bucket == "overdue")


def test_who_is_late_and_told_above_after_three_days(case: int, signed_in: SignedIn) -> None:
    county = signed_in("county_office")
    with town.day(date(2016, 7, 3)):
        page = text(county.get("/procedures/late/"))
        assert "高岭镇" in page
        assert "已提醒承办人" in page
        assert "下级流程逾期" not in text(county.get("/"))
        assert "流程已逾期" in text(signed_in("township_clerk").get("/"))
    with town.day(date(2016, 7, 4)):
        page = text(county.get("/procedures/late/"))
        assert "已报上级" in page
        assert "下级流程逾期" in text(county.get("/"))
        assert "#g-above" in text(county.get("/"))
        assert "没有逾期的件" in text(county.get("/procedures/late/?over=10"))
        assert "没有逾期的件" in text(county.get("/procedures/late/?level=village"))
        file = county.get("/procedures/late/export/")
    sheet = load_workbook(BytesIO(file.content)).active
    assert sheet is not None
    row = [c.value for c in sheet[3]]
    assert "入户核验" in row
    assert 4 in row


def test_the_neighbour_sees_nothing_of_it(case: int) -> None:
    with town.day(date(2016, 7, 20)):
        assert supervising.late(town.OTHER_TOWN, supervising.LateFilter()) == []
        found = supervising.deadlines(town.OTHER_TOWN, date(2016, 6, 1), date(2016, 6, 30))
        assert found == {}


def test_an_objection_is_work_though_the_notice_hangs(case: int) -> None:
    town.to_notice(case)
    with town.day(date(2016, 8, 2)):
        assert queries.summary(town.TOWN)["waiting"] == 1
    town.do(town.TOWN, case, town.Asked("object", "publish", date(2016, 8, 2), reason="有门面"))
    with town.day(date(2016, 8, 2)):
        counts = queries.summary(town.TOWN)
    assert counts["waiting"] == 0
    assert counts["later"] + counts["coming"] == 1
    # Unsettled, it stays up beyond the day on which it would have come down.
    with town.day(date(2016, 8, 20)):
        assert queries.notices(town.TOWN, hanging=True).count() == 1
        assert queries.notices(town.TOWN, hanging=False).count() == 0
    town.do(town.TOWN, case, town.Asked("recheck", "publish", date(2016, 8, 20), "dismissed",
                                        ref=queries.trail(town.TOWN, town.case(case))[1][-1].row.seq,
                                        reason="门面已转让"))  # fmt: skip
    with town.day(date(2016, 9, 1)):
        assert queries.notices(town.TOWN, hanging=True).count() == 0
