"""Pages of the library: the list with its search, duties, contradictions, groups, and files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope
from bangfu.audit import event
from bangfu.findings import library
from bangfu.findings.models import Clause
from bangfu.kernel import clock
from bangfu.registry import paging
from bangfu.registry.paging import SIZE, Page
from bangfu.web import language, problems
from bangfu.web.http import page, route
from bangfu.web.listing import Listing, excel_response, told_filters, workbook
from bangfu.web.policies import lists

FILTERS = ("q", "pack", "document", "plan", "kind", "entity", "department", "on", "year")


@dataclass(frozen=True)
class Row:
    """A clause of a list with its address."""

    clause: Clause

    @property
    def href(self) -> str:
        """The rule's page."""
        return lists.rule_href(self.clause.pack, self.clause.rule)


def common(request: HttpRequest, scope: Scope, tab: str) -> dict[str, Any]:
    """What every page of the subject shows."""
    library.refresh(scope)
    lang = language.current()
    return {
        "tab": tab,
        "packs": [(pack.id, pack.title.show(lang)) for pack in library.known(scope)],
        "query": request.GET,
    }


def _listed(request: HttpRequest, scope: Scope, listing: Listing, kind: str = "") -> dict[str, Any]:
    """One page of clauses: by relevance where words are asked for, else by a column."""
    asked = lists.filter_of(request.GET, kind)
    found = library.clauses(scope, asked)
    sort = listing.sort_of(request)
    query = request.GET.copy()
    for word in ("after", "before"):
        query.pop(word, None)
    shown = (
        _ranked(request, found) if asked.q.strip() and not sort else _paged(request, found, sort)
    )
    return {
        "page": shown,
        "rows": [Row(clause) for clause in shown.items],
        "columns": listing.chosen(request),
        "all_columns": listing.columns.values(),
        "sort": sort,
        "export_query": query.urlencode(),
        "choices": library.choices(scope, asked.pack, kind),
        "asked": asked,
    }


def _paged(request: HttpRequest, found: QuerySet[Clause], sort: str) -> Page:
    after, before = (request.GET.get(word, "") for word in ("after", "before"))
    return paging.paged(found, key="id", sort=sort, after=after, before=before)


def _ranked(request: HttpRequest, found: QuerySet[Clause]) -> Page:
    """The best first: few enough that a place in the order is the cursor."""
    after, before = (request.GET.get(word, "") for word in ("after", "before"))
    start = int(after) if after.isdigit() else max(0, int(before) - SIZE) if before.isdigit() else 0
    total = found.count()
    items = list(found[start : start + SIZE])
    return Page(
        items, str(start + SIZE) if start + SIZE < total else "", str(start) if start else "", total
    )


@route("home.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Every clause, searched and narrowed; without a filter, the way down from the papers."""
    context = common(request, scope, "list")
    context |= _listed(request, scope, lists.CLAUSES)
    context |= {"kinds": lists.KINDS.items(), "list": "clauses"}
    narrowed = any(request.GET.get(word) for word in FILTERS)
    if not narrowed:
        context["tree"] = _tree(scope)
    elif context["asked"].pack:
        context["plans"] = _plans(scope, request)
    response = page(request, "policies/list.html", context)
    return lists.CLAUSES.remember(request, response)


def _tree(scope: Scope) -> list[dict[str, Any]]:
    """Packs with their documents and how many clauses each has."""
    lang = language.current()
    counted: dict[str, list[dict[str, Any]]] = {}
    rows = Clause.objects.values("pack", "document", "document_title").annotate(n=Count("id"))
    for row in rows.order_by("pack", "document"):
        counted.setdefault(row["pack"], []).append(dict(row))
    return [
        {
            "id": pack.id, "title": pack.title.show(lang),
            "rules": len(pack.rules) - len(pack.rules_of("duty")),
            "duties": len(pack.rules_of("duty")), "parameters": len(pack.parameters),
            "conflicts": len(pack.contradictions), "groups": len(pack.overlaps),
            "documents": counted.get(pack.id, []), "start": pack.start,
        }
        for pack in library.known(scope)
    ]  # fmt: skip


def _plans(scope: Scope, request: HttpRequest) -> list[tuple[str, str, int]]:
    """(plan, title, clauses) of what is looked at, to go on down."""
    asked = replace(lists.filter_of(request.GET), plan="", q="")
    rows = library.clauses(scope, asked).order_by().values("plan").annotate(n=Count("id"))
    programmes = next((p.programmes for p in library.known(scope) if p.id == asked.pack), {})
    lang = language.current()
    return [
        (r["plan"], programmes[r["plan"]].show(lang) if r["plan"] in programmes else r["plan"], r["n"])
        for r in rows.order_by("plan")
    ]  # fmt: skip


@route("home.view")
def duties(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Who has to do what by when, with measure, unit and target."""
    context = common(request, scope, "duties")
    context |= _listed(request, scope, lists.DUTIES, "duty") | {"list": "duties"}
    response = page(request, "policies/duties.html", context)
    return lists.DUTIES.remember(request, response)


@route("home.view")
def contradictions(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Where the papers contradict each other or themselves, and what the packs do."""
    context = common(request, scope, "contradictions")
    rows = lists.conflicts(scope, request.GET)
    context |= {"rows": rows, "natures": lists.NATURES.items(), "list": "contradictions"}
    return page(request, "policies/contradictions.html", context)


@route("home.view")
def groups(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Which rules exclude each other, which add up, which share a ceiling."""
    context = common(request, scope, "groups")
    rows = lists.group_rows(scope, request.GET)
    context |= {"rows": rows, "kinds": lists.GROUP_KINDS.items(), "list": "groups"}
    return page(request, "policies/groups.html", context)


FILES = {
    "clauses": mark("政策条款"), "duties": mark("责任分解"), "contradictions": mark("政策矛盾"),
    "groups": mark("重叠与互斥"),
}  # fmt: skip


@route("home.view")
def export(request: HttpRequest, scope: Scope, name: str) -> HttpResponse:
    """One of the library's lists as Excel: the rows and columns one sees, all pages."""
    if name not in FILES:
        raise problems.NOT_FOUND()
    library.refresh(scope)
    labels, rows = _table(request, scope, name)
    title = _(FILES[name])
    detail = {"list": name, "rows": len(rows), "filter": told_filters(request.GET)}
    with event("policy.exported", actor=scope.actor, region_code=scope.region_code, detail=detail):
        note = f"{scope.username} {clock.now():%Y-%m-%d %H:%M}"
        content = workbook(title, labels, rows, note=note)
    return excel_response(content, f"{title}-{clock.today():%Y%m%d}")


def _table(request: HttpRequest, scope: Scope, name: str) -> tuple[list[str], list[list[Any]]]:
    if name == "contradictions":
        found = lists.conflicts(scope, request.GET)
        columns = lists.CONFLICT_COLUMNS
        return [_(label) for label, _v in columns], [[v(r) for _l, v in columns] for r in found]
    if name == "groups":
        groups_found = lists.group_rows(scope, request.GET)
        heads = lists.GROUP_COLUMNS
        return [_(label) for label, _v in heads], [[v(r) for _l, v in heads] for r in groups_found]
    listing, kind = (lists.DUTIES, "duty") if name == "duties" else (lists.CLAUSES, "")
    chosen = listing.chosen(request)
    sort = listing.sort_of(request)
    clauses = library.clauses(scope, lists.filter_of(request.GET, kind))
    ordered = clauses.order_by(sort, "id") if sort else clauses
    return [_(c.label) for c in chosen], [[c.value(clause) for c in chosen] for clause in ordered]
