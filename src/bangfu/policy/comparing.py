"""`bangfu policy diff`: what a pack says differently on two days, rule by rule.

A rule differs when it begins, ends, has another version in force, or reads a parameter or
variable whose value or formula changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bangfu.policy.book import Book, bind_all
from bangfu.policy.pack import Pack, Rule, Version
from bangfu.policy.reading import parameters_of, variables_of


@dataclass(frozen=True)
class Change:
    """One thing that differs: what it is, and its wording on both days."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class RuleChange:
    """A rule that differs. `kind`: begins, ends or changes."""

    rule: Rule
    kind: str
    changes: tuple[Change, ...] = field(default=())


def diff(pack: Pack, start: date, end: date) -> list[RuleChange]:
    """Rules that differ between two days, in pack order."""
    one, two = bind_all(pack, start), bind_all(pack, end)
    found = []
    for rule in pack.rules.values():
        before, after = rule.at(start), rule.at(end)
        if rule.kind == "duty" or (before is None and after is None):
            continue
        if before is None or after is None:
            found.append(RuleChange(rule, "begins" if before is None else "ends"))
            continue
        changes = [*_version(before, after), *_values(pack, rule, one, two)]
        if changes:
            found.append(RuleChange(rule, "changes", tuple(changes)))
    return found


def _version(before: Version, after: Version) -> list[Change]:
    if before is after:
        return []
    found = []
    old = {c.expr.text: c.title.zh for c in before.when}
    new = {c.expr.text: c.title.zh for c in after.when}
    for text in old.keys() - new.keys():
        found.append(Change("when", f"{old[text]}（{text}）", ""))
    for text in new.keys() - old.keys():
        found.append(Change("when", "", f"{new[text]}（{text}）"))
    amounts = [v.amount.text if v.amount else "" for v in (before, after)]
    for what, one, two in (("amount", *amounts), ("unit", before.unit, after.unit),
                           ("period", before.period, after.period)):  # fmt: skip
        if one != two:
            found.append(Change(what, one, two))
    return sorted(found, key=lambda c: (c.what, c.before, c.after))


def _values(pack: Pack, rule: Rule, one: Book, two: Book) -> list[Change]:
    """Parameters and variable formulas the rule reads on both days, where they differ."""
    found = []
    for name in sorted({*parameters_of(one, rule), *parameters_of(two, rule)}):
        before, after = (_shown(pack, name, book.as_of) for book in (one, two))
        if before != after:
            found.append(Change(f"param.{name}", before, after))
    for entity, name in sorted({*variables_of(one, rule), *variables_of(two, rule)}):
        variable = pack.variables[entity, name]
        texts = [v.expr.text if (v := variable.at(b.as_of)) else "" for b in (one, two)]
        if texts[0] != texts[1]:
            found.append(Change(f"{entity}.{name}", *texts))
    return found


def _shown(pack: Pack, name: str, day: date) -> str:
    def one(value: Any) -> str:
        shown = "、".join(value.value) if isinstance(value.value, tuple) else str(value.value)
        where = value.region or value.county_kind
        return f"{where}: {shown}" if where else shown

    return "；".join(one(value) for value in pack.parameters[name].in_force(day))
