"""Home page, its figures for the map, county shapes, and divisions for the region selects."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.findings import queries as findings
from bangfu.findings import totals
from bangfu.jobs.queries import jobs
from bangfu.procedures import queries as procedures
from bangfu.registry import divisions
from bangfu.registry.queries import HouseholdFilter, households
from bangfu.web.home.figures import choose, feed
from bangfu.web.home.panels import VILLAGE, division, figures_of, home_href
from bangfu.web.http import page, route
from bangfu.web.regions import crumbs

COUNTY = 6


def _region(request: HttpRequest, scope: Scope) -> str:
    asked = request.GET.get("region", "")
    return divisions.get(scope, asked).code if asked else scope.region_code


@route("home.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The cards, the map or chart coloured by one figure, and the table below it."""
    code = _region(request, scope)
    figure = choose(request.GET.get("figure", ""), figures_of(scope))
    context: dict[str, Any] = {
        "region": code,
        "region_name": divisions.full_name(code, from_level="city" if len(code) <= 4 else "county"),
        "crumbs": crumbs(scope, code, home_href(figure))[:-1],
        "figure": figure,
        "figures": figures_of(scope),
        "run": findings.current(scope),
        "jobs": [j for j in jobs(scope)[:20] if j.is_open],
        "county": code[:COUNTY] if len(code) >= COUNTY else "",
        "whole_map": len(code) < COUNTY,
        "county_only": len(code) == COUNTY,
        "village": len(code) >= VILLAGE,
        "tiles": settings.BANGFU_TILES,
    }
    context["tasks"] = _tasks(scope)
    if context["run"] is None:
        context["registered"] = households(scope, HouseholdFilter(region_code=code)).count()
        return page(request, "home/index.html", context)
    if scope.has("household.view"):
        context |= division(scope, code, figure)
    return page(request, "home/index.html", context)


def _tasks(scope: Scope) -> list[tuple[str, int, str, str]]:
    """(label, cases, address, kind) of the procedures that wait for this person, and of those
    that the levels below are late with; nothing where there is none."""
    if not scope.has("procedure.view"):
        return []
    counts, at = procedures.summary(scope), reverse("procedures:inbox")
    shown = (
        ("overdue", _("流程已逾期"), "unmet"), ("today", _("流程今天到期"), "unknown"),
        ("coming", _("流程临近期限"), ""), ("later", _("流程可以办理"), "met"),
        ("above", _("下级流程逾期"), "unmet"),
    )  # fmt: skip
    return [(label, counts[name], f"{at}#g-{name}", kind)
            for name, label, kind in shown if counts[name]]  # fmt: skip


@route("home.view")
def figures(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The chosen figure by county, for the map."""
    figure = choose(request.GET.get("figure", ""), figures_of(scope))
    if findings.current(scope) is None or not scope.has("household.view"):
        return JsonResponse({"label": _(figure.label), "unit": _(figure.unit), "items": []})
    places = totals.village_totals(scope, "", COUNTY)
    return JsonResponse(feed(figure, places, divisions.names(), home_href(figure)))


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
