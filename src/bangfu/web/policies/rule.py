"""One rule's page: its versions on a time line, conditions, parameters, cases, citation, how many
it touches now with the list behind, and what it hangs together with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.findings import library, problems, queries, totals
from bangfu.kernel import clock
from bangfu.policy.book import Book, Misplaced
from bangfu.policy.pack import FAR, Pack, Parameter, ParameterValue, Rule, Version
from bangfu.policy.reading import parameters_of, variables_of
from bangfu.policy.reasons import Refused
from bangfu.registry import divisions
from bangfu.web import language
from bangfu.web.findings.lists import unit_text
from bangfu.web.findings.views import households_href
from bangfu.web.http import page, route
from bangfu.web.policies import lists
from bangfu.web.policies.views import common


@dataclass(frozen=True)
class VersionView:
    """One wording of a rule: its time, its share of the time line, its conditions and amount."""

    start: date
    end: date | None
    now: bool
    offset: int
    share: int
    conditions: list[tuple[str, str]]
    amount: str
    unit: str


@dataclass(frozen=True)
class ParameterView:
    """One parameter a rule reads: every dated value, by region."""

    parameter: Parameter
    title: str
    unit: str
    values: list[tuple[str, str, str]]  # from, where, value

    @property
    def is_switch(self) -> bool:
        """Whether it turns a reading on or off."""
        return self.parameter.unit == "bool"


@dataclass(frozen=True)
class Touched:
    """How a rule came out in the current run, each with its list."""

    label: str
    number: int
    unit: str
    href: str


def _find(scope: Scope, pack_id: str, rule_id: str) -> tuple[Pack, Rule]:
    for pack in library.known(scope):
        if pack.id == pack_id and rule_id in pack.rules:
            return pack, pack.rules[rule_id]
    raise problems.UNKNOWN_CLAUSE(pack=pack_id, rule=rule_id)


def _day(pack: Pack, scope: Scope) -> date:
    """The day policy is looked at: that of the current run, within the pack's time."""
    at = queries.current(scope)
    day = at.as_of if at is not None else clock.today()
    return min(max(day, pack.start), pack.end)


def _versions(pack: Pack, rule: Rule, day: date) -> list[VersionView]:
    lang = language.current()
    first = min(pack.start, rule.versions[0].start)
    last = max(day, *(v.start for v in rule.versions)) + timedelta(days=365)
    last = max([last, *(v.end for v in rule.versions if v.end < FAR)])
    span = max((last - first).days, 1)

    def view(v: Version) -> VersionView:
        offset = 100 * (v.start - first).days // span
        share = max(2, 100 * (min(v.end, last) - v.start).days // span)
        return VersionView(
            v.start, None if v.end == FAR else v.end, v.start <= day <= v.end, offset,
            min(share, 100 - offset),
            [(c.title.show(lang), c.expr.text) for c in v.when],
            v.amount.text if v.amount else "", unit_text(v.unit, v.period or None) if v.unit else "",
        )  # fmt: skip

    return [view(v) for v in rule.versions]


def _read_by(pack: Pack, rule: Rule) -> tuple[list[str], list[tuple[str, str]]]:
    """Parameters and variables any version of the rule reads, by name."""
    names: dict[str, None] = {}
    variables: dict[tuple[str, str], None] = {}
    for version in rule.versions:
        book = Book(pack, min(max(version.start, pack.start), pack.end))
        try:
            book.bind_rule(rule)
            names |= dict.fromkeys(parameters_of(book, rule))
            variables |= dict.fromkeys(variables_of(book, rule))
        except (Misplaced, Refused):
            continue
    return list(names), list(variables)


def _parameter(parameter: Parameter) -> ParameterView:
    return ParameterView(
        parameter, parameter.title.show(language.current()),
        unit_text(parameter.unit, parameter.period or None),
        [(v.start.isoformat(), _where(v), _shown(v)) for v in
         sorted(parameter.values, key=lambda v: (v.start, v.region, v.county_kind))],
    )  # fmt: skip


def _where(value: ParameterValue) -> str:
    if value.region:
        return divisions.names().get(value.region, value.region)
    return value.county_kind.replace("_", " ") or str(_("一般"))


def _shown(value: ParameterValue) -> str:
    found = value.value
    if isinstance(found, tuple):
        return "、".join(divisions.names().get(v, v) for v in found)
    if isinstance(found, bool):
        return _("是") if found else _("否")
    return f"{found:,}" if isinstance(found, int) else str(found)


def _related(pack: Pack, rule: Rule) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Rules it hangs together with, under headings: (id, title, address) each."""
    lang = language.current()
    others = pack.rules.values()
    headings: list[tuple[str, list[str]]] = [
        (_("由这些组成"), list(rule.components)),
        (_("是它们的一部分"), [r.id for r in others if rule.id in r.components]),
        (_("取代"), list(rule.supersedes)),
        (_("被取代"), [r.id for r in others if rule.id in r.supersedes]),
        (_("引用"), [r.id for r in others if r.id != rule.id and _names(rule, r.id)]),
        (_("被引用"), [r.id for r in others if r.id != rule.id and _names(r, rule.id)]),
    ]
    return [
        (heading, [(i, pack.rules[i].title.show(lang), lists.rule_href(pack.id, i))
                   for i in ids if i in pack.rules])
        for heading, ids in headings if ids
    ]  # fmt: skip


def _names(rule: Rule, other: str) -> bool:
    """Whether a rule's expressions ask for another's result."""
    texts = [c.expr.text for v in rule.versions for c in v.when]
    texts += [v.amount.text for v in rule.versions if v.amount]
    return any(f"'{other}'" in text for text in texts)


def _touched(scope: Scope, pack: Pack, rule: Rule) -> dict[str, Any]:
    """How many it touches in the current run, and the list behind each number."""
    at = queries.current(scope)
    if at is None or not scope.has("finding.view") or rule.kind == "duty":
        return {}
    if at.pack != pack.id:
        return {"other_run": at.pack_title}
    found = totals.by_rule(scope, "", rule.id)
    if not found:
        return {"not_yours": True}
    count, here = found[0], scope.region_code
    listed = {"entitlement": "findings:entitled", "limit": "findings:entitled"}
    name = listed.get(rule.kind, "findings:alerts")
    own = f"{reverse(name)}?{urlencode({'rule': rule.id})}"
    wide = rule.kind == "criterion" and rule.entity == "household"
    touched = [
        Touched(_("符合的对象"), count.positive.subjects, lists.word(lists.ENTITIES, rule.entity),
                households_href(here, meets=rule.id) if wide else own)
    ]  # fmt: skip
    if wide:
        touched.append(Touched(_("不符合的户"), count.of("not_met").households, _("户"),
                               households_href(here, fails=rule.id)))  # fmt: skip
    if rule.entity in ("person", "household"):
        touched.append(Touched(_("待定的户"), count.of("undecided").households, _("户"),
                               households_href(here, undecided=rule.id)))  # fmt: skip
    else:
        # No household's page shows what lacks of a village or an enterprise.
        lacking = f"{reverse('findings:open')}?{urlencode({'rule': rule.id})}"
        touched.append(Touched(_("待定的对象"), count.of("undecided").subjects,
                               lists.word(lists.ENTITIES, rule.entity), lacking))  # fmt: skip
    return {"touched": touched, "amount": count.positive.amount, "run": at,
            "amount_unit": unit_text(count.rule.unit, count.rule.period)}  # fmt: skip


@route("home.view")
def show(request: HttpRequest, scope: Scope, pack: str, rule: str) -> HttpResponse:
    """Everything about one rule or duty."""
    context = common(request, scope, "list")
    home, found = _find(scope, pack, rule)
    lang, day = language.current(), _day(home, scope)
    names, variables = _read_by(home, found)
    paper = home.documents.get(found.cite.document)
    plan = home.programmes.get(found.programme)
    context |= {
        "rule": found, "pack": home, "day": day, "title": found.title.show(lang),
        "kind": lists.word(lists.KINDS, found.kind),
        "entity": lists.word(lists.ENTITIES, found.entity),
        "paper": paper, "plan": plan.show(lang) if plan else "",
        "versions": _versions(home, found, day) if found.versions else [],
        "parameters": [_parameter(home.parameters[n]) for n in names if n in home.parameters],
        "variables": [_variable(home, key) for key in variables],
        "related": _related(home, found), "unit": lists.unit_of(found.unit),
        "interpretation": found.interpretation.show(lang), "note": found.note.show(lang),
        "deadline": found.deadline.show(lang), "measure": found.measure.show(lang),
        "groups": [lists.group_row(home, g) for g in home.overlaps if found.id in g.rules],
        "conflicts": [
            lists.conflict_row(p, c) for p in library.known(scope) for c in p.contradictions
            if found.id in c.all_rules
        ],
        "library": reverse("policies:list"),
        **_touched(scope, home, found),
    }  # fmt: skip
    return page(request, "policies/rule.html", context)


def _variable(pack: Pack, key: tuple[str, str]) -> tuple[str, str, str]:
    """(title, name, formula) of a variable."""
    found = pack.variables[key]
    text = found.versions[-1].expr.text if found.versions else ""
    return found.title.show(language.current()), found.name, " ".join(text.split())


@route("home.view")
def cases(request: HttpRequest, scope: Scope, pack: str, rule: str) -> HttpResponse:
    """The rule's worked cases, run now: a part of its page that comes by itself."""
    from bangfu.policy.cases import cases_of

    home, found = _find(scope, pack, rule)
    key = (home.hash, _stamp(home), rule)
    if key not in _RUN:
        if len(_RUN) > 500:
            _RUN.clear()
        _RUN[key] = cases_of(home.id, found.id)
    return page(request, "policies/_cases.html", {"cases": _RUN[key]})


_RUN: dict[tuple[str, float, str], Any] = {}


def _stamp(pack: Pack) -> float:
    return max((f.stat().st_mtime for f in (pack.root / "cases").rglob("*.yaml")), default=0.0)
