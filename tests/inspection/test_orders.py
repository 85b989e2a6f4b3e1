"""Orders to put something right: issued, answered with proof, sent back, accepted, overdue."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.db import DatabaseError, transaction

from bangfu import audit
from bangfu.access.session import scoped
from bangfu.evidence.commands import Given
from bangfu.inspection import queries, recording
from bangfu.inspection.models import Finding, Order, OrderRecord
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from tests import world
from tests.inspection import small
from tests.procedures import town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]


def refused(code: str) -> pytest.RaisesExc[Problem]:
    return pytest.raises(Problem, match=code)


def proof() -> list[Given]:
    return [Given("整改后.jpg", town.picture())]


def issued(level: str = "township", **changes: object) -> tuple[Order, object]:
    small.cases()
    found = small.problem()
    due = clock.today() + timedelta(days=10)
    asked = {"level": level, "text": "修缮房屋", "due_on": due} | changes
    order = recording.issue(small.INSPECTOR, found.pk, **asked)  # type: ignore[arg-type]
    role = "township_clerk" if level == "township" else "county_office"
    return order, world.scope(order.region_code, role, username="answers")


def later(days: int) -> None:
    moment = datetime.combine(clock.today() + timedelta(days=days), time(9), clock.SHANGHAI)
    clock.use(lambda: moment)


def test_from_the_order_to_its_acceptance() -> None:
    order, theirs = issued()
    with scoped(theirs):  # type: ignore[arg-type]
        assert queries.board(theirs)["open"] == 1  # type: ignore[arg-type]
        with refused("inspection.bad_request"):
            recording.answer(theirs, order.pk, "已修好")  # type: ignore[arg-type]
        recording.answer(theirs, order.pk, "已修好", proof(), seen=1)  # type: ignore[arg-type]
    with refused("inspection.bad_request"):
        recording.judge(small.INSPECTOR, order.pk, accepted=False)
    again = clock.today() + timedelta(days=20)
    recording.judge(small.INSPECTOR, order.pk, accepted=False, text="未修完", due_on=again)
    recording.answer(theirs, order.pk, "全部修好", proof())  # type: ignore[arg-type]
    with refused("inspection.order_moved"):
        recording.answer(theirs, order.pk, "又答", proof())  # type: ignore[arg-type]
    recording.judge(small.INSPECTOR, order.pk, accepted=True)
    order.refresh_from_db()
    assert (order.state, order.due_on, order.version) == ("accepted", again, 5)
    acts = [r.act for r in order.records.all()]
    assert acts == ["issue", "answer", "back", "answer", "accept"]
    assert audit.verify().ok


def test_overdue_then_the_level_above() -> None:
    order, theirs = issued()
    county = world.scope(world.DUAN, "county_office", username="county")
    try:
        later(8)
        assert queries.board(theirs)["soon"] == 1  # type: ignore[arg-type]
        clock.use(None)
        later(11)
        assert queries.board(county)["overdue"] == 1
        assert queries.board(county)["above"] == 0
        clock.use(None)
        later(14)
        assert queries.board(county)["above"] == 1
        assert queries.board(theirs)["above"] == 0  # type: ignore[arg-type]
        recording.answer(theirs, order.pk, "已修好", proof())  # type: ignore[arg-type]
        assert OrderRecord.objects.filter(order=order).latest("seq").late
    finally:
        clock.use(None)


def test_who_may_not() -> None:
    order, theirs = issued()
    neighbour = world.scope(world.NANDAN, "county_office")
    with refused("inspection.order_not_found"):
        queries.order(neighbour, order.pk)
    above = world.scope(world.DUAN, "county_office", username="county")
    with refused("inspection.not_yours"):
        recording.answer(above, order.pk, "代答", proof())
    recording.answer(theirs, order.pk, "已修好", proof())  # type: ignore[arg-type]
    with refused("access.no_right"):
        recording.judge(theirs, order.pk, accepted=True)  # type: ignore[arg-type]
    recording.judge(above, order.pk, accepted=True)


def test_a_county_does_not_accept_its_own_answer() -> None:
    order, county = issued("county")
    recording.answer(county, order.pk, "已整改", proof())  # type: ignore[arg-type]
    with refused("inspection.not_yours"):
        recording.judge(county, order.pk, accepted=True)  # type: ignore[arg-type]
    recording.judge(world.scope(world.CITY, "city_office", username="c"), order.pk, accepted=True)


def test_a_department_answers_its_own() -> None:
    order, _county = issued("county", department="教育局")
    other = world.scope(world.DUAN, "county_department", department="民政局", username="mz")
    with refused("inspection.order_not_found"):
        queries.order(other, order.pk)
    own = world.scope(world.DUAN, "county_department", department="教育局", username="jy")
    recording.answer(own, order.pk, "已整改", proof())
    office = world.scope(world.DUAN, "county_office", username="county")
    recording.judge(office, order.pk, accepted=True)


def test_what_a_check_must_say() -> None:
    small.cases()
    first = small.plan().sample.earliest("position")
    today = clock.today()
    for wrong in (
        {"result": "fine"}, {"on": today + timedelta(days=1)}, {"on": today - timedelta(days=1)},
        {"result": "problem"}, {"values": {}}, {"values": {"met_person": "dog"}}, {"items": {}},
        {"items": {**small.ITEMS, "water": "not_met"}},
    ):  # fmt: skip
        with refused("inspection.bad_request"):
            recording.record(small.INSPECTOR, first.pk, small.seen(**wrong))
    assert not Finding.objects.exists()
    recording.record(
        small.INSPECTOR, first.pk, small.seen(result="unable", values={}, items={}, text="外出务工")
    )
    with refused("access.no_right"):
        recording.record(world.scope(world.GAOLING), first.pk, small.seen())


def test_only_a_problem_is_ordered_and_only_below() -> None:
    small.cases()
    found = small.problem()
    due = clock.today() + timedelta(days=5)
    for wrong in ({"due_on": clock.today()}, {"text": " "}, {"level": "village"},
                  {"department": "气象局"}, {"department": "教育局"}):  # fmt: skip
        asked = {"level": "township", "text": "整改", "due_on": due} | wrong
        with refused("inspection.bad_request"):
            recording.issue(small.INSPECTOR, found.pk, **asked)  # type: ignore[arg-type]
    county = world.scope(world.DUAN, "county_office")
    with refused("inspection.not_yours"):
        recording.issue(county, found.pk, level="county", text="整改", due_on=due)


def test_findings_and_orders_stand_and_forging_shows() -> None:
    order, _theirs = issued()
    for row, change in ((Finding, {"text": "没问题"}), (OrderRecord, {"text": "改"})):
        with (
            pytest.raises(DatabaseError),
            transaction.atomic(),
            audit.event("t", actor=world.ACTOR),
        ):
            row.objects.update(**change)  # type: ignore[attr-defined]
    with audit.event("test.forged", actor=world.ACTOR):
        Order.objects.filter(pk=order.pk).update(state="accepted")
    assert not audit.verify().ok


def test_who_answers_for_a_case() -> None:
    (case_id, *_rest) = small.cases()
    town.to_county(case_id)
    case = town.case(case_id)
    state, told = queries.responsible(town.COUNTY, case)
    assert [a.entry.row.step for a in told if a.entry.row.act == "done"] == [
        "verify", "appraise", "publish",
    ]  # fmt: skip
    verified = next(a for a in told if a.entry.row.step == "verify")
    assert (verified.entry.row.by, verified.entry.row.on) == ("clerk", town.MAY)
    assert [p for p, *_ in verified.entry.signers] == ["head", "helper", "verifier", "verifier"]
    assert all("*" in name for _p, name, _on in verified.entry.signers)
    assert not state.ended


def test_the_day_of_an_act_is_neither_before_the_last_nor_to_come() -> None:
    today = clock.today()
    order, theirs = issued(on=today)
    before, after = today - timedelta(days=1), today + timedelta(days=1)
    for wrong in (before, after):
        with refused("inspection.bad_request"):
            recording.answer(theirs, order.pk, "已修好", proof(), on=wrong)  # type: ignore[arg-type]
    with refused("inspection.bad_request"):  # the finding is of today
        recording.issue(small.INSPECTOR, order.finding_id, level="township", text="改",
                        due_on=after, on=before)  # fmt: skip
    later(12)
    late = recording.answer(theirs, order.pk, "已修好", proof())  # type: ignore[arg-type]
    assert late.records.latest("seq").late
    with refused("inspection.bad_request"):
        recording.judge(small.INSPECTOR, order.pk, accepted=True, on=today)
    recording.judge(small.INSPECTOR, order.pk, accepted=True, on=today + timedelta(days=12))
    assert audit.verify().ok
