"""The figures of the home page, each with the list that stands behind it.

A figure is a reading of `findings.totals.PlaceTotals`; its `query` is the household list's
filter that gives exactly the households counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.findings.totals import PlaceTotals
from bangfu.kernel import money
from bangfu.web.templatetags.bangfu import num

Reading = Callable[[PlaceTotals], int | Decimal | None]


@dataclass(frozen=True)
class Figure:
    """One figure. `kind` colours its card (met, unmet, unknown)."""

    key: str
    label: str
    unit: str
    read: Reading
    query: dict[str, str]
    kind: str = ""

    def shown(self, totals: PlaceTotals) -> str:
        """For people: 12,345, or 5.13 万元 for large money."""
        value = self.read(totals)
        if value is None:
            return "—"
        return ten_thousands(value) if isinstance(value, Decimal) else num(value)

    def href(self, region_code: str) -> str:
        """The household list behind the figure in a division."""
        return f"{reverse('households:list')}?{urlencode({'region': region_code, **self.query})}"


def ten_thousands(value: Decimal) -> str:
    """Money in 万元 with two places, as reports write it."""
    return f"{money.yuan(value / 10000):,}"


def _rate(part: int, whole: int) -> Decimal | None:
    return Decimal(100 * part / whole).quantize(Decimal("0.1")) if whole else None


FIGURES: tuple[Figure, ...] = (
    Figure("poor_persons", mark("贫困人口"), mark("人"), lambda t: t.assessed_persons,
           {"readiness": "assessed"}),
    Figure("poor_households", mark("贫困户"), mark("户"), lambda t: t.assessed,
           {"readiness": "assessed"}),
    Figure("ready", mark("达到脱贫标准"), mark("户"), lambda t: t.ready,
           {"readiness": "ready"}, "met"),
    Figure("not_ready", mark("未达标"), mark("户"), lambda t: t.not_ready,
           {"readiness": "not_ready"}, "unmet"),
    Figure("undecided", mark("待定（缺信息）"), mark("户"), lambda t: t.undecided,
           {"readiness": "undecided"}, "unknown"),
    Figure("entitled", mark("有应享受政策"), mark("户"), lambda t: t.entitled, {"entitled": "any"}),
    Figure("entitled_total", mark("年度应享受金额"), mark("万元"), lambda t: t.entitled_total,
           {"entitled": "any"}),
    Figure("gaps", mark("需补充信息"), mark("户"), lambda t: t.with_gaps,
           {"gap": "any"}, "unknown"),
)  # fmt: skip


def choose(key: str, among: tuple[Figure, ...] = FIGURES) -> Figure:
    """The figure called `key`; the first one for anything else."""
    return next((f for f in among if f.key == key), among[0])


def feed(
    figure: Figure, places: list[PlaceTotals], names: dict[str, str], href: str
) -> dict[str, Any]:
    """What map and chart draw: {label, unit, items: [{code, name, value, shown, href}]}."""
    return {
        "label": _(figure.label),
        "unit": _(figure.unit),
        "items": [
            {
                "code": place.code,
                "name": names.get(place.code, place.code),
                "value": float(value) if (value := figure.read(place)) is not None else None,
                "shown": figure.shown(place),
                "href": f"{href}{place.code}",
            }
            for place in places
        ],
    }
