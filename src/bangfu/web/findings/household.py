"""One household's findings: the items of the exit standard as a checklist first, then every rule
with its conditions, values, amount, clause and what is missing. Judged live.

Other pages include `findings/templates/_household.html` with `context(...)`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope, crypto, mask
from bangfu.findings import doubles, explaining, queries
from bangfu.findings.explaining import LiveFindings
from bangfu.kernel import money
from bangfu.policy.explanation import ConditionFinding, Input, ParameterUsed, RuleFinding
from bangfu.policy.pack import UNITS as PACK_UNITS
from bangfu.policy.showing import WITHHELD
from bangfu.registry import queries as registry
from bangfu.web import language
from bangfu.web.findings.lists import gap_label, unit_text
from bangfu.web.http import page, route
from bangfu.web.templatetags.bangfu import TRUTH

mark("不在辖区内，不予显示")  # the engine's own word, put into English here
_SAID = {"no": mark("不符合"), **{k: v[0] for k, v in TRUTH.items()}}


@dataclass(frozen=True)
class Value:
    """A value that a condition read: of whom, what, how much, and whether it fulfils it."""

    label: str
    shown: str | None
    truth: bool | None
    judged: bool


@dataclass(frozen=True)
class ConditionView:
    """One condition: its words, truth, values and missing fields."""

    text: str
    truth: bool | None
    values: list[Value]
    missing: list[str]


@dataclass(frozen=True)
class RuleView:
    """One rule for one subject, as the page shows it."""

    id: str
    anchor: str
    title: str
    outcome: str
    subject: str
    amount: str
    department: str
    cite: str
    conditions: list[ConditionView]
    parameters: list[str]
    missing: list[str]
    parts: list[RuleView]
    stored: bool = False


@dataclass(frozen=True)
class Group:
    """Rules under one heading."""

    title: str
    rules: list[RuleView]


class Teller:
    """Makes views of an explanation's rules: members by masked name, the page's language."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names, self.en = names, language.current() == "en"

    def rule(self, found: RuleFinding, parts: Iterable[RuleFinding] = ()) -> RuleView:
        """One rule; `parts` are what a composite is made of."""
        cite, own = found.cite, found.entity == "person" and found.subject
        document = " ".join(str(cite[k]) for k in ("title", "number", "section") if cite.get(k))
        return RuleView(
            id=found.id, anchor=f"{found.id}-{found.subject[-2:]}" if own else found.id,
            title=(self.en and found.title_en) or found.title, outcome=found.outcome,
            subject=self.names.get(found.subject, "") if own else "",
            amount=_amount(found), department=found.department, cite=document,
            conditions=[self._condition(c) for c in found.conditions],
            parameters=[_parameter(p) for p in found.parameters],
            missing=[gap_label(m) for m in found.missing],
            parts=[self.rule(p) for p in parts], stored=found.stored,
        )  # fmt: skip

    def _condition(self, found: ConditionFinding) -> ConditionView:
        return ConditionView(
            (self.en and found.en) or found.zh, found.truth,
            [self._value(i) for i in found.inputs], [gap_label(m) for m in found.missing],
        )  # fmt: skip

    def _value(self, found: Input) -> Value:
        who = self.names.get(found.subject or "", "")
        label = f"{who} {found.zh}" if who else found.zh
        judged = found.subject is not None and found.truth is not None
        shown = None if found.value is None else found.shown
        return Value(label, _(WITHHELD) if found.withheld else shown, found.truth, judged)


def _amount(found: RuleFinding) -> str:
    if found.outcome != "entitled":
        return ""
    if found.in_kind:
        return unit_text("in_kind", None)
    if found.amount is None:
        return ""
    return f"{money.show(found.amount)} {unit_text(found.unit, found.period)}"


def _parameter(found: ParameterUsed) -> str:
    value = found.value
    if isinstance(value, list | tuple):
        value = "、".join(map(str, value))
    elif isinstance(value, bool):
        value = _("是") if value else _("否")
    unit = PACK_UNITS.get(found.unit, ("", ""))[1 if language.current() == "en" else 0]
    return f"{found.zh}：{'—' if value is None else value}{unit}"


def _names(scope: Scope, household_no: str) -> dict[str, str]:
    members: Any = registry.members(scope, household_no)
    return {
        p.person_no: mask("name", crypto.unseal(p.name_sealed)) or p.person_no[-2:] for p in members
    }


REST = ("not_entitled", "not_flagged", "not_met", "not_in_force")


def _groups(live: LiveFindings, tell: Teller) -> list[Group]:
    """What applies, by kind. What does not is asked for when somebody wants to know why."""
    paid = ("entitlement", "limit")
    wanted = (
        (_("应享受"), live.of("entitled", kinds=paid)),
        (_("预警"), live.of("flagged", kinds=("alert",))),
        (_("待定：缺信息，补上即可判定"), live.of("undecided")),
        (_("其他符合"), live.of("met", kinds=("criterion",))),
    )
    return [Group(title, [tell.rule(r) for r in rules]) for title, rules in wanted if rules]


def _doubles(scope: Scope, household_no: str, tell: Teller) -> list[dict[str, Any]]:
    """Groups that the household or a member claims from more than once, as the run found."""
    rules = queries.rules(scope).by_id
    lang = language.current()
    return [
        {"group": group, "title": group.title.show(lang), "who": tell.names.get(row.subject, ""),
         "rules": [rules[i].title(lang) if i in rules else i for i in row.rules],
         "excess": row.excess}
        for group, row in doubles.of_household(scope, household_no)
    ]  # fmt: skip


def context(scope: Scope, household_no: str, year: int | None = None) -> dict[str, Any]:
    """What `_household.html` shows. Raises Problem outside the scope.

    Without a run the pack is still applied; only the comparison with the run is left out.
    """
    live = explaining.explanation(scope, household_no, year=year)
    tell = Teller(_names(scope, household_no))
    return {
        "live": live,
        "items": [tell.rule(i.rule, i.parts) for i in live.items],
        "groups": _groups(live, tell),
        "rest": len(live.of(*REST)),
        "missing": [gap_label(m) for m in live.missing],
        "differences": [
            {"title": d.title, "who": tell.names.get(d.subject, ""),
             "stored": _(_SAID.get(d.stored, d.stored)), "live": _(_SAID.get(d.live, d.live))}
            for d in live.differences
        ],
        "outcome": "undecided" if live.ready is None else "met" if live.ready else "not_met",
        "household_no": household_no,
        "doubles": _doubles(scope, household_no, tell),
    }  # fmt: skip


@route("finding.view")
def fragment(request: HttpRequest, scope: Scope, household_no: str) -> HttpResponse:
    """The household's findings alone, for pages that load them lazily; with part=rest, why the
    other rules do not apply."""
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdigit() and len(asked) == 4 else None
    if request.GET.get("part") == "rest":
        live = explaining.explanation(scope, household_no, year=year)
        tell = Teller(_names(scope, household_no))
        rules = [tell.rule(r) for r in live.of(*REST)]
        return page(request, "findings/_rest.html", {"rules": rules})
    return page(request, "findings/_household.html", context(scope, household_no, year))
