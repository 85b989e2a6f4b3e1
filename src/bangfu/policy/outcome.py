"""What may be shown of the effects: tables by place with small cells withheld, as plain JSON.

The one form that the command line, the pages, the files and the API show. Places are the
whole and each county; a county's tables can be shown alone (`section`). A withheld number is
null; everything that hangs on it (persons, money) is withheld with it. Money is text in yuan.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bangfu.policy.effects import (
    DIMENSIONS,
    NO_INCOME,
    PERCENT_BANDS,
    SIDES,
    YUAN_BANDS,
    Effects,
)
from bangfu.policy.outcomerules import Numbers, RuleTables, by_place
from bangfu.policy.pack import Pack
from bangfu.policy.suppressing import THRESHOLD, Line, withheld

FORMAT = 1
# What is withheld together: the count that decides, and what hangs on it.
TIED = {
    "households": ("persons",),
    "covered_households_before": ("covered_persons_before",),
    "covered_households_after": ("covered_persons_after",),
    "paid_households_before": ("cost_before",),
    "paid_households_after": ("cost_after",),
    "gain_households": ("gain_persons",),
    "lose_households": ("lose_persons",),
}
# A gain is what the cost rises by and a loss what it falls by: shown both or neither, and the
# cost after only with them.
NET = ("gain_amount", "lose_amount")
MONEY = ("cost_before", "cost_after", *NET)
MEASURES = tuple(dict.fromkeys([*TIED, *(m for tied in TIED.values() for m in tied), *NET]))
BANDS = {
    "yuan": (*(str(b) for b in YUAN_BANDS), "more"),
    "percent": (*(str(b) for b in PERCENT_BANDS), "more", NO_INCOME),
}
STATUSES = ("ready", "not_ready", "undecided")
Key = tuple[str, ...]


def yuan(fen: int) -> str:
    """Whole fen as yuan with two places."""
    return format(Decimal(fen).scaleb(-2), "f")


def published(
    effects: Effects, packs: tuple[Pack, Pack], threshold: int = THRESHOLD
) -> dict[str, Any]:
    """`{whole: section, counties: {code: section}, rules: {id: heading}}`, small cells null."""
    cube = _Cube(effects, threshold)
    places = ("", *effects.counties)
    rules = RuleTables(
        effects, packs, threshold,
        moved={p for p in places if cube.moved_hidden((p, "", ""))},
        cost={side: {p for p in places if (p, "", "") in cube.hidden[f"paid_households_{side}"]}
              for side in SIDES},
    )  # fmt: skip
    ready, poverty = _ready(effects, threshold), _poverty(effects, threshold)
    shared: dict[str, dict[str, Any]] = {"ready": ready, "poverty": poverty, "rules": rules.shown}

    def section(place: str) -> dict[str, Any]:
        found = {name: table.get(place) for name, table in shared.items()}
        return {**cube.section(place), **found, "public": _public(effects, place)}

    return {
        "whole": section(""),
        "counties": {county: section(county) for county in effects.counties},
        "rules": rules.headings,
        "exit_rule": effects.exit_rule,
        "threshold": threshold,
    }


class _Cube:
    """County x ethnicity x household type x poverty grade, with its totals and bands."""

    def __init__(self, effects: Effects, threshold: int) -> None:
        self.counties = effects.counties
        self.numbers: dict[Key, Numbers] = {}
        self.children: dict[tuple[Key, str], list[Key]] = {}
        self._fill(effects)
        self.bands = _band_table(effects)
        lines = [(parent, tuple(kids)) for (parent, _), kids in self.children.items()]
        self.hidden = {
            measure: self._withheld(measure, lines, threshold) for measure in TIED
        }  # fmt: skip

    def _fill(self, effects: Effects) -> None:
        """Leaves, then every total. Keys: (county, dimension, value), a leaf all four."""
        empty = dict.fromkeys(MEASURES, 0)
        for county in effects.counties:
            self.numbers[county, "", ""] = dict(empty)
        self.numbers["", "", ""] = dict(empty)
        for row in effects.cells:
            leaf: Key = ("leaf", row["county"], *(row[d] for d in DIMENSIONS))
            self.numbers[leaf] = {m: int(row[m]) for m in MEASURES}
            for dimension in DIMENSIONS:
                margin = (row["county"], dimension, row[dimension])
                self._add((row["county"], "", ""), dimension, margin)
                self._add(margin, "leaf", leaf)
                self._add(("", dimension, row[dimension]), "county", margin)
                self._add(("", "", ""), dimension, ("", dimension, row[dimension]))
        for county in effects.counties:
            self._add(("", "", ""), "county", (county, "", ""))
        self._sum(DIMENSIONS[0])

    def _add(self, parent: Key, way: str, child: Key) -> None:
        kids = self.children.setdefault((parent, way), [])
        if child not in kids:
            kids.append(child)

    def _sum(self, first: str) -> None:
        """Totals from below: margins of a county, counties, margins of the whole, the whole."""

        def total(key: Key, way: str) -> None:
            kids = self.children.get((key, way), [])
            self.numbers[key] = {m: sum(self.numbers[k][m] for k in kids) for m in MEASURES}

        for key, way in list(self.children):
            if way == "leaf":
                total(key, way)
        for county in self.counties:
            total((county, "", ""), first)
        for key, way in list(self.children):
            if key[0] == "" and key[1]:
                total(key, way)
        total(("", "", ""), "county")

    def _withheld(self, measure: str, lines: list[Line[Key]], threshold: int) -> frozenset[Key]:
        values = {key: numbers[measure] for key, numbers in self.numbers.items()}
        way = measure.removesuffix("_households")
        if way in ("gain", "lose"):
            values, lines = dict(values), list(lines)
            for scale, bands in BANDS.items():
                cells: dict[Key, int] = {(p, way, scale, b): self.bands.get((p, way, scale, b), _NOTHING)[0]
                         for p in ("", *self.counties) for b in bands}  # fmt: skip
                values |= cells
                for place in ("", *self.counties):
                    lines.append(((place, "", ""), tuple((place, way, scale, b) for b in bands)))
                for b in bands:
                    parts = tuple((c, way, scale, b) for c in self.counties)
                    lines.append((("", way, scale, b), parts))
        return withheld(values, lines, threshold)

    def _shown(self, key: Key) -> Numbers:
        raw, shown = self.numbers[key], {}
        for measure, tied in TIED.items():
            hidden = key in self.hidden[measure]
            for name in (measure, *tied):
                value = yuan(raw[name]) if name in MONEY else raw[name]
                shown[name] = None if hidden else value
        moved = self.moved_hidden(key)
        for name in NET:
            shown[name] = None if moved else yuan(raw[name])
        if moved:
            shown["cost_after"] = None
        return shown

    def moved_hidden(self, key: Key) -> bool:
        """Whether who gains or who loses is withheld in a cell."""
        return any(key in self.hidden[f"{way}_households"] for way in ("gain", "lose"))

    def section(self, place: str) -> dict[str, Any]:
        """Totals, one-way tables, the cross table and the bands of a place."""
        top = (place, "", "")
        groups = {
            dimension: [
                [key[2], self._shown(key)]
                for key in sorted(self.children.get((top, dimension), []))
            ]
            for dimension in DIMENSIONS
        }
        if not place:
            groups["county"] = [[c, self._shown((c, "", ""))] for c in self.counties]
        leaves = sorted(k for k in self.numbers if k[0] == "leaf" and place in ("", k[1]))
        return {
            "totals": self._shown(top),
            "groups": groups,
            "cross": [[*key[1:], self._shown(key)] for key in leaves] if place else [],
            "bands": {scale: self._band_rows(place, scale) for scale in BANDS},
        }

    def _band_rows(self, place: str, scale: str) -> list[dict[str, Any]]:
        rows = []
        for band in BANDS[scale]:
            row: dict[str, Any] = {"band": band}
            both = any(
                (place, way, scale, band) in self.hidden[f"{way}_households"]
                for way in ("gain", "lose")
            )
            for way in ("gain", "lose"):
                key = (place, way, scale, band)
                households, persons, fen = self.bands.get(key, _NOTHING)
                hidden = key in self.hidden[f"{way}_households"]
                row[f"{way}_households"] = None if hidden else households
                row[f"{way}_persons"] = None if hidden else persons
                row[f"{way}_amount"] = None if both else yuan(fen)
            rows.append(row)
        return rows


_NOTHING = (0, 0, 0)


def _band_table(effects: Effects) -> dict[Key, tuple[int, int, int]]:
    found: dict[Key, tuple[int, int, int]] = {}
    for row in effects.bands:
        for place in ("", row["county"]):
            key = (place, row["way"], row["scale"], row["band"])
            had = found.get(key, _NOTHING)
            more = (row["households"], row["persons"], int(row["amount"]))
            found[key] = (had[0] + more[0], had[1] + more[1], had[2] + more[2])
    return found


def _ready(effects: Effects, threshold: int) -> dict[str, dict[str, Any] | None]:
    """Readiness for exit by place: assessed, and ready, not ready, undecided on both sides."""
    if not effects.exit_rule:
        return {}
    rows = {row["county"]: row for row in effects.ready}
    values: dict[Key, int] = {}
    lines: list[Line[Key]] = []

    def put(name: str) -> None:
        for place, number in by_place(
            effects.counties, lambda c: int(rows.get(c, {}).get(name, 0))
        ).items():
            values[name, place] = number
        lines.append(((name, ""), tuple((name, c) for c in effects.counties)))

    put("assessed")
    for side in SIDES:
        names = [f"{status}_{side}" for status in STATUSES]
        for name in names:
            put(name)
        for place in ("", *effects.counties):
            lines.append((("assessed", place), tuple((name, place) for name in names)))
    hidden = withheld(values, lines, threshold)
    return {
        place: {
            name: None if (name, place) in hidden else number
            for (name, there), number in values.items()
            if there == place
        }
        for place in ("", *effects.counties)
    }


def _poverty(effects: Effects, threshold: int) -> dict[str, dict[str, Any] | None]:
    """Poverty measures by place and side. With the number of poor goes what tells of them."""
    found: dict[str, dict[str, Any] | None] = {}
    for side in SIDES:
        measures = effects.poverty.get(side, {})
        hidden: dict[str, frozenset[Key]] = {}
        for name in ("persons", "poor"):
            values: dict[Key, int] = {
                (p,): n for p, n in by_place(
                    effects.counties, lambda c: getattr(measures.get(c), name, 0)  # noqa: B023
                ).items()
            }  # fmt: skip
            lines: list[Line[Key]] = [(("",), tuple((c,) for c in effects.counties))]
            hidden[name] = withheld(values, lines, threshold)
        for place in ("", *effects.counties):
            at = measures.get(place)
            if at is None:
                continue
            shown = at.as_dict()
            if (place,) in hidden["persons"]:
                shown = dict.fromkeys(shown)
            elif (place,) in hidden["poor"]:
                shown |= dict.fromkeys(("poor", "headcount", "gap", "squared_gap"))
            there = found.setdefault(place, {})
            assert there is not None
            there[side] = shown
    return found


def _public(effects: Effects, place: str) -> dict[str, str]:
    """Yearly cost of what villages and counties get: no person's, so never withheld."""
    return {
        side: format(
            sum((a for c, a in amounts.items() if place in ("", c)), Decimal(0)).quantize(
                Decimal("0.01")
            ), "f",
        )
        for side, amounts in effects.public.items()
    }  # fmt: skip
