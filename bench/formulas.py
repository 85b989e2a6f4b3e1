"""A bound pack as OpenFisca formulas: each column, condition and rule a vectorial expression.

The text is what an author of OpenFisca would write: codes are small integers compared with ==,
members are gathered by their household's row, relatives by theirs, an expression used more than
once is a variable of its own. It is two-valued: an unknown number is 0, an unknown yes/no is no,
an unknown code or link is -1, an unknown day the last of all. Only where a rule asks whether
a value is recorded (`is null`, `coalesce`, a choice between cases) is that looked at.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bangfu.policy import ir
from bangfu.policy.plan import PARENTS
from bench.columns import KINDS, Left
from bench.known import NOBODY, Known

_OPERATORS = {"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_EPOCH = date(1970, 1, 1)


class Formulas(Known):
    """Prints the expressions of a book."""

    def text(self, node: ir.Node, entity: str) -> str:
        """The expression on rows of `entity`; one used more than once as a variable."""
        if self.often[entity, node] < 2 or not _worth_keeping(node):
            return self.plain(node, entity)
        text, reads = self.printed(lambda: self.plain(node, entity))
        return self.use(self.named(entity, KINDS[node.type.kind], text, reads), entity)

    def plain(self, node: ir.Node, entity: str) -> str:  # noqa: C901  # one line per node kind
        """The expression itself. Raises Left."""
        match node:
            case ir.Lit(value):
                return literal(value)
            case ir.Unset(_, kind):
                return "False" if kind.kind == "bool" else "0"
            case ir.Col() | ir.Var():
                return self.leaf(node, entity)
            case ir.Not(arg):
                return f"~{self.text(arg, entity)}"
            case ir.And(args) | ir.Or(args):
                sign = " & " if isinstance(node, ir.And) else " | "
                return f"({sign.join(self.text(arg, entity) for arg in args)})"
            case ir.Cmp(op, left, right):
                one, two = self._sides(left, right, entity)
                return f"({one} {_OPERATORS[op]} {two})"
            case ir.Arith(op, left, right):
                return f"({self.text(left, entity)} {op} {self.text(right, entity)})"
            case ir.Neg(arg):
                return f"(-{self.text(arg, entity)})"
            case ir.In(arg, options):
                return self._one_of(arg, options, entity)
            case ir.IsNull(arg):
                return self.unknown(arg, entity) or "False"
            case ir.IsTruth(arg, truth):
                return self.surely(arg, entity) if truth else self.surely_not(arg, entity)
            case ir.Case():
                return self._case(node, entity)
            case ir.Call(name, args):
                return self._call(name, args, entity)
            case ir.Agg():
                return self.aggregate(node, entity)
            case _:
                raise Left(f"{type(node).__name__} has no formula")

    def _sides(self, left: ir.Node, right: ir.Node, entity: str) -> tuple[str, str]:
        """Both sides of a comparison, a code or a link as its number."""
        if isinstance(left, ir.Lit) and isinstance(left.value, str):
            two, one = self._sides(right, left, entity)
            return one, two
        if isinstance(right, ir.Lit) and isinstance(right.value, str):
            return self.text(left, entity), str(self._place(left, right.value))
        if {left.type.kind, right.type.kind} & {"str", "code", "codes"}:
            raise Left("two texts compared with each other")
        return self.text(left, entity), self.text(right, entity)

    def _place(self, node: ir.Node, text: str) -> int:
        """The number that stands for a code, a text, or a link to nobody. Raises Left."""
        if node.type.kind == "code" and text in node.type.codes:
            return node.type.codes.index(text)
        if not isinstance(node, ir.Col) or node.hop or node.type.kind != "str":
            raise Left("a text that is no code")
        if node.name in PARENTS.values():
            if text != "none":
                raise Left("a certain relative")
            return NOBODY
        words = self.words.setdefault(f"{node.entity}.{node.name}", [])
        if text not in words:
            words.append(text)
        return words.index(text)

    def _one_of(self, arg: ir.Node, options: tuple[ir.Lit, ...], entity: str) -> str:
        value = self.text(arg, entity)
        numbers: list[int] = []
        for option in options:
            if isinstance(option.value, str):
                numbers.append(self._place(arg, option.value))
            elif type(option.value) is int:
                numbers.append(option.value)
            else:
                raise Left("a list of other things than codes and whole numbers")
        numbers = sorted(set(numbers))
        if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
            return f"(({value} >= {numbers[0]}) & ({value} <= {numbers[-1]}))"
        return f"({' | '.join(f'({value} == {number})' for number in numbers)})"

    def _case(self, node: ir.Case, entity: str) -> str:
        match node:
            case ir.Case(((when, value), (ir.Not(again), other)), ir.Lit(None)) if when == again:
                pairs, rest = [(self.text(when, entity), value)], other
            case _:
                pairs = [(self.surely(when, entity), value) for when, value in node.pairs]
                rest = node.default
        found = self._branch(rest, node.type, entity)
        for truth, value in reversed(pairs):
            if truth == "False":
                continue
            found = f"np.where({truth}, {self._branch(value, node.type, entity)}, {found})"
        return found

    def _branch(self, node: ir.Node, kind: ir.Type, entity: str) -> str:
        text = self.text(node, entity)
        number = isinstance(node, ir.Lit | ir.Unset) and kind.kind == "decimal"
        return f"f32({text})" if number else text

    def _call(self, name: str, args: tuple[ir.Node, ...], entity: str) -> str:
        match name:
            case "money":
                return self.text(args[0], entity)
            case "least" | "greatest":
                best = "np.minimum" if name == "least" else "np.maximum"
                found = self.text(args[0], entity)
                for arg in args[1:]:
                    found = f"{best}({found}, {self.text(arg, entity)})"
                return found
            case "coalesce":
                return self._first_known(args, entity)
            case "round" if isinstance(args[1], ir.Lit):
                return f"rounded({self.text(args[0], entity)}, {args[1].value})"
            case "abs" | "floor" | "ceil":
                return f"np.{name}({self.text(args[0], entity)})"
            case _:
                raise Left(f"the function {name}")

    def _first_known(self, args: tuple[ir.Node, ...], entity: str) -> str:
        first, *rest = args
        if not rest:
            return self.text(first, entity)
        if first.type.kind == "bool" and rest == [ir.FALSE]:
            return self.surely(first, entity)
        if first.type.kind == "bool" and rest == [ir.TRUE]:
            return f"~{self.surely_not(first, entity)}"
        if isinstance(first, ir.Col) and first.type.numeric and _is_zero(rest[0]):
            return self.text(first, entity)
        unknown = self.unknown(first, entity)
        if unknown is None:
            return self.text(first, entity)
        other = self._first_known(tuple(rest), entity)
        return f"np.where({unknown}, {other}, {self.text(first, entity)})"

    # --- aggregates ----------------------------------------------------------------------

    def aggregate(self, node: ir.Agg, entity: str, *, surely: bool = False) -> str:
        """What a row's members or children give. Raises Left."""
        if node.child != "person":
            raise Left(f"it gathers rows of {node.child}")
        where = "None"
        if node.where != ir.TRUE:
            where = self._of_child(node.where, entity, surely=surely)
        if entity == "person":
            if node.kind not in ("any", "all"):
                raise Left(f"a {node.kind} over children")
            links = [ir.Col("", "person", name, ir.STR) for name in ("father_no", "mother_no")]
            rows = ", ".join(self.use(self.input(link, entity), entity) for link in links)
            return f"{node.kind}_child({where}, {rows})"
        if node.value is None:
            return f"{node.kind}_of(h, {where})"
        return f"{node.kind}_of(h, {where}, {self._of_child(node.value, entity)})"

    def _of_child(self, node: ir.Node, entity: str, *, surely: bool = False) -> str:
        """A value of each person, read from where the aggregate stands."""
        show = self.surely if surely else self.text
        text, reads = self.printed(lambda: show(node, "person"))
        name = reads[0] if reads else ""
        if text != f'p("{name}", t)':  # not a variable yet
            name = self.named("person", KINDS[node.type.kind], text, reads)
        self.reads[-1][name] = None
        return f'p("{name}", t)' if entity == "person" else f'h.members("{name}", t)'


def literal(value: object) -> str:
    """A constant in Python; a day is counted from 1970, nothing is 0."""
    match value:
        case bool():
            return str(value)
        case int():
            return str(value)
        case Decimal():
            return str(float(value)) if value % 1 else str(int(value))
        case date():
            return str((value - _EPOCH).days)
        case None:
            return "0"
        case _:
            raise Left("a text by itself")


def _is_zero(node: ir.Node) -> bool:
    return isinstance(node, ir.Lit) and node.value == 0 and not isinstance(node.value, bool)


def _worth_keeping(node: ir.Node) -> bool:
    """Whether computing it again costs more than OpenFisca's looking it up."""
    return isinstance(node, ir.Cmp | ir.In | ir.And | ir.Or | ir.Arith | ir.Call | ir.Agg | ir.Case)
