"""Whether a value is known, where a rule asks: two-valued formulas have 0 for the unknown."""

from __future__ import annotations

from collections.abc import Iterable

from bangfu.policy import ir
from bangfu.policy.plan import PARENTS
from bench.columns import Columns, Left

NO_DAY = 2**31 - 1
NO_LINK, NOBODY = -1, -2  # not recorded; recorded as none


class Known(Columns):
    """Adds conditions that are surely so, surely not so, and values that are not recorded."""

    def aggregate(self, node: ir.Agg, entity: str, *, surely: bool = False) -> str:
        """What a row's members or children give."""
        raise NotImplementedError

    def surely(self, node: ir.Node, entity: str) -> str:
        """Whether a condition is TRUE, not merely so for what stands in for the unknown."""
        match node:
            case ir.And(args) | ir.Or(args):
                sign = " & " if isinstance(node, ir.And) else " | "
                return f"({sign.join(self.surely(arg, entity) for arg in args)})"
            case ir.Not(arg):
                return self.surely_not(arg, entity)
            case ir.Cmp("=", ir.Col() as one, ir.Lit(str())) | ir.In(ir.Col() as one) if (
                one.type.kind in ("code", "str")
            ):
                return self.text(node, entity)
            case ir.Agg("any"):
                return self._surely_any(node, entity)
            case ir.Var("", _, name) if self._is_certain(entity, name):
                return self.text(node, entity)
            case ir.Var("household", other, name) if self._is_certain(other, name):
                return self.text(node, entity)
            case ir.Col() | ir.IsNull() | ir.IsTruth() | ir.Lit():
                return self.text(node, entity)
        unknown = self.unknown(node, entity)
        value = self.text(node, entity)
        return value if unknown is None else f"({value} & ~{unknown})"

    def _surely_any(self, node: ir.Agg, entity: str) -> str:
        sure = self.printed(lambda: self.aggregate(node, entity, surely=True))
        if sure == self.printed(lambda: self.aggregate(node, entity)):
            return self.text(node, entity)
        return self.aggregate(node, entity, surely=True)

    def surely_not(self, node: ir.Node, entity: str) -> str:
        """Whether a condition is FALSE."""
        match node:
            case ir.And(args) | ir.Or(args):
                sign = " | " if isinstance(node, ir.And) else " & "
                return f"({sign.join(self.surely_not(arg, entity) for arg in args)})"
            case ir.Not(arg):
                return self.surely(arg, entity)
            case ir.Lit(bool() as given):
                return str(not given)
        unknown = self.unknown(node, entity)
        value = self.text(node, entity)
        return f"~{value}" if unknown is None else f"(~{value} & ~{unknown})"

    def _is_certain(self, entity: str, name: str) -> bool:
        """Whether an unknown condition comes out as no by itself."""
        node = self.definition(entity, name)
        try:
            sure = self.printed(lambda: self.surely(node, entity))
            return sure == self.printed(lambda: self.plain(node, entity))
        except Left:
            return False

    def unknown(self, node: ir.Node, entity: str) -> str | None:
        """Whether a value is unknown; None where it never is. Raises Left."""
        match node:
            case ir.Lit(value) if value is not None:
                return None
            case ir.IsNull() | ir.IsTruth() | ir.Agg("count", where=ir.TRUE):
                return None
            case ir.Col(hop, _, name):
                if node.type.kind == "code" or (not hop and name in PARENTS.values()):
                    return f"({self.text(node, entity)} == {NO_LINK})"
                if node.type.kind == "date":
                    return f"({self.text(node, entity)} == {NO_DAY})"
                return f"~{self.recorded(node, entity)}"
            case ir.Var("", _, name):
                return self.unknown(self.definition(entity, name), entity)
            case ir.Not() | ir.Cmp() | ir.In() | ir.Neg():
                return self._any_unknown(ir.children(node), entity)
            case ir.Arith(op) if op != "/":
                return self._any_unknown(ir.children(node), entity)
            case ir.And(args) | ir.Or(args):
                some = self._any_unknown(args, entity)
                if some is None:
                    return None
                truth = self.surely if isinstance(node, ir.Or) else self.surely_not
                decided = " | ".join(truth(arg, entity) for arg in args)
                return f"({some} & ~({decided}))"
            case _:
                raise Left(f"whether a {type(node).__name__} is unknown")

    def _any_unknown(self, nodes: Iterable[ir.Node], entity: str) -> str | None:
        parts = [part for node in nodes if (part := self.unknown(node, entity)) is not None]
        return f"({' | '.join(dict.fromkeys(parts))})" if parts else None
