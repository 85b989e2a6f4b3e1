"""Home page, its figures for the map, county shapes, and divisions for the region selects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.findings import queries as findings
from bangfu.findings import totals
from bangfu.jobs.queries import jobs
from bangfu.registry import divisions
from bangfu.registry.queries import HouseholdFilter, households
from bangfu.web.findings.lists import gap_label
from bangfu.web.home.figures import FIGURES, Figure, choose, feed
from bangfu.web.http import page, route
from bangfu.web.language import current
from bangfu.web.regions import crumbs

COUNTY = 6


@dataclass(frozen=True)
class PlaceRow:
    """One division below, with every figure and where each leads."""

    code: str
    name: str
    href: str
    cells: list[tuple[str, str]]
    share: int


def _region(request: HttpRequest, scope: Scope) -> str:
    asked = request.GET.get("region", "")
    return divisions.get(scope, asked).code if asked else scope.region_code


def _href(figure: Figure) -> str:
    return f"{reverse('home:index')}?figure={figure.key}&region="


@route("home.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The cards, the map or chart coloured by one figure, and the table below it."""
    code = _region(request, scope)
    figure = choose(request.GET.get("figure", ""))
    context: dict[str, Any] = {
        "region": code,
        "region_name": divisions.full_name(code, from_level="city" if len(code) <= 4 else "county"),
        "crumbs": crumbs(scope, code, _href(figure))[:-1],
        "figure": figure,
        "figures": FIGURES,
        "run": findings.current(scope),
        "jobs": [j for j in jobs(scope)[:20] if j.is_open],
        "county": code[:COUNTY] if len(code) >= COUNTY else "",
        "whole_map": len(code) < COUNTY,
        "county_only": len(code) == COUNTY,
        "tiles": settings.BANGFU_TILES,
    }
    if context["run"] is None:
        context["registered"] = households(scope, HouseholdFilter(region_code=code)).count()
        return page(request, "home/index.html", context)
    if scope.has("household.view"):
        context |= _below(scope, code, figure)
    return page(request, "home/index.html", context)


def _below(scope: Scope, code: str, figure: Figure) -> dict[str, Any]:
    """Cards, most wanted data, and one row for each division below `code`."""
    whole = totals.overall(scope, code)
    places = totals.village_totals(scope, code)
    names = divisions.names()
    values = {p.code: figure.read(p) or 0 for p in places}
    most = max(values.values(), default=0)
    rows = [
        PlaceRow(
            code=p.code,
            name=names.get(p.code, p.code),
            href=_href(figure) + p.code if len(p.code) < 12 else FIGURES[1].href(p.code),
            cells=[(f.shown(p), f.href(p.code)) for f in FIGURES],
            share=int(100 * values[p.code] / most) if most else 0,
        )
        for p in places
    ]
    lists = reverse("households:list")
    return {
        "cards": [(f, f.shown(whole), f.href(code), _note(f, whole)) for f in FIGURES],
        "rows": rows,
        "chart": _chart(figure, rows, values),
        "items": _items(scope, code),
        "gaps": [
            (gap_label(g.key), g.households, f"{lists}?region={code}&gap={g.key}")
            for g in totals.gaps(scope, code)[:6]
        ],
    }


def _items(scope: Scope, code: str) -> list[dict[str, Any]]:
    """The items of the exit standard, with how many households fail each or lack data for it."""
    lists = f"{reverse('households:list')}?region={code}"
    counts = {c.rule.id: c for c in totals.by_rule(scope, code)}
    return [
        {
            "title": rule.title(current()),
            "fails": counts[rule.id].of("not_met").households,
            "fails_href": f"{lists}&fails={rule.id}",
            "unknown": counts[rule.id].of("undecided").households,
            "unknown_href": f"{lists}&undecided={rule.id}",
        }
        for rule in findings.rules(scope).exit_items
        if rule.id in counts
    ]


def _note(figure: Figure, whole: totals.PlaceTotals) -> str:
    if figure.key in ("ready", "not_ready", "undecided") and whole.assessed:
        part = figure.read(whole) or 0
        return _("占贫困户 %(rate).1f%%") % {"rate": 100 * float(part) / whole.assessed}
    return ""


def _chart(figure: Figure, rows: list[PlaceRow], values: dict[str, Any]) -> dict[str, Any]:
    ranked = sorted(rows, key=lambda r: values[r.code], reverse=True)[:20]
    scale = 10000 if figure.unit == "万元" else 1
    return {
        "type": "bar",
        "horizontal": True,
        "unit": _(figure.unit),
        "labels": [r.name for r in ranked],
        "hrefs": [r.href for r in ranked],
        "series": [
            {
                "name": _(figure.label),
                "data": [round(float(values[r.code]) / scale, 2) for r in ranked],
            }
        ],
    }


@route("home.view")
def figures(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The chosen figure by county, for the map."""
    figure = choose(request.GET.get("figure", ""))
    if findings.current(scope) is None or not scope.has("household.view"):
        return JsonResponse({"label": _(figure.label), "unit": _(figure.unit), "items": []})
    places = totals.village_totals(scope, "", COUNTY)
    return JsonResponse(feed(figure, places, divisions.names(), _href(figure)))


@route("home.view")
def shapes(_request: HttpRequest, _scope: Scope) -> HttpResponse:
    """County boundaries (public data; the same for everyone)."""
    response = JsonResponse(divisions.boundaries(), json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "private, max-age=86400"
    return response


@route("home.view")
def divisions_below(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Divisions directly below `parent`, for the region selects."""
    found = divisions.children(scope, request.GET.get("parent", "") or scope.region_code)
    return JsonResponse({"items": [{"code": d.code, "name": d.name} for d in found]})
