"""IR to sqlglot expressions: one rule per node, nothing for a node without one.

Written for DuckDB but made of sqlglot nodes, so that the same tree prints as Spark SQL.
Column names come from the dictionary and the pack's checked identifiers and are always
quoted; constants are typed literals. `wide` widens numbers to 38 digits: slower, used for
a county whose figures overflow 18.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlglot import exp

from bangfu.policy import ir

_COMPARE: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "<>": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip
_ARITHMETIC: dict[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}
_BARE = (exp.Column, exp.Literal, exp.Boolean, exp.Null, exp.Func, exp.Cast, exp.Paren, exp.Case)
_NEVER_BARE = (exp.Connector, exp.Binary, exp.Not, exp.Neg)  # AND and OR count as Func in sqlglot


def name_of(node: ir.Col | ir.Var) -> str:
    """Column name of a leaf in its relation."""
    return f"{node.hop}.{node.name}" if node.hop else node.name


def col(name: str, table: str = "") -> exp.Column:
    """A quoted column."""
    return exp.column(name, table=table or None, quoted=True)


def text(value: str) -> exp.Literal:
    """A string literal (sqlglot escapes it)."""
    return exp.Literal.string(value)


def paren(node: Any) -> Any:
    """Parentheses where a nested expression needs them."""
    bare = isinstance(node, _BARE) and not isinstance(node, _NEVER_BARE)
    return node if bare else exp.Paren(this=node)


def whens(pairs: list[tuple[Any, Any]], default: Any = None) -> exp.Case:
    """CASE WHEN … THEN … END."""
    ifs = [exp.If(this=when, true=then) for when, then in pairs]
    return exp.Case(ifs=ifs, default=default)


def cast(node: Any, kind: str) -> exp.Cast:
    """CAST(node AS kind)."""
    return exp.Cast(this=node, to=exp.DataType.build(kind, dialect="duckdb"))


class Lower:
    """Lowers rewritten IR for one relation; `aggregates` names its aggregate columns and
    `ready` expressions that are columns already."""

    def __init__(
        self,
        aggregates: Mapping[ir.Agg, str],
        *,
        wide: bool = False,
        ready: Mapping[ir.Node, str] | None = None,
    ) -> None:
        self.aggregates = aggregates
        self.wide = wide
        self.ready = ready or {}

    def __call__(self, node: ir.Node) -> Any:  # noqa: C901  # one line per node kind
        """The expression. Raises TypeError for a node it has no rule for."""
        if self.ready and node in self.ready:
            return col(self.ready[node])
        match node:
            case ir.Lit(value, kind):
                return self._literal(value, kind)
            case ir.Col() | ir.Var():
                return self._column(node)
            case ir.Param(_, value):
                return self(value)
            case ir.Unset(_, kind):
                return self._null(kind)
            case ir.Not(arg):
                return exp.Not(this=paren(self(arg)))
            case ir.And(args):
                return self._join(exp.And, args) if args else exp.Boolean(this=True)
            case ir.Or(args):
                return self._join(exp.Or, args) if args else exp.Boolean(this=False)
            case ir.Cmp(op, left, right):
                return _COMPARE[op](this=paren(self(left)), expression=paren(self(right)))
            case ir.Arith(op, left, right):
                return _ARITHMETIC[op](this=paren(self(left)), expression=paren(self(right)))
            case ir.Neg(arg):
                return exp.Neg(this=paren(self(arg)))
            case ir.In(ir.Col() as arg, options) if _words(arg, options):
                # A function of a dictionary-encoded column is computed once per entry; IN is not.
                listed = exp.Array(expressions=[self(o) for o in options])
                return exp.ArrayContains(this=listed, expression=self(arg))
            case ir.In(arg, options):
                return exp.In(this=paren(self(arg)), expressions=[self(o) for o in options])
            case ir.IsNull(arg):
                return exp.Is(this=paren(self(arg)), expression=exp.Null())
            case ir.IsTruth(arg, truth):
                return exp.Is(this=paren(self(arg)), expression=exp.Boolean(this=truth))
            case ir.Case(pairs, default):
                rest = None if default == ir.Lit(None, ir.NULL) else self(default)
                return whens([(self(when), self(value)) for when, value in pairs], rest)
            case ir.Call(name, args):
                return self._call(name, args, node.type)
            case ir.Agg():
                return col(self.aggregates[node])
            case _:
                raise TypeError(f"no SQL for {node!r}")

    def _column(self, node: ir.Col | ir.Var) -> Any:
        found = col(name_of(node))
        if self.wide and node.type.kind == "decimal":
            return cast(found, f"DECIMAL(38,{node.type.scale})")
        return cast(found, "HUGEINT") if self.wide and node.type.kind == "int" else found

    def _literal(self, value: Any, kind: ir.Type) -> Any:
        if value is None:
            return self._null(kind)
        if isinstance(value, bool):
            return exp.Boolean(this=value)
        if isinstance(value, int | Decimal):
            digits = str(abs(value)) if isinstance(value, int) else format(abs(value), "f")
            number = exp.Literal.number(digits)
            return exp.Neg(this=number) if value < 0 else number
        if isinstance(value, date):
            return cast(text(value.isoformat()), "DATE")
        return text(str(value))

    @staticmethod
    def _null(kind: ir.Type) -> Any:
        sql = {"bool": "BOOLEAN", "int": "INTEGER", "date": "DATE", "str": "VARCHAR",
               "code": "VARCHAR", "decimal": f"DECIMAL(18,{kind.scale})"}.get(kind.kind)  # fmt: skip
        return cast(exp.Null(), sql) if sql else exp.Null()

    def _join(self, join: Any, args: tuple[ir.Node, ...]) -> Any:
        found = paren(self(args[0]))
        for arg in args[1:]:
            found = join(this=found, expression=paren(self(arg)))
        return found

    # --- functions -----------------------------------------------------------------------

    def _call(self, name: str, args: tuple[ir.Node, ...], kind: ir.Type) -> Any:
        if name.startswith("quotient_"):
            return self._quotient(name.removeprefix("quotient_"), args, kind)
        done = [self(arg) for arg in args]
        match name:
            case "money":
                return cast(done[0], "DECIMAL(38,2)" if self.wide else "DECIMAL(18,2)")
            case "coalesce":
                return exp.Coalesce(this=done[0], expressions=done[1:])
            case "least" | "greatest":
                unknown = [exp.Is(this=paren(d.copy()), expression=exp.Null()) for d in done]
                pick = exp.Least if name == "least" else exp.Greatest
                best = pick(this=done[0], expressions=done[1:], ignore_nulls=False)
                return whens([(exp.or_(*unknown), exp.Null())], best)
            case "abs":
                return exp.Abs(this=done[0])
            case "round":
                found = exp.Round(this=done[0], decimals=done[1])
                return cast(found, "BIGINT") if kind.kind == "int" else found
            case "floor" | "ceil":
                whole = exp.Floor if name == "floor" else exp.Ceil
                return cast(whole(this=done[0]), "BIGINT")
            case "year" | "month" | "day":
                part = {"year": exp.Year, "month": exp.Month, "day": exp.Day}[name]
                return part(this=done[0])
            case "years" | "months":
                return _span(name, done[0], done[1])
            case "starts_with":
                return exp.StartsWith(this=done[0], expression=done[1])
            case "contains":
                return exp.ArrayContains(this=done[0], expression=done[1])
            case _:
                raise TypeError(f"no SQL for the function {name}")

    def _quotient(self, mode: str, args: tuple[ir.Node, ...], kind: ir.Type) -> Any:
        """Integer division in the smallest units, rounded half away from zero (or floor, ceil)."""
        above, below, places = args
        digits = int(str(places.value)) if isinstance(places, ir.Lit) else 0
        shift = below.type.scale + digits - above.type.scale
        top = self._whole(above, above.type.scale + max(shift, 0))
        bottom = self._whole(below, below.type.scale + max(-shift, 0))
        bottom = exp.Nullif(this=bottom, expression=exp.Literal.number(0))
        if mode == "round":
            two = exp.Literal.number(2)
            double = exp.Mul(this=two, expression=exp.Abs(this=bottom.copy()))
            half = exp.Add(
                this=exp.Mul(this=two.copy(), expression=exp.Abs(this=top.copy())),
                expression=exp.Abs(this=bottom.copy()),
            )
            size = exp.IntDiv(this=paren(half), expression=paren(double))
            signs = exp.Mul(this=exp.Sign(this=top), expression=exp.Sign(this=bottom))
            whole: Any = exp.Mul(this=paren(size), expression=paren(signs))
        else:
            whole = _floor(top, bottom) if mode == "floor" else _ceil(top, bottom)
        if not digits:
            return cast(whole, "BIGINT")
        width = 38 if self.wide else 18
        unit = exp.Literal.number("0." + "0" * (digits - 1) + "1")
        scaled = exp.Mul(this=cast(whole, f"DECIMAL({width},0)"), expression=unit)
        return cast(scaled, f"DECIMAL({width},{kind.scale})")

    def _whole(self, node: ir.Node, places: int) -> Any:
        found = self(node)
        if places:
            found = exp.Mul(this=paren(found), expression=exp.Literal.number(10**places))
        return cast(found, "HUGEINT" if self.wide else "BIGINT")


def _words(arg: ir.Col, options: tuple[ir.Lit, ...]) -> bool:
    return arg.type.kind in ("code", "str") and all(o.value is not None for o in options)


def _floor(top: Any, bottom: Any) -> Any:
    """Floor of a quotient of integers, whatever the signs (`//` cuts towards zero)."""
    cut = exp.IntDiv(this=top.copy(), expression=bottom.copy())
    rest = exp.Mod(this=top.copy(), expression=bottom.copy())
    opposite = exp.NEQ(
        this=paren(exp.LT(this=top.copy(), expression=exp.Literal.number(0))),
        expression=paren(exp.LT(this=bottom.copy(), expression=exp.Literal.number(0))),
    )
    inexact = exp.NEQ(this=paren(rest), expression=exp.Literal.number(0))
    lower = exp.Sub(this=paren(cut.copy()), expression=exp.Literal.number(1))
    return whens([(exp.and_(inexact, opposite), lower)], cut)


def _ceil(top: Any, bottom: Any) -> Any:
    return exp.Neg(this=paren(_floor(exp.Neg(this=paren(top)), bottom)))


def _span(unit: str, start: Any, end: Any) -> Any:
    """Full years or months from `start` to `end`."""

    def part(kind: Any, day: Any) -> Any:
        return kind(this=day.copy())

    def minus(kind: Any) -> Any:
        return exp.Sub(this=part(kind, end), expression=part(kind, start))

    def order(day: Any) -> Any:
        if unit == "months":
            return part(exp.Day, day)
        hundred = exp.Mul(this=part(exp.Month, day), expression=exp.Literal.number(100))
        return exp.Add(this=hundred, expression=part(exp.Day, day))

    whole: Any = minus(exp.Year)
    if unit == "months":
        twelve = exp.Mul(this=paren(whole), expression=exp.Literal.number(12))
        whole = exp.Add(this=twelve, expression=paren(minus(exp.Month)))
    late = exp.GT(this=paren(order(start)), expression=paren(order(end)))
    one, zero = exp.Literal.number(1), exp.Literal.number(0)
    return exp.Sub(this=paren(whole), expression=whens([(late, one)], zero))
