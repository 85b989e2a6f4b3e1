"""The share that must be drawn and checked before anything is decided: villages by the half,
applications for dibao that stand alone by three in ten."""

from __future__ import annotations

from datetime import date

import pytest

from bangfu import audit
from bangfu.access.session import scoped
from bangfu.kernel.problems import Problem
from bangfu.procedures import commands, drawing, sampling
from bangfu.procedures.acting import Asked
from bangfu.procedures.models import Batch, Case, Lot
from tests import world as place
from tests.procedures import town, valley

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]


def refused(code: str) -> pytest.RaisesExc[Problem]:
    return pytest.raises(Problem, match=code)


@pytest.fixture
def made(world: None) -> Batch:
    """Three villages with the city."""
    found = valley.batch()
    for case_id in valley.enrolled(found):
        valley.to_city(case_id)
    return found


def ids() -> list[int]:
    return [c.pk for c in Case.objects.order_by("subject")]


def decide(which: list[int]) -> None:
    with town.day(valley.JANUARY), scoped(town.CITY):
        commands.act_many(town.CITY, which, valley.confirmed())


def drawn(made: Batch, percent: int = 50, seed: str = "2017") -> list[Lot]:
    with town.day(valley.JANUARY), scoped(town.CITY):
        drawing.draw(town.CITY, made.pk, "recheck", percent=percent, seed=seed)
        return [x["lot"] for x in drawing.lots(town.CITY, checked=False)]


def check(lot: Lot, outcome: str = "pass") -> None:
    with town.day(valley.JANUARY), scoped(town.CITY):
        drawing.check(town.CITY, lot.pk, valley.checked(outcome=outcome))


def test_half_of_the_villages_are_drawn_and_checked_before_any_is_confirmed(made: Batch) -> None:
    with refused("procedures.refused") as told:
        decide(ids()[:1])
    assert "到本步的 3 件须抽验 50%，即 2 件，现已抽 0 件、抽验 0 件" in told.value.message()
    with refused("procedures.bad_request") as low:
        drawn(made, 49)
    assert "不能低于 50%" in low.value.message()
    first, second = drawn(made)
    check(first)
    with refused("procedures.refused_many") as many:
        decide(ids())
    text = many.value.message()
    assert "现已抽 2 件、抽验 1 件" in text
    untouched = [n for n in ids() if n not in (first.case_id, second.case_id)]
    with refused("procedures.refused"):  # not even the one that the lot passed by
        decide(untouched)
    check(second)
    decide(ids())
    assert {c.step for c in Case.objects.all()} == {"feedback"}
    assert audit.verify().ok


def test_who_fails_the_check_does_not_pass_but_counts_as_checked(made: Batch) -> None:
    first, second = drawn(made)
    check(first, "fail")
    check(second)
    with town.day(valley.JANUARY):
        (pool,) = sampling.sampled(town.CITY, made)
    assert (pool.need, pool.standing) == (2, sampling.Standing(3, 3, 2, 2, 1))
    with refused("procedures.refused") as told:
        decide([first.case_id])
    assert "抽验未通过" in told.value.message()
    decide([n for n in ids() if n != first.case_id])


def test_who_comes_late_raises_the_share(world: None) -> None:
    made = valley.batch()
    cases = valley.enrolled(made)
    for case_id in cases[:2]:
        valley.to_city(case_id)
    (lot,) = drawn(made)
    check(lot)
    decide(cases[:2])
    valley.to_city(cases[2])
    with refused("procedures.refused") as told:
        decide(cases[2:])
    assert "到本步的 3 件须抽验 50%，即 2 件，现已抽 1 件、抽验 1 件" in told.value.message()
    (lot,) = drawn(made)
    assert lot.case_id == cases[2]
    check(lot)
    decide(cases[2:])


def test_the_city_s_lots_are_nobody_else_s(made: Batch) -> None:
    lot, _other = drawn(made)
    assert lot.region_code == place.CITY
    for scope in (town.COUNTY, town.TOWN):
        with town.day(valley.JANUARY), scoped(scope):
            assert drawing.lots(scope) == []
            with refused("access.out_of_scope"):
                drawing.check(scope, lot.pk, valley.checked())
    with town.day(valley.JANUARY), scoped(town.COUNTY):  # but the county sees how it stands
        (pool,) = sampling.sampled(town.COUNTY, made)
        assert (pool.need, pool.standing.drawn, pool.standing.checked) == (2, 2, 0)
    with refused("procedures.refused"), town.day(valley.JANUARY), scoped(town.COUNTY):
        drawing.draw(town.COUNTY, made.pk, "recheck", percent=50)


def to_bureau(household: str) -> int:
    """An application for dibao, surveyed, appraised, posted for seven days, with the bureau."""
    may, june = date(2016, 5, 10), date(2016, 6, 1)
    with town.day(may):
        case_id = commands.open_case(
            town.TOWN, "hechi", "dibao-application", subject=household,
            values={"applied_on": "2016-05-10", "consent": "是", "kin_of_staff": "否"},
        )  # fmt: skip
    told = {"visited_on": "2016-05-10", "net_income": "1200", "means": "无"}
    signed = (("surveyor", "甲", may), ("surveyor", "乙", may), ("applicant", "韦大明", may))
    town.do(town.TOWN, case_id, Asked("done", "survey", may, "surveyed", values=told,
                                      signatures=signed))  # fmt: skip
    minutes = town.minutes(town.TOWN, place.DINGFU, may)
    told = {"held_on": "2016-05-10", "present": "20", "in_favour": "20", "opinion": "同意"}
    town.do(town.TOWN, case_id, Asked("done", "appraise", may, "agreed", values=told,
                                      evidence=(("minutes", minutes),)))  # fmt: skip
    town.do(town.TOWN, case_id, Asked("post", "publish", may, values={"place": "村委会"}))
    town.do(town.TOWN, case_id, Asked("done", "publish", june, "clear",
                                      values={"opinion": "符合"},
                                      signatures=(("auditor", "丁", june),)))  # fmt: skip
    return case_id


def test_cases_that_stand_alone_are_drawn_among_the_year_s(world: None) -> None:
    first, second = (to_bureau(n) for n in (place.FIRST, place.SECOND))
    june = date(2016, 6, 10)
    bureau = place.scope(place.DUAN, "county_department", username="bureau", department="民政局")
    granted = Asked("done", "approve", june, "approved", values={
        "checked_on": "2016-06-10", "check_result": "无", "persons": "2", "monthly": "250",
    })  # fmt: skip
    with town.day(june), scoped(bureau):
        with refused("procedures.refused") as told:
            commands.act(bureau, first, granted)
        assert "到本步的 2 件须抽验 30%，即 1 件" in told.value.message()
        with refused("procedures.nothing_to_draw"):
            drawing.draw_alone(bureau, "hechi", "dibao-application", "approve", year=2015,
                               percent=30)  # fmt: skip
        made = drawing.draw_alone(bureau, "hechi", "dibao-application", "approve", year=2016,
                                  percent=30, seed="6")  # fmt: skip
        assert (made.among, made.drawn, made.batch_id) == (2, 1, None)
        (lot,) = drawing.lots(bureau)
        seen = Asked("check", "approve", june, "pass",
                     values={"visited_on": "2016-06-10", "finding": "属实"})  # fmt: skip
        drawing.check(bureau, lot["lot"].pk, seen)
        commands.act_many(bureau, [first, second], granted)
    assert town.case(second).step == "publish_result"
    assert audit.verify().ok
