"""Every shipped procedure walks to each of its ends, and is refused at each of its gates.

The walker reads a procedure's own definition: it fills every blank it asks for, signs, attaches,
posts notices and waits them out. Then each thing asked for is left out, one at a time, and the
act must be refused for just that.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bangfu import dictionary
from bangfu.kernel.clock import SHANGHAI
from bangfu.policy.procedures.definition import (
    Actor,
    Condition,
    Form,
    FormField,
    Outcome,
    Procedure,
    Step,
)
from bangfu.policy.procedures.library import procedures
from bangfu.policy.procedures.machine import Case, Who, actor_for, attempt, opened
from bangfu.policy.procedures.needs import Sample
from bangfu.policy.procedures.refusals import Refused
from bangfu.policy.procedures.trail import Action, Attached, Judged, Record, Signed, State, fold

PACKS = Path(__file__).parents[2] / "packs"
VILLAGE = "451228101201"
LENGTH = {"region": 2, "city": 4, "county": 6, "township": 9, "village": 12}
SHIPPED = {
    f"{file.parents[1].name}/{file.stem}": procedures(file.parents[1].name)[file.stem]
    for file in sorted(PACKS.glob("*/procedures/*.yaml"))
}
START = date(2016, 3, 1)


def test_each_procedure_that_the_papers_prescribe_is_there() -> None:
    assert set(SHIPPED) >= {
        "hechi/household-exit", "hechi/village-exit", "hechi/county-exit",
        "hechi/identification", "hechi/yearly-adjustment", "hechi/dibao-application",
        "hechi/dibao-recheck", "hechi/house-renovation", "hechi/relocation-roster",
        "hechi/relocation-scheme", "hechi/training-class", "hechi/medical-one-stop",
        "hechi/complaint", "hechi/project-library", "zaozhuang/household-exit",
        "zaozhuang/village-exit", "zaozhuang/house-renovation", "ecommerce/identification",
        "ecommerce/household-project",
    }  # fmt: skip


def who(actor: Actor, step: str) -> Who:
    """Somebody who may act; another person at every step."""
    return Who(f"{actor.id}-{step}", actor.roles[0], VILLAGE[: LENGTH[actor.level]],
               actor.department if actor.roles[0] == "county_department" else "")  # fmt: skip


def answer(blank: FormField, on: date, prefer: dict[str, Any]) -> Any:
    if blank.id in prefer:
        return prefer[blank.id]
    if blank.type in ("int", "decimal"):
        return blank.minimum if blank.minimum is not None else 1
    if blank.type == "bool":
        return True
    if blank.type == "date":
        return on.isoformat()
    if blank.type == "choice":
        return blank.options[0].value
    return [blank.options[0].value] if blank.type == "choices" else "已记录"


def values(form: Form | None, on: date, prefer: dict[str, Any]) -> dict[str, Any]:
    if form is None:
        return {}
    wanted = {name.split(".")[1]: v for name, v in prefer.items() if name.startswith(f"{form.id}.")}
    found = {b.id: answer(b, on, wanted) for b in form.fields if not b.when.tests}
    known = {f"{form.id}.{name}": value for name, value in found.items()}
    for blank in form.fields:
        if blank.when.tests and blank.when.holds(known):
            found[blank.id] = answer(blank, on, wanted)
    return found


def facts(condition: Condition) -> dict[str, Any]:
    """Values under which `condition` holds."""
    return {name: options[0] for name, options in condition.tests}


class Walk:
    """A case of a procedure, walked by what the procedure itself asks for."""

    def __init__(self, procedure: Procedure, registry: dict[str, Any]) -> None:
        self.p = procedure
        region = VILLAGE[: LENGTH[procedure.subject]] if procedure.subject in LENGTH else VILLAGE
        calendar = procedure.calendars[0].id if procedure.calendars else ""
        self.case = Case(region, calendar, 2016, facts=registry)
        self.day = START
        self.trail = [opened(procedure, Who("opener", "admin", "45"), START, self.noon(START))]

    @staticmethod
    def noon(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI)

    @property
    def state(self) -> State:
        return fold(self.p, self.trail)

    def told(self, person: Who, action: Action, now: datetime | None = None) -> Record | Refused:
        moment = now or self.noon(action.on)
        return attempt(self.p, self.state, self.case, person, action, moment)

    def go(self, person: Who, action: Action) -> None:
        told = self.told(person, action)
        assert isinstance(told, Record), f"{self.p.id}/{action.step}: {told.show()}"
        self.trail.append(told)

    def refused(self, person: Who, action: Action, now: datetime | None = None) -> tuple[str, ...]:
        told = self.told(person, action, now)
        assert isinstance(told, Refused), f"{self.p.id}/{action.step} was accepted"
        return told.codes

    def sample(self, step: Step) -> None:
        """Draw the case by lot and check it, where the step prescribes a share."""
        assert step.sampling is not None
        actor = who(self.p.actor_of(step.id), step.id)
        checker = who(actor_for(self.p, step, "check"), step.id)
        self.go(actor, Action("draw", step.id, self.day, to=checker.region_code))
        self.case = replace(self.case, sample=Sample(1, 1, 0))
        told = values(self.p.forms[step.sampling.form], self.day, {})
        self.go(checker, Action("check", step.id, self.day, "pass", values=told))
        self.case = replace(self.case, sample=Sample(1, 1, 1))

    def prepare(self, step: Step) -> None:
        """Post, wait, visit, check: what must have happened before the step can be done."""
        actor = who(self.p.actor_of(step.id), step.id)
        if step.sampling and step.sampling.share:
            self.sample(step)
        if step.notice:
            self.go(actor, Action("post", step.id, self.day, values={"place": "公示栏"}))
            last = self.state.term_ends(step, self.day)
            assert last is not None
            self.day = last + timedelta(days=1)
        over = self.state.wait_ends(step)
        if over is not None:
            self.day = max(self.day, over + timedelta(days=1))
        for _ in range(step.entries.minimum if step.entries else 0):
            assert step.entries is not None
            visitor = who(actor_for(self.p, step, "entry"), step.id)
            papers = tuple(
                Attached(e.id, f"{e.id}{n}") for e in step.entries.evidence
                for n in range(e.minimum)
            )  # fmt: skip
            told = values(self.p.forms[step.entries.form], self.day, {})
            self.go(visitor, Action("entry", step.id, self.day, values=told, evidence=papers))

    def doing(self, step: Step, outcome: Outcome, prefer: dict[str, Any]) -> Action:
        """The act that ends `step` with `outcome`, complete."""
        form = self.p.forms.get(step.form)
        told = {} if outcome.bare else values(form, self.day, prefer)
        known = {**self.case.facts, **self.state.answers,
                 **{f"{step.form}.{k}": v for k, v in told.items()}}  # fmt: skip
        found = "not_met" if outcome.items == "not_all_met" else "met"
        items = {i.id: Judged(found, "核实") for i in form.items} if form else {}
        papers = tuple(
            Attached(e.id, f"{e.id}{n}") for e in step.evidence if e.when.holds(known)
            for n in range(e.minimum)
        )  # fmt: skip
        signed = tuple(
            Signed(s.id, f"{s.id}{n}", self.day) for s in step.signatures
            if s.unless is None or not s.unless.holds(known) for n in range(s.minimum)
        )  # fmt: skip
        reviewed = self.p.forms.get(step.review)
        names = [i.id for i in reviewed.items or reviewed.fields] if reviewed else []
        made = Action("done", step.id, self.day, outcome.id, values=told, items=items,
                      evidence=papers, signatures=signed, review=dict.fromkeys(names, True))  # fmt: skip
        if outcome.reason or outcome.bare:
            made = replace(made, reason="原因")
        if outcome.bare:
            made = replace(made, items={}, evidence=(), signatures=(), review={})
        return made


def routes(procedure: Procedure) -> Iterator[tuple[list[tuple[str, str]], dict[str, Any], str]]:
    """One route to every end: steps with outcomes, the answers and facts it takes, the end."""
    todo: list[tuple[str, list[tuple[str, str]], dict[str, Any]]] = [(procedure.first, [], {})]
    seen: set[str] = set()
    while todo:
        step, way, taken = todo.pop(0)
        if step in procedure.ends:
            yield way, taken, step
            continue
        for outcome in procedure.steps[step].outcomes:
            for branch in outcome.to:
                if branch.to in seen or branch.to in dict(way):
                    continue
                seen.add(branch.to)
                refusals = [b.when for b in outcome.to if b is not branch and b.when.tests]
                more = {**other(refusals, procedure), **facts(branch.when)}
                todo.append((branch.to, [*way, (step, outcome.id)], {**taken, **more}))


def other(conditions: list[Condition], procedure: Procedure) -> dict[str, Any]:
    """Values under which none of `conditions` holds."""
    found: dict[str, Any] = {}
    for name, refused in itertools.chain.from_iterable(c.tests for c in conditions):
        entity, _, rest = name.partition(".")
        if entity in dictionary.ENTITIES:
            options: list[Any] = [*(dictionary.entity(entity).fields[rest].codes or ())]
        else:
            blank = next(b for b in procedure.forms[entity].fields if b.id == rest)
            options = [o.value for o in blank.options] or [True, False]
        found[name] = next(o for o in options if o not in refused)
    return found


def walked(procedure: Procedure, way: list[tuple[str, str]], taken: dict[str, Any]) -> Walk:
    walk = Walk(procedure, {k: v for k, v in taken.items()
                            if k.split(".")[0] in dictionary.ENTITIES})  # fmt: skip
    for name, chosen in way:
        step = procedure.steps[name]
        walk.prepare(step)
        outcome = step.outcome(chosen)
        assert outcome is not None
        person = who(procedure.actor_of(name), name)
        walk.go(person, walk.doing(step, outcome, taken))
        walk.day += timedelta(days=1)
    return walk


@pytest.mark.parametrize("name", SHIPPED)
def test_walks_to_every_end(name: str) -> None:
    procedure = SHIPPED[name]
    reached = set()
    for way, taken, end in routes(procedure):
        walk = walked(procedure, way, taken)
        assert (walk.state.step, walk.state.ended) == (end, True)
        reached.add(end)
    assert reached == set(procedure.ends)


@pytest.mark.parametrize("name", SHIPPED)
def test_is_refused_at_every_gate(name: str) -> None:
    """At each step of the way to a good end: without each thing it asks for, by each wrong person."""
    procedure = SHIPPED[name]
    good = next(
        (way, taken) for way, taken, end in routes(procedure) if procedure.ends[end].tone == "pass"
    )
    way, taken = good
    for position, (at, chosen) in enumerate(way):
        walk = walked(procedure, way[:position], taken)
        step, outcome = procedure.steps[at], procedure.steps[at].outcome(chosen)
        assert outcome is not None
        person = who(procedure.actor_of(at), at)
        if step.notice and not outcome.early:
            unposted = walk.doing(step, outcome, taken)
            assert "notice_not_posted" in walk.refused(person, unposted)
        if step.sampling and step.sampling.share:
            assert "sample_missing" in walk.refused(person, walk.doing(step, outcome, taken))
        walk.prepare(step)
        whole = walk.doing(step, outcome, taken)
        for without, code in left_out(procedure, step, whole):
            assert code in walk.refused(person, without), (at, code)
        stranger = replace(person, region_code="4501" + person.region_code[4:])
        assert "wrong_region" in walk.refused(stranger, whole)
        assert "wrong_role" in walk.refused(replace(person, role="administrator"), whole)
        assert "future" in walk.refused(person, whole, walk.noon(whole.on - timedelta(days=1)))
        if position:
            early = replace(whole, on=START - timedelta(days=1))
            assert "before_previous" in walk.refused(person, early)
        for skipped, _outcome in way[position + 1 :]:
            later = who(procedure.actor_of(skipped), skipped)
            assert "wrong_step" in walk.refused(later, replace(whole, step=skipped))
        for kept_apart in step.not_by:
            if kept_apart in dict(way[:position]):
                twice = replace(
                    person, username=who(procedure.actor_of(kept_apart), kept_apart).username
                )
                assert "same_person" in walk.refused(twice, whole)


@pytest.mark.parametrize("name", SHIPPED)
def test_goes_back_only_where_it_may_and_with_a_reason(name: str) -> None:
    procedure = SHIPPED[name]
    for way, taken, _end in routes(procedure):
        for position, (at, _chosen) in enumerate(way):
            person, step = who(procedure.actor_of(at), at), procedure.steps[at]
            for earlier, _outcome in way[:position]:
                walk = walked(procedure, way[:position], taken)
                back = Action("return", at, walk.day, to=earlier, reason="材料不全")
                if earlier not in step.returns:
                    assert "not_returnable" in walk.refused(person, back)
                    continue
                assert "reason_missing" in walk.refused(person, replace(back, reason=" "))
                walk.go(person, back)
                assert walk.state.step == earlier


def left_out(procedure: Procedure, step: Step, whole: Action) -> Iterator[tuple[Action, str]]:
    """The whole act without each thing it needs, and the refusal that must follow."""
    form = procedure.forms.get(step.form)
    for blank in form.fields if form else ():
        if blank.required and not blank.when.tests and blank.id in whole.values:
            rest = {k: v for k, v in whole.values.items() if k != blank.id}
            yield replace(whole, values=rest), "field_missing"
    for item in whole.items:
        rest_items = {k: v for k, v in whole.items.items() if k != item}
        yield replace(whole, items=rest_items), "item_missing"
    for item in whole.review:
        rest_review = {k: v for k, v in whole.review.items() if k != item}
        yield replace(whole, review=rest_review), "review_missing"
    for paper in whole.evidence:
        kept = tuple(e for e in whole.evidence if e != paper)
        yield replace(whole, evidence=kept), "evidence_missing"
    for signed in whole.signatures:
        others = tuple(s for s in whole.signatures if s != signed)
        yield replace(whole, signatures=others), "signature_missing"
