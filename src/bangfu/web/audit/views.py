"""The log's list, one event with its row changes, its Excel file, and checking the chain."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from bangfu import audit
from bangfu.access import Scope, trail
from bangfu.jobs.commands import enqueue
from bangfu.jobs.models import Job
from bangfu.kernel import clock
from bangfu.registry import paging
from bangfu.web.audit import words
from bangfu.web.audit.words import EVENTS
from bangfu.web.changes import columns_of
from bangfu.web.http import is_htmx, page, route
from bangfu.web.language import current
from bangfu.web.listing import EXPORT_NOW, excel_response, sealed_filters
from bangfu.web.regions import cascade


def _query(request: HttpRequest) -> str:
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    return query.urlencode()


@route("audit.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The log, newest first."""
    asked = words.filter_of(request.GET)
    listed = paging.paged(
        trail.events(scope, asked), key="id", sort="-chain_no",
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    context = {
        "page": listed, "columns": EVENTS.chosen(request), "all_columns": EVENTS.columns.values(),
        "asked": asked, "export_query": _query(request),
        "actions": [(a, words.action_label(a)) for a in words.ACTIONS],
        "cascade": cascade(scope, asked.region_code), "check": _last_check(),
    }  # fmt: skip
    name = "audit/_list.html" if is_htmx(request) else "audit/list.html"
    return EVENTS.remember(request, page(request, name, context))


def _last_check() -> Job | None:
    """The newest check of the chain by anybody: it says nothing about people."""
    return Job.objects.filter(kind=words.VERIFY).order_by("-id").first()


@route("audit.view")
def export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """What is seen, as Excel: at once when small, as a background job when large."""
    count = trail.events(scope, words.filter_of(request.GET)).order_by().count()
    columns = EVENTS.chosen(request)
    names = [c.name for c in columns]
    with audit.event(
        "audit.exported", actor=scope.actor, region_code=scope.region_code,
        detail={"rows": count, "columns": names},
    ):  # fmt: skip
        if count > EXPORT_NOW:
            title = _("导出审计日志（%(count)s 条）") % {"count": f"{count:,}"}
            params = {"query": sealed_filters(request.GET), "columns": names, "language": current()}
            enqueue(scope, words.EXPORT, title, params)
            messages.success(request, _("记录较多，已转为后台任务；完成后在“我的任务”下载。"))
            return redirect("jobs:list")
        content = words.table(scope, request.GET, columns)
    return excel_response(content, f"{_('审计日志')}-{clock.today():%Y%m%d}")


@route("audit.view", methods=("POST",))
def verify(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Check the whole chain in the background."""
    last = _last_check()
    if last is not None and last.is_open:
        messages.info(request, _("核对正在进行，请稍候查看结果。"))
    else:
        enqueue(scope, words.VERIFY, _("核对审计链"), {})
        messages.success(request, _("已开始核对审计链，完成后结果显示在本页。"))
    return redirect("audit:list")


@route("audit.view")
def show(request: HttpRequest, scope: Scope, event_id: int) -> HttpResponse:
    """One event: who, what, why, and each row it changed. Whoever may not see households sees
    how many rows, not what stood in them; personal values nobody sees here."""
    event = trail.event(scope, event_id)
    listed = None
    if scope.has("household.view"):
        found = trail.changes(scope, event_id)
        listed = paging.paged(
            found, key="id", after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
        )  # fmt: skip
    context = {
        "event": event, "page": listed,
        "rows": [(c, list(columns_of(c))) for c in listed.items] if listed else [],
        "counts": trail.change_counts(scope, event_id),
        "details": words.details(event),
    }  # fmt: skip
    return page(request, "audit/show.html", context)
