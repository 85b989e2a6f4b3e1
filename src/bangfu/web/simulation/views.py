"""The list of simulations, one with its result, several side by side, their files."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope
from bangfu.findings import packs
from bangfu.findings.reports import writing
from bangfu.findings.scenarios import commands, queries
from bangfu.findings.scenarios.models import Scenario
from bangfu.kernel import clock
from bangfu.registry import divisions, paging
from bangfu.web import problems
from bangfu.web.http import is_htmx, page, route
from bangfu.web.language import current
from bangfu.web.listing import Column, Listing, excel_response, workbook
from bangfu.web.simulation import shown
from bangfu.web.templatetags.bangfu import moment

KINDS = {"simulate": mark("政策模拟"), "diff": mark("政策变化")}


def told(found: Scenario) -> str:
    """The changes in one line."""
    if found.kind == "diff":
        return f"{moment(found.from_day)} → {moment(found.as_of)}"
    parts = []
    for one in found.described:
        title = one["en"] if current() == "en" and one.get("en") else one["zh"]
        where = divisions.names().get(one.get("region", ""), one.get("region", ""))
        place = f"（{where}）" if where else ""
        if one["what"] == "set":
            parts.append(f"{title}{place} {one['before']} → {one['after']}")
        else:
            parts.append(f"{_('停用') if one['what'] == 'off' else _('启用')} {title}")
    return "；".join(parts)


LIST = Listing(
    "scenarios",
    [
        Column("name", mark("名称"), lambda s: s.name, sort="name", lead=True),
        Column("kind", mark("类型"), lambda s: _(KINDS[s.kind]), sort="kind"),
        Column("state", mark("状态"), lambda s: _(s.get_state_display()), sort="state"),
        Column("pack", mark("政策包"), lambda s: s.pack_title, sort="pack"),
        Column("as_of", mark("判定日期"), lambda s: moment(s.as_of), sort="as_of"),
        Column("changes", mark("改动"), told),
        Column("period", mark("快照期次"), lambda s: s.period, sort="period", usual=False),
        Column("region", mark("地区"), lambda s: divisions.full_name(
            s.region_code, from_level="city"), sort="region_code"),
        Column("owner", mark("创建人"), lambda s: s.owner, sort="owner"),
        Column("created_at", mark("创建时间"), lambda s: moment(s.created_at), sort="created_at"),
        Column("finished_at", mark("完成时间"), lambda s: moment(s.finished_at), usual=False,
               sort="finished_at"),
    ],
)  # fmt: skip


def _found(scope: Scope, request: HttpRequest) -> QuerySet[Scenario]:
    asked = request.GET
    return queries.scenarios(
        scope, kind=asked.get("kind", "") if asked.get("kind") in KINDS else "",
        state=asked.get("state", "") if asked.get("state") in dict(Scenario.STATES) else "",
        pack=asked.get("pack", "")[:60], text=asked.get("q", "").strip()[:64],
        deleted=asked.get("deleted") == "1",
    )  # fmt: skip


@route("simulation.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Simulations, newest first; filter, sort, compare, export."""
    commands.recover()
    sort = LIST.sort_of(request) or "-created_at"
    listed = paging.paged(
        _found(scope, request), key="id", sort=sort,
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    context = {
        "page": listed, "columns": LIST.chosen(request), "all_columns": LIST.columns.values(),
        "sort": sort, "asked": request.GET, "kinds": KINDS, "states": Scenario.STATES,
        "packs": packs.known(), "export_query": query.urlencode(),
    }  # fmt: skip
    name = "simulation/_list.html" if is_htmx(request) else "simulation/list.html"
    return LIST.remember(request, page(request, name, context))


@route("simulation.view")
def export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The list as Excel, with the columns that are seen."""
    columns = LIST.chosen(request)
    rows = ([c.value(s) for c in columns] for s in _found(scope, request)[:2000])
    content = workbook(
        _("政策模拟"), [_(c.label) for c in columns], rows,
        note=f"{scope.username} {clock.now():%Y-%m-%d %H:%M}",
    )  # fmt: skip
    return excel_response(content, f"{_('政策模拟')}-{clock.today():%Y%m%d}")


def _context(scope: Scope, found: Scenario) -> dict[str, Any]:
    mine = queries.may_change(scope, found)
    return {
        "scenario": found, "job": found.job, "told": told(found), "may_change": mine,
        "may_stop": mine and found.is_open, "kind": KINDS[found.kind],
    }  # fmt: skip


def _any(scope: Scope, scenario_id: int) -> Scenario:
    """A simulation, deleted or not."""
    there = queries.scenarios(scope, deleted=True).filter(pk=scenario_id).first()
    return there or queries.scenario(scope, scenario_id)


def _place(result: dict[str, Any], asked: str) -> str:
    """The county asked for, '' for the whole. Raises NOT_FOUND for one that is not there."""
    if asked in ("", result["whole_code"]):
        return ""
    if asked not in result["counties"]:
        raise problems.NOT_FOUND()
    return asked


@route("simulation.view")
def show(request: HttpRequest, scope: Scope, scenario_id: int) -> HttpResponse:
    """One simulation: progress while it is computed, then cards, charts, tables by county."""
    commands.recover()
    found = _any(scope, scenario_id)
    context = _context(scope, found)
    if found.state == "done":
        result = queries.result(scope, found)
        place = _place(result, request.GET.get("region", ""))
        section = result["counties"][place] if place else result["whole"]
        names, where = divisions.names(), place or result["whole_code"]
        href = reverse("simulation:show", args=[found.pk])
        tables = shown.tables_of(result, place)
        context |= {
            "result": result, "place": place, "place_name": names.get(where, where),
            "counties": [(code, names.get(code, code)) for code in result["counties"]]
            if len(result["counties"]) > 1 else [],
            "cards": shown.cards(section), "charts": shown.charts(result, section, href),
            "tables": [shown.for_page(t) for t in tables.all(cross=False)], "href": href,
            "cross": shown.for_page(tables.cross()) if place or len(result["counties"]) == 1 else None,
        }  # fmt: skip
    return page(request, "simulation/show.html", context)


@route("simulation.view")
def progress(request: HttpRequest, scope: Scope, scenario_id: int) -> HttpResponse:
    """The progress line, polled while it is open; reloads the page once it has ended."""
    commands.recover()
    found = queries.scenario(scope, scenario_id)
    response = page(request, "simulation/_progress.html", _context(scope, found))
    if not found.is_open:
        response["HX-Refresh"] = "true"
    return response


def _file(request: HttpRequest, scope: Scope, scenario_id: int, kind: str) -> HttpResponse:
    found = queries.scenario(scope, scenario_id)
    result = queries.result(scope, found)
    place = _place(result, request.GET.get("region", ""))
    more = f"{found.name}　{scope.username} {clock.now():%Y-%m-%d %H:%M}"
    content = writing.write(
        result, kind, place=place, names=divisions.names(), lang=current(), more=more
    )
    commands.exported(scope, found, {"kind": kind, "place": place or result["whole_code"]})
    response = HttpResponse(content, content_type=writing.KINDS[kind])
    name = quote(f"{found.name}-{clock.today():%Y%m%d}.{kind}")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


@route("simulation.view")
def excel(request: HttpRequest, scope: Scope, scenario_id: int) -> HttpResponse:
    """The tables as an Excel workbook."""
    return _file(request, scope, scenario_id, "xlsx")


@route("simulation.view")
def word(request: HttpRequest, scope: Scope, scenario_id: int) -> HttpResponse:
    """The tables as a Word report."""
    return _file(request, scope, scenario_id, "docx")


@route("simulation.edit", methods=("POST",))
def stop(request: HttpRequest, scope: Scope, scenario_id: int) -> HttpResponse:
    """Cancel one that is being computed."""
    commands.stop(scope, scenario_id)
    messages.success(request, _("已要求取消。"))
    return redirect("simulation:show", scenario_id)


@route("simulation.edit", methods=("POST",))
def delete(request: HttpRequest, scope: Scope, scenario_id: int) -> HttpResponse:
    """Put one away; its page offers to restore it."""
    found = commands.delete(scope, scenario_id)
    messages.success(request, _("已删除“%(name)s”，可在“已删除”中恢复。") % {"name": found.name})
    return redirect("simulation:list")


@route("simulation.edit", methods=("POST",))
def restore(request: HttpRequest, scope: Scope, scenario_id: int) -> HttpResponse:
    """Bring a deleted one back."""
    found = commands.restore(scope, scenario_id)
    messages.success(request, _("已恢复“%(name)s”。") % {"name": found.name})
    return redirect("simulation:show", scenario_id)


def _several(request: HttpRequest, scope: Scope) -> list[tuple[Scenario, dict[str, Any]]]:
    ids = [int(i) for i in request.GET.getlist("ids") if i.isascii() and i.isdigit()][:20]
    return [(one, queries.result(scope, one)) for one in queries.several(scope, ids)]


@route("simulation.view")
def compare(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Several simulations side by side."""
    found = _several(request, scope)
    heads, rows = shown.side_by_side(found)
    context = {
        "found": [(one, told(one)) for one, _result in found], "heads": heads,
        "rows": [list(zip(heads, row, strict=True)) for row in rows],
        "chart": shown.compared_chart(found), "query": request.GET.urlencode(),
    }  # fmt: skip
    return page(request, "simulation/compare.html", context)


@route("simulation.view")
def compare_file(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The same table as Excel."""
    heads, rows = shown.side_by_side(_several(request, scope))
    content = workbook(
        _("政策模拟比较"), heads, rows, note=f"{scope.username} {clock.now():%Y-%m-%d %H:%M}"
    )
    return excel_response(content, f"{_('政策模拟比较')}-{clock.today():%Y%m%d}")
