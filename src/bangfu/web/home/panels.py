"""What the home page shows of a division: cards, rows below, a chart, and what to do first.

A department sees how many poor households there are and what its own policies say; the exit
standard is not its business, so no figure of it is shown (not even as a zero).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.findings import queries as findings
from bangfu.findings import totals
from bangfu.findings.queries import FindingFilter
from bangfu.registry import divisions
from bangfu.registry.queries import HouseholdFilter, annotated
from bangfu.web.findings.lists import gap_label
from bangfu.web.home.figures import FIGURES, Figure
from bangfu.web.households.listing import Row, rows_of
from bangfu.web.language import current

VILLAGE = 12
FIRST = 20  # households named on a village's home


@dataclass(frozen=True)
class PlaceRow:
    """One division below, with every figure and where each leads."""

    code: str
    name: str
    href: str
    cells: list[tuple[str, str]]
    share: int


def figures_of(scope: Scope) -> tuple[Figure, ...]:
    """The figures this person may see."""
    return FIGURES[:2] if scope.department else FIGURES


def home_href(figure: Figure) -> str:
    """The home page coloured by `figure`; a division's code is to follow."""
    return f"{reverse('home:index')}?figure={figure.key}&region="


def division(scope: Scope, code: str, figure: Figure) -> dict[str, Any]:
    """Everything below the heading for one division."""
    shown = figures_of(scope)
    whole = totals.overall(scope, code)
    found: dict[str, Any] = {
        "cards": [(f, f.shown(whole), f.href(code), _note(f, whole)) for f in shown],
        "items": _items(scope, code),
        "policies": _policies(scope, code) if scope.department else [],
        "gaps": _gaps(scope, code),
    }
    if len(code) >= VILLAGE:
        return found | {"attention": _attention(scope, code)}
    places = totals.village_totals(scope, code)
    rows = _rows(places, figure, shown)
    return found | {"rows": rows, "chart": _chart(figure, rows, places)}


def _rows(
    places: list[totals.PlaceTotals], figure: Figure, shown: tuple[Figure, ...]
) -> list[PlaceRow]:
    names = divisions.names()
    values = {p.code: figure.read(p) or 0 for p in places}
    most = max(values.values(), default=0)
    return [
        PlaceRow(
            code=p.code,
            name=names.get(p.code, p.code),
            href=home_href(figure) + p.code,
            cells=[(f.shown(p), f.href(p.code)) for f in shown],
            share=int(100 * values[p.code] / most) if most else 0,
        )
        for p in places
    ]


def _gaps(scope: Scope, code: str) -> list[tuple[str, int, str]]:
    lists = reverse("households:list")
    return [
        (gap_label(g.key), g.households, f"{lists}?region={code}&gap={g.key}")
        for g in totals.gaps(scope, code)[:6]
    ]


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


def _policies(scope: Scope, code: str) -> list[dict[str, Any]]:
    """What a department's own policies give, to how many, and for how many data is missing."""
    lists = f"{reverse('households:list')}?region={code}"
    return [
        {
            "title": c.rule.title(current()),
            "entitled": c.of("entitled").households,
            "amount": c.of("entitled").amount,
            "entitled_href": f"{lists}&entitled={c.rule.id}",
            "undecided": c.of("undecided").households,
            "undecided_href": f"{lists}&undecided={c.rule.id}",
        }
        for c in totals.by_rule(scope, code)
        if c.rule.kind == "entitlement"
    ]


def _attention(scope: Scope, code: str) -> list[tuple[Row, list[str]]]:
    """A village's households that are not ready, each with the items it fails."""
    titles = {r.id: r.title(current()) for r in findings.rules(scope).exit_items}
    if not titles:
        return []
    wanted = HouseholdFilter(region_code=code)
    found = findings.households(scope, wanted, FindingFilter(readiness="not_ready"))
    rows = rows_of(scope, list(annotated(found)[:FIRST]))
    return [
        (row, [titles[i] for i in (row.result.failed if row.result else []) if i in titles])
        for row in rows
    ]


def _chart(
    figure: Figure, rows: list[PlaceRow], places: list[totals.PlaceTotals]
) -> dict[str, Any]:
    """The twenty largest; money in 万元."""
    values = {p.code: figure.read(p) or 0 for p in places}
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
