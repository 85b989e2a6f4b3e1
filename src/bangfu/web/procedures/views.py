"""Inbox, batches, a batch's board, one case, cases drawn for checking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.kernel import clock
from bangfu.policy.procedures.definition import Form
from bangfu.procedures import awards, beginning, queries, reminding
from bangfu.procedures.models import Batch
from bangfu.registry import divisions
from bangfu.web.http import page, route
from bangfu.web.procedures import placed, sampled, scored, shown
from bangfu.web.procedures.shown import BUCKETS, batch_title
from bangfu.web.regions import cascade, crumbs


@route("procedure.view")
def inbox(request: HttpRequest, scope: Scope) -> HttpResponse:
    """What is this person's to do: overdue, today, coming; and what the level below is late in."""
    found = queries.inbox(scope)
    groups = []
    for name, (label, kind) in BUCKETS.items():
        if name not in found:
            continue
        tasks = [
            {"task": t, "title": shown.say(t.procedure.title), "step": shown.say(t.step.title),
             "batch": batch_title(t.batch) if t.batch else _("单独办理"), "href": _of(t, name),
             "number": t.procedure.number(t.step.id)}
            for t in found[name]
        ]  # fmt: skip
        groups.append({"name": name, "label": _(label), "kind": kind, "tasks": tasks,
                       "count": sum(t.count for t in found[name])})  # fmt: skip
    restarts = queries.waiting(scope).count() if scope.has("procedure.act") else 0
    context = {"groups": groups, "lots": queries.open_lots(scope), "today": clock.today(),
               "restarts": restarts, "reminder": reminding.latest(scope),
               "nothing": not restarts and not any(g["count"] for g in groups)}  # fmt: skip
    return page(request, "procedures/inbox.html", context)


def _of(task: queries.Task, bucket: str) -> str:
    query = f"bucket={bucket}&step={task.step.id}&procedure={task.procedure.id}"
    batch = f"&batch={task.batch.pk}" if task.batch else ""
    return f"{reverse('procedures:cases')}?{query}{batch}"


@route("procedure.view")
def board(request: HttpRequest, scope: Scope, procedure_batch_id: int) -> HttpResponse:
    """A batch by place and step, with the step that holds it up in view."""
    context = board_context(request, scope, procedure_batch_id)
    return page(request, "procedures/board.html", context)


def board_context(request: HttpRequest, scope: Scope, procedure_batch_id: int) -> dict[str, Any]:
    """What the board shows; used again when closing the batch was refused."""
    found = queries.batch(scope, procedure_batch_id)
    code = request.GET.get("region", "")
    seen = queries.board(scope, found, code)
    content = found.content
    steps: list[dict[str, Any]] = [
        {"step": s, "title": shown.say(s.title), "number": content.number(s.id),
         "actor": shown.say(content.actors[s.actor].title), "total": seen.totals[s.id],
         "stuck": s.id == seen.bottleneck}
        for s in seen.steps
    ]  # fmt: skip
    ends = [(e, shown.say(content.ends[e].title), content.ends[e].tone) for e in content.ends]
    columns = [*content.steps, *content.ends]
    rows = []
    for place, name, cells, total in seen.places:
        row = [{"step": c, "cell": cells.get(c), "stuck": c == seen.bottleneck} for c in columns]
        planned = sum(int(v.get("households", 0) or 0) for k, v in found.plan.items()
                      if k.startswith(place))  # fmt: skip
        rows.append({"code": place, "name": name, "cells": row, "total": total, "plan": planned,
                     "deeper": len(place) < 12})  # fmt: skip
    where = reverse("procedures:board", args=[found.pk]) + "?region="
    at = code or scope.region_code
    return {
        "batch": found, "title": batch_title(found), "procedure": shown.say(content.title),
        "board": seen, "steps": steps, "rows": rows, "code": code,
        "ends": [(i, t, tone, seen.ends[i]) for i, t, tone in ends],
        "crumbs": crumbs(scope, at, where), "place": divisions.names().get(found.region_code, ""),
        "draws": queries.draws(scope, found)[:5], "may": _may(scope, found),
        "bulk": [s for s in steps if s["step"].bulk and s["total"].count and not found.closed_at],
        "pools": sampled.pools(scope, found), "awards": awards.entry_of(content) is not None,
    }  # fmt: skip


def _may(scope: Scope, found: Batch) -> dict[str, bool]:
    """What of a batch this person may do: put subjects in, close it."""
    content, level = found.content, queries.level_of(scope)

    def acts(name: str) -> bool:
        actor = content.actors[name]
        return scope.has("procedure.act") and scope.role in actor.roles and actor.level == level

    open_ = found.closed_at is None
    return {
        "enrol": open_ and any(acts(a) for a in content.opening.enrols),
        "close": open_ and scope.has("procedure.open") and acts(content.opening.actor),
    }


@route("procedure.view")
def case(request: HttpRequest, scope: Scope, case_id: int) -> HttpResponse:
    """One case: its steps, its trail, and what may be done with it now."""
    return page(request, "procedures/case.html", case_context(request, scope, case_id))


def case_context(request: HttpRequest, scope: Scope, case_id: int) -> dict[str, Any]:
    """What the case page shows; used again when an act was refused."""
    found = queries.case(scope, case_id)
    content = found.content
    state, entries = queries.trail(scope, found)
    deeds = shown.deeds(scope, found, state)
    chosen = request.POST.get("act") or request.GET.get("act") or ""
    deed = next((d for d in deeds if d.act == chosen), deeds[0] if deeds else None)
    at = found.at
    review = content.forms.get(at.review) if at and at.review else None
    judged = state.items.get(review.id, {}) if review else {}
    done = [*state.done_on]
    return {
        "case": found, "state": state, "content": content, "title": placed.title(found),
        "procedure": shown.say(content.title), "now": shown.step_title(content, found.step),
        "batch_title": batch_title(found.batch) if found.batch else "",
        "place": divisions.full_name(found.region_code),
        "actor": shown.say(content.actors[at.actor].title) if at else "",
        "track": [
            {"title": shown.say(s.title), "number": content.number(s.id), "now": s.id == found.step,
             "done": s.id in done and s.id != found.step, "on": state.done_on.get(s.id)}
            for s in content.steps.values()
        ],
        "lines": [shown.line(content, e) for e in reversed(entries)],
        "deeds": deeds, "deed": deed, "deadline": shown.deadline(found),
        "form": deed_form(request, scope, found, deed) if deed else {},
        "review": [(i.id, shown.say(i.title), judged.get(i.id)) for i in review.items]
        if review and deed and deed.act == "done" else [],
        **_handed_on(scope, found),
        "behind": placed.all_behind(scope, found, deed.form if deed else None),
        "objections": [(o, e) for o in state.open_objections for e in entries
                       if e.record.seq == o.seq],
        "today": clock.today(), "term": state.term_ends(at, clock.today()) if at else None,
        "proof": f"case:{found.pk}", "given": request.POST,
    }  # fmt: skip


def _handed_on(scope: Scope, found: Any) -> dict[str, Any]:
    """The case that handed the subject on to this one, and those this one handed it on to."""
    origin, followers = queries.handed_on(scope, found)
    names = [(c, shown.say(c.content.title)) for c in followers]
    return {"origin": (origin, shown.say(origin.content.title)) if origin else None,
            "followers": names, "restarts": _restarts(found) if not names else ""}  # fmt: skip


def _restarts(found: Any) -> str:
    """The title of the procedure that the case's end names; '' where it names none."""
    there = beginning.today(found.pack, found.restarts) if found.restarts else None
    return shown.say(there.title) if there else ""


def blanks(request: HttpRequest, form: Form, offered: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The blanks of a form with what was given, or else is offered."""
    return [
        {"blank": b, "title": shown.say(b.title), "name": f"f-{b.id}",
         "value": request.POST.get(f"f-{b.id}", offered.get(b.id, "")),
         "values": request.POST.getlist(f"f-{b.id}"),
         "options": [(o.value, shown.say(o.title)) for o in b.options],
         "optional": not b.required or bool(b.when.tests)}
        for b in form.plain
    ]  # fmt: skip


def deed_form(request: HttpRequest, scope: Scope, found: Any, deed: shown.Deed) -> dict[str, Any]:
    """The blanks, indicators and signatures of an act, with what was given or is offered."""
    from bangfu.procedures import facts

    offered = {}
    if deed.form and request.method == "GET" and deed.act == "done":
        offered = facts.prefill(scope, found.content, deed.form, found.subject)
    items = shown.judged(scope, found, deed.form) if deed.act == "done" else []
    for item in items:
        item["given"] = request.POST.get(f"i-{item['id']}", "")
        item["reason"] = request.POST.get(f"r-{item['id']}", "")
    signatures = []
    for party in deed.step.signatures if deed.act == "done" else ():
        names = request.POST.getlist(f"s-{party.id}") or [""] * party.minimum
        signatures.append({"party": party, "title": shown.say(party.title), "names": names})
    return {
        "title": shown.say(deed.form.title) if deed.form else "", "items": items,
        "blanks": blanks(request, deed.form, offered) if deed.form else [],
        "scoring": scored.table(found.content, deed.form, found.region_code, request.POST),
        "award": placed.award(found, deed.form) if deed.act == "done" else None,
        "annex": deed.form.annex if deed.form else "", "signatures": signatures,
        "outcomes": [(o.id, shown.say(o.title), o.tone) for o in deed.step.outcomes],
        "returns": [(r, shown.step_title(found.content, r)) for r in deed.step.returns],
        "evidence": [(e.id, shown.say(e.title), e.minimum) for e in deed.step.evidence],
    }  # fmt: skip


__all__ = ["batch_title", "cascade", "case_context"]
