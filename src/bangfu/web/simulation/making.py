"""The form of a new simulation: find parameters and rules, change them, have each checked
while it is typed, and begin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.findings import packs
from bangfu.findings.scenarios import commands, queries
from bangfu.kernel.problems import Problem
from bangfu.policy import amounts, changes
from bangfu.policy.pack import Cite, Pack, Parameter, Rule, Value
from bangfu.registry import divisions
from bangfu.web import problems
from bangfu.web.http import page, route
from bangfu.web.language import current

FOUND, FEW = 12, 6  # parameters and rules shown at once; before anything is asked for


@dataclass(frozen=True)
class Item:
    """One parameter or rule, as the form offers and holds it."""

    key: str
    kind: str  # set | off | on
    title: str
    now: str
    unit: str
    cite: str
    value: str = ""
    region: str = ""
    error: str = ""
    codes: str = ""


def day_of(text: str, fallback: date) -> date:
    """A day of a form. Raises BAD_REQUEST."""
    if not text:
        return fallback
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise problems.BAD_REQUEST(what=text[:40]) from None


def usual_day(pack: Pack, scope: Scope) -> date:
    """The day of the current run where the pack applies then, else the nearest it does."""
    from bangfu.findings import commands as runs

    asked: date = runs.usual(scope)["as_of"]
    return min(max(asked, pack.start), pack.end)


def asked_pack(request: HttpRequest, scope: Scope) -> Pack:
    """The pack of the form, else the current run's."""
    from bangfu.findings import commands as runs

    name = request.POST.get("pack") or request.GET.get("pack") or runs.usual(scope)["pack"]
    return packs.get(name[:60])


def cite_text(pack: Pack, cite: Cite) -> str:
    """Where it stands: the document and its section."""
    paper = pack.documents.get(cite.document)
    return f"{paper.title} {cite.section}" if paper else cite.source


def parameter_item(pack: Pack, parameter: Parameter, day: date, **more: str) -> Item:
    """A parameter with its present value, unit and citation."""
    names = divisions.names()
    values, codes = [], amounts.codes_of(parameter)
    for value in parameter.in_force(day):
        where = names.get(value.region, value.region) or value.county_kind
        told = _named(value.value, codes)
        values.append(f"{where} {told}" if where else told)
    listed = "、".join(f"{label}（{code}）" for code, label in codes.items())
    return Item(
        parameter.name, "set", parameter.title.show(current()), "；".join(values) or "—",
        amounts.unit_name(parameter, current()), cite_text(pack, parameter.cite), codes=listed,
        **more,
    )  # fmt: skip


def _named(value: Value, codes: dict[str, str]) -> str:
    """A value for people: codes by their labels, 是 or 否."""
    if isinstance(value, tuple):
        return "、".join(codes.get(code, code) for code in value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return amounts.as_text(value)


def rule_item(pack: Pack, rule: Rule, day: date, **more: str) -> Item:
    """A rule with what can be done to it."""
    at = rule.at(day)
    kind = "off" if at is not None else "on"
    return Item(
        rule.id, kind, rule.title.show(current()), _("施行中") if at else _("未施行"), "",
        cite_text(pack, rule.cite), **more,
    )  # fmt: skip


def matching(pack: Pack, day: date, text: str) -> list[Item]:
    """Parameters and rules whose name, title, id or citation holds every word of `text`."""
    words = text.lower().split()

    def holds(*parts: str) -> bool:
        whole = " ".join(parts).lower()
        return all(word in whole for word in words)

    found = [
        parameter_item(pack, p, day) for p in pack.parameters.values()
        if holds(p.name, p.title.zh, p.title.en, cite_text(pack, p.cite))
    ]  # fmt: skip
    found += [
        rule_item(pack, r, day) for r in pack.rules.values()
        if r.kind != "duty" and words and holds(r.id, r.title.zh, r.title.en, r.department)
    ]  # fmt: skip
    return found


@route("simulation.edit")
def find(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Search results while one types; with `add`, the one row to put into the form."""
    pack = asked_pack(request, scope)
    day = day_of(request.GET.get("as_of", ""), usual_day(pack, scope))
    if add := request.GET.get("add", ""):
        rows = [_item(pack, day, add[:80])]
        return page(request, "simulation/_rows.html", {"rows": rows, **_places(scope)})
    found = matching(pack, day, request.GET.get("q", "").strip()[:64])
    context = {"found": found[:FOUND], "more": max(0, len(found) - FOUND), "pack": pack,
               "day": day.isoformat()}  # fmt: skip
    return page(request, "simulation/_found.html", context)


def _item(pack: Pack, day: date, name: str, **more: str) -> Item:
    if name in pack.parameters:
        return parameter_item(pack, pack.parameters[name], day, **more)
    return rule_item(pack, changes.rule_of(pack, name), day, **more)


@route("simulation.edit")
def check(request: HttpRequest, scope: Scope) -> HttpResponse:
    """What is said beside a value while it is typed: the refusal, or what it becomes."""
    pack = asked_pack(request, scope)
    name, value = request.GET.get("key", "")[:80], request.GET.get("value", "").strip()[:400]
    region = request.GET.get("region", "")[:12]
    context: dict[str, Any] = {"empty": not value}
    if value:
        try:
            day = day_of(request.GET.get("as_of", ""), usual_day(pack, scope))
            read = changes.read(pack, day, {f"{name}@{region}" if region else name: value})
        except Problem as problem:
            context["problem"] = problem.as_dict(current())
        else:
            context["becomes"] = amounts.as_text(read.settings[0].value)
            context["unit"] = amounts.unit_name(pack.parameters[name], current())
    return page(request, "simulation/_check.html", context)


def _places(scope: Scope) -> dict[str, Any]:
    """Divisions a parameter may be set for: everywhere in scope, or one county."""
    inside = divisions.children(scope, scope.region_code[:4])
    return {
        "places": [(d.code, d.name) for d in inside if d.code.startswith(scope.region_code[:6])]
    }


def _given(pack: Pack, day: date, request: HttpRequest) -> list[Item]:
    """The rows that were sent, to show again."""
    post, rows = request.POST, []
    sent = zip(post.getlist("key"), post.getlist("region"), post.getlist("value"), strict=False)
    for key, region, value in sent:
        if key in pack.parameters:
            rows.append(_item(pack, day, key, value=value, region=region))
    for kind in ("off", "on"):
        rows += [rule_item(pack, pack.rules[r], day) for r in post.getlist(kind) if r in pack.rules]
    return rows


def _settings(request: HttpRequest) -> list[str]:
    post = request.POST
    sent = zip(post.getlist("key"), post.getlist("region"), post.getlist("value"), strict=False)
    return [
        f"{key}@{region}={value}" if region else f"{key}={value}" for key, region, value in sent
    ]


@route("simulation.edit", methods=("GET", "POST"))
def new(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The form, and what it sends."""
    pack = asked_pack(request, scope)
    sent = request.POST if request.method == "POST" else request.GET
    day = day_of(sent.get("as_of", ""), usual_day(pack, scope))
    context: dict[str, Any] = {
        "pack": pack, "packs": packs.known(), "day": day.isoformat(), "name": sent.get("name", ""),
        "snapshots": queries.snapshots(scope), "snapshot": sent.get("snapshot", ""),
        "rows": _given(pack, day, request) if request.method == "POST" else [
            _item(pack, day, name[:80]) for name in request.GET.getlist("add")[:20]],
        **_places(scope),
    }  # fmt: skip
    if request.method == "POST":
        try:
            made = commands.simulate(
                scope, name=sent.get("name", ""), pack=pack.id, as_of=day,
                settings=_settings(request), off=sent.getlist("off"), on=sent.getlist("on"),
                snapshot=sent.get("snapshot", ""),
            )  # fmt: skip
        except Problem as problem:
            context["problem"] = problem.as_dict(current())
            return page(request, "simulation/new.html", context, status=problem.kind.status)
        messages.success(request, _("模拟已开始。"))
        return redirect("simulation:show", made.pk)
    context["found"] = matching(pack, day, "")[:FEW]
    return page(request, "simulation/new.html", context)
