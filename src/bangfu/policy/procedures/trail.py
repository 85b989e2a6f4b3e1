"""What was recorded of a case, folded into where it stands.

The trail is the truth: a state is always computed from it, and a trail that no walk through
the procedure could have left (a step skipped, a day before the last, a notice closed early)
is refused by `fold`, which `bangfu audit verify` uses on every case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from bangfu.kernel.clock import SHANGHAI
from bangfu.policy.procedures import days
from bangfu.policy.procedures.definition import Procedure, Step

ACTS = ("open", "done", "return", "post", "object", "recheck", "entry", "draw", "check")
UPHELD, DISMISSED = "upheld", "dismissed"
_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Judged:
    """One indicator as the team found it, and as the engine did."""

    outcome: str
    reason: str = ""
    engine: str = ""
    engine_reason: str = ""


@dataclass(frozen=True)
class Signed:
    """One signature: for which party, by whom (a stable key, not a name), on which day."""

    party: str
    signer: str
    on: date


@dataclass(frozen=True)
class Attached:
    """One photo or scan: which piece of evidence it is, and its content's hash."""

    piece: str
    sha256: str


@dataclass(frozen=True)
class Action:
    """What somebody did or wants to do at `step` on the day `on`.

    `review` says of each indicator whether the reviewer agrees; `ref` is the record number of
    the objection a recheck settles.
    """

    act: str
    step: str
    on: date
    outcome: str = ""
    to: str = ""
    values: Mapping[str, Any] = field(default_factory=lambda: _NONE)
    items: Mapping[str, Judged] = field(default_factory=lambda: _NONE)
    review: Mapping[str, bool] = field(default_factory=lambda: _NONE)
    evidence: tuple[Attached, ...] = ()
    signatures: tuple[Signed, ...] = ()
    reason: str = ""
    ref: int = 0


@dataclass(frozen=True)
class Record:
    """One act as it was recorded: the `seq`-th of the case, at a moment, by whom."""

    seq: int
    action: Action
    at: datetime
    by: str
    role: str = ""
    region: str = ""
    late: bool = False


@dataclass(frozen=True)
class Objection:
    """An objection to a notice; `upheld` None while it is open."""

    seq: int
    filed: date
    settled: date | None = None
    upheld: bool | None = None


@dataclass(frozen=True)
class State:
    """Where a case stands. `since` = the day it came to `step`; `visit` counts how often;
    `drawn` names the region that checks it, where it was drawn by lot; `answers` are the latest
    of every form, as form.field; `done_by`/`done_on` say who finished which step, when last."""

    step: str = ""
    ended: bool = False
    since: date = date.min
    visit: int = 0
    seq: int = 0
    last_on: date = date.min
    posted: date | None = None
    objections: tuple[Objection, ...] = ()
    entries: int = 0
    drawn: str = ""
    checked: bool | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    items: Mapping[str, Mapping[str, Judged]] = field(default_factory=dict)
    done_by: Mapping[str, frozenset[str]] = field(default_factory=dict)
    done_on: Mapping[str, date] = field(default_factory=dict)

    @property
    def open_objections(self) -> list[Objection]:
        """Those not settled."""
        return [o for o in self.objections if o.upheld is None]

    @property
    def upheld(self) -> bool:
        """Whether an objection to the notice that hangs now was upheld."""
        return any(o.upheld for o in self.objections)

    def term_ends(self, step: Step, today: date) -> date | None:
        """The last day of the notice at `step`, None while it is not posted."""
        if step.notice is None or self.posted is None:
            return None
        stops = [(o.filed, o.settled) for o in self.objections] if step.notice.stops else []
        return days.term_ends(step.notice.span, self.posted, stops, today)

    def wait_ends(self, step: Step) -> date | None:
        """The last day of the wait at `step`, None where there is none."""
        if step.wait is None:
            return None
        return days.ends(step.wait, self.done_on.get(step.wait.after, self.since))


class BadTrail(Exception):
    """No walk through the procedure leaves this trail; `seq` is the record at fault."""

    def __init__(self, seq: int, why: str) -> None:
        self.seq = seq
        super().__init__(f"record {seq}: {why}")


def fold(procedure: Procedure, trail: Iterable[Record]) -> State:
    """Where the case of `trail` stands. Raises BadTrail."""
    state = State()
    for record in trail:
        state = advance(procedure, state, record)
    return state


def advance(procedure: Procedure, state: State, record: Record) -> State:
    """The state after one more record. Raises BadTrail where it cannot follow."""
    action = record.action

    def demand(holds: bool, why: str) -> None:
        if not holds:
            raise BadTrail(record.seq, why)

    demand(record.seq == state.seq + 1, "a record is missing")
    demand(action.on >= state.last_on, "earlier than the record before")
    demand(action.on <= record.at.astimezone(SHANGHAI).date(), "later than the day it was recorded")
    if action.act == "open":
        demand(state.seq == 0 and action.to == procedure.first, "opened twice or elsewhere")
        first = {f"{procedure.opening.form}.{k}": v for k, v in action.values.items()}
        entered = _enter(state, action.to, action.on)
        return _with(entered, seq=1, last_on=action.on, answers=first)
    demand(state.seq > 0, "not opened")
    demand(not state.ended, "after the end")
    demand(action.step == state.step, "not at this step")
    step = procedure.steps[state.step]
    after = _with(state, seq=record.seq, last_on=action.on)
    match action.act:
        case "done":
            return _done(procedure, step, after, record, demand)
        case "return":
            demand(action.to in step.returns, "not a step it may be returned to")
            return _enter(after, action.to, action.on)
        case "post":
            demand(step.notice is not None and state.posted is None, "nothing to post")
            return _with(after, posted=action.on)
        case "object":
            last = state.term_ends(step, action.on)
            demand(last is not None and action.on <= last, "no notice hangs")
            filed = Objection(record.seq, action.on)
            return _with(after, objections=(*state.objections, filed))
        case "recheck":
            demand(any(o.seq == action.ref for o in state.open_objections), "no such objection")
            demand(action.outcome in (UPHELD, DISMISSED), "no such outcome")
            upheld = action.outcome == UPHELD
            return _with(after, objections=tuple(
                replace(o, settled=action.on, upheld=upheld) if o.seq == action.ref else o
                for o in state.objections
            ))  # fmt: skip
        case "entry":
            demand(step.entries is not None, "no entries here")
            return _with(after, entries=state.entries + 1)
        case "draw":
            demand(step.sampling is not None and not state.drawn, "not drawn here")
            return _with(after, drawn=action.to)
        case "check":
            demand(bool(state.drawn) and state.checked is None, "not drawn")
            demand(action.outcome in ("pass", "fail"), "no such outcome")
            return _with(after, checked=action.outcome == "pass")
    raise BadTrail(record.seq, f"no such act: {action.act}")


def _done(procedure: Procedure, step: Step, state: State, record: Record, demand: Any) -> State:
    action = record.action
    outcome = step.outcome(action.outcome)
    demand(outcome is not None, "no such outcome")
    assert outcome is not None
    demand(action.to in {b.to for b in outcome.to}, "the outcome does not lead there")
    demand(not state.open_objections, "an objection is open")
    if not outcome.early:
        last = state.term_ends(step, action.on)
        demand(step.notice is None or (last is not None and action.on > last), "notice running")
        wait = state.wait_ends(step)
        demand(wait is None or action.on > wait, "before the wait is over")
        entries = step.entries.minimum if step.entries else 0
        demand(state.entries >= entries, "entries missing")
    if outcome.tone == "pass":
        demand(not state.upheld, "an objection was upheld")
        demand(not state.drawn or bool(state.checked), "the check is missing or failed")
    done_by = {**state.done_by, step.id: state.done_by.get(step.id, frozenset()) | {record.by}}
    answers = {**state.answers, **{f"{step.form}.{k}": v for k, v in action.values.items()}}
    items = {**state.items, step.form: action.items} if action.items else state.items
    after = _with(
        state, done_by=done_by, done_on={**state.done_on, step.id: action.on}, answers=answers,
        items=items,
    )  # fmt: skip
    if action.to in procedure.ends:
        return _with(after, step=action.to, ended=True, since=action.on)
    return _enter(after, action.to, action.on)


def _enter(state: State, step: str, on: date) -> State:
    return _with(
        state, step=step, since=on, visit=state.visit + 1, posted=None, objections=(), entries=0,
        drawn="", checked=None,
    )  # fmt: skip


def _with(state: State, **changes: Any) -> State:
    """`state` but for `changes`. As `dataclasses.replace`, without its checks: a bulk decision
    makes tens of thousands of states, and half its time went there."""
    made = object.__new__(State)
    made.__dict__.update(state.__dict__, **changes)
    return made
