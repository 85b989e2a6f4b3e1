"""Villages and counties: the engine's findings of a form's indicators, what is offered for its
blanks, and the registered households behind an indicator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bangfu import dictionary
from bangfu.access.scope import Scope
from bangfu.findings import placing
from bangfu.findings import queries as findings
from bangfu.findings.models import Alert
from bangfu.findings.queries import FindingFilter
from bangfu.findings.rules import RuleSet
from bangfu.policy.explanation import ConditionFinding
from bangfu.policy.procedures.definition import Form, FormField, Item, Procedure
from bangfu.policy.procedures.needs import Engine
from bangfu.registry.queries import HouseholdFilter

PLACES = ("village", "county")
_LONGEST = 300  # characters of a reason
_CENT = Decimal("0.01")
_SAID = {"met": "达标", "not_met": "未达标", "undecided": "待定"}


def engine(scope: Scope, procedure: Procedure, form: Form, code: str) -> dict[str, Engine]:
    """By indicator of `form`, what the current run found of the place, with its reason; nothing
    without a run of the procedure's pack."""
    rules = [i.rule for i in form.items if i.rule]
    told = placing.explanation(scope, procedure.subject, code, procedure.pack, rules)
    return {
        item.id: Engine(told[item.rule].outcome, _reason(told[item.rule]))
        for item in form.items if item.rule in told
    }  # fmt: skip


def _reason(found: placing.Placed) -> str:
    told = said(found.conditions)
    lacking = "、".join(_field(name) for name in found.missing)
    if found.outcome == placing.UNDECIDED and lacking:
        told = f"缺少：{lacking}；{told}"
    if found.differs:
        told = f"评估认定{_SAID[found.outcome]}，按登记表现值为{_SAID[found.now]}；{told}"
    return told[:_LONGEST]


def said(conditions: Iterable[ConditionFinding]) -> str:
    """The conditions that decide, with the values they compare: those that do not hold, or all."""
    every = list(conditions)
    parts = []
    for condition in [c for c in every if c.truth is not True] or every:
        values = "、".join(f"{i.zh} {i.shown}" for i in condition.inputs if i.shown)
        parts.append(f"{condition.zh}（{values}）" if values else condition.zh)
    return "；".join(parts)[:_LONGEST]


def _field(name: str) -> str:
    entity, _dot, column = name.partition(".")
    known = dictionary.entity(entity).fields if entity in dictionary.ENTITIES else {}
    return known[column].zh if column in known else name


# --- what is offered ---------------------------------------------------------------------


def prefill(scope: Scope, procedure: Procedure, form: Form, code: str) -> dict[str, str]:
    """Values offered for the blanks of `form`: fields and variables of the place, sums of its
    villages' fields, differences of two of these, subjects that a rule marks in the place."""
    wanted = {b: b.prefill for b in form.fields if b.prefill}
    if not wanted:
        return {}
    names = [n for text in wanted.values() for n in text.split(" - ") if "." in n]
    known = _known(scope, procedure, code, names)
    found = {}
    for blank, text in wanted.items():
        parts: list[Any] = [
            known.get(n) if "." in n else _marked(scope, n, code) for n in text.split(" - ")
        ]
        if None not in parts:
            value = parts[0] if len(parts) == 1 else parts[0] - parts[1]
            found[blank.id] = _offered(blank, value)
    return found


def _known(
    scope: Scope, procedure: Procedure, code: str, names: Iterable[str]
) -> dict[str, Any]:  # fmt: skip
    """By full name (village.households_total), the value at the place."""
    own: list[str] = []
    below: list[str] = []
    for name in names:
        entity, _dot, column = name.partition(".")
        (own if entity == procedure.subject else below).append(column)
    found = placing.figures(scope, procedure.subject, code, procedure.pack, own)
    told = {f"{procedure.subject}.{name}": value for name, value in found.items()}
    sums = placing.sums(scope, code, below) if procedure.subject == "county" and below else {}
    return told | {f"village.{name}": value for name, value in sums.items()}


def _marked(scope: Scope, rule: str, code: str) -> int | None:
    run = findings.current(scope)
    if run is None or rule not in run.rule_set.by_id or not code.startswith(run.region_code):
        return None
    return Alert.objects.filter(run=run, rule=rule, village_code__startswith=code).count()


def _offered(blank: FormField, value: Any) -> str:
    if blank.unit == "%":  # recorded as parts of one
        value = (Decimal(value) * 100).quantize(_CENT, ROUND_HALF_UP)
    return str(value)


# --- the households behind -----------------------------------------------------------------


@dataclass(frozen=True)
class Behind:
    """Registered households behind an indicator: how many, and the filter that lists them;
    `marks`: an alert marks them, they do not fail a criterion."""

    rule: str
    title: str
    title_en: str
    undecided: bool
    marks: bool
    count: int
    query: dict[str, str]


def behind(scope: Scope, item: Item, code: str) -> list[Behind]:
    """The households of the place that stand behind an indicator: those that do not meet its
    household criteria or that its alerts mark, and those that are undecided. The number is the
    length of the list that `query` (region and findings filter) gives."""
    if not item.behind or not scope.has("household.view"):
        return []
    run = findings.current(scope)
    seen = findings.rules(scope, run) if run else RuleSet(())
    found = []
    for rule in (r for r in item.behind if r in seen.by_id):
        about = seen.by_id[rule]
        marks = about.kind == "alert"
        for filter_, unsure in (
            (FindingFilter(alert=rule) if marks else FindingFilter(fails=rule), False),
            (FindingFilter(undecided=rule), True),
        ):
            wanted = HouseholdFilter(region_code=code)
            count = findings.households(scope, wanted, filter_).order_by().count()
            if count or not unsure:
                found.append(Behind(rule, about.zh, about.en, unsure, marks and not unsure, count,
                                    {"region": code, **filter_.to_query()}))  # fmt: skip
    return found


__all__ = ["PLACES", "Behind", "behind", "engine", "prefill", "said"]
