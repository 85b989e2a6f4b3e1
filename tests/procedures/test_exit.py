"""Household exit in the database: to the end, and refused at each gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bangfu import audit
from bangfu.access.session import scoped
from bangfu.audit.models import Event
from bangfu.kernel.problems import Problem
from bangfu.procedures import commands, drawing
from bangfu.procedures.acting import Asked
from bangfu.procedures.models import Case, Lot, Notice, Objection, Signature, StepRecord
from bangfu.registry.models import Household
from tests import world
from tests.procedures import town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]


def refused(code: str) -> pytest.RaisesExc[Problem]:
    return pytest.raises(Problem, match=code)


def status() -> str:
    return str(Household.objects.get(pk=world.FIRST).status)


def test_from_the_plan_to_being_struck_off() -> None:
    made = town.batch()
    (case_id,) = town.enrolled(made)
    assert town.case(case_id).due_on == date(2016, 6, 30)
    town.to_observation(case_id)
    assert status() == "observed"
    assert Household.objects.get(pk=world.FIRST).exited_on == date(2016, 8, 25)
    visit = {"visited_on": "2017-03-01", "income": "稳定", "support": "低保"}
    town.do(town.TOWN, case_id, Asked("entry", "observe", date(2017, 3, 1), values=visit))
    stable = Asked("done", "observe", date(2017, 8, 25), "stable", values={"opinion": "稳定"})
    with refused("procedures.refused"):
        town.do(town.TOWN, case_id, stable)
    town.do(town.TOWN, case_id, replace(stable, on=date(2017, 8, 26)))
    town.do(town.COUNTY, case_id, Asked("done", "strike", date(2017, 9, 1), "struck"))
    case = town.case(case_id)
    assert (case.step, case.ended, case.level, status()) == ("struck_off", True, "", "exited")
    assert audit.verify().ok
    assert Signature.objects.filter(record__case=case).count() == 6
    events = Event.objects.filter(action__startswith="procedure.").count()
    assert events == 1 + StepRecord.objects.filter(case=case).count()  # the batch, and each act


def test_back_in_poverty_is_told_to_the_registry() -> None:
    (case_id,) = town.enrolled(town.batch())
    town.to_observation(case_id)
    gone = Asked("done", "observe", date(2016, 12, 1), "relapsed", reason="户主重病")
    town.do(town.TOWN, case_id, gone)
    assert (town.case(case_id).step, status()) == ("returned", "returned")


def test_an_objection_stops_the_clock_and_is_kept_sealed() -> None:
    (case_id,) = town.enrolled(town.batch())
    town.to_notice(case_id)
    notice = Notice.objects.get()
    assert (notice.region_code, notice.ends_on, notice.cases) == (world.DINGFU, date(2016, 8, 4), 1)
    filed = town.do(town.TOWN, case_id, Asked(
        "object", "publish", date(2016, 8, 2), reason="有门面", person="黄举报", phone="13977810009"
    ))  # fmt: skip
    with refused("procedures.refused"):
        town.do(town.TOWN, case_id, town.cleared(date(2016, 8, 10)))
    town.do(town.TOWN, case_id, Asked(
        "recheck", "publish", date(2016, 8, 6), "dismissed", reason="不属实", ref=filed.seq
    ))  # fmt: skip
    objection = Objection.objects.get()
    assert (objection.upheld, objection.settled_on) == (False, date(2016, 8, 6))
    assert b"\xe9\xbb\x84" not in bytes(objection.name_sealed)
    assert "黄举报" not in str(StepRecord.objects.get(pk=filed.pk).content)
    notice.refresh_from_db()
    assert notice.ends_on == date(2016, 8, 8)
    town.do(town.TOWN, case_id, town.cleared(date(2016, 8, 9)))


def test_two_clerks_at_once_one_wins_and_the_other_is_told() -> None:
    (case_id,) = town.enrolled(town.batch())
    town.to_county(case_id)
    seen = town.case(case_id).version
    second = replace_scope("second")
    town.do(town.COUNTY, case_id, town.determined(date(2016, 8, 20)), seen)
    with refused("procedures.changed_meanwhile") as told:
        town.do(second, case_id, town.determined(date(2016, 8, 20)), seen)
    assert "county" in told.value.message()
    assert StepRecord.objects.filter(case_id=case_id, step="determine").count() == 1


def replace_scope(username: str) -> commands.Scope:
    return world.scope(world.DUAN, "county_office", username=username)


def test_the_wrong_people_are_refused() -> None:
    (case_id,) = town.enrolled(town.batch())
    with refused("procedures.refused"):
        town.do(town.VILLAGE, case_id, town.verified())
    with refused("procedures.case_not_found"):
        town.do(town.OTHER_TOWN, case_id, town.verified())
    with refused("access.no_right"):
        town.do(world.scope(world.CITY, "inspector"), case_id, town.verified())
    assert StepRecord.objects.filter(case_id=case_id).count() == 1


def test_everything_missing_is_told_at_once() -> None:
    (case_id,) = town.enrolled(town.batch())
    with refused("procedures.refused") as told:
        town.do(town.TOWN, case_id, town.verified(values={"net_income": "x"}, signatures=()))
    text = told.value.message()
    for word in ("入户日期", "年人均纯收入”填写不对", "户主", "验收人”：需 2 人，现有 0 人"):
        assert word in text
    assert told.value.message("en").startswith("It cannot be done: ")


def test_a_disagreement_with_the_engine_must_be_explained() -> None:
    with audit.event("test", actor=world.ACTOR):
        Household.objects.filter(pk=world.FIRST).update(has_electricity=False)
    (case_id,) = town.enrolled(town.batch())
    unexplained = {name: ("met", "" if name == "electricity" else "已核实") for name in town.ITEMS}
    with refused("procedures.refused") as told:
        town.do(town.TOWN, case_id, town.verified(items=unexplained))
    assert "与系统认定（未达标）不一致" in told.value.message()
    record = town.do(town.TOWN, case_id, town.verified())
    outcome, reason, engine, engine_reason = record.content["items"]["electricity"]
    assert (outcome, reason, engine) == ("met", "已核实", "not_met")
    assert engine_reason


def test_evidence_must_be_kept_here() -> None:
    (case_id,) = town.enrolled(town.batch())
    town.do(town.TOWN, case_id, town.verified())
    unknown = town.appraised(date(2016, 7, 1), evidence=(("minutes", "0" * 64),))
    with refused("procedures.evidence_unknown"):
        town.do(town.VILLAGE, case_id, unknown)


def test_who_may_be_put_in() -> None:
    made = town.batch()
    with refused("procedures.not_enrolled") as told:
        town.enrolled(made, world.FIRST, world.SECOND, world.FOREIGN)
    assert world.SECOND in told.value.message()  # observed: not to be judged for exit
    assert world.FOREIGN in told.value.message()
    assert not Case.objects.exists()
    town.enrolled(made, world.FIRST)
    with refused("procedures.not_enrolled"):
        town.enrolled(made, world.FIRST)
    with refused("procedures.batch_exists"):
        town.batch()
    with refused("procedures.refused"), town.day(town.MAY):
        commands.open_batch(town.CITY, "hechi", "household-exit", year=2016, calendar="second",
                            plan={world.GAOLING: {"households": "1"}})  # fmt: skip


def test_returned_with_a_reason_it_is_verified_anew() -> None:
    (case_id,) = town.enrolled(town.batch())
    town.to_county(case_id)
    back = Asked("return", "determine", date(2016, 8, 10), to="verify")
    with refused("procedures.refused"):
        town.do(town.COUNTY, case_id, back)
    town.do(town.COUNTY, case_id, replace(back, reason="收入来源不清"))
    case = town.case(case_id)
    assert (case.step, case.level, case.due_on) == ("verify", "township", date(2016, 6, 30))


def test_cross_check_between_townships() -> None:
    made = town.batch()
    (mine,) = town.enrolled(made)
    (theirs,) = town.enrolled(made, world.FOREIGN, scope=town.OTHER_TOWN)
    with refused("procedures.nothing_to_draw"), town.day(date(2016, 8, 6)):
        drawing.draw(town.COUNTY, made.pk, "determine", percent=50)
    town.to_county(mine)
    officer = world.scope(world.DISU_VILLAGE, "village_officer", username="o2")
    town.do(town.OTHER_TOWN, theirs, town.verified())
    sha = town.minutes(officer, world.DISU_VILLAGE, date(2016, 7, 1))
    town.do(officer, theirs, replace(town.appraised(date(2016, 7, 1)),
                                     evidence=(("minutes", sha),)))  # fmt: skip
    town.do(town.OTHER_TOWN, theirs, town.posted(date(2016, 8, 1)))
    town.do(town.OTHER_TOWN, theirs, town.cleared(date(2016, 8, 5)))
    with town.day(date(2016, 8, 6)):
        drawn = drawing.draw(town.COUNTY, made.pk, "determine", percent=100, seed="2016")
    assert (drawn.among, drawn.drawn, drawn.seed) == (2, 2, "2016")
    assert drawing.lot("2016", [world.FIRST, world.FOREIGN], 1) == drawing.lot(
        "2016", [world.FOREIGN, world.FIRST], 1
    )
    with refused("procedures.refused"):
        town.do(town.COUNTY, mine, town.determined(date(2016, 8, 20)))
    ask = Asked("check", "determine", date(2016, 8, 12), "pass",
                values={"visited_on": "2016-08-12", "finding": "属实"})  # fmt: skip
    lot = Lot.objects.get(case_id=mine)
    assert lot.region_code == world.DISU
    with town.day(ask.on), refused("access.out_of_scope"):
        drawing.check(town.TOWN, lot.pk, ask)
    with town.day(ask.on), scoped(town.OTHER_TOWN):
        assert [x["case"].pk for x in drawing.lots(town.OTHER_TOWN)] == [mine]
        drawing.check(town.OTHER_TOWN, lot.pk, ask)
        assert not Case.objects.filter(pk=mine).exists()  # the wall stands again
    town.do(town.COUNTY, mine, town.determined(date(2016, 8, 20)))
    assert audit.verify().ok
