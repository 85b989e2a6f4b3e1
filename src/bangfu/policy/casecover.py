"""Which computed rules lack a worked case on a side of their threshold (`policy coverage --cases`).

A rule with a condition needs a case that it meets (an amount above zero) and one that it does
not. A rule without any condition has no such edge: its other side is a day it is not in force
or an amount of zero, asked for only where the pack has such a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bangfu.policy import casefile
from bangfu.policy.loading import known_packs, load_pack
from bangfu.policy.pack import FAR, Pack, Rule
from bangfu.policy.source import SourceError

YES, NO, UNKNOWN, AWAY = "yes", "no", "undecided", "not_in_force"


@dataclass(frozen=True)
class Lack:
    """One rule and the sides it lacks: "yes", "no"."""

    pack: str
    rule: Rule
    sides: tuple[str, ...]


def lacking(packs: Iterable[str] | None = None) -> list[Lack]:
    """Computed rules of the packs (default all) that lack a case on a side. Raises
    PACK_NOT_FOUND, PACK_INVALID."""
    found = []
    for name in packs if packs is not None else known_packs():
        pack = load_pack(name)
        seen = _seen(pack)
        for rule in pack.rules.values():
            if rule.kind != "duty" and (sides := _lacks(pack, rule, seen.get(rule.id, set()))):
                found.append(Lack(pack.id, rule, sides))
        for variable in pack.variables.values():
            named = {variable.rule, f"var:{variable.name}"}
            if variable.rule and not any(seen.get(name) for name in named):
                rule = _formula_rule(pack, variable.rule)
                found.append(Lack(pack.id, rule, (YES,)))
    return found


def _seen(pack: Pack) -> dict[str, set[str]]:
    """Sides that the pack's own cases expect, by rule."""
    found: dict[str, set[str]] = {}
    for file in sorted((pack.root / "cases").rglob("*.yaml")):
        try:
            cases = casefile.read_cases(file)
        except SourceError:
            continue
        for case in cases:
            for asked, value in case.expect.items() if case.pack == pack.id else ():
                found.setdefault(asked.partition("@")[0], set()).add(_side(value))
    return found


def _side(value: Any) -> str:
    if value in (UNKNOWN, AWAY):
        return str(value)
    return YES if value else NO


def _lacks(pack: Pack, rule: Rule, seen: set[str]) -> tuple[str, ...]:
    wanted = {YES, NO}
    bare = not rule.components and not any(version.when for version in rule.versions)
    if bare and (AWAY in seen or not _is_away(pack, rule)):
        wanted.discard(NO)
    return tuple(side for side in (YES, NO) if side in wanted - seen)


def _is_away(pack: Pack, rule: Rule) -> bool:
    """Whether there is a day of the pack on which the rule is not in force."""
    first, last = rule.versions[0].start, rule.versions[-1].end
    return first > pack.start or (last != FAR and last < pack.end)


def _formula_rule(pack: Pack, rule_id: str) -> Rule:
    """A clause that is a formula, as a rule to name it by."""
    variable = pack.formula(rule_id)
    assert variable is not None
    return Rule(
        rule_id, variable.title, "limit", variable.entity, variable.cite, "", (), variable.place,
        pack.id,
    )  # fmt: skip
