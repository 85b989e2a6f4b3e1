"""A policy pack as frozen objects: documents, parameters, variables, rules, each with its source line.

Built by `loading`; nothing here reads files or knows SQL. Dates are inclusive on both ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from bangfu.policy import problems

if TYPE_CHECKING:
    from bangfu.policy.declared import Contradiction, Overlap

Kind = Literal["entitlement", "criterion", "limit", "alert", "duty"]
KINDS: tuple[str, ...] = get_args(Kind)
AMOUNT_KINDS = ("entitlement", "limit")
TRUTH_KINDS = ("criterion", "alert")
UNITS: dict[str, tuple[str, str]] = {
    "yuan": ("元", "yuan"), "mu": ("亩", "mu"), "m2": ("平方米", "m²"), "km": ("公里", "km"),
    "months": ("个月", "months"), "years": ("年", "years"), "days": ("天", "days"),
    "persons": ("人", "persons"), "households": ("户", "households"),
    "villages": ("个村", "villages"), "share": ("", ""), "percent": ("%", "%"),
    "score": ("分", "points"), "count": ("", ""), "code": ("", ""), "date": ("", ""),
    "text": ("", ""), "bool": ("", ""), "months_per_year": ("个月/年", "months a year"),
}  # fmt: skip
PERIODS = ("year", "month", "semester", "day", "once", "batch")
Value = bool | int | Decimal | str | date | tuple[str, ...]
FAR = date.max


@dataclass(frozen=True)
class Text:
    """The same words in Chinese and English; English may be empty."""

    zh: str
    en: str = ""

    def show(self, lang: str = "zh") -> str:
        """Text in `lang`, Chinese where there is no English."""
        return self.en if lang == "en" and self.en else self.zh


@dataclass(frozen=True)
class Cite:
    """Where a number or rule stands: a document of the pack, or a free-text source."""

    document: str = ""
    section: str = ""
    line: int | None = None
    source: str = ""


@dataclass(frozen=True)
class Document:
    """One policy paper."""

    id: str
    title: str
    number: str = ""
    issued: date | None = None
    source: str = ""


@dataclass(frozen=True)
class Place:
    """A position in a pack's files."""

    file: str
    line: int


@dataclass(frozen=True)
class Expr:
    """The text of an expression and its place."""

    text: str
    place: Place


@dataclass(frozen=True)
class ParameterValue:
    """One dated value, general or for a region prefix or a county kind."""

    start: date
    value: Value
    place: Place
    end: date = FAR
    region: str = ""
    county_kind: str = ""


@dataclass(frozen=True)
class Parameter:
    """A number or list the policy states, with its dates, unit and citation."""

    name: str
    title: Text
    unit: str
    cite: Cite
    values: tuple[ParameterValue, ...]
    place: Place
    period: str = ""
    to_be_set: bool = False

    def in_force(self, as_of: date) -> tuple[ParameterValue, ...]:
        """Values in force: the latest of each region and county kind, longest region first."""
        latest: dict[tuple[str, str], ParameterValue] = {}
        for value in sorted(self.values, key=lambda v: v.start):
            if value.start <= as_of:
                latest[value.region, value.county_kind] = value
        return tuple(
            sorted(
                (v for v in latest.values() if as_of <= v.end),
                key=lambda v: (-len(v.region), not v.county_kind, v.region, v.county_kind),
            )
        )


@dataclass(frozen=True)
class VariableVersion:
    """A formula from a day on."""

    start: date
    end: date
    expr: Expr


@dataclass(frozen=True)
class Variable:
    """A derived quantity of one entity; `rule` names the clause that is its formula."""

    entity: str
    name: str
    title: Text
    unit: str
    cite: Cite
    versions: tuple[VariableVersion, ...]
    place: Place
    rule: str = ""

    def at(self, as_of: date) -> VariableVersion | None:
        """The formula in force, None when there is none."""
        return next((v for v in self.versions if v.start <= as_of <= v.end), None)


@dataclass(frozen=True)
class Condition:
    """One labelled condition of a rule."""

    title: Text
    expr: Expr


@dataclass(frozen=True)
class Version:
    """A rule's wording over a time: its conditions and amount."""

    start: date
    end: date
    when: tuple[Condition, ...]
    place: Place
    amount: Expr | None = None
    unit: str = ""
    period: str = ""
    cite: Cite | None = None


@dataclass(frozen=True)
class Rule:
    """One clause of the policy. `components` are the rules a composite joins."""

    id: str
    title: Text
    kind: Kind
    entity: str
    cite: Cite
    department: str
    versions: tuple[Version, ...]
    place: Place
    pack: str
    programme: str = ""
    components: tuple[str, ...] = ()
    interpretation: Text = Text("")
    note: Text = Text("")
    deadline: Text = Text("")
    measure: Text = Text("")
    target: str = ""
    reported_to: str = ""
    in_kind: bool = False
    unit: str = ""
    supersedes: tuple[str, ...] = ()

    @property
    def has_amount(self) -> bool:
        """Whether it yields a number; an entitlement in kind is only had or not."""
        return self.kind in AMOUNT_KINDS and not self.in_kind

    def at(self, as_of: date) -> Version | None:
        """The version in force, None when there is none."""
        return next((v for v in self.versions if v.start <= as_of <= v.end), None)


@dataclass(frozen=True)
class Pack:
    """A policy pack with everything it extends. `hash` covers all its files but the cases."""

    id: str
    title: Text
    jurisdiction: str
    start: date
    end: date
    documents: dict[str, Document]
    parameters: dict[str, Parameter]
    variables: dict[tuple[str, str], Variable]
    rules: dict[str, Rule]
    root: Path
    hash: str
    extends: tuple[str, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    programmes: dict[str, Text] = field(default_factory=dict)

    def formula(self, rule_id: str) -> Variable | None:
        """The variable whose formula is the clause `rule_id`."""
        return next((v for v in self.variables.values() if v.rule == rule_id), None)

    def rules_of(self, *kinds: str) -> list[Rule]:
        """Rules of some kinds in pack order."""
        return [rule for rule in self.rules.values() if rule.kind in kinds]


def require_in_force(pack: Pack, as_of: date) -> None:
    """Raises AS_OF_OUTSIDE_PACK when the pack does not apply on that day."""
    if not pack.start <= as_of <= pack.end:
        raise problems.AS_OF_OUTSIDE_PACK(
            pack=pack.id, as_of=as_of.isoformat(), start=pack.start.isoformat(),
            end="今" if pack.end == date.max else pack.end.isoformat(),
        )  # fmt: skip
