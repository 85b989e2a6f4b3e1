"""What a form of ours sends, as `acting.Asked`."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest

from bangfu.access import Scope
from bangfu.kernel import clock
from bangfu.policy.procedures.definition import Procedure
from bangfu.policy.procedures.machine import form_of
from bangfu.procedures import problems
from bangfu.procedures.acting import Asked
from bangfu.web.evidence import proofs


def day(text: str, name: str = "日期") -> date:
    """A date of a form; today where it is empty. Raises Problem `procedures.bad_request`."""
    if not text:
        return clock.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise problems.BAD_REQUEST(
            what=f"{name}应写作 2016-12-31", what_en="write the date as 2016-12-31"
        ) from None


def whole(text: str) -> int | None:
    """A whole number of a form or address, None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def asked(request: HttpRequest, scope: Scope, procedure: Procedure, subject: str) -> Asked:
    """The act that a form asks for; files that wait as evidence of `subject` come with it."""
    post = request.POST
    act, step = post.get("act", ""), post.get("step", "")
    on = day(post.get("on", ""))
    form = form_of(procedure, step, act)
    values: dict[str, Any] = {}
    for blank in form.fields if form else ():
        if blank.computed:
            continue
        given = post.getlist(f"f-{blank.id}")
        values[blank.id] = given if blank.type == "choices" else (given[0] if given else "")
    if act == "post":
        values = {"place": post.get("place", "").strip(), "phone": post.get("phone", "").strip()}
    items = {
        i.id: (post.get(f"i-{i.id}", ""), post.get(f"r-{i.id}", "")) for i in form.items
    } if form and act == "done" else {}  # fmt: skip
    at = procedure.steps.get(step)
    outcome = at.outcome(post.get("outcome", "")) if at else None
    if outcome and outcome.bare:
        values, items = {}, {}
    return Asked(
        act=act, step=step, on=on, outcome=post.get("outcome", ""), to=post.get("to", ""),
        values=values, items={k: v for k, v in items.items() if v[0]},
        review=_review(request, procedure, step), signatures=_signed(request, procedure, step, on),
        evidence=proofs.waiting(scope, subject, step, at, act) if act in ("done", "entry") else (),
        reason=post.get("reason", ""), ref=whole(post.get("ref", "")) or 0,
        person=post.get("person", "")[:60], phone=post.get("contact", "")[:30],
    )  # fmt: skip


def _review(request: HttpRequest, procedure: Procedure, step: str) -> dict[str, bool]:
    at = procedure.steps.get(step)
    form = procedure.forms.get(at.review) if at else None
    if form is None:
        return {}
    names = [i.id for i in form.items] or [f.id for f in form.fields]
    told = {n: request.POST.get(f"v-{n}", "") for n in names}
    return {n: v == "yes" for n, v in told.items() if v in ("yes", "no")}


def _signed(
    request: HttpRequest, procedure: Procedure, step: str, on: date
) -> tuple[tuple[str, str, date], ...]:
    at = procedure.steps.get(step)
    found = []
    for party in at.signatures if at else ():
        names = request.POST.getlist(f"s-{party.id}")
        days = request.POST.getlist(f"d-{party.id}")
        for position, name in enumerate(names):
            if name.strip():
                text = days[position] if position < len(days) else ""
                found.append((party.id, name.strip()[:60], day(text, "签名日期") if text else on))
    return tuple(found)
