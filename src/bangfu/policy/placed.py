"""Explains a village or a county: every condition of its rules with the figures compared, the
aggregates of its villages, the thresholds.

A place gathers over households, which are too many to fetch for a page. What an evaluation run
found of them stands in for their rows: `gathered` says, by village, how many households fail
the criterion a variable asks of all of them, and for how many it is undecided. What else
gathers over households is unknown here, and its condition is told without a truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Any

from bangfu import dictionary
from bangfu.policy import ir
from bangfu.policy.asking import AskedRule, Asking, Reading, compile_asking, leaves
from bangfu.policy.explaining import known
from bangfu.policy.explanation import ConditionFinding, Input
from bangfu.policy.pack import Pack, require_in_force
from bangfu.policy.reach import CHILDREN
from bangfu.policy.rowwise import DIGITS, Row
from bangfu.policy.showing import NOT_RECORDED, show

Fields = Mapping[str, Any]
_TRUTH = {True: "met", False: "not_met", None: "undecided"}
_BASIS_POINT = Decimal("0.0001")


@dataclass(frozen=True)
class Count:
    """Households of one village that fail a criterion, and those it is undecided for."""

    failing: int = 0
    undecided: int = 0

    @property
    def all_met(self) -> bool | None:
        """Whether all meet it; None where that is undecided."""
        return False if self.failing else None if self.undecided else True


@dataclass(frozen=True)
class PlaceFinding:
    """What a rule gives for a place on the rows as they are: met, not_met or undecided."""

    rule: str
    outcome: str
    conditions: tuple[ConditionFinding, ...]


def asked_of_all(pack: Pack, as_of: date) -> dict[str, str]:
    """Village variables that ask one household criterion of all households of the village, with
    that criterion. Raises AS_OF_OUTSIDE_PACK."""
    require_in_force(pack, as_of)
    derived = compile_asking(pack, as_of, "village", gathering=True).book.derived
    found = {}
    for (entity, name), column in derived.items():
        match column.expr:
            case ir.Agg("all", "household", ir.Var("", "household", rule), None):
                if entity == "village" and rule in pack.rules:
                    found[name] = rule
    return found


def explain_place(
    pack: Pack,
    as_of: date,
    entity: str,
    tables: Mapping[str, Sequence[Fields]],
    gathered: Mapping[str, Mapping[str, Count]],
    rules: Iterable[str],
) -> dict[str, PlaceFinding]:
    """What `rules` (ids) say of the village or county whose row is the first of `entity` in
    `tables`, by rule; those of other entities or not in force are left out.

    `gathered`: by village code and variable (`asked_of_all`). Raises AS_OF_OUTSIDE_PACK.
    """
    require_in_force(pack, as_of)
    asking = compile_asking(pack, as_of, entity, gathering=True)
    with localcontext() as context:
        context.prec = DIGITS
        return _Place(asking, entity, tables, gathered).told(rules)


def variables_of_place(
    pack: Pack,
    as_of: date,
    entity: str,
    tables: Mapping[str, Sequence[Fields]],
    gathered: Mapping[str, Mapping[str, Count]],
    names: Iterable[str],
) -> dict[str, Any]:
    """Values of the pack's variables of the place; a share has eight places."""
    asking = compile_asking(pack, as_of, entity, gathering=True)
    with localcontext() as context:
        context.prec = DIGITS
        place = _Place(asking, entity, tables, gathered)
        return {name: place.variable(name) for name in names if (entity, name) in pack.variables}


class _Place:
    def __init__(
        self, asking: Asking, entity: str, tables: Mapping[str, Sequence[Fields]],
        gathered: Mapping[str, Mapping[str, Count]],
    ) -> None:  # fmt: skip
        self.asking, self.book, self.entity = asking, asking.book, entity
        self.counts = gathered
        rows = {e: [_row(e, fields) for fields in tables.get(e, ())] for e in dictionary.PLACES}
        self.row = rows[entity][0] if rows[entity] else _row(entity, {})
        self.villages = rows["village"] if entity == "county" else []
        if entity == "county":
            self.row.below["village"] = self.villages
        else:
            self.row.hops |= {e: found[0] for e, found in rows.items() if e != entity and found}
        for village in self.villages:
            village.hops["county"] = self.row
        for row in (self.row, *self.villages):
            self._stand_in(row)

    def _stand_in(self, row: Row) -> None:
        """Set what gathers over rows that are not here: known from the run, or unknown."""
        code = str(row.fields.get(dictionary.KEYS[row.entity]) or "")
        known_ = self.counts.get(code, {})
        for (entity, name), column in self.book.derived.items():
            if entity != row.entity or not self._gathers(entity, column.expr):
                continue
            found = known_.get(name)
            value = found.all_met if found else None
            row.kept |= dict.fromkeys((name, f"{name}/n", f"{name}/d"), value)

    def _gathers(self, entity: str, expr: ir.Node) -> bool:
        here = {"village"} if entity == "county" else set()
        return any(isinstance(n, ir.Agg) and n.child not in here for n in ir.walk(expr))

    # --- rules ---------------------------------------------------------------------------

    def told(self, rules: Iterable[str]) -> dict[str, PlaceFinding]:
        asked = {rule.id: found for rule, found in self.asking.rules if found is not None}
        return {
            name: PlaceFinding(
                name, _TRUTH[_truth(asked[name].value(self.row))],
                tuple(self._conditions(asked, asked[name])),
            )
            for name in rules if name in asked
        }  # fmt: skip

    def _conditions(
        self, asked: Mapping[str, AskedRule], rule: AskedRule
    ) -> Iterator[ConditionFinding]:
        """A rule's conditions; those of its components where it is made of nothing else."""
        if not rule.version.when:
            for part in rule.rule.components:
                if part in asked:
                    yield from self._conditions(asked, asked[part])
            return
        names = self.book.conditions[rule.rule.id]
        for found, name in zip(rule.conditions, names, strict=True):
            expr = self.book.derived[self.entity, name].expr
            truth = found.truth(self.row)
            blamed = tuple(f for f, why in found.blame if why(self.row)) if truth is None else ()
            yield ConditionFinding(
                found.zh, found.en, found.expr, truth,
                tuple(self._inputs(expr)), blamed,
            )  # fmt: skip

    # --- figures -------------------------------------------------------------------------

    def variable(self, name: str) -> Any:
        expr = self.book.derived[self.entity, name].expr
        if (share := self._share(expr)) is not None:
            return share.quantize(Decimal("0.00000001"))
        var = ir.Var("", self.entity, name, expr.type)
        return None if expr.type.kind == "ratio" else self.asking.rowwise.value(var)(self.row)

    def _inputs(self, expr: ir.Node) -> Iterator[Input]:
        """What is compared: shares, the figures they are of, then the thresholds."""
        if isinstance(expr, ir.Cmp) and isinstance(expr.left, ir.Arith):
            share = self._share(expr.left)
            yield Input("", "占比", share, NOT_RECORDED if share is None else _percent(share))
        for leaf in dict.fromkeys(leaves(expr)):
            yield from self._leaf(leaf)
        for node in dict.fromkeys(n for n in ir.walk(expr) if isinstance(n, ir.Param)):
            parameter = self.asking.pack.parameters[node.name]
            if node.type.kind in ("int", "decimal"):
                value = self.asking.rowwise.term(node)(self.row)
                shown = (
                    _percent(value) if parameter.unit == "share" and value is not None
                    else show(value, None, parameter.unit)
                )  # fmt: skip
                yield Input(f"param.{node.name}", parameter.title.zh, value, shown)

    def _leaf(self, leaf: ir.Node) -> Iterator[Input]:
        if isinstance(leaf, ir.Var) and leaf.type.kind == "ratio" and not leaf.hop:
            expr = self.book.derived[leaf.entity, leaf.name].expr
            share = self._share(expr)
            title = self.asking.pack.variables[leaf.entity, leaf.name].title.zh
            yield Input(f"{leaf.entity}.{leaf.name}", title, share,
                        NOT_RECORDED if share is None else _percent(share))  # fmt: skip
            for part in dict.fromkeys(leaves(expr)):
                yield from self._leaf(part)
            return
        if isinstance(leaf, ir.Agg) and leaf.kind in ("any", "all"):
            yield from self._villages(leaf)
            return
        found = Reading(self.asking.pack, leaf, self.asking.rowwise).input(self.row)
        yield found
        if isinstance(leaf, ir.Var) and not leaf.hop:
            yield from self._households([self.row], leaf.name)

    def _villages(self, leaf: ir.Agg) -> Iterator[Input]:
        """How many villages do not fulfil what is asked of each, and their households."""
        each = self.asking.rowwise.term(leaf.where)
        truths = [each(row) for row in self.villages]
        for words, truth in (("不符合的村", False), ("待定的村", None)):
            count = sum(t is truth for t in truths)
            if count or truth is False:
                yield Input("", words, count, f"{count}个（共{len(truths)}个）")
        if isinstance(leaf.where, ir.Var):
            yield from self._households(self.villages, leaf.where.name)

    def _households(self, rows: Sequence[Row], variable: str) -> Iterator[Input]:
        """Registered households behind a variable asked of all."""
        counts = [
            c for row in rows
            if (c := self.counts.get(str(row.fields.get("village_code")), {}).get(variable))
        ]  # fmt: skip
        if counts:
            failing, open_ = sum(c.failing for c in counts), sum(c.undecided for c in counts)
            yield Input("", "登记户不符合", failing, f"{failing}户")
            if open_:
                yield Input("", "登记户待定", open_, f"{open_}户")

    def _share(self, expr: ir.Node) -> Decimal | None:
        """A quotient in full; None for another expression, or one without a value."""
        if not isinstance(expr, ir.Arith) or expr.op != "/":
            return None
        above = self.asking.rowwise.term(expr.left)(self.row)
        below = self.asking.rowwise.term(expr.right)(self.row)
        return Decimal(above) / Decimal(below) if above is not None and below else None


def _row(entity: str, fields: Fields) -> Row:
    row = Row(entity, known(entity, fields))
    row.below = {child: [] for child in CHILDREN[entity].values()}
    return row


def _truth(value: Any) -> bool | None:
    """A criterion's value; an entitlement's amount counts as yes."""
    return None if value is None else bool(value)


def _percent(share: Decimal) -> str:
    """'94.9975%': cut, not rounded, so that what fails never reads as if it passed."""
    exact = (Decimal(share) * 100).quantize(_BASIS_POINT, ROUND_DOWN).normalize()
    return f"{exact:f}%"


__all__ = ["Count", "PlaceFinding", "asked_of_all", "explain_place", "variables_of_place"]
