"""What a pack says differently on two days, clause by clause; its effects on a snapshot are
computed as a job and shown like a simulation's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope
from bangfu.findings import packs
from bangfu.findings.scenarios import commands, queries
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.policy.comparing import RuleChange, diff
from bangfu.policy.pack import Pack
from bangfu.policy.simulating import amendment
from bangfu.web.http import page, route
from bangfu.web.language import current
from bangfu.web.listing import excel_response, workbook
from bangfu.web.simulation.making import asked_pack, cite_text, day_of, usual_day

KINDS = {"begins": mark("新增"), "ends": mark("停止"), "changes": mark("变更")}
PARTS = {"when": mark("条件"), "amount": mark("金额"), "unit": mark("单位"), "period": mark("周期")}
HEADS = (mark("规则"), mark("名称"), mark("变化"), mark("出处"), mark("内容"), mark("原来"),
         mark("现在"))  # fmt: skip
SIZE = 100


@dataclass(frozen=True)
class Clause:
    """One changed rule as the page lists it."""

    id: str
    title: str
    kind: str
    kind_name: str
    cite: str
    parts: tuple[tuple[str, str, str], ...]


def clauses(pack: Pack, start: date, end: date) -> list[Clause]:
    """The rules that differ, with the wording or value of each part on both days."""
    return [_clause(pack, found) for found in diff(pack, start, end)]


def _clause(pack: Pack, found: RuleChange) -> Clause:
    rule = found.rule
    parts = tuple((_part(pack, c.what), c.before or "—", c.after or "—") for c in found.changes)
    return Clause(rule.id, rule.title.show(current()), found.kind, _(KINDS[found.kind]),
                  cite_text(pack, rule.cite), parts)  # fmt: skip


def _part(pack: Pack, what: str) -> str:
    if what in PARTS:
        return _(PARTS[what])
    where, _dot, name = what.partition(".")
    if where == "param" and name in pack.parameters:
        return f"{pack.parameters[name].title.show(current())}（{name}）"
    variable = pack.variables.get((where, name))
    return f"{variable.title.show(current())}（{name}）" if variable else what


def _days(request: HttpRequest, pack: Pack, scope: Scope) -> tuple[date, date]:
    """The two days asked for; else the pack's first and the usual one."""
    sent = request.POST if request.method == "POST" else request.GET
    end = day_of(sent.get("to", ""), usual_day(pack, scope))
    return day_of(sent.get("from", ""), min(pack.start, end)), end


def _wanted(request: HttpRequest, scope: Scope) -> tuple[Pack, date, date, list[Clause]]:
    pack = asked_pack(request, scope)
    start, end = _days(request, pack, scope)
    amendment(pack, start, end)  # refuses days the wrong way round or outside the pack
    kind, text = request.GET.get("kind", ""), request.GET.get("q", "").strip().lower()[:64]
    found = [
        c for c in clauses(pack, start, end)
        if kind in ("", c.kind) and text in f"{c.id} {c.title} {c.cite}".lower()
    ]  # fmt: skip
    if request.GET.get("sort") == "-id":
        found.reverse()
    return pack, start, end, found


@route("simulation.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The clauses that differ between two days, and the way to their effects."""
    context: dict[str, Any] = {
        "packs": packs.known(), "snapshots": queries.snapshots(scope), "kinds": KINDS,
        "asked": request.GET,
    }  # fmt: skip
    try:
        pack, start, end, found = _wanted(request, scope)
    except Problem as problem:
        pack = asked_pack(request, scope)
        context |= {"problem": problem.as_dict(current()), "pack": pack,
                    "start": request.GET.get("from", ""), "end": request.GET.get("to", "")}  # fmt: skip
        return page(request, "simulation/diff.html", context, status=problem.kind.status)
    query = request.GET.copy()
    query.pop("at", None)
    at = request.GET.get("at", "0")
    first = min(int(at), len(found)) if at.isascii() and at.isdigit() and len(at) < 7 else 0
    context |= {
        "pack": pack, "start": start.isoformat(), "end": end.isoformat(), "total": len(found),
        "found": found[first : first + SIZE], "query": query.urlencode(),
        "previous": max(0, first - SIZE) if first else None,
        "next": first + SIZE if first + SIZE < len(found) else None,
        "name": f"{pack.title.show(current())} {start} → {end}"[:100],
    }  # fmt: skip
    return page(request, "simulation/diff.html", context)


@route("simulation.view")
def export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The same list as Excel, a line for each part that differs."""
    pack, start, end, found = _wanted(request, scope)
    rows = [
        [c.id, c.title, c.kind_name, c.cite, *part]
        for c in found
        for part in c.parts or (("—", "—", "—"),)
    ]
    note = f"{pack.title.zh} {start} → {end}　{scope.username} {clock.now():%Y-%m-%d %H:%M}"
    content = workbook(_("政策变化"), [_(h) for h in HEADS], rows, note=note)
    return excel_response(content, f"{_('政策变化')}-{start:%Y%m%d}-{end:%Y%m%d}")


@route("simulation.edit", methods=("POST",))
def start(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Begin to compute who gains and who loses by the changes."""
    pack = asked_pack(request, scope)
    first, last = _days(request, pack, scope)
    made = commands.amend(
        scope, name=request.POST.get("name", ""), pack=pack.id, start=first, end=last,
        snapshot=request.POST.get("snapshot", ""),
    )  # fmt: skip
    messages.success(request, _("正在计算政策变化的影响。"))
    return redirect("simulation:show", made.pk)
