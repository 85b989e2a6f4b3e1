"""The rolling plan, a batch's awards, and the award on the page of a village that is entered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from bangfu import audit
from bangfu.access.session import scoped
from bangfu.kernel.problems import Problem
from bangfu.procedures import awards, drawing, rolling
from bangfu.procedures.acting import Asked
from bangfu.procedures.models import Batch, StepRecord
from bangfu.procedures.rolling import PlanFilter
from bangfu.registry.models import County, Village
from tests import world
from tests.procedures import town, valley

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
SignedIn = Callable[[str], Client]
MARCH = date(2017, 3, 1)


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def planned(**years: int | None) -> None:
    """Planned years of Dingfu, Sanlian and Disu's village."""
    with audit.event("test.plan", actor=world.ACTOR, region_code="45"):
        for code, year in zip(valley.VILLAGES, years.values(), strict=True):
            Village.objects.filter(pk=code).update(planned_exit_year=year)


def to_entry(case_id: int) -> None:
    """From the city's confirmation to the entry."""
    town.do(town.CITY, case_id, valley.confirmed())
    town.do(town.CITY, case_id, Asked("done", "feedback", date(2017, 2, 20), "passed", values={
        "document_no": "1", "received_on": "2017-02-20", "drawn": "否"}))  # fmt: skip
    town.do(town.CITY, case_id, Asked("done", "announce", MARCH, "announced", values={
        "document_no": "1", "filing_no": "2", "place": "集市"}))  # fmt: skip


@pytest.fixture
def entering() -> tuple[Batch, list[int]]:
    """The batch of 2016: Dingfu (planned 2017) stands at the entry, Sanlian (2016) with the
    city, Disu's village (2015) is enrolled only."""
    made = valley.batch()
    planned(dingfu=2017, sanlian=2016, disu=2015)
    cases = valley.enrolled(made)
    for case_id in cases[:2]:
        valley.to_city(case_id)
    with town.day(valley.JANUARY), scoped(town.CITY):
        drawing.draw(town.CITY, made.pk, "recheck", percent=100)
        for lot in drawing.lots(town.CITY):
            drawing.check(town.CITY, lot["lot"].pk, valley.checked())
    to_entry(cases[0])
    return made, cases


def test_an_award_is_reckoned_and_not_typed(entering: Any, signed_in: SignedIn) -> None:
    made, cases = entering
    asked = Asked("done", "enter", MARCH, "entered", values={"entered_on": "2017-03-01"})
    typed = Asked("done", "enter", MARCH, "entered",
                  values={"entered_on": "2017-03-01", "schedule": "on_time"})  # fmt: skip
    with pytest.raises(Problem, match="procedures.refused") as told:
        town.do(town.COUNTY, cases[0], typed)
    assert "由系统计算" in told.value.message()
    county = signed_in("county_office")
    with town.day(MARCH):
        page = text(county.get(f"/procedures/cases/{cases[0]}/"))
    assert "120,000" in page
    assert "贫困村提前摘帽加奖" in page
    assert 'name="f-schedule"' not in page
    town.do(town.COUNTY, cases[0], asked)
    kept = StepRecord.objects.get(case_id=cases[0], step="enter", act="done").content["values"]
    assert (kept["planned_year"], kept["schedule"], Decimal(kept["award"])) == (
        2017,
        "early",
        120000,
    )
    assert audit.verify().ok
    with town.day(MARCH):
        found = {a.case.pk: a for a in awards.of_batch(town.COUNTY, made)}
    assert [(a.schedule, a.amount, a.recorded) for a in (found[c] for c in cases)] == [
        ("early", 120000, True), ("on_time", 100000, False), ("late", 0, False),
    ]  # fmt: skip


def test_what_was_recorded_stays_when_the_plan_is_changed(entering: Any) -> None:
    made, cases = entering
    town.do(town.COUNTY, cases[0], Asked("done", "enter", MARCH, "entered",
                                         values={"entered_on": "2017-03-01"}))  # fmt: skip
    planned(dingfu=2015, sanlian=None, disu=2016)
    with town.day(MARCH):
        found = {a.case.pk: a for a in awards.of_batch(town.COUNTY, made)}
    assert [(a.schedule, a.amount) for a in (found[c] for c in cases)] == [
        ("early", 120000), ("unplanned", None), ("on_time", 100000),
    ]  # fmt: skip


def test_the_batch_s_awards_with_sums_and_excel(entering: Any, signed_in: SignedIn) -> None:
    made, cases = entering
    town.do(town.COUNTY, cases[0], Asked("done", "enter", MARCH, "entered",
                                         values={"entered_on": "2017-03-01"}))  # fmt: skip
    county = signed_in("county_office")
    at = f"/procedures/batches/{made.pk}/awards/"
    with town.day(MARCH):
        assert at in text(county.get(f"/procedures/batches/{made.pk}/"))
        page = text(county.get(at))
        assert "已核算 1 个，合计 120,000 元；预计 2 个，合计 100,000 元" in page
        late = text(county.get(f"{at}?schedule=late&sort=-amount"))
        assert "地苏" in late
        assert "定福" not in late.partition('id="list"')[2]
        book = load_workbook(BytesIO(county.get(f"{at}export/?schedule=early").content))
    rows = [[c.value for c in row] for row in book.active.iter_rows()]
    assert any(120000 in row and "提前" in row for row in rows)


def test_the_rolling_plan_says_what_exited_is_under_way_or_late(entering: Any) -> None:
    with town.day(MARCH):
        rows = rolling.plan(town.COUNTY, "village", PlanFilter())
        states = {r.code: (r.state, r.late) for r in rows}
        assert states == {
            world.DINGFU: ("exited", False), world.SANLIAN: ("working", False),
            world.DISU_VILLAGE: ("working", True),
        }  # fmt: skip
        late = rolling.plan(town.COUNTY, "village", PlanFilter(state="late"))
        assert [r.code for r in late] == [world.DISU_VILLAGE]
        assert [r.planned for r in rolling.plan(town.COUNTY, "village", PlanFilter(), "-planned")] == [
            2017, 2016, 2015]  # fmt: skip
        (first, *_rest) = rolling.tallies(rows)
        assert (first.county, first.year, first.planned, first.late) == (world.DUAN, 2015, 1, 1)
        assert rolling.plan(town.OTHER_TOWN, "village", PlanFilter())[0].code == world.DISU_VILLAGE
        with pytest.raises(Problem, match="access.out_of_scope"):
            rolling.plan(town.OTHER_TOWN, "village", PlanFilter(region_code=world.GAOLING))


def test_the_plan_s_page_and_excel(entering: Any, signed_in: SignedIn) -> None:
    with audit.event("test.plan", actor=world.ACTOR, region_code="45"):
        County.objects.filter(pk=world.DUAN).update(planned_exit_year=2018)
    county = signed_in("county_office")
    with town.day(MARCH):
        page = text(county.get("/procedures/plan/"))
        assert "各县分年度" in page
        assert f"/procedures/cases/{entering[1][1]}/" in page
        only = text(county.get("/procedures/plan/?year=2017&state=exited&sort=-exited"))
        assert "定福" in only.partition('id="list"')[2]
        assert "三联" not in only.partition('id="list"')[2]
        counties = text(county.get("/procedures/plan/?entity=county")).partition('id="list"')[2]
        assert 'value="2018"' in counties
        assert "定福" not in counties
        book = load_workbook(BytesIO(county.get("/procedures/plan/export/?state=late").content))
    rows = [[c.value for c in row] for row in book.active.iter_rows()]
    assert any(2015 in row for row in rows)
    assert not any(2017 in row for row in rows)
