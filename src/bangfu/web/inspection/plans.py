"""Inspections: the list, drawing a sample, one plan with its sample and its team."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from bangfu.access import Scope, grants
from bangfu.inspection import forms, planning, queries
from bangfu.inspection.planning import Wanted
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.procedures import queries as procedures
from bangfu.registry import divisions, paging
from bangfu.web.http import page, route
from bangfu.web.inspection.words import (
    GRANTS,
    KINDS,
    METHODS,
    PER,
    PLANS,
    SAMPLE,
    TODO,
    TRUTH,
)
from bangfu.web.language import current
from bangfu.web.listing import EXPORT_NOW, download
from bangfu.web.procedures import shown
from bangfu.web.procedures.asking import day, whole
from bangfu.web.procedures.views import batch_title
from bangfu.web.regions import cascade


def _asked(request: HttpRequest) -> dict[str, str]:
    kind = request.GET.get("kind", "")
    return {
        "kind": kind if kind in KINDS else "", "text": request.GET.get("q", "").strip()[:60],
        "region_code": request.GET.get("region", "")[:12],
    }  # fmt: skip


@route("inspection.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Inspections by region, kind and title, newest first."""
    wanted, sort = _asked(request), PLANS.sort_of(request)
    rows = paging.paged(
        queries.plans(scope, **wanted), key="id", sort=sort or "-starts_on",
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    context = {
        "page": rows, "sort": sort, "columns": PLANS.chosen(request), "kind": wanted["kind"],
        "rows": [{"row": p, "href": reverse("inspection:plan", args=[p.pk])} for p in rows.items],
        "all_columns": PLANS.columns.values(), "text": wanted["text"],
        "kinds": [(k, _(v)) for k, v in KINDS.items()],
        "cascade": cascade(scope, wanted["region_code"]), "export_query": request.GET.urlencode(),
    }  # fmt: skip
    return PLANS.remember(request, page(request, "inspection/plans.html", context))


@route("inspection.view")
def export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The inspections as seen, as Excel."""
    found = queries.plans(scope, **_asked(request))
    rows = list(found.order_by(PLANS.sort_of(request) or "-starts_on", "-id")[: EXPORT_NOW * 10])
    return download(scope, request, PLANS, rows, _("督查抽查"), "inspection.exported")


def _choices(scope: Scope) -> list[dict[str, Any]]:
    found = []
    for batch in procedures.batches(scope)[:40]:
        content = batch.content
        sheets = forms.offered(batch.pack, batch.region_code, content.subject)
        if sheets:
            first = next(iter(sheets.values()))
            found.append({
                "id": batch.pk, "title": f"{shown.say(content.title)} {batch_title(batch)}",
                "place": divisions.names().get(batch.region_code, ""),
                "after": planning.determined_at(content),
                "steps": [(s.id, shown.say(s.title)) for s in content.steps.values()],
                "sheets": [(p, shown.say(s.form.title)) for p, s in sheets.items()],
                "leave": shown.say(first.approval), "share": first.share or 50,
            })  # fmt: skip
    return found


@route("inspection.plan", methods=("GET", "POST"))
def new(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Draw a sample: of which batch, how, with which seed."""
    problem, post = None, request.POST
    batches = _choices(scope)
    asked = whole(post.get("batch") or request.GET.get("batch", ""))
    chosen = next((b for b in batches if b["id"] == asked), batches[0] if batches else None)
    if request.method == "POST":
        try:
            made = planning.plan(scope, asked or 0, _wanted(request))
        except Problem as fault:
            if fault.kind.status != 422:
                raise
            problem = fault.as_dict(current())
        else:
            told = _("已从 %(among)s 件中抽出 %(drawn)s 件，种子已记录。")
            messages.success(request, told % {"among": made.among, "drawn": made.drawn})
            return redirect("inspection:plan", made.pk)
    context = {
        "batches": batches, "chosen": chosen, "problem": problem, "given": post,
        "kinds": [(k, _(v)) for k, v in KINDS.items()], "today": clock.today(),
        "methods": [(k, _(v)) for k, v in METHODS.items()],
        "pers": [(k, _(v)) for k, v in PER.items()],
    }  # fmt: skip
    return page(request, "inspection/new.html", context, status=422 if problem else 200)


def _wanted(request: HttpRequest) -> Wanted:
    post = request.POST
    return Wanted(
        title=post.get("title", "").strip(), kind=post.get("kind", ""),
        method=post.get("method", ""), number=whole(post.get("number", "")) or 0,
        starts_on=day(post.get("starts_on", "")), ends_on=day(post.get("ends_on", "")),
        per=post.get("per", ""), after=post.get("after", ""), seed=post.get("seed", ""),
        approval=post.get("approval", ""), pack=post.get("pack", ""),
    )  # fmt: skip


@route("inspection.view")
def show(request: HttpRequest, scope: Scope, plan_id: int) -> HttpResponse:
    """One inspection: how it was drawn, its sample, its team."""
    return page(request, "inspection/plan.html", _context(request, scope, plan_id))


def _context(request: HttpRequest, scope: Scope, plan_id: int) -> dict[str, Any]:
    found = queries.plan(scope, plan_id)
    content = found.batch.content
    sort, result = SAMPLE.sort_of(request), request.GET.get("result", "")
    result = result if result in TODO else ""
    rows = paging.paged(
        queries.sample(scope, plan_id, result), key="id", sort=sort or "position",
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    may_check = scope.has("inspection.record")
    items = [
        {"row": s, "truth": TRUTH.get(s.result, ""),
         "href": reverse("inspection:check", args=[s.pk]) if may_check else "",
         "more": reverse("inspection:responsible", args=[s.case_id])}
        for s in rows.items
    ]  # fmt: skip
    team = [
        {"grant": g, "state": _(GRANTS[g.state]), "live": g.state in ("coming", "in_force")}
        for g in grants.of_subject(scope, f"plan:{plan_id}")
    ]
    return {
        "plan": found, "page": rows, "rows": items, "team": team, "sort": sort, "result": result,
        "columns": SAMPLE.chosen(request), "all_columns": SAMPLE.columns.values(),
        "todo": [(k, _(v)) for k, v in TODO.items()], "export_query": request.GET.urlencode(),
        "kind": _(KINDS[found.kind]),
        "method": _(METHODS[found.method]), "per": _(PER[found.per]),
        "procedure": shown.say(content.title), "batch": batch_title(found.batch),
        "after": shown.step_title(content, found.after) if found.after else "",
        "place": divisions.names().get(found.region_code, found.region_code),
        "sheet": shown.say(forms.of(found.form, found.subject).title),
        "same": planning.redrawn(found) if "redraw" in request.GET else None,
        "may_check": may_check, "may_plan": scope.has("inspection.plan"),
        "today": clock.today(),
    }  # fmt: skip


@route("inspection.view")
def sample_export(request: HttpRequest, scope: Scope, plan_id: int) -> HttpResponse:
    """The sample as seen, as Excel."""
    found = queries.plan(scope, plan_id)
    result = request.GET.get("result", "")
    rows = queries.sample(scope, plan_id, result if result in TODO else "")
    listed = list(rows.order_by(SAMPLE.sort_of(request) or "position", "id")[: EXPORT_NOW * 10])
    title = f"{_('样本')} {found.title}"
    return download(scope, request, SAMPLE, listed, title, "inspection.exported")


@route("inspection.view")
def pool(request: HttpRequest, scope: Scope, plan_id: int) -> HttpResponse:
    """What the sample was drawn from, one a line: with the seed, anyone can draw again."""
    del request
    found = queries.plan(scope, plan_id)
    text = "\n".join(sorted(subject for subject, _code in found.pool))
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="pool-{plan_id}.txt"'
    return response


@sensitive_post_parameters("password")
@route("inspection.plan", methods=("POST",))
def engage(request: HttpRequest, scope: Scope, plan_id: int) -> HttpResponse:
    """An account for one of the team."""
    found, post = queries.plan(scope, plan_id), request.POST
    try:
        planning.engage(
            scope, found, username=post.get("username", ""),
            display_name=post.get("display_name", ""), password=post.get("password", ""),
            starts_on=day(post.get("starts_on", "")), ends_on=day(post.get("ends_on", "")),
        )  # fmt: skip
    except Problem as fault:
        if fault.kind.status != 422:
            raise
        context = _context(request, scope, plan_id) | {"problem": fault.as_dict(current())}
        return page(request, "inspection/plan.html", context, status=422)
    messages.success(request, _("账号已建立，只能查看和记录本次抽中的样本，到期自动失效。"))
    return redirect("inspection:plan", plan_id)


@route("inspection.plan", methods=("POST",))
def dismiss(request: HttpRequest, scope: Scope, plan_id: int, grant_id: int) -> HttpResponse:
    """End one's access now."""
    planning.dismiss(scope, queries.plan(scope, plan_id), grant_id)
    messages.success(request, _("授权已收回。"))
    return redirect("inspection:plan", plan_id)
