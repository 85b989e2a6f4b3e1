"""IR to IR: exact quotients and cheap ages, before SQL.

A quotient is never computed as a float. It is carried as numerator and denominator, compared
by cross-multiplication and rounded by integer division; a zero denominator gives NULL.
`age >= 16` becomes a comparison of the birth date with a constant date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from bangfu.policy import ir
from bangfu.policy.binding import arithmetic_type
from bangfu.policy.book import Book, Derived

ONE = ir.Lit(1, ir.INT)
ZERO = ir.Lit(0, ir.INT)
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
_ROUNDING = ("round", "floor", "ceil", "money")
_STRICT = (*_ROUNDING, "abs", "least", "greatest", "year", "month", "day", "years", "months",
           "starts_with", "contains")  # fmt: skip


class Rewriter:
    """Rewrites a book's expressions; parts of quotient columns become columns of their own."""

    def __init__(self, book: Book) -> None:
        self.derived: Mapping[tuple[str, str], Derived] = book.derived
        self._memo: dict[ir.Node, ir.Node] = {}

    def columns(self, derived: Derived) -> dict[str, ir.Node]:
        """The SQL columns of a derived column: one, or two for a quotient."""
        if derived.type.kind != "ratio":
            return {derived.name: self.rewrite(derived.expr)}
        above, below = self.split(derived.expr)
        return {f"{derived.name}/n": above, f"{derived.name}/d": below}

    def rewrite(self, node: ir.Node) -> ir.Node:
        """The same value without quotients. A bare quotient is rounded to the cent."""
        found = self._memo.get(node)
        if found is None:
            found = self._memo[node] = self._rewrite(node)
        return found

    def _rewrite(self, node: ir.Node) -> ir.Node:
        match node:
            case ir.Cmp(op, left, right):
                return self._compare(op, left, right)
            case ir.IsNull(arg):
                return self._is_null(arg)
            case ir.And(args):
                return ir.conjunction(tuple(self.rewrite(arg) for arg in args))
            case ir.Or(args):
                return ir.disjunction(tuple(self.rewrite(arg) for arg in args))
            case ir.Not(arg):
                return negation(self.rewrite(arg))
            case ir.IsTruth(arg, truth):
                return is_truth(self.rewrite(arg), truth)
            case ir.Param(_, ir.Lit() as fixed):
                return fixed
            case ir.Call(name, args) if name in _ROUNDING and args[0].type.kind == "ratio":
                above, below = self.split(args[0])
                places = args[1] if name == "round" else ir.Lit(2 if name == "money" else 0, ir.INT)
                mode = "round" if name == "money" else name
                return ir.Call(f"quotient_{mode}", (above, below, places), node.type)
            case ir.Agg():
                value = self.rewrite(node.value) if node.value is not None else None
                return replace(node, where=self.rewrite(node.where), value=value)
            case _ if node.type.kind == "ratio":
                return self.rewrite(ir.Call("money", (node,), ir.MONEY))
            case _:
                return self._below(node)

    def _below(self, node: ir.Node) -> ir.Node:
        match node:
            case ir.Neg() | ir.In():
                return replace(node, arg=self.rewrite(node.arg))
            case ir.Call():
                return replace(node, args=tuple(self.rewrite(arg) for arg in node.args))
            case ir.Arith():
                return replace(node, left=self.rewrite(node.left), right=self.rewrite(node.right))
            case ir.Case():
                pairs = tuple((self.rewrite(when), self.rewrite(v)) for when, v in node.pairs)
                return replace(node, pairs=pairs, default=self.rewrite(node.default))
            case ir.Param():
                return replace(node, value=self.rewrite(node.value))
            case _:
                return node

    def _is_null(self, node: ir.Node) -> ir.Node:
        """IS NULL pushed down to the columns that can be NULL."""
        match node:
            case ir.Lit(value):
                return ir.TRUE if value is None else ir.FALSE
            case ir.Unset():
                return ir.TRUE
            case ir.IsNull() | ir.IsTruth():
                return ir.FALSE
            case ir.Agg("count", where=ir.TRUE):
                return ir.FALSE
            case ir.Cmp() | ir.Arith() | ir.Neg() | ir.Not() | ir.In() | ir.Param():
                parts = [self._is_null(child) for child in ir.children(node)]
                if isinstance(node, ir.Arith) and node.op == "/":
                    none = ir.IsTruth(ir.Cmp("=", node.right, ZERO), True)
                    parts.append(self.rewrite(none))
                return ir.disjunction(tuple(parts))
            case ir.Call(name, args) if name in _STRICT:
                return ir.disjunction(tuple(self._is_null(arg) for arg in args))
            case ir.Var() if node.type.kind == "ratio":
                above, below = self.split(node)
                zero = is_truth(ir.Cmp("=", below, ZERO), True)
                return ir.disjunction((ir.IsNull(above), ir.IsNull(below), zero))
            case _:
                return ir.IsNull(self.rewrite(node))

    # --- quotients -----------------------------------------------------------------------

    def split(self, node: ir.Node) -> tuple[ir.Node, ir.Node]:
        """Numerator and denominator of a numeric node, neither a quotient."""
        if node.type.kind != "ratio":
            return self.rewrite(node), ONE
        match node:
            case ir.Var():
                own = self.columns(self.derived[node.entity, node.name])
                first, second = (
                    ir.Var(node.hop, node.entity, name, part.type) for name, part in own.items()
                )
                return first, second
            case ir.Neg(arg):
                above, below = self.split(arg)
                return ir.Neg(above, above.type), below
            case ir.Arith(op, left, right):
                return self._split_arithmetic(op, self.split(left), self.split(right))
            case _:
                raise TypeError(f"no quotient: {node!r}")

    def _split_arithmetic(
        self, op: str, one: tuple[ir.Node, ir.Node], two: tuple[ir.Node, ir.Node]
    ) -> tuple[ir.Node, ir.Node]:
        (n1, d1), (n2, d2) = one, two
        if op == "/":
            below = _times(d1, n2)
            if d2 != ONE:
                below = ir.Case(
                    ((ir.Cmp("<>", d2, ZERO), below),), ir.Lit(None, ir.NULL), below.type
                )
            return _times(n1, d2), below
        if op == "*":
            return _times(n1, n2), _times(d1, d2)
        left, right = _times(n1, d2), _times(n2, d1)
        return ir.Arith(op, left, right, arithmetic_type(op, left.type, right.type)), _times(d1, d2)

    def _compare(self, op: str, left: ir.Node, right: ir.Node) -> ir.Node:
        if "ratio" in (left.type.kind, right.type.kind):
            (n1, d1), (n2, d2) = self.split(left), self.split(right)
            one, two, below = _times(n1, d2), _times(n2, d1), _times(d1, d2)
            pairs = [(ir.Cmp(">", below, ZERO), ir.Cmp(op, one, two))]
            if not self._never_negative(below):
                pairs.append((ir.Cmp("<", below, ZERO), ir.Cmp(op, two, one)))
            return ir.Case(tuple(pairs), ir.Lit(None, ir.NULL), ir.BOOL)
        for span, bound, sign in ((left, right, op), (right, left, _FLIPPED[op])):
            years = constant(bound)
            if isinstance(span, ir.Call) and span.name == "years" and type(years) is int:
                cheap = _age(sign, span, years)
                if cheap is not None:
                    return cheap
        return ir.Cmp(op, self.rewrite(left), self.rewrite(right))

    def _never_negative(self, node: ir.Node) -> bool:
        """Whether the denominator is a count, as household size is."""
        if isinstance(node, ir.Var) and node.name.endswith("/d"):
            whole = self.derived[node.entity, node.name.removesuffix("/d")]
            return self._never_negative(self.split(whole.expr)[1])
        if isinstance(node, ir.Var):
            return self._never_negative(self.derived[node.entity, node.name].expr)
        value = constant(node)
        positive = isinstance(value, int) and value > 0
        return positive or (isinstance(node, ir.Agg) and node.kind == "count")


def negation(node: ir.Node) -> ir.Node:
    """NOT, constants and double negation removed."""
    match node:
        case ir.Lit(bool() as value):
            return ir.Lit(not value, ir.BOOL)
        case ir.Not(arg):
            return arg
        case _:
            return ir.Not(node)


def is_truth(node: ir.Node, truth: bool) -> ir.Node:
    """IS TRUE / IS FALSE, dropped where the operand is itself never NULL."""
    match node:
        case ir.Lit(value):
            return ir.Lit(value is truth, ir.BOOL)
        case ir.IsNull() | ir.IsTruth():
            return node if truth else ir.Not(node)
        case _:
            return ir.IsTruth(node, truth)


def constant(node: ir.Node) -> object:
    """The value of a constant or of a parameter that is the same everywhere, else None."""
    while isinstance(node, ir.Param):
        node = node.value
    return node.value if isinstance(node, ir.Lit) else None


def _times(left: ir.Node, right: ir.Node) -> ir.Node:
    if left == ONE:
        return right
    if right == ONE:
        return left
    return ir.Arith("*", left, right, arithmetic_type("*", left.type, right.type))


def _age(op: str, span: ir.Call, years: int) -> ir.Node | None:
    """`full years from a date to a constant day` compared with a number, as dates."""
    born, day = span.args
    if not isinstance(day, ir.Lit) or not isinstance(day.value, date):
        return None
    if not 1 < day.value.year - years - 1 < 9998:
        return None

    def at_least(number: int) -> ir.Node:
        return ir.Cmp("<=", born, ir.Lit(years_before(day.value, number), ir.DATE))  # type: ignore[arg-type]

    match op:
        case ">=":
            return at_least(years)
        case ">":
            return at_least(years + 1)
        case "<":
            return ir.Not(at_least(years))
        case "<=":
            return ir.Not(at_least(years + 1))
        case "=":
            return ir.And((at_least(years), ir.Not(at_least(years + 1))))
        case _:
            return ir.Or((ir.Not(at_least(years)), at_least(years + 1)))


def years_before(day: date, years: int) -> date:
    """The latest birth date with `years` full years on `day` (29 February counts on 1 March)."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
