"""SQL of the aggregates over members, households and villages, three-valued.

`any` and `all` travel as one small number (2 true, 1 unknown, 0 false) so that each is a
single MAX or MIN; `count`, `sum`, `min` and `max` carry a flag that says something in them
is unknown.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from bangfu.policy import ir
from bangfu.policy.lower import Lower, cast, col, paren, whens


def two_valued(node: ir.Node) -> bool:
    """Whether a condition is never NULL, by its form."""
    match node:
        case ir.IsNull() | ir.IsTruth():
            return True
        case ir.Lit(value):
            return value is not None
        case ir.And(args) | ir.Or(args):
            return all(two_valued(arg) for arg in args)
        case ir.Not(arg):
            return two_valued(arg)
        case ir.Var(_, _, name):
            return "!" in name
        case _:
            return False


def inside(agg: ir.Agg, name: str, lower: Lower) -> dict[str, Any]:
    """The aggregate's columns over the child relation, by name."""
    where = lower(agg.where)
    one, two, zero = (exp.Literal.number(n) for n in (1, 2, 0))
    unknown = exp.Is(this=paren(where.copy()), expression=exp.Null())
    match agg.kind:
        case "any" if two_valued(agg.where):
            return {name: exp.LogicalOr(this=where)}
        case "any" | "all":
            level = whens([(where, two), (unknown, one)], zero)
            pick = exp.Max if agg.kind == "any" else exp.Min
            return {name: pick(this=level)}
        case "count":
            if agg.where == ir.TRUE:
                return {name: exp.Count(this=exp.Star())}
            return {name: exp.CountIf(this=where), f"{name}?": exp.LogicalOr(this=unknown)}
    assert agg.value is not None
    value = lower(agg.value)
    absent: Any = exp.Is(this=paren(value.copy()), expression=exp.Null())
    if agg.where != ir.TRUE:
        value = whens([(where, value)])
        chosen = exp.And(this=paren(where.copy()), expression=paren(absent))
        absent = exp.Or(this=paren(unknown), expression=paren(chosen))
    found = {"sum": exp.Sum, "min": exp.Min, "max": exp.Max}[agg.kind](this=value)
    return {name: found, f"{name}?": exp.LogicalOr(this=absent)}


def outside(agg: ir.Agg, name: str, table: str, *, wide: bool) -> Any:
    """The aggregate's value on the parent row, joined as `table`; no child rows: its neutral."""
    found = col(name, table)
    zero = exp.Literal.number(0)

    def is_level(number: int) -> Any:
        return exp.EQ(this=found.copy(), expression=exp.Literal.number(number))

    true, false, null = exp.Boolean(this=True), exp.Boolean(this=False), exp.Null()
    match agg.kind:
        case "any" if two_valued(agg.where):
            return exp.Coalesce(this=found, expressions=[false])
        case "any":
            return whens([(is_level(2), true), (is_level(1), null)], false)
        case "all":
            return whens([(is_level(0), false), (is_level(1), null)], true)
        case "count" if agg.where == ir.TRUE:
            return cast(exp.Coalesce(this=found, expressions=[zero]), "INTEGER")
    value: Any = found
    if agg.kind in ("sum", "count"):
        kind = "INTEGER" if agg.kind == "count" else _sum_type(agg.type, wide)
        value = cast(exp.Coalesce(this=found, expressions=[zero]), kind)
    return whens([(col(f"{name}?", table), null)], value)


def _sum_type(kind: ir.Type, wide: bool) -> str:
    if kind.kind == "int":
        return "HUGEINT" if wide else "BIGINT"
    return f"DECIMAL({38 if wide else 18},{kind.scale})"
