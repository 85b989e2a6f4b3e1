"""The calendar of deadlines, and for supervisors: who is late, with its Excel file."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope
from bangfu.kernel import clock, workdays
from bangfu.procedures import queries, supervising
from bangfu.procedures.supervising import Deadline, Late, LateFilter
from bangfu.registry.paging import Page
from bangfu.web.http import is_htmx, page, route
from bangfu.web.listing import Column, Listing, download
from bangfu.web.procedures import shown
from bangfu.web.procedures.asking import whole
from bangfu.web.procedures.lists import EXPORTED
from bangfu.web.procedures.shown import batch_title
from bangfu.web.regions import cascade

SIZE = 50
SHOWN = 3  # entries of one day of the calendar; the rest stand in the list below it
WEEK = (mark("一"), mark("二"), mark("三"), mark("四"), mark("五"), mark("六"), mark("日"))
LEVELS = {
    "village": mark("村级"), "township": mark("乡镇"), "county": mark("县级"), "city": mark("市级"),
}  # fmt: skip
LATE = Listing(
    "procedure_late",
    [
        Column("place", mark("地区"), lambda r: supervising.place_name(r.place), sort="place", lead=True),
        Column("actor", mark("由谁办理"), lambda r: shown.say(r.procedure.actors[r.step.actor].title)),
        Column("step", mark("所在步骤"), lambda r: shown.say(r.step.title)),
        Column("procedure", mark("流程"), lambda r: shown.say(r.procedure.title)),
        Column("batch", mark("批次"), lambda r: batch_title(r.batch) if r.batch else _("单独办理")),
        Column("count", mark("逾期件数"), lambda r: r.count, numeric=True, sort="count"),
        Column("due", mark("最早期限"), lambda r: str(r.due_on)),
        Column("days", mark("逾期天数"), lambda r: r.days, numeric=True, sort="days"),
        Column("told", mark("督办"), lambda r: _("已报上级") if r.escalated else _("已提醒承办人")),
    ],
)  # fmt: skip


def _cases(step: str, procedure: str, batch: Any, region: str = "") -> str:
    query = {"step": step, "procedure": procedure, "state": "open"}
    if batch:
        query["batch"] = str(batch.pk)
    if region:
        query["region"] = region
    return f"{reverse('procedures:cases')}?{urlencode(query)}"


def _wanted(query: QueryDict) -> LateFilter:
    level = query.get("level", "")
    return LateFilter(
        region_code=query.get("region", "")[:12], batch=whole(query.get("batch", "")),
        level=level if level in LEVELS else "", over=min(whole(query.get("over", "")) or 0, 3650),
    )  # fmt: skip


def _sort(request: HttpRequest) -> str:
    return LATE.sort_of(request) or "-days"


@route("procedure.view")
def late(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Who is late in this person's region: place, actor, step, batch, days over."""
    wanted = _wanted(request.GET)
    found = supervising.late(scope, wanted, _sort(request))
    end = whole(request.GET.get("before", ""))
    start = max(0, end - SIZE) if end else whole(request.GET.get("after", "")) or 0
    rows = found[start : start + SIZE]
    context: dict[str, Any] = {
        "page": Page(rows, str(start + SIZE) if len(found) > start + SIZE else "",
                     str(start) if start else "", len(found)),
        "rows": [{"row": r, "href": _cases(r.step.id, r.procedure.id, r.batch, _open(scope, r))}
                 for r in rows],
        "columns": LATE.chosen(request), "all_columns": LATE.columns.values(),
        "sort": _sort(request), "filter": wanted, "cascade": cascade(scope, wanted.region_code),
        "batches": [(b.pk, f"{shown.say(b.content.title)} {batch_title(b)}")
                    for b in queries.batches(scope)[:50]],
        "levels": [(k, _(v)) for k, v in LEVELS.items()], "export_query": request.GET.urlencode(),
        "cases": sum(r.count for r in found), "places": len({r.place for r in found}),
        "worst": max((r.days for r in found), default=0),
        "told": sum(r.count for r in found if r.escalated),
    }  # fmt: skip
    name = "procedures/_late.html" if is_htmx(request) else "procedures/late.html"
    return LATE.remember(request, page(request, name, context))


def _open(scope: Scope, row: Late) -> str:
    """The region to list: the row's own, or the person's where that is narrower."""
    return row.place if len(row.place) > len(scope.region_code) else ""


@route("procedure.view")
def late_export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Who is late, as seen, as Excel."""
    found = supervising.late(scope, _wanted(request.GET), _sort(request))
    return download(scope, request, LATE, found, _("逾期督办"), EXPORTED)


def _month(text: str) -> date:
    """First day of '2026-11'; of this month for anything else."""
    year, _dash, month = text.partition("-")
    n, m = whole(year), whole(month)
    if n and m and 2000 <= n <= 2100 and 1 <= m <= 12:
        return date(n, m, 1)
    return clock.today().replace(day=1)


def _entry(one: Deadline) -> dict[str, Any]:
    return {
        "one": one, "step": shown.say(one.step.title), "number": one.procedure.number(one.step.id),
        "title": shown.say(one.procedure.title), "href": _on(one),
        "batch": batch_title(one.batch) if one.batch else _("单独办理"),
    }  # fmt: skip


def _on(one: Deadline) -> str:
    return f"{_cases(one.step.id, one.procedure.id, one.batch)}&due={one.day.isoformat()}"


@route("procedure.view")
def calendar(request: HttpRequest, scope: Scope) -> HttpResponse:
    """A month of deadlines, this person's first; a list on a phone."""
    first = _month(request.GET.get("month", ""))
    last = first.replace(day=monthrange(first.year, first.month)[1])
    only_mine = request.GET.get("whose", "") == "mine"
    found = supervising.deadlines(scope, first, last, only_mine=only_mine)
    entries = {day: [_entry(one) for one in listed] for day, listed in found.items()}
    today = clock.today()
    start = first - timedelta(days=first.weekday())
    weeks = []
    while start <= last:
        weeks.append([_day(start + timedelta(days=n), first, today, entries) for n in range(7)])
        start += timedelta(days=7)
    context: dict[str, Any] = {
        "month": first, "weeks": weeks, "week": [_(w) for w in WEEK], "today": today,
        "title": _("%(year)s 年 %(month)s 月") % {"year": first.year, "month": first.month},
        "before": f"{first - timedelta(days=1):%Y-%m}", "after": f"{last + timedelta(days=1):%Y-%m}",
        "days": [(d, entries[d], d < today, d == today) for d in sorted(entries)],
        "only_mine": only_mine, "whose": "mine" if only_mine else "",
        "mine": sum(o.count for day in found.values() for o in day if o.mine),
        "all": sum(o.count for day in found.values() for o in day),
    }  # fmt: skip
    return page(request, "procedures/calendar.html", context)


def _day(
    day: date, month: date, today: date, entries: dict[date, list[dict[str, Any]]]
) -> dict[str, Any]:
    listed = entries.get(day, []) if day.month == month.month else []
    return {
        "day": day, "inside": day.month == month.month, "today": day == today,
        "rest": not workdays.is_workday(day), "entries": listed[:SHOWN],
        "more": max(0, len(listed) - SHOWN),
    }  # fmt: skip
