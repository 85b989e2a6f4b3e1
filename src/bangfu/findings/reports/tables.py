"""The published result of a simulation (`policy.outcome`) as tables: pages, Excel and Word show
the same ones, with the same headings and the same withheld cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bangfu.findings.reports import words
from bangfu.policy.pack import UNITS

DIMENSIONS = ("county", "ethnicity", "category", "poverty_grade")
SUMMED = ("covered_households", "covered_persons", "paid_households", "cost")
MOVED = ("gain_households", "gain_persons", "gain_amount", "lose_households", "lose_persons",
         "lose_amount")  # fmt: skip
SHARES = ("headcount", "gap", "squared_gap", "gini")


@dataclass(frozen=True)
class Cell:
    """One value: text, a count, money or a share. `withheld`: not to be shown."""

    value: Any
    kind: str = "text"  # text | count | money | share | change
    withheld: bool = False

    @property
    def numeric(self) -> bool:
        """Whether it stands right-aligned."""
        return self.kind != "text"


@dataclass(frozen=True)
class Row:
    """One line of a table; `code` is the county it is about, where it is about one."""

    cells: tuple[Cell, ...]
    code: str = ""


@dataclass(frozen=True)
class Table:
    """One table: key, title, headings, rows, notes below it."""

    key: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = field(default=())


class Tables:
    """The tables of one result, for one place ('' or a county), in one language."""

    def __init__(
        self, result: Mapping[str, Any], place: str, names: Mapping[str, str], lang: str = "zh"
    ) -> None:
        self.result, self.place, self.names, self.lang = result, place, names, lang
        self.section = result["counties"][place] if place else result["whole"]

    def all(self, *, cross: bool = True) -> list[Table]:
        """Every table that has rows, in the order of a report."""
        found = [self.changes(), self.summary(), *self.groups(), self.ready(), self.poverty(),
                 self.bands("yuan"), self.bands("percent"), self.rules()]  # fmt: skip
        if cross:
            found.append(self.cross())
        return [table for table in found if table.rows]

    def changes(self) -> Table:
        """What was changed."""
        rows = []
        for one in self.result.get("described", ()):
            unit = one.get("unit_en" if self.lang == "en" else "unit", "")
            shown = one["en"] if self.lang == "en" and one.get("en") else one["zh"]
            where = one.get("region", "")
            rows.append(Row((
                Cell(self._say(one["what"])), Cell(f"{shown}（{one['name']}）"),
                Cell(self.names.get(where, where) if where else "—"),
                Cell(one.get("before", "") or "—"), Cell(one.get("after", "") or "—"),
                Cell(unit or "—"),
            )))  # fmt: skip
        heads = ("item", "name", "place", "old", "new", "unit")
        return self._table("changes", heads, rows)

    def summary(self) -> Table:
        """Covered, paid, cost before and after; who gains and loses; villages' own."""
        totals, public = self.section["totals"], self.section["public"]
        rows = [Row((Cell(self._say(m)), _cell(totals[m], "count"), Cell(""), Cell("")))
                for m in ("households", "persons")]  # fmt: skip
        for measure in SUMMED:
            kind = "money" if measure == "cost" else "count"
            rows.append(self._pair(measure, *_sides(totals, measure), kind))
        rows.append(self._pair("public", public["before"], public["after"], "money"))
        for measure in MOVED:
            kind = "money" if measure.endswith("amount") else "count"
            rows.append(Row((Cell(self._say(measure)), Cell(""), _cell(totals[measure], kind),
                             Cell(""))))  # fmt: skip
        heads = ("item", "before", "after", "change")
        lacking = ("lacking",) if self.result.get("missing_columns") else ()
        return self._table("summary", heads, rows, *lacking, "cost", "full", "withheld")

    def groups(self) -> list[Table]:
        """One table by county (of the whole), ethnicity, household type and poverty grade."""
        return [self._group(d) for d in DIMENSIONS if d in self.section["groups"]]

    def _group(self, dimension: str) -> Table:
        rows = [
            Row((Cell(words.value(dimension, code, self.names, self.lang)), *_measures(found)),
                code if dimension == "county" else "")
            for code, found in self.section["groups"][dimension]
        ]  # fmt: skip
        rows.append(Row((Cell(self._say("whole")), *_measures(self.section["totals"]))))
        return self._table(f"by_{dimension}", (dimension, *self._heads()), rows, "withheld")

    def _heads(self) -> tuple[str, ...]:
        pairs = [f"{m}|{side}" for m in SUMMED for side in ("before", "after")]
        return ("households", "persons", *pairs, *MOVED)

    def ready(self) -> Table:
        """Readiness for exit, on both sides."""
        found = self.section.get("ready")
        if not found:
            return self._table("ready", ("item",), [])
        rows = [Row((Cell(self._say("assessed")), _cell(found["assessed"], "count"), Cell(""),
                     Cell("")))]  # fmt: skip
        rows += [self._pair(s, *_sides(found, s), "count") for s in ("ready", "not_ready",
                                                                    "undecided")]  # fmt: skip
        return self._table("ready", ("item", "before", "after", "change"), rows, "withheld")

    def poverty(self) -> Table:
        """Headcount, gaps, Gini and mean income, on both sides."""
        found = self.section.get("poverty") or {}
        if not found:
            return self._table("poverty", ("item",), [])
        before, after = (found.get(side) or {} for side in ("before", "after"))
        rows = [
            self._pair("income_persons" if m == "persons" else m, before.get(m), after.get(m), kind)
            for m, kind in (("persons", "count"), ("poor", "count"), ("mean", "money"),
                            *((s, "share") for s in SHARES))
        ]  # fmt: skip
        heads = ("item", "before", "after", "change")
        return self._table("poverty", heads, rows, "poverty", "withheld")

    def bands(self, scale: str) -> Table:
        """Households by how much a year they gain or lose."""
        rows, before = [], None
        for found in self.section["bands"][scale]:
            label = words.band(scale, found["band"], before, self.lang)
            before = found["band"]
            cells = [_cell(found[m], "money" if m.endswith("amount") else "count") for m in MOVED]
            rows.append(Row((Cell(label), *cells)))
        return self._table(f"bands_{scale}", ("band", *MOVED), rows, "withheld")

    def rules(self) -> Table:
        """Each rule that gives something or came out otherwise."""
        rows = []
        for found in self.section["rules"]:
            told = self.result["rules"][found["rule"]]
            title = told["en"] if self.lang == "en" and told["en"] else told["zh"]
            cells = [Cell(found["rule"]), Cell(title), Cell(self._say(told["kind"])),
                     Cell(self._unit(told))]  # fmt: skip
            for measure, kind in (("positive", "count"), ("amount", "money"),
                                  ("undecided", "count")):  # fmt: skip
                for side in ("before", "after"):
                    value = found[f"{measure}_{side}"]
                    bare = measure == "amount" and value is None and (
                        told["in_kind"] or found[f"positive_{side}"] is not None)  # fmt: skip
                    cells.append(Cell("—") if bare else _cell(value, kind))
            rows.append(Row(tuple(cells)))
        rows.sort(key=lambda row: not _moved(row))  # what came out otherwise first
        pairs = [f"{m}|{s}" for m in ("positive", "amount", "undecided")
                 for s in ("before", "after")]  # fmt: skip
        return self._table("rules", ("rule", "title", "kind", "unit", *pairs), rows, "withheld")

    def cross(self) -> Table:
        """County by ethnicity by household type by poverty grade."""
        places = [self.place] if self.place else list(self.result["counties"])
        rows = []
        for place in places:
            for *codes, found in self.result["counties"][place]["cross"]:
                named = [
                    Cell(words.value(d, code, self.names, self.lang))
                    for d, code in zip(DIMENSIONS, codes, strict=True)
                ]
                rows.append(Row((*named, *_measures(found)), place))
        return self._table("cross", (*DIMENSIONS, *self._heads()), rows, "withheld")

    # --- parts ---------------------------------------------------------------------------

    def _say(self, word: str) -> str:
        name, _, side = word.partition("|")
        return f"{words.say(name, self.lang)} · {words.say(side, self.lang)}" if side else (
            words.say(name, self.lang))  # fmt: skip

    def _unit(self, told: Mapping[str, Any]) -> str:
        if told["in_kind"]:
            return self._say("in_kind")
        return UNITS.get(told["unit"], ("", ""))[self.lang == "en"] or "—"

    def _pair(self, word: str, before: Any, after: Any, kind: str) -> Row:
        return Row((Cell(self._say(word)), _cell(before, kind), _cell(after, kind),
                    _change(before, after, kind)))  # fmt: skip

    def _table(self, key: str, heads: Iterable[str], rows: list[Row], *notes: str) -> Table:
        wanted = [n for n in notes if n != "withheld" or any(c.withheld for r in rows
                                                           for c in r.cells)]  # fmt: skip
        threshold = self.result.get("threshold", "")
        missing = ("、", ", ")[self.lang == "en"].join(self.result.get("missing_columns", ()))
        return Table(
            key, words.title(key, self.lang), tuple(self._say(h) for h in heads), tuple(rows),
            tuple(words.note(n, self.lang, threshold=threshold, missing=missing) for n in wanted),
        )  # fmt: skip


def _moved(row: Row) -> bool:
    values = [(cell.value, cell.withheld) for cell in row.cells[4:]]
    return any(values[at] != values[at + 1] for at in range(0, len(values), 2))


def _sides(found: Mapping[str, Any], measure: str) -> tuple[Any, Any]:
    return found[f"{measure}_before"], found[f"{measure}_after"]


def _measures(found: Mapping[str, Any]) -> Iterable[Cell]:
    yield from (_cell(found[m], "count") for m in ("households", "persons"))
    for measure in SUMMED:
        kind = "money" if measure == "cost" else "count"
        yield from (_cell(value, kind) for value in _sides(found, measure))
    for measure in MOVED:
        yield _cell(found[measure], "money" if measure.endswith("amount") else "count")


def _cell(value: Any, kind: str) -> Cell:
    if value is None:
        return Cell(None, kind, withheld=True)
    return Cell(value if kind == "count" else Decimal(value), kind)


def _change(before: Any, after: Any, kind: str) -> Cell:
    if before is None or after is None:
        return Cell(None, kind, withheld=True)
    if kind == "count":
        return Cell(after - before, "change")
    change = Decimal(after) - Decimal(before)
    return Cell(change, "change_share" if kind == "share" else "change_money")


def shown(cell: Cell) -> str:
    """A cell as text for pages and Word."""
    if cell.withheld:
        return words.WITHHELD
    value = cell.value
    match cell.kind:
        case "count":
            return f"{value:,}"
        case "change":
            return f"{value:+,}" if value else "0"
        case "money":
            return f"{value:,.2f}"
        case "change_money":
            return f"{value:+,.2f}" if value else "0.00"
        case "share":
            return f"{value:.4f}"
        case "change_share":
            return f"{value:+.4f}" if value else "0.0000"
        case _:
            return str(value)
