"""Pages of the current run: overview by rule, lists with their Excel files, the matrix of the
exit standard's items."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.audit import event
from bangfu.findings import queries, totals
from bangfu.jobs.commands import enqueue
from bangfu.kernel import clock
from bangfu.registry import divisions, paging
from bangfu.web import language, problems
from bangfu.web.findings import export as making
from bangfu.web.findings.lists import LISTS, FindingList, rule_of
from bangfu.web.http import page, route
from bangfu.web.listing import (
    EXPORT_NOW,
    excel_response,
    sealed_filters,
    told_filters,
    workbook,
)
from bangfu.web.regions import cascade, crumbs


def households_href(region_code: str, **words: str) -> str:
    """The household list behind a count."""
    return f"{reverse('households:list')}?{urlencode({'region': region_code, **words})}"


def common(request: HttpRequest, scope: Scope, name: str) -> dict[str, Any]:
    """What every findings page shows: the run, the place looked at, the way down."""
    region_code = request.GET.get("region", "")
    at = region_code or scope.region_code
    return {
        "run": queries.current(scope),
        "rules": queries.rules(scope),
        "cascade": cascade(scope, region_code),
        "region_code": at,
        "place": divisions.full_name(at, from_level="city"),
        "crumbs": crumbs(scope, at, reverse(f"findings:{name}") + "?region="),
        "tab": name,
    }


@route("finding.view")
def overview(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Every rule with its counts, each opening the list behind it."""
    context = common(request, scope, "overview")
    counts = totals.by_rule(scope, request.GET.get("region", ""))
    tree = set(context["rules"].exit_tree)
    items = {r.id for r in context["rules"].exit_items}
    context |= {
        "totals": totals.overall(scope, request.GET.get("region", "")),
        "items": [c for c in counts if c.rule.id in items],
        "paid": [c for c in counts if c.rule.kind in ("entitlement", "limit")],
        "raised": [c for c in counts if c.rule.kind == "alert"],
        "others": [c for c in counts if c.rule.kind == "criterion" and c.rule.id not in tree],
        "parts": [
            c for c in counts
            if c.rule.id in tree and c.rule.id not in items
            and c.rule.id != context["rules"].exit_rule
        ],
    }  # fmt: skip
    return page(request, "findings/overview.html", context)


@route("household.export")
def overview_file(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The overview as Excel: every rule with its counts, in the pack's order."""
    scope.require("finding.view")
    region_code, lang = request.GET.get("region", ""), language.current()
    labels = [_("规则编号"), _("认定项"), _("类别"), _("符合"), _("符合户"), _("金额合计"),
              _("不符合户"), _("待定"), _("待定户"), _("责任单位"), _("依据")]  # fmt: skip
    kinds = {"criterion": _("标准"), "entitlement": _("应享受政策"), "limit": _("限额"),
             "alert": _("预警")}  # fmt: skip
    rows = [
        [c.rule.id, c.rule.title(lang), kinds[c.rule.kind], c.positive.subjects,
         c.positive.households, c.positive.amount, c.of("not_met").households,
         c.of("undecided").subjects, c.of("undecided").households, c.rule.department,
         f"{c.rule.document} {c.rule.section}"]
        for c in totals.by_rule(scope, region_code)
    ]  # fmt: skip
    title = _("认定结果")
    detail = {"list": "overview", "rows": len(rows), "filter": told_filters(request.GET)}
    with event("finding.exported", actor=scope.actor, region_code=scope.region_code, detail=detail):
        note = f"{scope.username} {clock.now():%Y-%m-%d %H:%M}"
        content = workbook(title, labels, rows, note=note)
    return excel_response(content, f"{title}-{clock.today():%Y%m%d}")


def listed(request: HttpRequest, scope: Scope, found: FindingList) -> dict[str, Any]:
    """One page of a list, its columns, and the address of its Excel file."""
    # Households go village by village; subjects of a rule by their number.
    sort = found.listing.sort_of(request) or found.order
    after, before = (request.GET.get(word, "") for word in ("after", "before"))
    wanted = found.found(scope, request.GET)
    rows = paging.paged(wanted, key=found.key, sort=sort, after=after, before=before, count=False)
    query = request.GET.copy()
    for word in ("after", "before"):
        query.pop(word, None)
    return {
        "page": replace(rows, total=found.total(scope, request.GET)),
        "rows": found.rows(scope, rows.items),
        "columns": found.listing.chosen(request),
        "all_columns": found.listing.columns.values(),
        "list": found,
        "sort": sort,
        "list_title": _(found.title),
        "export_query": query.urlencode(),
    }


def _of_rule(request: HttpRequest, scope: Scope, name: str, *kinds: str) -> HttpResponse:
    """The list of one rule: whom it entitles, or flags."""
    found = LISTS[name]
    context = common(request, scope, name)
    rule = rule_of(scope, request.GET, *kinds) if context["run"] else None
    choices = context["rules"].of(*kinds)
    if rule is not None and rule not in choices:
        choices = [rule, *choices]  # a criterion looked at in the list of alerts
    context |= {"rule": rule, "choices": choices}
    if rule is not None:
        counted = totals.by_rule(scope, request.GET.get("region", ""), rule.id)
        context |= {"count": counted[0] if counted else None}
        context |= listed(request, scope, found)
    response = page(request, "findings/subjects.html", context)
    return found.listing.remember(request, response)


@route("finding.view")
def entitled(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Whom a rule entitles to how much."""
    return _of_rule(request, scope, "entitled", "entitlement", "limit")


@route("finding.view")
def alerts(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Whom a warning is raised for, or who meets a criterion of persons."""
    return _of_rule(request, scope, "alerts", "alert")


@route("finding.view")
def open_subjects(request: HttpRequest, scope: Scope) -> HttpResponse:
    """For whom a rule cannot be decided, and what is not known of them. Of villages, enterprises
    and the like, which no household's page shows."""
    return _of_rule(request, scope, "open", "criterion", "entitlement", "limit", "alert")


@route("finding.view")
def ready(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Households that meet the exit standard, by place and by name."""
    context = common(request, scope, "ready")
    region_code = request.GET.get("region", "")
    if context["rules"].exit_rule:
        context |= {
            "totals": totals.overall(scope, region_code),
            "places": _places(totals.village_totals(scope, region_code)),
        }
        context |= listed(request, scope, LISTS["ready"])
    response = page(request, "findings/ready.html", context)
    return LISTS["ready"].listing.remember(request, response)


@dataclass(frozen=True)
class PlaceRow:
    """A place with its name and totals."""

    name: str
    totals: totals.PlaceTotals
    percent: int


def _places(found: list[totals.PlaceTotals]) -> list[PlaceRow]:
    names = divisions.names()
    return [
        PlaceRow(names.get(t.code, t.code), t, round(100 * (t.ready_share or 0)))
        for t in found
        if t.assessed
    ]


@dataclass(frozen=True)
class Cell:
    """One count of the matrix, with the list behind it."""

    label: str
    count: int
    href: str
    unknown: int
    unknown_href: str


@dataclass(frozen=True)
class Line:
    """One place of the matrix."""

    name: str
    code: str
    row: totals.MatrixRow
    cells: list[Cell]
    deeper: bool


def _lines(matrix: totals.Matrix, rows: list[totals.MatrixRow]) -> list[Line]:
    names, lang = divisions.names(), language.current()
    return [
        Line(
            names.get(row.code, row.code), row.code, row,
            [
                Cell(
                    item.title(lang), row.fails[n], households_href(row.code, fails=item.id),
                    row.unknown[n], households_href(row.code, undecided=item.id),
                )
                for n, item in enumerate(matrix.items)
            ],
            len(row.code) < 12,
        )
        for row in rows
    ]  # fmt: skip


@route("finding.view")
def not_ready(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Which items fail, by place; drill down to the village; the households and why."""
    context = common(request, scope, "not_ready")
    if context["rules"].exit_rule:
        matrix = totals.item_matrix(scope, request.GET.get("region", ""))
        context |= {
            "matrix": matrix,
            "lines": _lines(matrix, matrix.rows),
            "total_line": _lines(matrix, [matrix.total])[0],
        }
        context |= listed(request, scope, LISTS["not_ready"])
    response = page(request, "findings/not_ready.html", context)
    return LISTS["not_ready"].listing.remember(request, response)


@route("household.export")
def matrix_file(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The matrix as Excel: the same places and items."""
    region_code = request.GET.get("region", "")
    scope.require("finding.view")
    matrix = totals.item_matrix(scope, region_code)
    lang, names = language.current(), divisions.names()
    labels = [
        _("区划代码"),
        _("区划"),
        _("认定对象户"),
        _("未达标户"),
        *(i.title(lang) for i in matrix.items),
    ]
    rows = [
        [r.code, names.get(r.code, r.code), r.totals.assessed, r.totals.not_ready, *r.fails]
        for r in (*matrix.rows, matrix.total)
    ]
    title = _("未达标项分布")
    with event("finding.exported", actor=scope.actor, region_code=scope.region_code,
               detail={"list": "matrix", "filter": told_filters(request.GET)}):  # fmt: skip
        content = workbook(
            title, labels, rows, note=f"{scope.username} {clock.now():%Y-%m-%d %H:%M}"
        )
    return excel_response(content, f"{title}-{clock.today():%Y%m%d}")


@route("household.export")
def export(request: HttpRequest, scope: Scope, name: str) -> HttpResponse:
    """A findings list as Excel: at once when small, as a background job when large."""
    found = LISTS.get(name)
    if found is None:
        raise problems.NOT_FOUND()
    scope.require("finding.view")
    found.found(scope, request.GET)  # refuses a rule or region before a file is begun
    count = found.total(scope, request.GET)
    names = [c.name for c in found.listing.chosen(request)]
    detail = {"list": name, "rows": count, "columns": names, "filter": told_filters(request.GET)}
    with event("finding.exported", actor=scope.actor, region_code=scope.region_code, detail=detail):
        if count > EXPORT_NOW:
            title = f"{_('导出')}{_(found.title)}（{count:,}）"
            params = {"list": name, "query": sealed_filters(request.GET), "columns": names,
                      "language": language.current()}  # fmt: skip
            enqueue(scope, making.KIND, title, params)
            messages.success(request, _("名单较大，已转为后台任务；完成后在“我的任务”下载。"))
            return redirect("jobs:list")
        content = making.table(scope, found, request.GET, names)
    return excel_response(content, f"{_(found.title)}-{clock.today():%Y%m%d}")
