"""The rules' part of a published result: subjects and amounts of each rule by place, small
ones withheld, and with them what the cost of a place would give away (see `outcome`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from bangfu.policy.effects import SIDES, TIMES, Effects
from bangfu.policy.pack import Pack, Rule, Version
from bangfu.policy.suppressing import Line, withheld

Key = tuple[str, ...]
Numbers = dict[str, Any]


def by_place(counties: Sequence[str], value: Callable[[str], int]) -> dict[str, int]:
    """A number of each county, and of all together under ''."""
    found = {county: value(county) for county in counties}
    return {"": sum(found.values()), **found}


class RuleTables:
    """Rules by place: those that give something, and those that came out otherwise."""

    def __init__(
        self,
        effects: Effects,
        packs: tuple[Pack, Pack],
        threshold: int,
        *,
        moved: set[str],
        cost: Mapping[str, set[str]],
    ) -> None:
        """`moved`: places where who gains or loses is withheld; `cost`: by side, places where
        the cost is."""
        self.rows = {(row["rule"], row["county"]): row for row in effects.rules}
        self.counties, self.places = effects.counties, ("", *effects.counties)
        self.threshold, self.moved, self.cost = threshold, moved, cost
        headings = {
            rule: _heading(packs, rule)
            for rule in dict.fromkeys(row["rule"] for row in effects.rules)
        }
        self.headings = {
            rule: heading for rule, heading in headings.items()
            if heading["kind"] == "entitlement" or self._differs(rule)
        }  # fmt: skip
        self.shown: dict[str, list[Numbers]] = {
            place: [{"rule": rule} for rule in self.headings] for place in self.places
        }
        for side in SIDES:
            self._fill(side)

    def _differs(self, rule: str) -> bool:
        return any(
            row.get(f"{name}_before", 0) != row.get(f"{name}_after", 0)
            for (one, _), row in self.rows.items() if one == rule
            for name in ("positive", "undecided", "amount")
        )  # fmt: skip

    def _fill(self, side: str) -> None:
        hidden = {name: self._small(f"{name}_{side}") for name in ("positive", "undecided")}
        hidden["positive"] |= self._told_by_cost(side, hidden["positive"])
        for place in self.places:
            for row in self.shown[place]:
                rule, there = row["rule"], (row["rule"], place)
                for name, cells in hidden.items():
                    number = self._numbers(rule, f"{name}_{side}")[place]
                    row[f"{name}_{side}"] = None if there in cells else number
                amount = self._amounts(rule, side)[place]
                kept = amount is not None and there not in hidden["positive"]
                row[f"amount_{side}"] = format(amount, "f") if kept else None

    def _small(self, name: str) -> set[Key]:
        found: set[Key] = set()
        for rule in self.headings:
            values: dict[Key, int] = {
                (rule, place): n for place, n in self._numbers(rule, name).items()
            }
            found |= withheld(values, [self._line(rule)], self.threshold)
        return found

    def _line(self, rule: str) -> Line[Key]:
        return (rule, ""), tuple((rule, county) for county in self.counties)

    def _told_by_cost(self, side: str, small: set[Key]) -> frozenset[Key]:
        """Rules add up to the cost of a place, so one withheld alone would follow from it; and
        what a place gains would follow from the rules that pay more."""
        values: dict[Key, int] = {}
        paying = [r for r, h in self.headings.items() if h["yearly"]]
        for rule in paying:
            amounts, times = self._amounts(rule, side), self.headings[rule]["yearly"]
            for place in self.places:
                values[rule, place] = int(100 * times * (amounts[place] or 0))
        lines = [self._line(rule) for rule in paying]
        for place in self.places:
            parts = tuple((rule, place) for rule in paying)
            values["cost", place] = sum(values[part] for part in parts)
            lines.append((("cost", place), parts))
        also = {key for key in small if key in values}
        for place in self.places:
            if side == "after" and place in self.moved:
                also |= {(rule, place) for rule in paying if self._moves(rule)}
                also.add(("cost", place))
            if place in self.cost[side]:
                also.add(("cost", place))
        return withheld(values, lines, 0, also)

    def _moves(self, rule: str) -> bool:
        return self._amounts(rule, "before") != self._amounts(rule, "after")

    def _numbers(self, rule: str, name: str) -> dict[str, int]:
        return by_place(self.counties, lambda c: int(self.rows.get((rule, c), {}).get(name, 0)))

    def _amounts(self, rule: str, side: str) -> dict[str, Decimal | None]:
        found: dict[str, Decimal | None] = {
            county: self.rows.get((rule, county), {}).get(f"amount_{side}")
            for county in self.counties
        }
        known = [amount for amount in found.values() if amount is not None]
        return {"": sum(known, Decimal(0)) if known else None, **found}


def _heading(packs: tuple[Pack, Pack], rule_id: str) -> dict[str, Any]:
    rule = next(pack.rules[rule_id] for pack in packs if rule_id in pack.rules)
    versions = [v for pack in packs if rule_id in pack.rules for v in pack.rules[rule_id].versions]
    version = versions[-1] if versions else None
    return {
        "zh": rule.title.zh, "en": rule.title.en, "kind": rule.kind, "entity": rule.entity,
        "in_kind": rule.in_kind, "unit": version.unit if version else "",
        "period": version.period if version else "", "department": rule.department,
        "yearly": _yearly(rule, version),
    }  # fmt: skip


def _yearly(rule: Rule, version: Version | None) -> int:
    """How often a year a household's or person's amount counts in the cost; 0: it does not."""
    paid = (
        rule.kind == "entitlement" and not rule.in_kind and rule.entity in ("household", "person")
    )
    return TIMES.get(version.period, 0) if paid and version and version.unit == "yuan" else 0
