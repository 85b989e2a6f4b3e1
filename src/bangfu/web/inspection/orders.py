"""Orders to put something right: the board with what is overdue, one order, and its acts."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.evidence import queries as evidence
from bangfu.inspection import queries, recording
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.registry import divisions, paging
from bangfu.web.http import is_htmx, page, route
from bangfu.web.inspection import words
from bangfu.web.language import current
from bangfu.web.listing import EXPORT_NOW, download
from bangfu.web.procedures.asking import day, whole
from bangfu.web.regions import cascade


def _asked(request: HttpRequest) -> dict[str, str]:
    return {
        "state": request.GET.get("state", ""),
        "region_code": request.GET.get("region", "")[:12],
    }


@route("inspection.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The board: how many stand where, what is overdue, what was reported up to this level."""
    wanted, sort = _asked(request), words.ORDERS.sort_of(request)
    rows = paging.paged(
        queries.orders(scope, **wanted), key="id", sort=sort or "due_on",
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    for row in rows.items:
        row.tone = words.standing(row)[1]
    counts = queries.board(scope)
    context = {
        "page": rows, "columns": words.ORDERS.chosen(request), "sort": sort, "state": wanted["state"],
        "all_columns": words.ORDERS.columns.values(), "cascade": cascade(scope, wanted["region_code"]),
        "board": [(k, _(t), tone, counts[k]) for k, (t, tone) in words.STATES.items()],
        "export_query": request.GET.urlencode(),
    }  # fmt: skip
    name = "inspection/_orders.html" if is_htmx(request) else "inspection/orders.html"
    return words.ORDERS.remember(request, page(request, name, context))


@route("inspection.view")
def export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The orders as seen, as Excel."""
    sort = words.ORDERS.sort_of(request) or "due_on"
    found = queries.orders(scope, **_asked(request)).order_by(sort, "id")
    rows = list(found[: EXPORT_NOW * 10])
    return download(scope, request, words.ORDERS, rows, _("整改通知"), "inspection.exported")


def _page(
    request: HttpRequest, scope: Scope, order_id: int, problem: Problem | None = None
) -> HttpResponse:
    found = queries.order(scope, order_id)
    proofs = {a.content_id: a for a in evidence.attached(scope, f"order:{found.pk}")}
    records = [
        {"row": r, "act": _(words.ACTS[r.act]),
         "photos": [proofs[sha] for sha in r.evidence if sha in proofs],
         "from": divisions.names().get(r.actor_region, "")}
        for r in found.records.all()
    ]  # fmt: skip
    context = {
        "order": found, "number": f"ZG-{found.pk:06}", "duty": words.duty(found),
        "standing": words.standing(found), "records": records,
        "place": divisions.full_name(found.finding.region_code),
        "may_answer": found.state == "open" and queries.is_theirs(scope, found),
        "may_judge": found.state == "answered" and queries.may_judge(scope, found),
        "problem": problem.as_dict(current()) if problem else None, "given": request.POST,
        "next_due": clock.today() + timedelta(days=15),
    }  # fmt: skip
    return page(
        request, "inspection/order.html", context, status=problem.kind.status if problem else 200
    )


@route("inspection.view")
def show(request: HttpRequest, scope: Scope, order_id: int) -> HttpResponse:
    """One order with everything recorded of it."""
    return _page(request, scope, order_id)


@route("inspection.order", methods=("POST",))
def issue(request: HttpRequest, scope: Scope, finding_id: int) -> HttpResponse:
    """Order something to be put right."""
    post = request.POST
    level, _sep, department = post.get("duty", "").partition(":")
    made = recording.issue(
        scope, finding_id, level=level, department=department, text=post.get("text", ""),
        due_on=day(post.get("due_on", "")),
    )  # fmt: skip
    messages.success(request, _("整改通知已下达。"))
    return redirect("inspection:order", made.pk)


@route("inspection.answer", methods=("POST",))
def answer(request: HttpRequest, scope: Scope, order_id: int) -> HttpResponse:
    """Tell what was put right, with photos."""
    post = request.POST
    try:
        recording.answer(
            scope, order_id, post.get("text", ""), words.given(request),
            whole(post.get("seen", "")),
        )  # fmt: skip
    except Problem as fault:
        if fault.kind.status in (403, 404):
            raise
        return _page(request, scope, order_id, fault)
    messages.success(request, _("已答复，等待验收。"))
    return redirect("inspection:order", order_id)


@route("inspection.order", methods=("POST",))
def judge(request: HttpRequest, scope: Scope, order_id: int) -> HttpResponse:
    """Accept an answer or send it back."""
    post = request.POST
    accepted = post.get("verdict") == "accept"
    try:
        recording.judge(
            scope, order_id, accepted=accepted, text=post.get("text", ""),
            due_on=None if accepted else day(post.get("due_on", "")), seen=whole(post.get("seen", "")),
        )  # fmt: skip
    except Problem as fault:
        if fault.kind.status in (403, 404):
            raise
        return _page(request, scope, order_id, fault)
    messages.success(request, _("验收通过。") if accepted else _("已退回重新整改。"))
    return redirect("inspection:order", order_id)
