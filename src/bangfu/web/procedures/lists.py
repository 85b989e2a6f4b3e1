"""The lists of cases and notices, and their Excel files."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope
from bangfu.procedures import queries
from bangfu.procedures.models import Case
from bangfu.procedures.queries import CaseFilter
from bangfu.registry import divisions, paging
from bangfu.web.http import is_htmx, page, route
from bangfu.web.listing import EXPORT_NOW, Column, Listing, download
from bangfu.web.procedures import shown
from bangfu.web.procedures.asking import whole
from bangfu.web.procedures.shown import BUCKETS, batch_title
from bangfu.web.regions import cascade

EXPORTED = "procedure.exported"
CASES = Listing(
    "procedure_cases",
    [
        Column("subject", mark("对象"), lambda c: c.title or c.subject, sort="subject", lead=True),
        Column("place", mark("所在地"), lambda c: divisions.full_name(c.region_code), sort="region_code"),
        Column("procedure", mark("流程"), lambda c: shown.say(c.content.title)),
        Column("step", mark("所在步骤"), lambda c: shown.step_title(c.content, c.step)),
        Column("due", mark("期限"), lambda c: str(c.due_on) if c.due_on else "", sort="due_on"),
        Column("left", mark("时限情况"), lambda c: shown.deadline(c)[0]),
        Column("since", mark("到本步日期"), lambda c: str(c.since), sort="since"),
        Column("notice", mark("公示截止"), lambda c: str(c.notice_ends) if c.notice_ends else ""),
        Column("batch", mark("批次"), lambda c: batch_title(c.batch) if c.batch else "", usual=False),
    ],
)  # fmt: skip
NOTICES = Listing(
    "procedure_notices",
    [
        Column("title", mark("公示"), lambda n: n.title, lead=True),
        Column(
            "place", mark("地区"), lambda n: divisions.full_name(n.region_code), sort="region_code"
        ),
        Column("where", mark("张贴地点"), lambda n: n.place),
        Column("cases", mark("件数"), lambda n: n.cases, numeric=True, sort="cases"),
        Column("posted", mark("张贴日期"), lambda n: str(n.posted_on), sort="posted_on"),
        Column("ends", mark("截止日期"), lambda n: str(n.ends_on), sort="ends_on"),
        Column("proved", mark("张贴证明"), lambda n: _("有照片") if n.proved else _("还没有照片")),
        Column("state", mark("状态"), lambda n: _("公示中") if queries.hangs(n) else _("已期满")),
    ],
)


BATCHES = Listing(
    "procedure_batches",
    [
        Column("title", mark("批次"), batch_title, sort="year", lead=True),
        Column("procedure", mark("流程"), lambda b: shown.say(b.content.title), sort="procedure"),
        Column("place", mark("地区"), lambda b: divisions.full_name(b.region_code), sort="region_code"),
        Column("opened", mark("下达日期"), lambda b: str(b.opened_on), sort="opened_on"),
        Column("by", mark("下达人"), lambda b: b.opened_by, sort="opened_by"),
        Column("state", mark("状态"), lambda b: _("已结束") if b.closed_at else _("在办")),
    ],
)  # fmt: skip


def filter_of(query: QueryDict) -> CaseFilter:
    """The filter that an address names; what it does not understand narrows nothing."""
    state = query.get("state", "")
    return CaseFilter(
        region_code=query.get("region", "")[:12], batch=whole(query.get("batch", "")),
        procedure=query.get("procedure", "")[:60], step=query.get("step", "")[:60],
        bucket=query.get("bucket", ""), text=query.get("q", "").strip(),
        ended={"open": False, "ended": True}.get(state), due_on=_due(query.get("due", "")),
    )  # fmt: skip


def _due(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


@route("procedure.view")
def cases(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Cases by region, batch, step and deadline."""
    wanted = filter_of(request.GET)
    sort = CASES.sort_of(request)
    rows = paging.paged(
        queries.cases(scope, wanted), key="id", sort=sort or "due_on",
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    batch = queries.batch(scope, wanted.batch) if wanted.batch else None
    step = batch.content.steps.get(wanted.step) if batch else None
    alone = next((c for c in rows.items if c.batch_id is None), None) if wanted.step else None
    together = alone.content.steps.get(wanted.step) if alone and not batch else None
    context: dict[str, Any] = {
        "page": rows, "columns": CASES.chosen(request), "all_columns": CASES.columns.values(),
        "sort": sort, "filter": wanted, "buckets": [(k, _(v[0])) for k, v in BUCKETS.items()],
        "cascade": cascade(scope, wanted.region_code), "batch": batch, "step": step,
        "batch_title": batch_title(batch) if batch else "",
        "alone": alone if together and together.bulk else None,
        "steps": [(s.id, shown.say(s.title)) for s in batch.content.steps.values()] if batch else [],
        "export_query": request.GET.urlencode(), "state": request.GET.get("state", ""),
    }  # fmt: skip
    name = "procedures/_cases.html" if is_htmx(request) else "procedures/cases.html"
    return CASES.remember(request, page(request, name, context))


@route("procedure.view")
def export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The list of cases as seen, as Excel; the first thousands where there are more."""
    found = queries.cases(scope, filter_of(request.GET)).order_by("due_on", "id")
    rows: list[Case] = list(found[: EXPORT_NOW * 10])
    return download(scope, request, CASES, rows, _("流程件"), EXPORTED)


def _notices(scope: Scope, request: HttpRequest) -> Any:
    state = {"hanging": True, "over": False}.get(request.GET.get("state", ""))
    return queries.notices(scope, hanging=state)


@route("procedure.view")
def notices(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The notices board: what hangs where, until when."""
    sort = NOTICES.sort_of(request)
    rows = paging.paged(
        _notices(scope, request), key="id", sort=sort or "-posted_on",
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    context = {
        "page": rows, "columns": NOTICES.chosen(request), "sort": sort,
        "all_columns": NOTICES.columns.values(), "state": request.GET.get("state", ""),
        "export_query": request.GET.urlencode(),
    }  # fmt: skip
    name = "procedures/_notices.html" if is_htmx(request) else "procedures/notices.html"
    return NOTICES.remember(request, page(request, name, context))


@route("procedure.view")
def notices_export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The notices as seen, as Excel."""
    rows = list(_notices(scope, request).order_by("-posted_on", "-id")[: EXPORT_NOW * 10])
    return download(scope, request, NOTICES, rows, _("公示台"), EXPORTED)


def _batches(scope: Scope, query: QueryDict) -> Any:
    closed = {"open": True, "ended": False}.get(query.get("state", ""))
    return queries.batches(
        scope, procedure=query.get("procedure", "")[:60], year=whole(query.get("year", "")),
        still_open=closed,
    )  # fmt: skip


@route("procedure.view")
def batches(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Batches of this person's region, newest first."""
    sort = BATCHES.sort_of(request)
    rows = paging.paged(
        _batches(scope, request.GET), key="id", sort=sort or "-opened_on",
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    seen = queries.batches(scope)
    titles = {b.procedure: shown.say(b.content.title)
              for b in seen.order_by("procedure", "-id").distinct("procedure")}  # fmt: skip
    context = {
        "page": rows, "columns": BATCHES.chosen(request), "all_columns": BATCHES.columns.values(),
        "sort": sort, "state": request.GET.get("state", ""), "titles": sorted(titles.items()),
        "procedure": request.GET.get("procedure", ""), "year": request.GET.get("year", ""),
        "years": [str(y) for y in seen.order_by("-year").values_list("year", flat=True).distinct()],
        "export_query": request.GET.urlencode(),
    }  # fmt: skip
    name = "procedures/_batches.html" if is_htmx(request) else "procedures/batches.html"
    return BATCHES.remember(request, page(request, name, context))


@route("procedure.view")
def batches_export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The batches as seen, as Excel."""
    rows = list(_batches(scope, request.GET).order_by("-opened_on", "-id")[: EXPORT_NOW * 10])
    return download(scope, request, BATCHES, rows, _("流程批次"), EXPORTED)
