"""The state machine on Hechi's household exit: to the end, and refused at every gate."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bangfu.kernel.clock import SHANGHAI
from bangfu.policy.procedures.library import procedures
from bangfu.policy.procedures.machine import Case, Who, attempt, due_on, opened
from bangfu.policy.procedures.needs import Engine
from bangfu.policy.procedures.refusals import Refused
from bangfu.policy.procedures.trail import (
    Action,
    Attached,
    BadTrail,
    Judged,
    Record,
    Signed,
    State,
    advance,
    fold,
)

EXIT = procedures("hechi")["household-exit"]
VILLAGE = "451228101201"
TOWN = Who("clerk", "township_clerk", "451228101")
VILLAGER = Who("officer", "village_officer", VILLAGE)
COUNTY = Who("county", "county_office", "451228")
CITY = Who("city", "city_office", "4512")
ITEMS = [item.id for item in EXIT.forms["verification"].items]
MET = {name: Judged("met") for name in ITEMS}
CASE = Case(VILLAGE, "first", 2016, engine={name: Engine("met", "符合") for name in ITEMS})
MAY = date(2016, 5, 10)


def signed(on: date, *parties: str) -> tuple[Signed, ...]:
    return tuple(Signed(p, f"{p}{n}", on) for n, p in enumerate(parties))


def verified(on: date = MAY, **changes: Any) -> Action:
    values = {"visited_on": "2016-05-10", "net_income": "3100", "helper_present": True,
              "absent": False}  # fmt: skip
    made = Action("done", "verify", on, "listed", values=values, items=MET,
                  signatures=signed(on, "head", "helper", "verifier", "verifier"))  # fmt: skip
    return replace(made, **changes)


def appraised(on: date, **changes: Any) -> Action:
    values = {"held_on": on.isoformat(), "place": "村委会", "representatives": 30, "present": 25,
              "in_favour": 24, "against": 1, "opinion": "同意"}  # fmt: skip
    made = Action("done", "appraise", on, "agreed", values=values,
                  evidence=(Attached("minutes", "ab"),), signatures=signed(on, "appraiser"))  # fmt: skip
    return replace(made, **changes)


def cleared(on: date, **changes: Any) -> Action:
    made = Action("done", "publish", on, "clear", values={"opinion": "公示无异议"},
                  signatures=signed(on, "auditor"))  # fmt: skip
    return replace(made, **changes)


def determined(on: date, **changes: Any) -> Action:
    made = Action("done", "determine", on, "approved", review=dict.fromkeys(ITEMS, True))
    return replace(made, **changes)


class Walk:
    """A case under way: what is accepted goes on, what is refused is told."""

    def __init__(self, case: Case = CASE) -> None:
        self.case = case
        first = opened(EXIT, TOWN, MAY, noon(MAY))
        self.trail = [first]

    @property
    def state(self) -> State:
        return fold(EXIT, self.trail)

    def attempt(self, who: Who, action: Action, now: datetime | None = None) -> Record | Refused:
        return attempt(EXIT, self.state, self.case, who, action, now or noon(action.on))

    def go(self, who: Who, action: Action, now: datetime | None = None) -> Record:
        told = self.attempt(who, action, now)
        assert isinstance(told, Record), told.show()
        self.trail.append(told)
        return told

    def refused(self, who: Who, action: Action, now: datetime | None = None) -> tuple[str, ...]:
        told = self.attempt(who, action, now)
        assert isinstance(told, Refused), "was accepted"
        assert all(m.show("zh") and m.show("en") for m in told.missing)
        return told.codes


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI)


def to_notice() -> Walk:
    walk = Walk()
    walk.go(TOWN, verified())
    walk.go(VILLAGER, appraised(date(2016, 7, 1)))
    return walk


def to_county() -> Walk:
    walk = to_notice()
    walk.go(TOWN, Action("post", "publish", date(2016, 8, 1), values={"place": "村委会"}))
    walk.go(TOWN, cleared(date(2016, 8, 5)))
    return walk


def to_observation() -> Walk:
    walk = to_county()
    walk.go(COUNTY, determined(date(2016, 8, 20)))
    told = {"document_no": "都扶发〔2016〕9号", "place": "村务公开栏"}
    walk.go(COUNTY, Action("done", "announce", date(2016, 8, 25), "announced", values=told))
    walk.go(COUNTY, Action("done", "file", date(2016, 8, 26), "filed", values={"document_no": "1"}))
    walk.go(
        CITY, Action("done", "receive", date(2016, 9, 1), "received", values={"region_no": "2"})
    )
    return walk


def test_a_household_walks_from_verification_to_being_struck_off() -> None:
    walk = to_observation()
    visit = {"visited_on": "2017-03-01", "income": "稳定", "support": "低保"}
    walk.go(TOWN, Action("entry", "observe", date(2017, 3, 1), values=visit))
    walk.go(
        TOWN, Action("done", "observe", date(2017, 8, 26), "stable", values={"opinion": "稳定"})
    )
    walk.go(COUNTY, Action("done", "strike", date(2017, 9, 1), "struck"))
    assert (walk.state.step, walk.state.ended) == ("struck_off", True)
    assert walk.refused(COUNTY, Action("done", "strike", date(2017, 9, 2), "struck")) == ("ended",)
    steps = [r.action.step for r in walk.trail if r.action.act == "done"]
    assert steps == [*EXIT.steps]


def test_back_in_poverty_before_the_year_is_over() -> None:
    walk = to_observation()
    gone = Action("done", "observe", date(2016, 12, 1), "relapsed")
    assert walk.refused(TOWN, gone) == ("reason_missing",)
    walk.go(TOWN, replace(gone, reason="户主重病"))
    assert walk.state.step == "returned"


GATES: list[tuple[str, Action, Who, tuple[str, ...]]] = [
    ("next step at once", appraised(MAY), VILLAGER, ("wrong_role", "wrong_step")),
    ("wrong role", verified(), COUNTY, ("wrong_role",)),
    ("another township", verified(), replace(TOWN, region_code="451228102"), ("wrong_region",)),
    ("one verifier", verified(signatures=signed(MAY, "head", "helper", "verifier")), TOWN,
     ("signature_missing",)),
    ("one verifier twice",
     verified(signatures=(*signed(MAY, "head", "helper"), *2 * (Signed("verifier", "a", MAY),))),
     TOWN, ("signature_twice", "signature_missing")),
    ("no head, no exception", verified(signatures=signed(MAY, "helper", "verifier", "verifier")),
     TOWN, ("signature_missing",)),
    ("an indicator not judged", verified(items={k: v for k, v in MET.items() if k != "road"}),
     TOWN, ("item_missing",)),
    ("an indicator not met", verified(items=MET | {"road": Judged("not_met", "未通路")}), TOWN,
     ("item_blocks",)),
    ("a disagreement unexplained", verified(items=MET | {"road": Judged("not_met")}), TOWN,
     ("item_disagrees", "item_blocks")),
    ("a blank", verified(values={"visited_on": "2016-05-10", "helper_present": True,
                                 "absent": False}), TOWN, ("field_missing",)),
    ("no outcome", verified(outcome=""), TOWN, ("no_outcome",)),
    ("an outcome nobody knows", verified(outcome="x"), TOWN, ("unknown_outcome",)),
    ("all met, called not met", verified(outcome="not_met"), TOWN, ("item_all_met",)),
    ("evidence nobody asked for", verified(evidence=(Attached("selfie", "1"),)), TOWN,
     ("evidence_unknown",)),
    ("signed before the case began",
     verified(signatures=(*signed(MAY, "head", "helper", "verifier"),
                          Signed("verifier", "b", MAY - timedelta(days=1)))),
     TOWN, ("signature_day",)),
    ("posting where there is no notice", Action("post", "verify", MAY), TOWN, ("unknown_act",)),
    ("returning the first step", Action("return", "verify", MAY, to="verify", reason="x"), TOWN,
     ("not_returnable",)),
]  # fmt: skip


@pytest.mark.parametrize(("action", "who", "codes"), [g[1:] for g in GATES],
                         ids=[g[0] for g in GATES])  # fmt: skip
def test_verification_is_refused(action: Action, who: Who, codes: tuple[str, ...]) -> None:
    assert Walk().refused(who, action) == codes


def test_the_exception_route_needs_its_papers_and_spares_the_signature() -> None:
    values = {**verified().values, "absent": True}
    action = verified(values=values, signatures=signed(MAY, "helper", "verifier", "verifier"))
    codes = Walk().refused(TOWN, action)
    assert codes == ("field_missing", "evidence_missing", "evidence_missing")
    papers = (Attached("certificate", "a"), Attached("study", "b"))
    values["absent_note"] = "小组证明，村委会研究认定"
    Walk().go(TOWN, replace(action, values=values, evidence=papers))


def test_dates_in_the_future_and_before_the_last_step_are_refused() -> None:
    tomorrow = MAY + timedelta(days=1)
    late = verified(tomorrow, signatures=signed(MAY, "head", "helper", "verifier", "verifier"))
    assert Walk().refused(TOWN, late, noon(MAY)) == ("future",)
    walk = Walk()
    walk.go(TOWN, verified())
    early = appraised(MAY - timedelta(days=1))
    codes = walk.refused(VILLAGER, early, noon(MAY))
    assert set(codes) == {"before_previous", "signature_day"}


def test_a_meeting_without_minutes_or_appraisers_is_refused() -> None:
    walk = Walk()
    walk.go(TOWN, verified())
    bare = appraised(date(2016, 7, 1), evidence=(), signatures=())
    assert walk.refused(VILLAGER, bare) == ("evidence_missing", "signature_missing")
    back = Action("return", "appraise", date(2016, 7, 1), to="verify")
    assert walk.refused(VILLAGER, back) == ("reason_missing",)
    walk.go(VILLAGER, replace(back, reason="收入算错"))
    assert (walk.state.step, walk.state.visit) == ("verify", 3)


def test_a_notice_runs_three_whole_days_and_ends_at_midnight() -> None:
    walk = to_notice()
    assert walk.refused(TOWN, cleared(date(2016, 8, 1))) == ("notice_not_posted",)
    walk.go(TOWN, Action("post", "publish", date(2016, 8, 1)))
    assert walk.refused(TOWN, Action("post", "publish", date(2016, 8, 1))) == ("notice_posted",)
    late = datetime(2016, 8, 4, 23, 59, 59, tzinfo=SHANGHAI)
    assert walk.refused(TOWN, cleared(date(2016, 8, 4)), late) == ("notice_running",)
    walk.go(TOWN, cleared(date(2016, 8, 5)), datetime(2016, 8, 5, 0, 0, 0, tzinfo=SHANGHAI))
    assert walk.state.step == "determine"


def test_the_days_of_an_objection_do_not_count() -> None:
    walk = to_notice()
    walk.go(TOWN, Action("post", "publish", date(2016, 8, 1)))
    against = Action("object", "publish", date(2016, 8, 2), reason="有门面")
    assert walk.refused(TOWN, replace(against, reason=" ")) == ("reason_missing",)
    filed = walk.go(TOWN, against)
    codes = walk.refused(TOWN, cleared(date(2016, 8, 9)))
    assert codes == ("objection_open", "notice_running")
    settle = Action("recheck", "publish", date(2016, 8, 6), "dismissed", reason="不属实",
                    ref=filed.seq)  # fmt: skip
    assert walk.refused(TOWN, replace(settle, ref=99)) == ("objection_unknown",)
    walk.go(TOWN, settle)
    # The 2nd to the 5th did not count: the three days are the 6th, 7th and 8th.
    assert walk.refused(TOWN, cleared(date(2016, 8, 8))) == ("notice_running",)
    late = Action("object", "publish", date(2016, 8, 9), reason="迟了")
    assert walk.refused(TOWN, late) == ("notice_over",)
    walk.go(TOWN, cleared(date(2016, 8, 9)))


def test_an_upheld_objection_bars_the_way_until_it_was_verified_anew() -> None:
    walk = to_notice()
    walk.go(TOWN, Action("post", "publish", date(2016, 8, 1)))
    filed = walk.go(TOWN, Action("object", "publish", date(2016, 8, 2), reason="有门面"))
    walk.go(TOWN, Action("recheck", "publish", date(2016, 8, 3), "upheld", reason="属实",
                         ref=filed.seq))  # fmt: skip
    assert "objection_upheld" in walk.refused(TOWN, cleared(date(2016, 8, 20)))
    walk.go(TOWN, Action("return", "publish", date(2016, 8, 20), to="verify", reason="重新核验"))
    day = date(2016, 8, 21)
    walk.go(TOWN, verified(day, signatures=signed(day, "head", "helper", "verifier", "verifier")))
    assert not walk.state.upheld


def test_the_county_reviews_item_by_item_and_is_not_who_verified() -> None:
    walk = to_county()
    some = determined(date(2016, 8, 20), review=dict.fromkeys(ITEMS[1:], True))
    assert walk.refused(COUNTY, some) == ("review_missing",)
    against = determined(date(2016, 8, 20), review=dict.fromkeys(ITEMS, True) | {"road": False})
    assert walk.refused(COUNTY, against) == ("review_objects",)
    moved = replace(COUNTY, username=TOWN.username)  # the clerk, promoted meanwhile
    assert walk.refused(moved, determined(date(2016, 8, 20))) == ("same_person", "same_person")


def test_a_case_drawn_by_lot_waits_for_the_other_township() -> None:
    walk = to_county()
    other = replace(TOWN, username="other", region_code="451228102")
    walk.go(COUNTY, Action("draw", "determine", date(2016, 8, 10), to="451228102"))
    assert walk.refused(COUNTY, determined(date(2016, 8, 20))) == ("check_missing",)
    values = {"visited_on": "2016-08-12", "finding": "属实"}
    check = Action("check", "determine", date(2016, 8, 12), "pass", values=values)
    assert walk.refused(TOWN, check) == ("check_region",)
    walk.go(other, check)
    walk.go(COUNTY, determined(date(2016, 8, 20)))


def test_the_year_of_observation_is_a_year_and_wants_a_visit() -> None:
    walk = to_observation()
    stable = Action("done", "observe", date(2017, 8, 25), "stable", values={"opinion": "稳定"})
    assert walk.refused(TOWN, stable) == ("waiting", "entries_missing")


def test_deadlines_of_both_batches() -> None:
    state = Walk().state
    assert due_on(EXIT, state, CASE) == date(2016, 6, 30)
    assert due_on(EXIT, state, replace(CASE, calendar="second")) == date(2016, 10, 31)
    there = to_county().state
    assert due_on(EXIT, there, replace(CASE, calendar="second")) == date(2017, 1, 15)


def test_late_is_recorded_as_late() -> None:
    day = date(2016, 7, 1)
    signs = signed(day, "head", "helper", "verifier", "verifier")
    assert Walk().go(TOWN, verified(day, signatures=signs)).late
    assert not Walk().go(TOWN, verified(date(2016, 5, 11))).late


def test_the_engine_s_word_is_kept_as_it_was() -> None:
    record = Walk().go(TOWN, verified())
    assert record.action.items["road"] == Judged("met", "", "met", "符合")


def test_a_forged_trail_cannot_be_folded() -> None:
    whole = to_county().trail
    with pytest.raises(BadTrail):  # the appraisal taken out
        fold(EXIT, [whole[0], whole[1], *whole[3:]])
    renumbered = [replace(r, seq=n) for n, r in enumerate([*whole[:2], *whole[3:]], start=1)]
    with pytest.raises(BadTrail):
        fold(EXIT, renumbered)
    early = replace(whole[-1], action=replace(whole[-1].action, on=date(2016, 8, 3)))
    with pytest.raises(BadTrail):  # the notice closed early
        fold(EXIT, [*whole[:-1], early])
    with pytest.raises(BadTrail):
        advance(EXIT, fold(EXIT, whole), replace(whole[-1], seq=99))
