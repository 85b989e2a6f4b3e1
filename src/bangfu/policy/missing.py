"""Why a value is unknown: which dictionary fields, if recorded, could decide it.

For an expression known to be NULL, `missing` gives each field with a two-valued condition
saying whether it is to blame on this row. Blame follows the three-valued logic: an operand
that is NULL is looked into, one that is known is not (in `a or b` with b FALSE only a is
asked for; with b TRUE the whole is TRUE and nothing is). The conditions are ordinary IR, so
they are computed by the same query as the findings.
"""

from __future__ import annotations

from collections.abc import Iterable

from bangfu import dictionary
from bangfu.policy import ir
from bangfu.policy.book import Book, Derived

Blame = dict[str, ir.Node]  # 'entity.field' or 'param.name' -> condition
_PARENTS = {"father": "father_no", "mother": "mother_no", "spouse": "spouse_no"}


class Blamer:
    """Derives blame conditions; those of shared columns become columns of the book."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def of(self, node: ir.Node) -> Blame:
        """Fields to blame for `node`, on rows where it is NULL."""
        match node:
            case ir.Col():
                return self._column(node)
            case ir.Var():
                return self._variable(node)
            case ir.Unset(name):
                return {f"param.{name}": ir.TRUE}
            case ir.Lit() | ir.IsNull() | ir.IsTruth():
                return {}
            case ir.Agg():
                return self._aggregate(node)
            case ir.Case():
                return self._case(node)
            case ir.Arith("/", _, right):
                return _merge([*self._operands(node), _zero(right)])
            case _:
                return _merge(self._operands(node))

    def _operands(self, node: ir.Node) -> list[Blame]:
        return [self._if_null(child) for child in ir.children(node)]

    def _if_null(self, node: ir.Node) -> Blame:
        """Blame for an operand, on rows where that operand is NULL."""
        blame = self.of(node)
        if isinstance(node, ir.Col | ir.Unset | ir.Lit):
            return blame
        return {name: ir.conjunction((ir.IsNull(node), why)) for name, why in blame.items()}

    def _column(self, node: ir.Col) -> Blame:
        unknown = ir.IsNull(node)
        key = _PARENTS.get(node.hop)
        if key is None:
            return {f"{node.entity}.{node.name}": unknown}
        link = ir.Col("", "person", key, ir.STR)
        absent = ir.Or(
            (ir.IsNull(link), ir.IsTruth(ir.Cmp("=", link, ir.Lit("none", ir.STR)), True))
        )
        return {
            f"person.{key}": ir.conjunction((absent, unknown)),
            f"{node.entity}.{node.name}": ir.conjunction((ir.Not(absent), unknown)),
        }

    def _variable(self, node: ir.Var) -> Blame:
        found: Blame = {}
        definition = self.book.derived[node.entity, node.name]
        for field, why in self.of(definition.expr).items():
            name = f"{node.name}!{field}"
            self.book.derived[node.entity, name] = Derived(
                node.entity, name, ir.conjunction((ir.IsNull(definition_of(node)), why))
            )
            found[field] = ir.Var(node.hop, node.entity, name, ir.BOOL)
        if node.hop in _PARENTS:
            absent = ir.IsNull(ir.Col("", "person", _PARENTS[node.hop], ir.STR))
            found[f"person.{_PARENTS[node.hop]}"] = absent
            found = {k: v if v is absent else ir.IsTruth(v, True) for k, v in found.items()}
        return found

    def _aggregate(self, node: ir.Agg) -> Blame:
        found: list[Blame] = []
        for field, why in self._if_null(node.where).items():
            found.append({field: _some(node.child, why)})
        if node.value is not None:
            for field, why in self._if_null(node.value).items():
                chosen = ir.conjunction((ir.IsTruth(node.where, True), why))
                if node.where == ir.TRUE:
                    chosen = why
                found.append({field: _some(node.child, chosen)})
        return _merge(found)

    def _case(self, node: ir.Case) -> Blame:
        """An unknown condition, or the unknown value of the branch taken."""
        found: list[Blame] = []
        for when, value in node.pairs:
            found.append(self._if_null(when))
            taken = ir.IsTruth(when, True)
            blame = self._if_null(value)
            found.append({name: ir.conjunction((taken, why)) for name, why in blame.items()})
        found.append(self._if_null(node.default))
        return _merge(found)


def definition_of(node: ir.Var) -> ir.Var:
    """The same column on its own row."""
    return ir.Var("", node.entity, node.name, node.type)


def _some(child: str, why: ir.Node) -> ir.Node:
    return ir.IsTruth(ir.Agg("any", child, why, None, ir.BOOL), True)


def _zero(right: ir.Node) -> Blame:
    """Nothing divides by zero: the fields of the divisor are to be looked at."""
    zero = ir.IsTruth(ir.Cmp("=", right, ir.Lit(0, ir.INT)), True)
    leaves = [n for n in ir.walk(right) if isinstance(n, ir.Col | ir.Agg)]
    names = [f"{n.entity}.{n.name}" if isinstance(n, ir.Col)
             else f"{n.child}.{dictionary.entity(n.child).key}" for n in leaves]  # fmt: skip
    return dict.fromkeys(names, zero)


def _merge(blames: Iterable[Blame]) -> Blame:
    found: dict[str, list[ir.Node]] = {}
    for blame in blames:
        for name, why in blame.items():
            found.setdefault(name, []).append(why)
    return {name: ir.disjunction(tuple(reasons)) for name, reasons in found.items()}
