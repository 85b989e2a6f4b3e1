"""IR to Python, for the dozen rows of one household.

The same bound and rewritten expressions that `lower` prints as SQL for a million rows, printed
as closures: a column store spends fifty milliseconds on preparing some thousand expressions,
whatever the number of rows. One rule per node, nothing for a node without one; NULL is None.
That both say the same is tested on every rule of every pack, every worked case and random
expressions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

from bangfu.policy import ir
from bangfu.policy.book import Book
from bangfu.policy.rewriting import Rewriter

Value = Any  # bool, int, Decimal, str, date, list of codes; None is unknown
DIGITS = 60  # of the decimal context: DuckDB computes with 38

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul,
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Row:
    """One row: its fields, the rows that hops lead to, the rows below it by entity.

    `kept` holds derived columns once computed; `withheld`: its values are not told.
    """

    entity: str
    fields: dict[str, Value]
    hops: dict[str, Row] = field(default_factory=dict)
    below: dict[str, list[Row]] = field(default_factory=dict)
    kept: dict[str, Value] = field(default_factory=dict)
    withheld: bool = False


Term = Callable[[Row], Value]


class Rowwise:
    """Makes and keeps the closures of one book. Call them inside `decimal.localcontext` of
    DIGITS digits."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.rewriter = Rewriter(book)
        self._terms: dict[ir.Node, Term] = {}
        self._columns: dict[tuple[str, str], Term] = {}

    def term(self, node: ir.Node) -> Term:
        """What gives the value of an expression, as bound, on a row."""
        return self._term(self.rewriter.rewrite(node))

    def value(self, node: ir.Node) -> Term:
        """The same in the form the batch writes: a decimal has its type's places."""
        found = self.term(node)
        kind = ir.MONEY if node.type.kind == "ratio" else node.type
        if kind.kind != "decimal":
            return found
        unit = Decimal(1).scaleb(-kind.scale)

        def exact(row: Row) -> Value:
            value = found(row)
            return None if value is None else Decimal(value).quantize(unit, ROUND_HALF_UP)

        return exact

    def _term(self, node: ir.Node) -> Term:
        found = self._terms.get(node)
        if found is None:
            found = self._terms[node] = self._make(node)
        return found

    def _make(self, node: ir.Node) -> Term:  # noqa: C901  # one line per node kind
        match node:
            case ir.Lit(value):
                return lambda row: value
            case ir.Unset():
                return lambda row: None
            case ir.Col(hop, _, name):
                return _field(hop, name)
            case ir.Var():
                return self._column(node)
            case ir.Param(_, value):
                return self._term(value)
            case ir.Not(arg):
                return _strict(operator.not_, self._term(arg))
            case ir.Neg(arg):
                return _strict(operator.neg, self._term(arg))
            case ir.And(args):
                return _joined(tuple(map(self._term, args)), False)
            case ir.Or(args):
                return _joined(tuple(map(self._term, args)), True)
            case ir.Cmp(op, left, right):
                return _both(_COMPARE[op], self._term(left), self._term(right))
            case ir.Arith(op, left, right):
                return _both(_ARITHMETIC[op], self._term(left), self._term(right))
            case ir.In(arg, options):
                listed = frozenset(option.value for option in options)
                return _strict(listed.__contains__, self._term(arg))
            case ir.IsNull(arg):
                inner = self._term(arg)
                return lambda row: inner(row) is None
            case ir.IsTruth(arg, truth):
                inner = self._term(arg)
                return lambda row: inner(row) is truth
            case ir.Case(pairs, default):
                some = tuple((self._term(when), self._term(value)) for when, value in pairs)
                return _case(some, self._term(default))
            case ir.Call(name, args):
                return self._call(name, args, node.type)
            case ir.Agg():
                return self._aggregate(node)
            case _:
                raise TypeError(f"no value for {node!r}")

    # --- columns -------------------------------------------------------------------------

    def _column(self, node: ir.Var) -> Term:
        """A derived column of this row, or of the row a hop leads to (NULL without one)."""
        entity, hop, name = node.entity, node.hop, node.name

        def own(row: Row) -> Value:
            if name in row.kept:
                return row.kept[name]
            term = self._columns.get((entity, name))
            if term is None:
                term = self._columns[entity, name] = self._term(self._definition(entity, name))
            value = row.kept[name] = term(row)
            return value

        if not hop:
            return own

        def far(row: Row) -> Value:
            there = row.hops.get(hop)
            return None if there is None else own(there)

        return far

    def _definition(self, entity: str, name: str) -> ir.Node:
        whole = name.removesuffix("/n").removesuffix("/d")
        return self.rewriter.columns(self.book.derived[entity, whole])[name]

    # --- aggregates ----------------------------------------------------------------------

    def _aggregate(self, node: ir.Agg) -> Term:
        where = None if node.where == ir.TRUE else self._term(node.where)
        child, kind = node.child, node.kind
        if kind in ("any", "all"):
            each = where or (lambda row: True)
            decisive = kind == "any"

            def some(row: Row) -> Value:
                found: Value = not decisive
                for below in row.below[child]:
                    truth = each(below)
                    if truth is decisive:
                        return decisive
                    if truth is None:
                        found = None
                return found

            return some
        value = None if node.value is None else self._term(node.value)

        def gathered(row: Row) -> Value:
            found: list[Value] = []
            for below in row.below[child]:
                chosen = True if where is None else where(below)
                if chosen is None:
                    return None
                if chosen:
                    given = 1 if value is None else value(below)
                    if given is None:
                        return None
                    found.append(given)
            if kind in ("count", "sum"):
                return sum(found)
            return _PICK[kind](found) if found else None

        return gathered

    # --- functions -----------------------------------------------------------------------

    def _call(self, name: str, args: tuple[ir.Node, ...], kind: ir.Type) -> Term:
        terms = tuple(map(self._term, args))
        if name.startswith("quotient_"):
            return _quotient(name.removeprefix("quotient_"), terms)
        match name:
            case "coalesce":
                return lambda row: next((v for t in terms if (v := t(row)) is not None), None)
            case "least" | "greatest":
                return _best(_PICK[name], terms)
            case "money":
                return _strict(_cents, terms[0])
            case "round":
                whole = kind.kind == "int"
                return _both(lambda value, places: _round(value, places, whole), *terms)
            case "starts_with":
                return _both(str.startswith, *terms)
            case "contains":
                return _both(lambda listed, code: code in listed, *terms)
            case "years":
                return _both(years, *terms)
            case "months":
                return _both(_months, *terms)
            case _ if name in _SINGLE:
                return _strict(_SINGLE[name], terms[0])
            case _:
                raise TypeError(f"no value for the function {name}")


def _field(hop: str, name: str) -> Term:
    if not hop:
        return lambda row: row.fields.get(name)

    def far(row: Row) -> Value:
        there = row.hops.get(hop)
        return None if there is None else there.fields.get(name)

    return far


def _strict(make: Callable[[Any], Any], arg: Term) -> Term:
    def term(row: Row) -> Value:
        value = arg(row)
        return None if value is None else make(value)

    return term


def _both(make: Callable[[Any, Any], Any], left: Term, right: Term) -> Term:
    def term(row: Row) -> Value:
        one = left(row)
        if one is None:
            return None
        two = right(row)
        return None if two is None else make(one, two)

    return term


def _joined(terms: tuple[Term, ...], decisive: bool) -> Term:
    """OR (`decisive` TRUE) or AND (FALSE): that truth wins over NULL."""

    def term(row: Row) -> Value:
        found: Value = not decisive
        for part in terms:
            truth = part(row)
            if truth is decisive:
                return decisive
            if truth is None:
                found = None
        return found

    return term


def _case(pairs: tuple[tuple[Term, Term], ...], default: Term) -> Term:
    def term(row: Row) -> Value:
        for when, value in pairs:
            if when(row):
                return value(row)
        return default(row)

    return term


def _best(pick: Callable[[Iterable[Any]], Any], terms: tuple[Term, ...]) -> Term:
    def term(row: Row) -> Value:
        values = [one(row) for one in terms]
        return None if any(value is None for value in values) else pick(values)

    return term


def _quotient(mode: str, terms: tuple[Term, ...]) -> Term:
    """An exact quotient, rounded half away from zero (or floor, ceil); NULL when it has none."""
    above, below, places = terms

    def term(row: Row) -> Value:
        top, bottom = above(row), below(row)
        if top is None or bottom is None or not bottom:
            return None
        digits = places(row)
        exact = Fraction(top) / Fraction(bottom) * 10**digits
        whole = _WHOLE[mode](exact)
        return Decimal(whole).scaleb(-digits) if digits else whole

    return term


def _half_away(value: Fraction) -> int:
    size = floor(abs(value) + Fraction(1, 2))
    return size if value >= 0 else -size


_WHOLE: dict[str, Callable[[Fraction], int]] = {"round": _half_away, "floor": floor, "ceil": ceil}


def _cents(value: int | Decimal) -> Decimal:
    return Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _round(value: int | Decimal, places: int, whole: bool) -> Value:
    found = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return int(found) if whole else found


def years(start: date, end: date) -> int:
    """Full years from `start` to `end`."""
    return end.year - start.year - ((start.month, start.day) > (end.month, end.day))


def _months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month - (start.day > end.day)


_SINGLE: dict[str, Callable[[Any], Any]] = {
    "abs": abs, "floor": floor, "ceil": ceil,
    "year": operator.attrgetter("year"), "month": operator.attrgetter("month"),
    "day": operator.attrgetter("day"),
}  # fmt: skip
_PICK: dict[str, Callable[[Iterable[Any]], Any]] = {
    "min": min, "max": max, "least": min, "greatest": max,
}  # fmt: skip
