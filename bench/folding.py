"""Constants put in: parameters as their values, spans of years and months as days, and what
follows from a constant condition."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date

from bangfu.policy import ir
from bangfu.policy.rewriting import negation, years_before

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


def fold(node: ir.Node) -> ir.Node:
    """The same value, shorter."""
    match node:
        case ir.Param(_, value):
            return fold(value)
        case ir.And(args):
            return ir.conjunction(tuple(fold(arg) for arg in args))
        case ir.Or(args):
            return ir.disjunction(tuple(fold(arg) for arg in args))
        case ir.Not(arg):
            return negation(fold(arg))
        case ir.Cmp(op, left, right):
            return _compare(op, fold(left), fold(right))
        case ir.Call("money", (arg,)):
            exact = arg.type.kind != "ratio" and arg.type.scale <= 2
            two = ir.Lit(2, ir.INT)
            return fold(arg) if exact else ir.Call("round", (fold(arg), two), node.type)
        case ir.Call():
            return replace(node, args=tuple(fold(arg) for arg in node.args))
        case ir.Arith():
            return replace(node, left=fold(node.left), right=fold(node.right))
        case ir.Neg() | ir.In() | ir.IsNull() | ir.IsTruth():
            return replace(node, arg=fold(node.arg))
        case ir.Case(pairs, default):
            folded = tuple((fold(when), fold(value)) for when, value in pairs)
            return replace(node, pairs=folded, default=fold(default))
        case ir.Agg():
            summed = None if node.value is None else fold(node.value)
            return replace(node, where=fold(node.where), value=summed)
        case _:
            return node


def _compare(op: str, left: ir.Node, right: ir.Node) -> ir.Node:
    for span, bound, sign in ((left, right, op), (right, left, _FLIPPED[op])):
        if isinstance(span, ir.Call) and span.name in ("years", "months"):
            start, end = span.args
            number = bound.value if isinstance(bound, ir.Lit) else None
            if type(number) is int and isinstance(end, ir.Lit) and isinstance(end.value, date):
                back = years_before if span.name == "years" else months_before
                return _span(sign, start, [back(end.value, number + more) for more in (0, 1)])
    return ir.Cmp(op, left, right)


def _span(op: str, start: ir.Node, latest: list[date]) -> ir.Node:
    """A full span compared with a number: `latest` are the last days to give it, and one more."""
    enough, more = (ir.Cmp("<=", start, ir.Lit(day, ir.DATE)) for day in latest)
    match op:
        case ">=":
            return enough
        case ">":
            return more
        case "<":
            return ir.Cmp(">", start, ir.Lit(latest[0], ir.DATE))
        case "<=":
            return ir.Cmp(">", start, ir.Lit(latest[1], ir.DATE))
        case "=":
            return ir.And((enough, ir.Not(more)))
        case _:
            return ir.Or((ir.Not(enough), more))


def months_before(day: date, months: int) -> date:
    """The latest day with `months` full months on `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
