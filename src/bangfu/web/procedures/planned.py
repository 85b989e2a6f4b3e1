"""The rolling plan of villages and counties, and a batch's awards; both with filter, sort and
Excel."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope
from bangfu.policy.procedures.awarding import SCHEDULES
from bangfu.procedures import awards as awarded
from bangfu.procedures import queries, rolling
from bangfu.procedures.awards import Award
from bangfu.procedures.rolling import STATES, PlanFilter, Planned
from bangfu.registry.paging import Page
from bangfu.web.http import is_htmx, page, route
from bangfu.web.language import current
from bangfu.web.listing import Column, Listing, download
from bangfu.web.procedures import shown
from bangfu.web.procedures.asking import whole
from bangfu.web.procedures.lists import EXPORTED
from bangfu.web.procedures.shown import batch_title
from bangfu.web.regions import cascade

SIZE = 50
WORDS = {
    "exited": mark("已摘帽"), "working": mark("办理中"), "late": mark("晚于计划"),
    "due": mark("今年到期"), "later": mark("以后年度"), "unplanned": mark("未登记计划年度"),
}  # fmt: skip
ENTITIES = {"village": mark("贫困村"), "county": mark("贫困县")}


def _state(row: Planned) -> str:
    told = str(_(WORDS[row.state]))
    return told + _("（晚于计划）") if row.late and row.state == "working" else told


PLAN = Listing(
    "procedure_plan",
    [
        Column("place", mark("地区"), lambda r: r.place, sort="place", lead=True),
        Column("code", mark("区划代码"), lambda r: r.code, usual=False),
        Column("planned", mark("计划摘帽年度"), lambda r: r.planned or "", sort="planned"),
        Column("state", mark("状态"), _state, sort="state"),
        Column("exited", mark("摘帽日期"), lambda r: str(r.exited_on or ""), sort="exited"),
    ],
)  # fmt: skip


def _schedule(row: Award) -> str:
    if not row.schedule:
        return ""
    return SCHEDULES[row.schedule].show(current())


def _entered(row: Award) -> str:
    return _("未摘帽") if row.failed else _("已核算") if row.recorded else _("预计")


AWARDS = Listing(
    "procedure_awards",
    [
        Column("place", mark("地区"), lambda r: r.place, sort="place", lead=True),
        Column("planned", mark("计划摘帽年度"), lambda r: r.planned or "", sort="planned"),
        Column("year", mark("摘帽年度"), lambda r: "" if r.failed else r.year),
        Column("exited", mark("摘帽日期"), lambda r: str(r.exited_on or "")),
        Column("schedule", mark("对照滚动计划"), _schedule, sort="schedule"),
        Column("amount", mark("奖励金额（元）"),
               lambda r: "" if r.amount is None else r.amount, numeric=True, sort="amount"),
        Column("state", mark("状态"), _entered),
    ],
)  # fmt: skip


def _paged(request: HttpRequest, found: Sequence[Any]) -> Page:
    end = whole(request.GET.get("before", ""))
    start = max(0, end - SIZE) if end else whole(request.GET.get("after", "")) or 0
    more = str(start + SIZE) if len(found) > start + SIZE else ""
    return Page(list(found[start : start + SIZE]), more, str(start) if start else "", len(found))


# --- the rolling plan --------------------------------------------------------------------


def _entity(query: QueryDict) -> str:
    return "county" if query.get("entity") == "county" else "village"


def _wanted(query: QueryDict) -> PlanFilter:
    state = query.get("state", "")
    return PlanFilter(
        region_code=query.get("region", "")[:12], year=whole(query.get("year", "")),
        state=state if state in STATES else "",
    )  # fmt: skip


def _plan(request: HttpRequest, scope: Scope) -> list[Planned]:
    sort = PLAN.sort_of(request) or "planned"
    return rolling.plan(scope, _entity(request.GET), _wanted(request.GET), sort)


@route("procedure.view")
def plan(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Who is to exit in which year, what has exited, is under way, is late; by county too."""
    wanted, entity = _wanted(request.GET), _entity(request.GET)
    whole_ = rolling.plan(scope, entity, PlanFilter(wanted.region_code))
    found = _plan(request, scope)
    rows = _paged(request, found)
    at = reverse("procedures:plan")
    context: dict[str, Any] = {
        "page": rows, "rows": [{"row": r, "href": _case(r)} for r in rows.items],
        "columns": PLAN.chosen(request), "all_columns": PLAN.columns.values(),
        "sort": PLAN.sort_of(request) or "planned", "filter": wanted, "entity": entity,
        "entities": [(k, _(v)) for k, v in ENTITIES.items()],
        "cascade": cascade(scope, wanted.region_code),
        "years": sorted({r.planned for r in whole_ if r.planned}),
        "states": [(s, _(WORDS[s])) for s in STATES], "export_query": request.GET.urlencode(),
        "tallies": [
            {"t": t, "href": f"{at}?entity={entity}&region={t.county}&year={t.year or ''}"}
            for t in rolling.tallies(whole_)
        ],
        "all": len(whole_), "exited": sum(r.state == "exited" for r in whole_),
        "working": sum(r.state == "working" for r in whole_), "late": sum(r.late for r in whole_),
    }  # fmt: skip
    name = "procedures/_plan.html" if is_htmx(request) else "procedures/plan.html"
    return PLAN.remember(request, page(request, name, context))


def _case(row: Planned) -> str:
    return reverse("procedures:case", args=[row.case]) if row.case else ""


@route("procedure.view")
def plan_export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The rolling plan as seen, as Excel."""
    return download(scope, request, PLAN, _plan(request, scope), _("滚动计划"), EXPORTED)


# --- awards ------------------------------------------------------------------------------

_KEYS: dict[str, Any] = {
    "place": lambda r: r.case.region_code, "planned": lambda r: r.planned or 9999,
    "schedule": lambda r: r.schedule, "amount": lambda r: r.amount or Decimal(0),
}  # fmt: skip


def _awards(request: HttpRequest, scope: Scope, batch_id: int) -> tuple[Any, list[Award]]:
    batch = queries.batch(scope, batch_id)
    found = awarded.of_batch(scope, batch, request.GET.get("region", "")[:12])
    schedule = request.GET.get("schedule", "")
    if schedule in SCHEDULES:
        found = [a for a in found if a.schedule == schedule]
    sort = AWARDS.sort_of(request)
    key = _KEYS.get(sort.lstrip("-"), _KEYS["place"])
    return batch, sorted(found, key=key, reverse=sort.startswith("-"))


@route("procedure.view")
def awards(request: HttpRequest, scope: Scope, procedure_batch_id: int) -> HttpResponse:
    """The awards of a batch: planned year, exit, schedule, yuan; with their sums."""
    batch, found = _awards(request, scope, procedure_batch_id)
    rows = _paged(request, found)
    due = [a for a in found if not a.failed]
    context: dict[str, Any] = {
        "batch": batch, "title": batch_title(batch), "procedure": shown.say(batch.content.title),
        "page": rows, "columns": AWARDS.chosen(request), "all_columns": AWARDS.columns.values(),
        "rows": [{"row": a, "href": reverse("procedures:case", args=[a.case.pk])} for a in rows.items],
        "sort": AWARDS.sort_of(request), "export_query": request.GET.urlencode(),
        "cascade": cascade(scope, request.GET.get("region", "")[:12]),
        "schedules": [(k, v.show(current())) for k, v in SCHEDULES.items()],
        "schedule": request.GET.get("schedule", ""),
        "recorded": _sum(a for a in due if a.recorded), "count": sum(a.recorded for a in due),
        "expected": _sum(a for a in due if not a.recorded),
        "open": sum(not a.recorded for a in due),
    }  # fmt: skip
    name = "procedures/_awards.html" if is_htmx(request) else "procedures/awards.html"
    return AWARDS.remember(request, page(request, name, context))


def _sum(rows: Any) -> Decimal:
    return sum((a.amount for a in rows if a.amount is not None), Decimal(0))


@route("procedure.view")
def awards_export(request: HttpRequest, scope: Scope, procedure_batch_id: int) -> HttpResponse:
    """The awards of a batch as seen, as Excel."""
    _batch, found = _awards(request, scope, procedure_batch_id)
    return download(scope, request, AWARDS, found, _("摘帽奖励"), EXPORTED)
