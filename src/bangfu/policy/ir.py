"""The typed expression tree between a pack's text and SQL: a closed family of frozen nodes.

The binder makes it (every node typed and checked), `missing` derives from it why a value
is unknown, `lower` turns it into sqlglot expressions. Nodes compare by value, so equal
sub-expressions are one key. Truth is three-valued: TRUE, FALSE, NULL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

TypeKind = Literal[
    "bool", "int", "decimal", "ratio", "str", "code", "date", "codes", "null", "list"
]


@dataclass(frozen=True, slots=True)
class Type:
    """What an expression gives. `scale`: decimal places; `codes`: a code field's own values."""

    kind: TypeKind
    scale: int = 0
    codes: tuple[str, ...] = ()

    @property
    def numeric(self) -> bool:
        """Whether arithmetic applies."""
        return self.kind in ("int", "decimal", "ratio")


BOOL = Type("bool")
INT = Type("int")
MONEY = Type("decimal", 2)
RATIO = Type("ratio")
STR = Type("str")
DATE = Type("date")
NULL = Type("null")


@dataclass(frozen=True, slots=True)
class Lit:
    """A constant; `value` None is NULL."""

    value: bool | int | Decimal | str | date | None
    type: Type


@dataclass(frozen=True, slots=True)
class Col:
    """A dictionary field of this row (`hop` empty) or of the row `hop` leads to."""

    hop: str
    entity: str
    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Var:
    """A derived column (pack variable, rule result, condition …) of this row or of `hop`'s."""

    hop: str
    entity: str
    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter with what it stands for here: a constant, or a case over region and kind."""

    name: str
    value: Node
    type: Type


@dataclass(frozen=True, slots=True)
class Unset:
    """A value the county has yet to set: unknown, and asked for as `param.name`."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Not:
    """Three-valued NOT."""

    arg: Node
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class And:
    """Three-valued AND: FALSE wins over NULL; of nothing TRUE."""

    args: tuple[Node, ...]
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class Or:
    """Three-valued OR: TRUE wins over NULL; of nothing FALSE."""

    args: tuple[Node, ...]
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class Cmp:
    """A comparison: =, <>, <, <=, >, >=."""

    op: str
    left: Node
    right: Node
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class Arith:
    """+, -, *, /. Division gives a `ratio`, kept as numerator and denominator."""

    op: str
    left: Node
    right: Node
    type: Type


@dataclass(frozen=True, slots=True)
class Neg:
    """Unary minus."""

    arg: Node
    type: Type


@dataclass(frozen=True, slots=True)
class In:
    """Membership in a list of constants."""

    arg: Node
    options: tuple[Lit, ...]
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class IsNull:
    """Whether a value is not recorded; never NULL."""

    arg: Node
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class IsTruth:
    """`x is true` or `x is false`; never NULL."""

    arg: Node
    truth: bool
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class Case:
    """The first pair whose condition is TRUE gives the value, else `default`."""

    pairs: tuple[tuple[Node, Node], ...]
    default: Node
    type: Type


@dataclass(frozen=True, slots=True)
class Call:
    """A whitelisted scalar function (see binding.FUNCTIONS)."""

    name: str
    args: tuple[Node, ...]
    type: Type


AggKind = Literal["any", "all", "count", "sum", "min", "max"]


@dataclass(frozen=True, slots=True)
class Agg:
    """An aggregate over the `child` rows that belong to this row (member, household, village).

    any: TRUE if one is, else NULL if one is, else FALSE; all: its dual; count, sum, min and
    max are NULL when a row's choice or value is.
    """

    kind: AggKind
    child: str
    where: Node
    value: Node | None
    type: Type


Node = (
    Lit | Col | Var | Param | Unset | Not | And | Or | Cmp | Arith | Neg | In | IsNull | IsTruth
    | Case | Call | Agg
)  # fmt: skip

TRUE = Lit(True, BOOL)
FALSE = Lit(False, BOOL)


def children(node: Node) -> tuple[Node, ...]:
    """Operands evaluated on the same row (an aggregate's live on the child rows: none here)."""
    match node:
        case Not(arg) | Neg(arg) | IsNull(arg) | IsTruth(arg) | In(arg):
            return (arg,)
        case And(args) | Or(args) | Call(args=args):
            return args
        case Cmp(_, left, right) | Arith(_, left, right):
            return (left, right)
        case Case(pairs, default):
            return (*(part for pair in pairs for part in pair), default)
        case Param(value=value):
            return (value,)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it on the same row, in reading order."""
    yield node
    for child in children(node):
        yield from walk(child)


def conjunction(parts: tuple[Node, ...]) -> Node:
    """AND of `parts`, flat, without constants, repetitions or a wrapper around a single one."""
    flat = [p for part in parts for p in (part.args if isinstance(part, And) else (part,))]
    kept = tuple(dict.fromkeys(part for part in flat if part != TRUE))
    if FALSE in kept:
        return FALSE
    if not kept:
        return TRUE
    return kept[0] if len(kept) == 1 else And(kept)


def disjunction(parts: tuple[Node, ...]) -> Node:
    """OR of `parts`, flat, without constants, repetitions or a wrapper around a single one."""
    flat = [p for part in parts for p in (part.args if isinstance(part, Or) else (part,))]
    kept = tuple(dict.fromkeys(part for part in flat if part != FALSE))
    if TRUE in kept:
        return TRUE
    if not kept:
        return FALSE
    return kept[0] if len(kept) == 1 else Or(kept)


def through(node: Node, hop: str) -> Node:
    """A column of the row that `hop` leads to. Raises TypeError for anything but a column."""
    if isinstance(node, Col | Var):
        return replace(node, hop=hop)
    raise TypeError(f"no column: {node!r}")
