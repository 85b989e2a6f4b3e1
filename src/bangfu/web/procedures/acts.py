"""Opening a batch, putting subjects in, acting on one case, deciding many, drawing by lot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.findings import commands as findings
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.policy.loading import known_packs
from bangfu.policy.procedures.definition import Procedure, Step
from bangfu.policy.procedures.library import procedures
from bangfu.policy.procedures.machine import Who, may_act
from bangfu.procedures import acting, commands, entering, problems, queries
from bangfu.procedures.models import Case
from bangfu.registry import divisions, paging
from bangfu.web.http import page, route
from bangfu.web.language import current
from bangfu.web.procedures import shown, views
from bangfu.web.procedures.asking import asked, day, whole

BULK = 200  # cases of one bulk page


def _told(problem: Problem) -> dict[str, str]:
    return problem.as_dict(current())


@route("procedure.act", methods=("POST",))
def act(request: HttpRequest, scope: Scope, case_id: int) -> HttpResponse:
    """Do what the form asks; a refusal shows the form again with everything that is missing."""
    found = queries.case(scope, case_id)
    try:
        acting.act(
            scope, case_id, asked(request, scope, found.content, f"case:{case_id}"),
            whole(request.POST.get("seen", "")),
        )  # fmt: skip
    except Problem as problem:
        if problem.kind.status in (403, 404):
            raise
        context = views.case_context(request, scope, case_id) | {"problem": _told(problem)}
        return page(request, "procedures/case.html", context, status=problem.kind.status)
    messages.success(request, _("已记录。"))
    return redirect("procedures:case", case_id)


def _openable(scope: Scope) -> list[tuple[str, Any]]:
    """(pack/procedure, procedure) that this person may open batches of."""
    person = Who(scope.username, scope.role, scope.region_code, scope.department or "")
    found = []
    for pack in known_packs():
        for procedure in procedures(pack).values():
            actor = procedure.actors[procedure.opening.actor]
            if procedure.opening.batched and not may_act(actor, person, scope.region_code):
                found.append((f"{pack}/{procedure.id}", procedure))
    usual = findings.usual(scope)["pack"]
    return sorted(found, key=lambda pair: not pair[0].startswith(f"{usual}/"))


@route("procedure.open", methods=("GET", "POST"))
def new_batch(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The form that opens a batch with its plan, a line for each region below."""
    choices = _openable(scope)
    given = request.POST.get("procedure") or request.GET.get("procedure", "")
    key, chosen = next(((k, p) for k, p in choices if k == given), ("", None))
    chosen = chosen or (choices[0][1] if choices else None)
    key = key or (choices[0][0] if choices else "")
    context: dict[str, Any] = {"choices": [(k, shown.say(p.title), k.partition("/")[0])
                                           for k, p in choices], "key": key}  # fmt: skip
    if chosen is None:
        return page(request, "procedures/new.html", context)
    form = chosen.forms.get(chosen.opening.form)
    places = list(divisions.children(scope, scope.region_code)) if form else []
    if chosen.opening.per and places and len(places[0].code) != queries.LENGTH[chosen.opening.per]:
        places = [divisions.get(scope, scope.region_code)]
    if request.method == "POST":
        plan = {
            p.code: {f.id: request.POST.get(f"{p.code}-{f.id}", "").strip() for f in form.fields}
            for p in places if form
        }  # fmt: skip
        plan = {c: v for c, v in plan.items() if any(v.values())}
        try:
            made = commands.open_batch(
                scope, key.partition("/")[0], chosen.id,
                year=whole(request.POST.get("year", "")) or 0,
                calendar=request.POST.get("calendar", ""), plan=plan,
                on=day(request.POST.get("on", "")),
            )  # fmt: skip
        except Problem as problem:
            context["problem"] = _told(problem)
        else:
            messages.success(request, _("批次已下达。"))
            return redirect("procedures:board", made.pk)
    lines = [
        (p, [(f, shown.say(f.title), request.POST.get(f"{p.code}-{f.id}", "")) for f in form.fields])
        for p in places if form
    ]  # fmt: skip
    context |= {
        "calendars": [(c.id, shown.say(c.title)) for c in chosen.calendars], "lines": lines,
        "form": shown.say(form.title) if form else "", "year": request.POST.get("year")
        or clock.today().year, "today": clock.today(), "calendar": request.POST.get("calendar", ""),
    }  # fmt: skip
    return page(request, "procedures/new.html", context)


@route("procedure.open", methods=("POST",))
def close(request: HttpRequest, scope: Scope, procedure_batch_id: int) -> HttpResponse:
    """Close a batch; while cases are open the board says how many and where."""
    try:
        commands.close_batch(scope, procedure_batch_id)
    except Problem as problem:
        if problem.kind.status in (403, 404):
            raise
        context = views.board_context(request, scope, procedure_batch_id)
        context |= {"problem": _told(problem)}
        return page(request, "procedures/board.html", context, status=problem.kind.status)
    messages.success(request, _("批次已结束。"))
    return redirect("procedures:board", procedure_batch_id)


@route("procedure.act", methods=("GET", "POST"))
def enrol(request: HttpRequest, scope: Scope, procedure_batch_id: int) -> HttpResponse:
    """Subjects that may be put into a batch, those that meet the standard first; put them in."""
    found = queries.batch(scope, procedure_batch_id)
    if found.closed_at:
        raise problems.BATCH_CLOSED()
    if request.method == "POST":
        numbers = request.POST.getlist("subject")
        made = commands.enrol(scope, found.pk, numbers, on=day(request.POST.get("on", "")))
        messages.success(request, _("已纳入 %(n)s 件。") % {"n": len(made)})
        return redirect("procedures:board", found.pk)
    ready = request.GET.get("ready", "1") == "1"
    rows = paging.paged(
        entering.candidates(scope, found, ready=ready), key="pk",
        after=request.GET.get("after", ""), before=request.GET.get("before", ""), size=100,
    )  # fmt: skip
    context = {
        "batch": found, "title": views.batch_title(found), "page": rows, "ready": ready,
        "procedure": shown.say(found.content.title), "households": found.content.subject == "household",
        "items": [(r.pk, divisions.full_name(r.pk[:12] if len(r.pk) > 12 else r.pk))
                  for r in rows.items], "today": clock.today(),
    }  # fmt: skip
    return page(request, "procedures/enrol.html", context)


@route("procedure.act", methods=("GET", "POST"))
def decide(request: HttpRequest, scope: Scope, procedure_batch_id: int) -> HttpResponse:
    """Decide the cases of a batch that stand at one step, with the review of each item."""
    found = queries.batch(scope, procedure_batch_id)
    data = request.POST if request.method == "POST" else request.GET
    content = found.content
    step = content.steps.get(data.get("step", ""))
    code = data.get("region", "")[:12] or scope.region_code
    if step is None or not step.bulk:
        return redirect("procedures:board", found.pk)
    there = queries.cases(
        scope, queries.CaseFilter(region_code=code, batch=found.pk, step=step.id, ended=False)
    )
    proof = f"group:{found.pk}:{step.id}:{code}"
    context: dict[str, Any] = {"batch": found, "title": views.batch_title(found)}
    if request.method == "POST":
        try:
            count = decided(request, scope, content, step, there, proof)
        except Problem as problem:
            if problem.kind.status in (403, 404):
                raise
            context["problem"] = _told(problem)
        else:
            messages.success(request, _("已办理 %(n)s 件。") % {"n": count})
            return redirect(reverse("procedures:board", args=[found.pk]))
    total = there.count()
    rows = list(there.order_by("region_code", "subject")[:BULK])
    context |= bulk_context(request, scope, content, step, rows)
    context |= {"code": code, "total": total, "rest": max(0, total - len(rows)), "proof": proof}
    status = 200 if "problem" not in context else 422
    return page(request, "procedures/decide.html", context, status=status)


def bulk_context(
    request: HttpRequest, scope: Scope, content: Procedure, step: Step, rows: list[Case]
) -> dict[str, Any]:
    """What the page of a bulk decision shows of `rows`, which stand at `step`."""
    first = rows[0] if rows else None
    states = entering.states(rows)
    review = content.forms.get(step.review)
    items = [(i.id, shown.say(i.title)) for i in review.items] if review else []
    lines = [
        {"case": c, "state": states[c.pk], "place": divisions.full_name(c.region_code),
         "items": [(i, states[c.pk].items.get(review.id, {}).get(i), t) for i, t in items]
         if review else [], "deadline": shown.deadline(c)}
        for c in rows
    ]  # fmt: skip
    deeds = shown.deeds(scope, first, states[first.pk]) if first else []
    deeds = [d for d in deeds if d.act in ("done", "post", "return")]
    chosen = request.POST.get("act") or request.GET.get("act", "")
    deed = next((d for d in deeds if d.act == chosen), deeds[0] if deeds else None)
    return {
        "step": step, "lines": lines,
        "step_title": shown.say(step.title), "review": items, "deeds": deeds, "deed": deed,
        "form": views.deed_form(request, scope, first, deed) if deed else {},
        "procedure": shown.say(content.title), "today": clock.today(), "given": request.POST,
        "chosen": set(request.POST.getlist("case")),
    }  # fmt: skip


def decided(
    request: HttpRequest, scope: Scope, content: Procedure, step: Step, there: QuerySet[Case],
    proof: str,
) -> int:  # fmt: skip
    """Do the act on the cases ticked, or on all that are `there`; how many. `proof` names what
    their common evidence is kept under. Raises Problem as `acting.act_many`."""
    ids = [n for text in request.POST.getlist("case") if (n := whole(text)) is not None]
    seen = {n: v for n in ids if (v := whole(request.POST.get(f"seen-{n}", ""))) is not None}
    if request.POST.get("everyone") == "yes":
        ids = list(there.values_list("pk", flat=True))
    ask = asked(request, scope, content, proof)
    review = content.forms.get(step.review)
    if review is not None and ask.act == "done":
        names = [i.id for i in review.items]
        against = {
            n: {i: f"x-{n}-{i}" not in request.POST for i in names}
            for n in ids
        }  # fmt: skip
        agreed = request.POST.get("reviewed") == "yes"
        ask = replace(ask, reviews=against if agreed else {n: {} for n in ids})
    return len(acting.act_many(scope, ids, ask, seen))
