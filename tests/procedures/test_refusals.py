"""Each bad input of the issue, through the command: refused in Chinese with what is missing, and
nothing recorded. The clock set back or forward opens no way round them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from bangfu.kernel import clock
from bangfu.kernel.clock import SHANGHAI
from bangfu.kernel.problems import Problem
from bangfu.procedures import acting, queries
from bangfu.procedures.acting import Asked
from bangfu.procedures.models import StepRecord
from tests import world
from tests.procedures import town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
JULY = date(2016, 7, 1)


def fresh() -> int:
    return town.enrolled(town.batch())[0]


def verified() -> int:
    case_id = fresh()
    town.do(town.TOWN, case_id, town.verified())
    return case_id


def posted() -> int:
    case_id = fresh()
    town.to_notice(case_id)  # posted on 1 August for three days
    return case_id


def unsigned() -> Asked:
    whole = town.verified()
    return replace(whole, signatures=tuple(s for s in whole.signatures if s[0] != "head"))


CASES: list[tuple[str, Callable[[], int], acting.Scope, Callable[[], Asked], str, str]] = [
    ("a step out of order", fresh, town.VILLAGE, lambda: town.appraised(JULY),
     "procedures.refused", "本件现在第 1 步“入户核验”，不能办理“村级评议”"),
    ("the wrong role", fresh, town.VILLAGE, town.verified, "procedures.refused",
     "您的角色不能办理"),
    ("the wrong level", verified, world.scope(world.GAOLING, "village_officer"),
     lambda: town.appraised(JULY), "procedures.refused", "您的账号不在这一级"),
    ("another region", fresh, town.OTHER_TOWN, town.verified, "procedures.case_not_found",
     "不在您的辖区"),
    ("before the notice ends", posted, town.TOWN, lambda: town.cleared(date(2016, 8, 4)),
     "procedures.refused", "公示期到 2016-08-04 24 时止"),
    ("a missing signature", fresh, town.TOWN, unsigned, "procedures.refused",
     "缺少签名“户主”：需 1 人，现有 0 人"),
    ("missing evidence", verified, town.VILLAGE,
     lambda: replace(town.appraised(JULY), evidence=()), "procedures.refused", "缺少材料"),
    ("a date before the step before", verified, town.VILLAGE,
     lambda: town.appraised(town.MAY - timedelta(days=1)), "procedures.refused",
     "早于上一步的 2016-05-10"),
]  # fmt: skip


@pytest.mark.parametrize(("begin", "scope", "ask", "code", "told"), [c[1:] for c in CASES],
                         ids=[c[0] for c in CASES])  # fmt: skip
def test_refused_with_what_is_missing(
    begin: Callable[[], int], scope: acting.Scope, ask: Callable[[], Asked], code: str, told: str
) -> None:
    case_id = begin()
    asked = ask()
    before = StepRecord.objects.count()
    with pytest.raises(Problem, match=code) as refusal:
        town.do(scope, case_id, asked)
    assert told in refusal.value.message("zh")
    assert StepRecord.objects.count() == before


def test_a_date_in_the_future_is_refused() -> None:
    case_id = fresh()
    with town.day(town.MAY), pytest.raises(Problem, match="procedures.refused") as told:
        acting.act(town.TOWN, case_id, town.verified(town.MAY + timedelta(days=1)))
    assert "日期 2016-05-11 晚于今天" in told.value.message("zh")


def test_the_clock_set_back_opens_nothing() -> None:
    """What was recorded keeps its day: with the clock back, nothing can follow it on an earlier
    one, and its own day is in the future."""
    case_id = verified()
    with town.day(date(2016, 4, 1)):
        for on in (date(2016, 4, 1), town.MAY):
            with pytest.raises(Problem, match="procedures.refused") as told:
                acting.act(town.VILLAGE, case_id,
                           Asked("return", "appraise", on, to="verify", reason="重核"))  # fmt: skip
            assert ("早于上一步" in told.value.message()) == (on < town.MAY)
            assert ("晚于今天" in told.value.message()) == (on == town.MAY)


def test_the_clock_set_forward_and_back_shows_as_late_but_ends_no_notice_early() -> None:
    case_id = posted()
    # It is the 20th, but the act is dated the 3rd.
    with town.day(date(2016, 8, 20)), pytest.raises(Problem, match="procedures.refused"):
        acting.act(town.TOWN, case_id, town.cleared(date(2016, 8, 3)))
    town.do(town.TOWN, case_id, town.cleared(date(2016, 8, 20)))  # due on the 15th
    assert StepRecord.objects.filter(case_id=case_id).latest("seq").late


@pytest.mark.parametrize(("moment", "bucket"), [
    (datetime(2016, 6, 30, 23, 59, 59, tzinfo=SHANGHAI), "today"),
    (datetime(2016, 7, 1, 0, 0, 0, tzinfo=SHANGHAI), "overdue"),
])  # fmt: skip
def test_a_deadline_ends_at_midnight_in_shanghai(moment: datetime, bucket: str) -> None:
    case_id = fresh()  # due on 30 June
    clock.use(lambda: moment)
    try:
        assert queries.summary(town.TOWN)[bucket] == 1
        day = moment.date()
        signed = tuple((p, n, day) for p, n, _on in town.verified().signatures)
        record = acting.act(town.TOWN, case_id, town.verified(day, signatures=signed))
    finally:
        clock.use(None)
    assert record.late == (bucket == "overdue")
