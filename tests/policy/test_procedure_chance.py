"""No sequence of attempts, however chosen, skips a step, goes back in time, or ends early."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bangfu.kernel.clock import SHANGHAI
from bangfu.policy.procedures.machine import Case, Who, attempt, opened
from bangfu.policy.procedures.refusals import Refused
from bangfu.policy.procedures.trail import Action, Record, State, fold
from tests.policy.test_procedure_walk import (
    CITY,
    COUNTY,
    EXIT,
    ITEMS,
    MET,
    TOWN,
    VILLAGE,
    VILLAGER,
    signed,
)

START = date(2016, 5, 1)
PEOPLE = {"township": TOWN, "village": VILLAGER, "county_group": COUNTY, "city_group": CITY}
# Filled in so that chance often gets through: papers are tried elsewhere, order is tried here.
VALUES: dict[str, Any] = {
    "visited_on": "2016-05-10", "net_income": "3100", "helper_present": True, "absent": False,
    "held_on": "2016-07-01", "place": "村委会", "representatives": 30, "present": 25,
    "in_favour": 24, "against": 1, "opinion": "同意", "document_no": "1", "region_no": "2",
    "income": "稳定", "support": "低保", "finding": "属实",
}  # fmt: skip


@st.composite
def moves(draw: st.DrawFn) -> tuple[str, str, int, int, bool]:
    """(act, step or '' for the present one, which outcome, days later, by the right person)."""
    act = draw(st.sampled_from(["done"] * 5 + ["post", "post", "object", "recheck", "entry",
                                               "return", "draw", "check"]))  # fmt: skip
    step = draw(st.sampled_from([""] * 9 + [*EXIT.steps]))
    gap = draw(st.sampled_from([0, 1, 3, 4, 30, 370, -1, -40]))
    return act, step, draw(st.integers(0, 2)), gap, draw(st.sampled_from([True] * 5 + [False]))


def _action(state: State, act: str, step: str, pick: int, on: date) -> Action:
    at = EXIT.steps[step]
    form = EXIT.forms.get(at.form if act == "done" else "")
    if act == "entry" and at.entries:
        form = EXIT.forms[at.entries.form]
    if act == "check" and at.sampling:
        form = EXIT.forms[at.sampling.form]
    wanted = [f.id for f in form.fields] if form else []
    outcomes = [o.id for o in at.outcomes]
    outcome = {"done": outcomes[pick % len(outcomes)], "recheck": "dismissed",
               "check": "pass"}.get(act, "")  # fmt: skip
    to = {"return": [*at.returns, "verify"][0], "draw": "451228102"}.get(act, "")
    open_ = state.open_objections
    parties = [p.id for p in at.signatures for _n in range(p.minimum)] if act == "done" else []
    return Action(
        act, step, on, outcome, to, {k: VALUES[k] for k in wanted if k in VALUES},
        MET if form and form.items and act == "done" else {},
        dict.fromkeys(ITEMS, True) if at.review else {},
        signatures=signed(on, *parties), reason="缘由", ref=open_[0].seq if open_ else 0,
    )  # fmt: skip


def _who(state: State, act: str, right: bool) -> Who:
    step = EXIT.steps[state.step]
    if act == "check":
        return Who("other", "township_clerk", state.drawn or "451228102")
    return PEOPLE[step.actor] if right else Who("x", "inspector", "4512")


@settings(max_examples=120, deadline=None)
@given(st.lists(moves(), min_size=5, max_size=40))
def test_no_sequence_skips_a_step_or_goes_back(
    tried: list[tuple[str, str, int, int, bool]],
) -> None:
    day = START
    trail = [opened(EXIT, TOWN, day, datetime(2016, 5, 1, 9, tzinfo=SHANGHAI))]
    for act, step, pick, gap, right in tried:
        state = fold(EXIT, trail)
        if state.ended:
            break
        on = day + timedelta(days=gap)
        now = datetime.combine(max(day, on), datetime.min.time(), SHANGHAI) + timedelta(hours=9)
        action = _action(state, act, step or state.step, pick, on)
        case = Case(VILLAGE, "first", 2016)
        told = attempt(EXIT, state, case, _who(state, act, right), action, now)
        if isinstance(told, Refused):
            assert told.missing
            continue
        trail.append(told)
        day = max(day, on)
    _walked(trail)


def _walked(trail: list[Record]) -> None:
    """What must hold of any trail that was accepted."""
    state = fold(EXIT, trail)
    days = [r.action.on for r in trail]
    assert days == sorted(days)
    assert [r.seq for r in trail] == list(range(1, len(trail) + 1))
    at = EXIT.first
    posted: date | None = None
    for record in trail[1:]:
        action = record.action
        assert action.step == at  # every act was done at the step the case stood at
        assert record.role != "inspector"
        if action.act == "post":
            posted = action.on
        if action.act == "done":
            outcome = EXIT.steps[at].outcome(action.outcome)
            assert outcome is not None
            assert action.to in {b.to for b in outcome.to}
            if at == "publish" and action.outcome == "clear":
                assert posted is not None
                assert (action.on - posted).days > 3
            if at == "observe" and action.outcome == "stable":
                assert (action.on - state.done_on["announce"]).days > 365 - 1
            at, posted = action.to, None
        if action.act == "return":
            assert EXIT.number(action.to) < EXIT.number(at)
            at, posted = action.to, None
    assert state.step == at
