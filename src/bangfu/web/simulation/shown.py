"""What the pages of a simulation show: stat cards, charts, tables of one place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from bangfu.findings.reports import words
from bangfu.findings.reports.tables import SHARES, Table, Tables, shown
from bangfu.findings.scenarios.models import Scenario
from bangfu.kernel import money
from bangfu.registry import divisions
from bangfu.web.language import current

MAN = 10000  # 万元
# Tables that are open at once; the others are long and open with a click, and on paper.
OPEN = ("changes", "summary", "by_county", "ready", "poverty")
_SHORT = re.compile(r"(仫佬|毛南|瑶|壮|苗|侗|回)族自治县$")  # 都安瑶族自治县 -> 都安
BEFORE, AFTER, LESS = "#8fa3b8", "#1d4f8c", "#a8442f"


def tables_of(result: Mapping[str, Any], place: str) -> Tables:
    """The tables of a place of a result in the page's language."""
    return Tables(result, place, divisions.names(), current())


def cards(section: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Coverage, cost, gains and losses at a glance."""
    totals = section["totals"]
    return [
        _card(_("享受政策"), totals, "covered_households", _("户")),
        _card(_("享受现金补助"), totals, "paid_households", _("户")),
        _money_card(totals),
        _plain(_("受益"), totals["gain_households"], _("户"), "met", totals["gain_amount"]),
        _plain(_("减少"), totals["lose_households"], _("户"), "unmet", totals["lose_amount"]),
    ]


def _card(label: str, totals: Mapping[str, Any], measure: str, unit: str) -> dict[str, Any]:
    before, after = totals[f"{measure}_before"], totals[f"{measure}_after"]
    return {"label": label, "value": _count(after), "unit": unit, "kind": "",
            "note": _("现行 %(before)s") % {"before": _count(before)}}  # fmt: skip


def _money_card(totals: Mapping[str, Any]) -> dict[str, Any]:
    before, after = totals["cost_before"], totals["cost_after"]
    note = _("现行 %(before)s") % {"before": _yuan(before)}
    if before is not None and after is not None:
        change = Decimal(after) - Decimal(before)
        note = f"{note}，{'+' if change > 0 else ''}{money.show(change)}"
    return {"label": _("年度资金"), "value": _yuan(after), "unit": _("元"), "kind": "",
            "note": note}  # fmt: skip


def _plain(label: str, count: Any, unit: str, kind: str, amount: Any) -> dict[str, Any]:
    return {"label": label, "value": _count(count), "unit": unit, "kind": kind,
            "note": _("每年 %(amount)s 元") % {"amount": _yuan(amount)}}  # fmt: skip


def _count(value: int | None) -> str:
    return words.WITHHELD if value is None else f"{value:,}"


def _yuan(value: str | None) -> str:
    return words.WITHHELD if value is None else money.show(Decimal(value))


def charts(
    result: Mapping[str, Any], section: Mapping[str, Any], href: str
) -> list[dict[str, Any]]:
    """Charts of a section: coverage and readiness, cost by county, gains and losses."""
    found = [_coverage(section), _bands(section)]
    if "county" in section["groups"]:
        found.append(_counties(section, href))
    return found


def _pair(before: Iterable[Any], after: Iterable[Any]) -> list[dict[str, Any]]:
    return [
        {"name": words.say("before", current()), "data": list(before), "colour": BEFORE},
        {"name": words.say("after", current()), "data": list(after), "colour": AFTER},
    ]


def _coverage(section: Mapping[str, Any]) -> dict[str, Any]:
    totals, ready = section["totals"], section.get("ready") or {}
    measures = [(totals, "covered_households"), (totals, "paid_households")]
    if ready:
        measures += [(ready, "ready"), (ready, "not_ready")]
    spec = {
        "type": "bar", "unit": _("户"),
        "labels": [words.say(m, current()) for _where, m in measures],
        "series": _pair([w[f"{m}_before"] for w, m in measures],
                        [w[f"{m}_after"] for w, m in measures]),
    }  # fmt: skip
    return {"title": _("覆盖与退出：现行与模拟"), "spec": spec, "tall": False}


def _counties(section: Mapping[str, Any], href: str) -> dict[str, Any]:
    rows, names = section["groups"]["county"], divisions.names()
    spec = {
        "type": "bar", "horizontal": True, "unit": _("万元"),
        "labels": [_SHORT.sub("", names.get(code, code)) for code, _found in rows],
        "hrefs": [f"{href}?region={code}" for code, _found in rows],
        "series": _pair([_man(f["cost_before"]) for _c, f in rows],
                        [_man(f["cost_after"]) for _c, f in rows]),
    }  # fmt: skip
    return {"title": _("各县（市、区）年度资金（万元）"), "spec": spec, "tall": True}


def _man(value: str | None) -> float | None:
    return None if value is None else round(float(Decimal(value) / MAN), 2)


def _bands(section: Mapping[str, Any]) -> dict[str, Any]:
    labels, before = [], None
    for found in section["bands"]["yuan"]:
        labels.append(words.band("yuan", found["band"], before, current()))
        before = found["band"]
    lose = [f["lose_households"] for f in section["bands"]["yuan"]]
    spec = {
        "type": "bar", "unit": _("户"), "labels": labels,
        "series": [
            {"name": _("受益户"), "colour": "#2f7d6b",
             "data": [f["gain_households"] for f in section["bands"]["yuan"]]},
            {"name": _("减少户"), "colour": LESS, "data": lose},
        ],
    }  # fmt: skip
    return {"title": _("每户每年增减金额的分布（户）"), "spec": spec, "tall": False}


# --- several side by side ----------------------------------------------------------------------

SIDE_BY_SIDE = (
    ("totals", "covered_households"), ("totals", "covered_persons"),
    ("totals", "paid_households"), ("totals", "cost"), ("ready", "ready"),
    ("ready", "not_ready"), ("poverty", "poor"), *(("poverty", share) for share in SHARES),
)  # fmt: skip
MOVED = ("gain_households", "gain_amount", "lose_households", "lose_amount")


def side_by_side(
    found: Sequence[tuple[Scenario, Mapping[str, Any]]],
) -> tuple[list[str], list[list[str]]]:
    """Headings and rows: a measure a line, present policy and each simulation beside it.

    Where they start from different policies, each has its own before.
    """
    same = len({str(r["before_hash"]) + str(s.as_of) for s, r in found}) == 1
    lang = current()
    heads = [words.say("item", lang)]
    for number, (one, _result) in enumerate(found):
        if not same or number == 0:
            before = words.say("before", lang)
            heads.append(before if same else f"{one.name} · {before}")
        heads.append(one.name)
    rows = []
    for part, measure in SIDE_BY_SIDE:
        row = [words.say(measure, lang)]
        for number, (_one, result) in enumerate(found):
            before, after = _values(result["whole"], part, measure)
            if not same or number == 0:
                row.append(before)
            row.append(after)
        rows.append(row)
    for measure in MOVED:
        row = [words.say(measure, lang)]
        for number, (_one, result) in enumerate(found):
            if not same or number == 0:
                row.append("—")
            value = result["whole"]["totals"][measure]
            row.append(_yuan(value) if measure.endswith("amount") else _count(value))
        rows.append(row)
    return heads, rows


def _values(section: Mapping[str, Any], part: str, measure: str) -> tuple[str, str]:
    found = section.get(part)
    if not found:
        return "—", "—"
    if part == "poverty":
        return tuple(  # type: ignore[return-value]
            _measure((found.get(side) or {}).get(measure), measure) for side in ("before", "after")
        )
    return tuple(  # type: ignore[return-value]
        _measure(found[f"{measure}_{side}"], measure) for side in ("before", "after")
    )


def _measure(value: Any, measure: str) -> str:
    if value is None:
        return words.WITHHELD
    if measure in SHARES:
        return f"{Decimal(value):.4f}"
    return _yuan(value) if measure == "cost" else _count(value)


def compared_chart(found: Sequence[tuple[Scenario, Mapping[str, Any]]]) -> dict[str, Any]:
    """The cost of each simulation beside its before, in 万元."""
    totals = [result["whole"]["totals"] for _one, result in found]
    return {
        "type": "bar", "unit": _("万元"), "labels": [one.name for one, _result in found],
        "series": _pair([_man(t["cost_before"]) for t in totals],
                        [_man(t["cost_after"]) for t in totals]),
    }  # fmt: skip


def for_page(table: Table) -> dict[str, Any]:
    """A table as the template takes it: each cell with its heading, for phones."""
    numeric = [any(row.cells[at].numeric for row in table.rows) for at in range(len(table.heads))]
    return {
        "key": table.key, "title": table.title, "notes": table.notes,
        "folded": table.key not in OPEN,
        "heads": list(zip(table.heads, numeric, strict=True)),
        "rows": [
            {"code": row.code, "cells": [
                (head, shown(cell), cell.numeric)
                for head, cell in zip(table.heads, row.cells, strict=True)]}
            for row in table.rows
        ],
    }  # fmt: skip
