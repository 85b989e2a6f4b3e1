"""Double claims: by group and place, the list behind each number, and its Excel file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope
from bangfu.audit import event
from bangfu.findings import doubles, packs, queries
from bangfu.findings.rules import RuleSet
from bangfu.kernel import clock
from bangfu.registry import divisions, paging
from bangfu.web import language
from bangfu.web.findings.lists import SubjectRow, subject_rows
from bangfu.web.http import page, route
from bangfu.web.listing import Column, Listing, excel_response, told_filters, workbook
from bangfu.web.policies import lists
from bangfu.web.regions import cascade, crumbs

MOST = 50_000  # rows of one Excel file


@dataclass(frozen=True)
class Row:
    """One double claim: whose, where, of which rules, how much too much."""

    subject: SubjectRow
    rules: str

    @property
    def household_no(self) -> str:
        """The row's page."""
        return self.subject.household_no


def rule_titles(rules: RuleSet, ids: list[str]) -> str:
    """Titles of rules one may see; the ids of the others."""
    lang = language.current()
    return "；".join(rules.by_id[i].title(lang) if i in rules.by_id else i for i in ids)


DOUBLES = Listing(
    "doubles",
    [
        Column("household_no", mark("户编号"), lambda r: r.household_no or r.subject.item.subject,
               lead=True),
        Column("head", mark("户主"), lambda r: r.subject.head),
        Column("subject", mark("对象"), lambda r: r.subject.name),
        Column("village", mark("所在村"), lambda r: divisions.full_name(
            r.subject.item.village_code, from_level="township")),
        Column("rules", mark("同时符合的政策"), lambda r: r.rules),
        Column("claims", mark("份数"), lambda r: r.subject.item.claims, numeric=True,
               sort="claims"),
        Column("amount", mark("合计（元/年）"), lambda r: r.subject.item.amount, numeric=True,
               money=True, sort="amount"),
        Column("excess", mark("超出（元/年）"), lambda r: r.subject.item.excess, numeric=True,
               money=True, sort="excess"),
    ],
)  # fmt: skip


def _rows(scope: Scope, items: list[Any]) -> list[Row]:
    rules = queries.rules(scope)
    return [
        Row(row, rule_titles(rules, row.item.rules)) for row in subject_rows(scope, items)
    ]  # fmt: skip


@route("finding.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Groups with their counts; one group by place and by name."""
    region_code = request.GET.get("region", "")
    here = region_code or scope.region_code
    run = queries.current(scope)
    counts = doubles.by_group(scope, region_code)
    asked = request.GET.get("group", "")
    chosen = next((c for c in counts if c.group.id == asked), None)
    query = request.GET.copy()
    for word in ("after", "before"):
        query.pop(word, None)
    context: dict[str, Any] = {
        "tab": "doubles", "run": run, "counts": counts, "chosen": chosen, "region_code": here,
        "cascade": cascade(scope, region_code), "export_query": query.urlencode(),
        "crumbs": crumbs(scope, here, f"?group={asked}&region="), "lang": language.current(),
        "query": request.GET,
    }  # fmt: skip
    if asked and run is not None:
        context |= _of_group(request, scope, asked, region_code)
    if chosen is not None and run is not None:
        context["row"] = lists.group_row(packs.get(run.pack), chosen.group)
    response = page(request, "policies/doubles.html", context)
    return DOUBLES.remember(request, response)


def _of_group(request: HttpRequest, scope: Scope, group: str, region_code: str) -> dict[str, Any]:
    names = divisions.names()
    found = doubles.found(scope, group, region_code)
    sort = DOUBLES.sort_of(request)
    after, before = (request.GET.get(word, "") for word in ("after", "before"))
    shown = paging.paged(found, key="subject", sort=sort, after=after, before=before)
    return {
        "page": replace(shown),
        "rows": _rows(scope, shown.items),
        "columns": DOUBLES.chosen(request),
        "all_columns": DOUBLES.columns.values(),
        "sort": sort,
        "places": [
            (names.get(code, code), code, n, households, excess)
            for code, n, households, excess in doubles.by_place(scope, group, region_code)
        ],
    }


@route("household.export")
def export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The list of a group (or of all) as Excel."""
    scope.require("finding.view")
    group, region_code = request.GET.get("group", ""), request.GET.get("region", "")
    found = doubles.found(scope, group, region_code)
    sort = DOUBLES.sort_of(request)
    items = list((found.order_by(sort, "subject") if sort else found)[:MOST])
    columns = DOUBLES.chosen(request)
    title = _("重复享受名单")
    detail = {"list": "doubles", "rows": len(items), "filter": told_filters(request.GET)}
    with event("finding.exported", actor=scope.actor, region_code=scope.region_code, detail=detail):
        rows = ([c.value(row) for c in columns] for row in _rows(scope, items))
        note = f"{scope.username} {clock.now():%Y-%m-%d %H:%M}"
        content = workbook(title, [_(c.label) for c in columns], rows, note=note)
    return excel_response(content, f"{title}-{clock.today():%Y%m%d}")
