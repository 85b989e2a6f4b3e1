"""Drawing by lot and checking what was drawn: how each sample stands, the lots of this region."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.policy.procedures.machine import Who, may_act
from bangfu.procedures import drawing, queries
from bangfu.procedures.models import Batch, Draw
from bangfu.procedures.sampling import Sampled
from bangfu.procedures.sampling import sampled as standing
from bangfu.registry import divisions
from bangfu.registry.paging import Page
from bangfu.web.http import is_htmx, page, route
from bangfu.web.language import current
from bangfu.web.listing import Column, Listing, download
from bangfu.web.procedures import shown
from bangfu.web.procedures.asking import asked, whole
from bangfu.web.procedures.lists import EXPORTED

SIZE = 50
USUAL = 5  # percent offered where the documents prescribe none
LOTS = Listing(
    "procedure_lots",
    [
        Column("subject", mark("对象"), lambda x: x["title"], lead=True),
        Column("place", mark("所在地"), lambda x: x["place"]),
        Column("procedure", mark("流程"), lambda x: shown.say(x["case"].content.title)),
        Column("drawn", mark("抽签日期"), lambda x: str(x["on"] or "")),
        Column("state", mark("状态"), lambda x: _("已抽验") if x["lot"].checked else _("等待抽验")),
    ],
)


def pools(scope: Scope, batch: Batch | None = None) -> list[dict[str, Any]]:
    """How each sample of the scope stands, in words, and whether this person may draw."""
    person = Who(scope.username, scope.role, scope.region_code, scope.department or "")
    made = []
    for one in standing(scope, batch):
        assert one.step.sampling is not None
        actor = one.procedure.actors[one.step.actor]
        made.append({
            "one": one, "title": shown.say(one.step.sampling.title), "step": shown.say(one.step.title),
            "procedure": shown.say(one.procedure.title), "place": divisions.full_name(
                one.pool.region_code, from_level="city"),
            "batch": shown.batch_title(one.batch) if one.batch else _("单独办理"),
            "percent": one.step.sampling.share or USUAL, "least": one.step.sampling.share or 1,
            "may": scope.has("procedure.act") and not may_act(actor, person, one.pool.region_code)
            and not (one.batch and one.batch.closed_at), "short": _short(one),
        })  # fmt: skip
    return made


def _short(one: Sampled) -> int:
    """How many checks are still missing before anything can be decided."""
    return max(0, one.need - one.standing.checked)


@route("procedure.view")
def sampling(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Every step of the region where lots are drawn, with how its sample stands."""
    context = {"pools": pools(scope), "lots": queries.open_lots(scope)}
    return page(request, "procedures/sampling.html", context)


def _told(request: HttpRequest, made: Draw) -> None:
    told = {"n": made.drawn, "of": made.among, "seed": made.seed}
    messages.success(request, _("从 %(of)s 件中抽出 %(n)s 件，种子 %(seed)s。") % told)


@route("procedure.act", methods=("POST",))
def draw(request: HttpRequest, scope: Scope, procedure_batch_id: int) -> HttpResponse:
    """Draw cases of a batch by lot."""
    _told(request, drawing.draw(
        scope, procedure_batch_id, request.POST.get("step", ""),
        percent=whole(request.POST.get("percent", "")) or 0, seed=request.POST.get("seed", ""),
    ))  # fmt: skip
    return redirect("procedures:board", procedure_batch_id)


@route("procedure.act", methods=("POST",))
def draw_alone(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Draw, by lot, cases of a procedure that stand alone."""
    post = request.POST
    _told(request, drawing.draw_alone(
        scope, post.get("pack", "")[:60], post.get("procedure", "")[:60], post.get("step", ""),
        year=whole(post.get("year", "")) or 0, percent=whole(post.get("percent", "")) or 0,
        seed=post.get("seed", ""),
    ))  # fmt: skip
    return redirect("procedures:sampling")


def _lots(request: HttpRequest, scope: Scope) -> list[dict[str, Any]]:
    state = {"open": False, "checked": True}.get(request.GET.get("state", ""))
    return [
        x | {"title": x["case"].title or x["case"].subject,
             "place": divisions.full_name(x["case"].region_code)}
        for x in drawing.lots(scope, checked=state)
    ]  # fmt: skip


@route("procedure.view")
def lots(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Cases that the lot gave to this region to check."""
    found = _lots(request, scope)
    end = whole(request.GET.get("before", ""))
    start = max(0, end - SIZE) if end else whole(request.GET.get("after", "")) or 0
    context = {
        "page": Page(found[start : start + SIZE],
                     str(start + SIZE) if len(found) > start + SIZE else "",
                     str(start) if start else "", len(found)),
        "columns": LOTS.chosen(request), "all_columns": LOTS.columns.values(),
        "state": request.GET.get("state", ""), "export_query": request.GET.urlencode(),
    }  # fmt: skip
    name = "procedures/_lots.html" if is_htmx(request) else "procedures/lots.html"
    return LOTS.remember(request, page(request, name, context))


@route("procedure.view")
def lots_export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The lots as seen, as Excel."""
    return download(scope, request, LOTS, _lots(request, scope), _("交叉抽验"), EXPORTED)


@route("procedure.act", methods=("GET", "POST"))
def check(request: HttpRequest, scope: Scope, lot_id: int) -> HttpResponse:
    """Record the check of a case that the lot gave to this region."""
    from bangfu.web.procedures.views import deed_form

    lot, found = drawing.drawn_case(scope, lot_id)
    step = found.at
    context: dict[str, Any] = {"lot": lot, "case": found, "place": divisions.full_name(found.region_code),
                               "today": clock.today(), "given": request.POST}  # fmt: skip
    if step and step.sampling:
        form = found.content.forms[step.sampling.form]
        deed = shown.Deed("check", _("抽验"), form, step)
        context |= {"deed": deed, "form": deed_form(request, scope, found, deed),
                    "step_title": shown.say(step.sampling.title)}  # fmt: skip
    if request.method == "POST":
        try:
            drawing.check(scope, lot_id, asked(request, scope, found.content, f"lot:{lot_id}"))
        except Problem as problem:
            if problem.kind.status in (403, 404):
                raise
            context["problem"] = problem.as_dict(current())
            return page(request, "procedures/check.html", context, status=problem.kind.status)
        messages.success(request, _("抽验已记录。"))
        return redirect("procedures:lots")
    return page(request, "procedures/check.html", context)
