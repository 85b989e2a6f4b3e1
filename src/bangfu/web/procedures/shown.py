"""A case for people: its trail in words, and the action form made from the step's definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope
from bangfu.kernel import clock
from bangfu.policy.procedures.definition import Form, Procedure, Step
from bangfu.policy.procedures.machine import Who, actor_for, may_act
from bangfu.policy.procedures.trail import State
from bangfu.procedures import facts
from bangfu.procedures.models import Batch, Case
from bangfu.procedures.queries import Entry
from bangfu.registry import divisions
from bangfu.web.language import current
from bangfu.web.procedures import placed

ACTS = {
    "open": mark("纳入办理"), "done": mark("办结本步"), "return": mark("退回"),
    "post": mark("张贴公示"), "object": mark("登记异议"), "recheck": mark("异议复核"),
    "entry": mark("增加记录"), "draw": mark("抽中抽验"), "check": mark("抽验"),
}  # fmt: skip
OUTCOMES = {"met": mark("达标"), "not_met": mark("未达标"), "undecided": mark("待定"),
            "upheld": mark("异议成立"), "dismissed": mark("异议不成立"),
            "pass": mark("抽验通过"), "fail": mark("抽验不通过")}  # fmt: skip

BUCKETS = {
    "overdue": (mark("已逾期"), "unmet"), "today": (mark("今天到期"), "unknown"),
    "coming": (mark("临近期限"), ""), "later": (mark("可以办理"), "met"),
    "waiting": (mark("公示中"), ""), "above": (mark("下级逾期"), "unmet"),
    "restart": (mark("等待重新纳入"), "unknown"),
}  # fmt: skip


def say(text: Any) -> str:
    """A pack's words in the page's language."""
    return str(text.show(current()))


def step_title(procedure: Procedure, name: str) -> str:
    """The title of a step or end."""
    found = procedure.steps.get(name) or procedure.ends.get(name)
    return say(found.title) if found else name


def batch_title(found: Batch) -> str:
    """'2026 年度第二批 贫困户脱贫摘帽'."""
    content = found.content
    calendar = content.calendar(found.calendar)
    part = say(calendar.title) if calendar else ""
    return _("%(year)s 年度%(part)s") % {"year": found.year, "part": part}


@dataclass
class Line:
    """One record in words."""

    entry: Entry
    title: str
    act: str
    outcome: str
    tone: str
    answers: list[tuple[str, str]] = field(default_factory=list)
    items: list[tuple[str, Any]] = field(default_factory=list)
    review: list[str] = field(default_factory=list)
    signers: list[tuple[str, str, Any]] = field(default_factory=list)


def line(procedure: Procedure, entry: Entry) -> Line:
    """What people read of one record."""
    action = entry.record.action
    step = procedure.steps.get(action.step)
    outcome = step.outcome(action.outcome) if step else None
    form = _form(procedure, step, action.act)
    if action.act == "open":
        form = procedure.forms.get(procedure.opening.form)
    parties = {s.id: say(s.title) for s in step.signatures} if step else {}
    told = say(outcome.title) if outcome else _(OUTCOMES.get(action.outcome, "")) or ""
    if action.act in ("return", "open"):
        told = "→ " + step_title(procedure, action.to)
    if action.act == "draw":
        told = divisions.names().get(action.to, action.to)
    titles = {i.id: say(i.title) for f in procedure.forms.values() for i in f.items}
    return Line(
        entry=entry, title=say(step.title) if step else "", act=_(ACTS[action.act]),
        outcome=told, tone=outcome.tone if outcome else "",
        answers=answers(form, action.values),
        items=[(t, action.items[k]) for k, t in titles.items() if k in action.items],
        review=[titles.get(k, k) for k, agreed in action.review.items() if not agreed],
        signers=[(parties.get(p, p), name, on) for p, name, on in entry.signers],
    )  # fmt: skip


def _form(procedure: Procedure, step: Step | None, act: str) -> Form | None:
    if step is None:
        return None
    name = {"done": step.form, "entry": step.entries.form if step.entries else "",
            "check": step.sampling.form if step.sampling else ""}.get(act, "")  # fmt: skip
    return procedure.forms.get(name)


def answers(form: Form | None, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(title, answer) of what was filled in."""
    blanks = {f.id: f for f in form.fields} if form else {}
    found = []
    order = [n for n in blanks if n in values] + [n for n in values if n not in blanks]
    for name in order:
        value, blank = values[name], blanks.get(name)
        label = (
            say(blank.title)
            if blank
            else {"place": _("张贴地点"), "phone": _("监督电话")}.get(name, name)
        )
        options = {o.value: say(o.title) for o in blank.options} if blank else {}
        if isinstance(value, dict):
            text = "******"
        elif isinstance(value, bool):
            text = _("是") if value else _("否")
        elif isinstance(value, list):
            text = "、".join(str(options.get(v, v)) for v in value)
        else:
            text = options.get(value, str(value)) + (
                f" {blank.unit}" if blank and blank.unit else ""
            )
        found.append((label, text))
    return found


@dataclass
class Deed:
    """One thing the person may do with the case now, with what its form asks."""

    act: str
    title: str
    form: Form | None
    step: Step
    hints: tuple[str, ...] = ()


def deeds(scope: Scope, found: Case, state: State) -> list[Deed]:
    """What this person may do with the case, in the order it is usually done."""
    procedure, step = found.content, found.at
    if step is None or not scope.has("procedure.act"):
        return []
    person = Who(scope.username, scope.role, scope.region_code, scope.department or "")
    possible = ["entry"] if step.entries else []
    if step.notice:
        possible += ["post"] if state.posted is None else ["object"]
        possible += ["recheck"] if state.open_objections else []
    waits = step.notice is not None and state.posted is None
    possible += ["done"] + (["return"] if step.returns else [])
    over = (last := state.term_ends(step, clock.today())) is not None and last < clock.today()
    # What the case waits for comes first.
    urgent = "recheck" if state.open_objections else "done" if over else possible[0]
    possible.sort(key=lambda act: act != urgent)
    made = []
    for act in possible:
        actor = actor_for(procedure, step, act)
        if may_act(actor, person, found.region_code):
            continue
        hints = (_("先张贴公示，期满后办结。"),) if act == "done" and waits else ()
        made.append(Deed(act, _(ACTS[act]), _form(procedure, step, act), step, hints))
    return made


def judged(scope: Scope, found: Case, form: Form | None) -> list[dict[str, Any]]:
    """The form's indicators with the engine's finding and reason beside each."""
    if form is None or not form.items:
        return []
    engine = facts.engine(scope, found.content, form, found.subject)
    return [
        {"id": i.id, "title": say(i.title), "engine": engine.get(i.id),
         "label": _(OUTCOMES[engine[i.id].outcome]) if i.id in engine else "",
         "behind": placed.behind(scope, i, found.subject)}
        for i in form.items
    ]  # fmt: skip


def deadline(found: Case) -> tuple[str, str]:
    """How the deadline stands, in words, and its tone (fail, warn, '')."""
    if found.ended or found.due_on is None:
        return "", ""
    left = (found.due_on - clock.today()).days
    if left < 0:
        return _("已逾期 %(n)s 天") % {"n": -left}, "fail"
    if left == 0:
        return _("今天 24 时到期"), "warn"
    return _("还有 %(n)s 天") % {"n": left}, "warn" if left <= found.content.remind_days else ""
