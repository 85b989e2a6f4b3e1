"""Whether an act is allowed, and if not, everything that is missing.

`attempt` is given the procedure, what was recorded, who wants to do what on which day, the
facts of the registry and the engine's findings; it gives the record to keep or a refusal. The
same call serves one case on a page and each of five thousand in a bulk decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bangfu.kernel import region
from bangfu.kernel.clock import SHANGHAI
from bangfu.policy.procedures import days, needs
from bangfu.policy.procedures.awarding import awarded
from bangfu.policy.procedures.definition import Actor, Form, Outcome, Procedure, Step, YearDay
from bangfu.policy.procedures.needs import Engine, Sample
from bangfu.policy.procedures.refusals import Missing, Refused
from bangfu.policy.procedures.scoring import scored
from bangfu.policy.procedures.trail import DISMISSED, UPHELD, Action, Judged, Record, State


@dataclass(frozen=True)
class Who:
    """The person: account name, role, region and, where limited to one, department."""

    username: str
    role: str
    region_code: str
    department: str = ""


@dataclass(frozen=True)
class Case:
    """What the procedure does not know of the subject: where it lies, the batch's calendar and
    year, facts of the registry by name (`county.county_kind`), the engine's findings by item, how
    the sample of its batch stands at the step."""

    region_code: str
    calendar: str = ""
    year: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    engine: Mapping[str, Engine] = field(default_factory=dict)
    sample: Sample = field(default_factory=Sample)
    points: Mapping[str, Decimal] = field(default_factory=dict)


def due_on(procedure: Procedure, state: State, case: Case) -> date | None:
    """The last day for the step the case stands at, None where the documents set none."""
    step = procedure.steps.get(state.step)
    if step is None or not step.due:
        return None
    limit = step.due.get(case.calendar) or step.due.get("")
    if limit is None:
        return None
    if isinstance(limit, YearDay):
        return days.in_year(limit, case.year)
    return days.ends(limit, state.done_on.get(limit.after, state.since))


def attempt(
    procedure: Procedure, state: State, case: Case, who: Who, action: Action, now: datetime
) -> Record | Refused:
    """The record of `action`, or all that stands against it."""
    at = now.astimezone(SHANGHAI)
    action = _scored(procedure, state, case, action)
    missing = [*_who(procedure, state, case, who, action), *_when(state, action, at.date())]
    standing = [*_standing(procedure, state, action)]
    missing += standing
    to = action.to
    if not standing:
        step = procedure.steps[state.step]
        missing += _act(procedure, step, state, case, action)
        if action.act == "done":
            to, more = _target(step, state, case, action)
            missing += more
    if missing:
        return Refused(tuple(missing))
    due = due_on(procedure, state, case)
    items = _with_engine(procedure, state, case, action)
    return Record(
        seq=state.seq + 1, action=replace(action, to=to, items=items), at=at, by=who.username,
        role=who.role, region=who.region_code, late=due is not None and action.on > due,
    )  # fmt: skip


def form_of(procedure: Procedure, step: str, act: str) -> Form | None:
    """The form that `act` at `step` fills in, None where there is none."""
    at = procedure.steps.get(step)
    if at is None:
        return None
    name = at.form if act == "done" else ""
    if act == "entry" and at.entries:
        name = at.entries.form
    if act == "check" and at.sampling:
        name = at.sampling.form
    return procedure.forms.get(name)


def _scored(procedure: Procedure, state: State, case: Case, action: Action) -> Action:
    """The act with the total of its scoring table and the award that follows from the plan,
    reckoned here and never taken from anybody."""
    form = form_of(procedure, state.step, action.act)
    if form is None or not action.values:
        return action
    values = action.values
    if form.scoring:
        values = scored(form, values, case.points)
    if form.award:
        values = awarded(form, values, case.facts, case.year, case.points)
    return replace(action, values=values)


def opened(procedure: Procedure, who: Who, on: date, now: datetime) -> Record:
    """The first record of a case."""
    action = Action("open", "", on, to=procedure.first)
    return Record(1, action, now.astimezone(SHANGHAI), who.username, who.role, who.region_code)


def may_act(actor: Actor, who: Who, region_code: str) -> list[Missing]:
    """What keeps `who` from acting as `actor` on a subject in `region_code`."""
    found = []
    if who.role not in actor.roles:
        found.append(Missing("wrong_role", {"actor": actor.title.zh}))
    elif region.level(who.region_code) != actor.level:
        found.append(Missing("wrong_level", {"actor": actor.title.zh}))
    if not region.within(region_code, who.region_code):
        found.append(Missing("wrong_region"))
    if actor.department and who.department not in ("", actor.department):
        found.append(Missing("wrong_department", {"department": actor.department}))
    return found


def actor_for(procedure: Procedure, step: Step, act: str) -> Actor:
    """Who does `act` at `step`."""
    name = step.actor
    if act in ("object", "recheck") and step.notice:
        name = step.notice.objections_to
    if act == "entry" and step.entries:
        name = step.entries.actor
    if act == "check" and step.sampling:
        name = step.sampling.actor
    return procedure.actors[name]


def _who(
    procedure: Procedure, state: State, case: Case, who: Who, action: Action
) -> Iterator[Missing]:
    step = procedure.steps.get(state.step)
    if step is None:
        return
    actor = actor_for(procedure, step, action.act)
    if action.act == "check" and step.sampling and step.sampling.across:
        # Another township checks: its own region, not the case's, is what counts.
        yield from may_act(actor, who, who.region_code)
        if state.drawn and who.region_code != state.drawn:
            yield Missing("check_region", {"region": state.drawn})
    else:
        yield from may_act(actor, who, case.region_code)
    if action.act in ("done", "post"):
        for name in step.not_by:
            if who.username in state.done_by.get(name, frozenset()):
                yield Missing("same_person", {"step": procedure.steps[name].title.zh})


def _when(state: State, action: Action, today: date) -> Iterator[Missing]:
    if action.on > today:
        yield Missing("future", {"on": action.on})
    if action.on < state.last_on:
        yield Missing("before_previous", {"on": action.on, "last": state.last_on})


def _standing(procedure: Procedure, state: State, action: Action) -> Iterator[Missing]:
    if state.ended or state.step not in procedure.steps:
        yield Missing("ended")
    elif action.step != state.step:
        asked = procedure.steps.get(action.step)
        yield Missing("wrong_step", {
            "number": procedure.number(state.step), "now": procedure.steps[state.step].title.zh,
            "asked": asked.title.zh if asked else action.step[:40],
        })  # fmt: skip


def _act(
    procedure: Procedure, step: Step, state: State, case: Case, action: Action
) -> Iterator[Missing]:
    if action.act == "done":
        yield from _done(procedure, step, state, case, action)
    elif action.act == "return":
        yield from _returning(procedure, step, action)
    elif action.act in ("post", "object", "recheck") and step.notice:
        yield from _notice(step, state, action)
    elif action.act == "entry" and step.entries:
        form = procedure.forms[step.entries.form]
        yield from needs.form(form, action, {**case.facts, **state.answers})
        yield from needs.evidence(step.entries.evidence, action, {})
    elif action.act in ("draw", "check") and step.sampling:
        yield from _sample(state, action)
        if action.act == "check":
            form = procedure.forms[step.sampling.form]
            yield from needs.form(form, action, {**case.facts, **state.answers})
    else:
        yield Missing("unknown_act")


def _returning(procedure: Procedure, step: Step, action: Action) -> Iterator[Missing]:
    if action.to not in step.returns:
        there = procedure.steps.get(action.to)
        yield Missing("not_returnable", {"name": there.title.zh if there else action.to[:40]})
    yield from _reasoned(action)


def _notice(step: Step, state: State, action: Action) -> Iterator[Missing]:
    if action.act == "post":
        if state.posted is not None:
            yield Missing("notice_posted")
    elif action.act == "object":
        yield from _objecting(step, state, action)
    else:
        if all(o.seq != action.ref for o in state.open_objections):
            yield Missing("objection_unknown")
        if action.outcome not in (UPHELD, DISMISSED):
            yield Missing("recheck_outcome")
        yield from _reasoned(action)


def _sample(state: State, action: Action) -> Iterator[Missing]:
    if action.act == "draw":
        if state.drawn or not action.to:
            yield Missing("unknown_act")
        return
    if not state.drawn or state.checked is not None:
        yield Missing("not_drawn")
    if action.outcome not in ("pass", "fail"):
        yield Missing("check_outcome")


def _reasoned(action: Action) -> Iterator[Missing]:
    if not action.reason.strip():
        yield Missing("reason_missing")


def _objecting(step: Step, state: State, action: Action) -> Iterator[Missing]:
    last = state.term_ends(step, action.on)
    if last is None:
        yield Missing("notice_not_posted")
    elif action.on > last:
        yield Missing("notice_over", {"until": last})
    yield from _reasoned(action)


def _done(
    procedure: Procedure, step: Step, state: State, case: Case, action: Action
) -> Iterator[Missing]:
    if not action.outcome:
        yield Missing("no_outcome")
        return
    outcome = step.outcome(action.outcome)
    if outcome is None:
        yield Missing("unknown_outcome", {"name": action.outcome[:40]})
        return
    yield from _terms(step, state, outcome, action)
    if step.sampling and outcome.tone == "pass":
        yield from needs.sampled(step.sampling, case.sample)
    if outcome.reason or outcome.bare:
        yield from _reasoned(action)
    if outcome.bare:
        return
    known = {**case.facts, **state.answers, **needs.named(step.form, action.values)}
    if step.form:
        form = procedure.forms[step.form]
        yield from needs.form(form, action, known)
        yield from needs.items(form, action, case.engine, outcome)
    if step.review:
        yield from needs.review(procedure.forms[step.review], state, action, outcome)
    yield from needs.evidence(step.evidence, action, known)
    yield from needs.signatures(step.signatures, action, known, state.since)


def _terms(step: Step, state: State, outcome: Outcome, action: Action) -> Iterator[Missing]:
    if state.open_objections:
        yield Missing("objection_open", {"count": len(state.open_objections)})
    if outcome.tone == "pass":
        if state.upheld:
            yield Missing("objection_upheld")
        if state.drawn and state.checked is None:
            yield Missing("check_missing")
        if state.checked is False:
            yield Missing("check_failed")
    if outcome.early:
        return
    if step.notice is not None:
        last = state.term_ends(step, action.on)
        if last is None:
            yield Missing("notice_not_posted")
        elif action.on <= last:
            yield Missing("notice_running", {"until": last})
    wait = state.wait_ends(step)
    if wait is not None and action.on <= wait:
        yield Missing("waiting", {"until": wait})
    if step.entries and state.entries < step.entries.minimum:
        yield Missing("entries_missing", {
            "name": step.entries.title.zh, "need": step.entries.minimum, "have": state.entries,
        })  # fmt: skip


def _target(step: Step, state: State, case: Case, action: Action) -> tuple[str, list[Missing]]:
    """Where the outcome leads. An unknown fact is not a false one: it must be recorded first."""
    outcome = step.outcome(action.outcome)
    if outcome is None:
        return "", []
    known = {**case.facts, **state.answers, **needs.named(step.form, action.values)}
    for branch in outcome.to:
        unknown = branch.when.unknown(known)
        if unknown:
            return "", [Missing("branch_unknown", {"name": name}) for name in unknown]
        if branch.when.holds(known):
            return branch.to, []
    raise AssertionError("checked: the last branch has no condition")


def _with_engine(
    procedure: Procedure, state: State, case: Case, action: Action
) -> dict[str, Judged]:
    """The findings with what the engine said beside them, as it was when they were recorded."""
    return {
        name: replace(found, engine=said.outcome, engine_reason=said.reason)
        if (said := case.engine.get(name)) else found
        for name, found in action.items.items()
    }  # fmt: skip
