"""One household's findings: the items of the exit standard as a checklist first, then every rule
with its conditions, values, amount, clause and what is missing. Judged live.

Other pages include `findings/templates/_household.html` with `context(...)`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope, crypto, mask
from bangfu.findings import explaining
from bangfu.findings.explaining import LiveFindings
from bangfu.kernel import money
from bangfu.policy.pack import UNITS as PACK_UNITS
from bangfu.registry import queries as registry
from bangfu.web import language
from bangfu.web.findings.lists import gap_label, unit_text
from bangfu.web.http import page, route
from bangfu.web.templatetags.bangfu import TRUTH

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


@dataclass(frozen=True)
class Group:
    """Rules under one heading; `opened` ones are shown unfolded."""

    title: str
    note: str
    rules: list[RuleView]


class Teller:
    """Makes views of an explanation's rules: members by masked name, the page's language."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names, self.en = names, language.current() == "en"

    def rule(self, raw: dict[str, Any], parts: Iterable[dict[str, Any]] = ()) -> RuleView:
        """One rule; `parts` are what a composite is made of."""
        cite, own = raw["cite"], raw["entity"] == "person" and raw["subject"]
        document = " ".join(str(cite[k]) for k in ("title", "number", "section") if cite.get(k))
        return RuleView(
            id=raw["id"], anchor=f"{raw['id']}-{raw['subject'][-2:]}" if own else raw["id"],
            title=(self.en and raw["title_en"]) or raw["title"],
            outcome=raw["outcome"],
            subject=self.names.get(raw["subject"], "") if raw["entity"] == "person" else "",
            amount=_amount(raw), department=raw["department"], cite=document,
            conditions=[self._condition(c) for c in raw["conditions"]],
            parameters=[_parameter(p) for p in raw["parameters"]],
            missing=[gap_label(m) for m in raw["missing"]],
            parts=[self.rule(p) for p in parts],
        )  # fmt: skip

    def _condition(self, raw: dict[str, Any]) -> ConditionView:
        return ConditionView(
            (self.en and raw["en"]) or raw["zh"], raw["truth"],
            [self._value(i) for i in raw["inputs"]], [gap_label(m) for m in raw["missing"]],
        )  # fmt: skip

    def _value(self, raw: dict[str, Any]) -> Value:
        who = self.names.get(raw["subject"] or "", "")
        label = f"{who} {raw['zh']}" if who else raw["zh"]
        known = raw["value"] is not None
        judged = raw["subject"] is not None and raw["truth"] is not None
        return Value(label, raw["shown"] if known else None, raw["truth"], judged)


def _amount(raw: dict[str, Any]) -> str:
    if raw["outcome"] != "entitled":
        return ""
    if raw.get("in_kind"):
        return unit_text("in_kind", None)
    if raw["amount"] is None:
        return ""
    return f"{money.show(Decimal(raw['amount']))} {unit_text(raw['unit'], raw['period'])}"


def _parameter(raw: dict[str, Any]) -> str:
    value = raw["value"]
    if isinstance(value, list):
        value = "、".join(map(str, value))
    elif isinstance(value, bool):
        value = _("是") if value else _("否")
    unit = PACK_UNITS.get(raw["unit"], ("", ""))[1 if language.current() == "en" else 0]
    return f"{raw['zh']}：{'—' if value is None else value}{unit}"


def _names(scope: Scope, household_no: str) -> dict[str, str]:
    members: Any = registry.members(scope, household_no)
    return {
        p.person_no: mask("name", crypto.unseal(p.name_sealed)) or p.person_no[-2:]
        for p in members
    }


def _groups(live: LiveFindings, tell: Teller) -> list[Group]:
    paid = ("entitlement", "limit")
    wanted = (
        (_("应享受"), "", live.of("entitled", kinds=paid)),
        (_("预警"), "", live.of("flagged", kinds=("alert",))),
        (_("待定：缺信息，补上即可判定"), "", live.of("undecided")),
        (_("其他符合"), "", live.of("met", kinds=("criterion",))),
        (_("不符合或未施行"), "rest",
         live.of("not_entitled", "not_flagged", "not_met", "not_in_force")),
    )  # fmt: skip
    return [
        Group(title, note, [tell.rule(r) for r in rules]) for title, note, rules in wanted if rules
    ]


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
        "missing": [gap_label(m) for m in live.missing],
        "differences": [
            {"title": d.title, "who": tell.names.get(d.subject, ""),
             "stored": _(_SAID.get(d.stored, d.stored)), "live": _(_SAID.get(d.live, d.live))}
            for d in live.differences
        ],
        "outcome": "undecided" if live.ready is None else "met" if live.ready else "not_met",
        "household_no": household_no,
    }  # fmt: skip


@route("finding.view")
def fragment(request: HttpRequest, scope: Scope, household_no: str) -> HttpResponse:
    """The household's findings alone, for pages that load them lazily, and after a correction."""
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdigit() and len(asked) == 4 else None
    return page(request, "findings/_household.html", context(scope, household_no, year))
