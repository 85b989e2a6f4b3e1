"""The household list and the household's page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from bangfu import audit
from bangfu.access import Scope
from bangfu.findings import queries as findings
from bangfu.jobs.commands import enqueue
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.registry import divisions, paging, queries
from bangfu.web.findings import household as household_findings
from bangfu.web.households import export as making
from bangfu.web.households import listing, panels
from bangfu.web.http import is_htmx, page, route
from bangfu.web.language import current
from bangfu.web.listing import EXPORT_NOW, excel_response, sealed_filters, told_filters
from bangfu.web.regions import cascade, crumbs


@route("household.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Search, filters, one page of rows; a search that finds one household opens it."""
    wanted = listing.filter_of(request.GET)
    rules = findings.rules(scope)
    found_by = listing.finding_filter(scope, request.GET)
    found = findings.households(scope, wanted, found_by)
    sort = listing.HOUSEHOLDS.sort_of(request)
    # Unless asked otherwise village by village, which an index gives for any region.
    order = {"": "village_code", "household_no": ""}.get(sort, sort)
    rows = paging.paged(
        queries.annotated(found), key="household_no", sort=order,
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    if wanted.text and rows.total == 1 and not is_htmx(request) and set(request.GET) == {"q"}:
        return redirect("households:show", rows.items[0].household_no)
    context = {
        "page": rows,
        "rows": listing.rows_of(scope, rows.items),
        "columns": listing.HOUSEHOLDS.chosen(request),
        "all_columns": listing.HOUSEHOLDS.columns.values(),
        "sort": sort,
        "filter": wanted,
        "findings": found_by,
        "rule_choices": listing.choices(rules),
        "readiness": listing.READINESS if rules.exit_rule else {},
        "more": "more" in request.GET or any(request.GET.get(w) for w in listing.EXTRA),
        "chips": listing.chips(request.GET, found_by, rules),
        "cascade": cascade(scope, wanted.region_code),
        "fields": listing.FIELDS,
        "collectable": [listing.FIELDS[n] for n in listing.COLLECTABLE],
        "export_query": _without_paging(request),
    }
    name = "households/_results.html" if is_htmx(request) else "households/list.html"
    return listing.HOUSEHOLDS.remember(request, page(request, name, context))


def _without_paging(request: HttpRequest) -> str:
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    return query.urlencode()


@route("household.export")
def export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """What is seen, as Excel: at once when small, as a background job when large."""
    count = listing.found(scope, request.GET).order_by().count()
    columns = listing.HOUSEHOLDS.chosen(request)
    names = [c.name for c in columns]
    detail = {"rows": count, "columns": names, "filter": told_filters(request.GET)}
    with audit.event(
        "household.exported", actor=scope.actor, region_code=scope.region_code, detail=detail
    ):
        if count > EXPORT_NOW:
            title = _("导出农户名单（%(count)s 户）") % {"count": f"{count:,}"}
            params = {"query": sealed_filters(request.GET), "columns": names, "language": current()}
            enqueue(scope, making.KIND, title, params)
            messages.success(request, _("名单较大，已转为后台任务；完成后在“我的任务”下载。"))
            return redirect("jobs:list")
        content = making.table(scope, request.GET, columns)
    return excel_response(content, f"{_('农户名单')}-{clock.today():%Y%m%d}")


@route("household.view")
def show(request: HttpRequest, scope: Scope, household_no: str) -> HttpResponse:
    """Everything about one household on one page."""
    household = queries.household(scope, household_no)
    years = queries.years(scope, household_no)
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdigit() and int(asked) in years else (years[0] if years else None)
    view = panels.household_view(scope, household, year or clock.today().year)
    context = {
        "view": view,
        "years": years,
        "year": year,
        "crumbs": crumbs(scope, household.village_code, reverse("households:list") + "?region="),
        "place": divisions.full_name(household.village_code),
    }
    if scope.has("finding.view"):
        context |= _findings(scope, household_no, year, len(view.members))
    return page(request, "households/show.html", context)


def _findings(scope: Scope, household_no: str, year: int | None, persons: int) -> dict[str, Any]:
    """The findings' own part of the page; where they cannot be had, what the refusal says."""
    try:
        found = household_findings.context(scope, household_no, year)
    except Problem as problem:
        return {"findings_problem": problem.as_dict(current())}
    return {**found, "formulas": panels.income_formulas(found["live"].variables, persons)}


@route("household.view")
def history(request: HttpRequest, scope: Scope, household_no: str) -> HttpResponse:
    """The timeline: who changed what, when, from what to what, why."""
    entries = panels.timeline(scope, household_no)
    return page(request, "households/_history.html", {"entries": entries})
