"""What is to be collected: missing fields with their households, by place, and the workbook that
a clerk fills in and imports."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.audit import event
from bangfu.findings import collecting, totals
from bangfu.kernel import clock
from bangfu.registry import divisions
from bangfu.web.findings import workbook as writing
from bangfu.web.findings.lists import ENTITIES, LISTS, gap_label
from bangfu.web.findings.views import common, households_href, listed
from bangfu.web.http import page, route
from bangfu.web.listing import excel_response


@dataclass(frozen=True)
class GapRow:
    """One missing field: whom to ask, the list behind it, and whether a workbook can ask it."""

    gap: totals.Gap
    label: str
    entity: str
    href: str
    by_clerk: bool


def _rows(scope: Scope, region_code: str) -> list[GapRow]:
    at = region_code or scope.region_code
    return [
        GapRow(
            gap, gap_label(gap.key), _(ENTITIES.get(gap.entity, gap.entity)),
            households_href(at, gap=gap.key), gap.entity in collecting.ENTITIES,
        )
        for gap in totals.gaps(scope, region_code)
    ]  # fmt: skip


@route("finding.view")
def undecided(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Missing fields, most households first; one field by place; the undecided households."""
    context = common(request, scope, "undecided")
    region_code, key = request.GET.get("region", ""), request.GET.get("field", "")
    names = divisions.names()
    rows = _rows(scope, region_code)
    chosen = next((r for r in rows if r.gap.key == key), None)
    context |= {"gaps": rows, "chosen": chosen, "totals": totals.overall(scope, region_code)}
    if chosen is not None:
        context["places"] = [
            (names.get(code, code), code, households, households_href(code, gap=key))
            for code, households, _subjects in totals.gaps_by_place(scope, key, region_code)
        ]
    if context["run"] is not None and context["rules"].exit_rule:
        context |= listed(request, scope, LISTS["undecided"])
    response = page(request, "findings/undecided.html", context)
    return LISTS["undecided"].listing.remember(request, response)


@route("household.edit")
def workbook(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The workbook to fill in: only the empty cells that rules need, in the import's format."""
    region_code, key = request.GET.get("region", ""), request.GET.get("field", "")
    found = collecting.to_collect(scope, region_code, key)
    detail = {"region": region_code, "field": key, "cells": found.count}
    with event(
        "finding.workbook", actor=scope.actor, region_code=region_code or scope.region_code,
        detail=detail,
    ):  # fmt: skip
        content = writing.to_fill(found)
    place = divisions.full_name(region_code or scope.region_code)
    return excel_response(content, f"{_('待采集信息')}-{place}-{clock.today():%Y%m%d}")
