"""What explaining asks of a pack at a date, made ready once: every rule with its conditions,
the values those read with their labels, the fields they may lack, parameters, citations.

The expressions are the book's, as the batch compiles them; `rowwise` gives their values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from bangfu import dictionary
from bangfu.policy import ir
from bangfu.policy.book import Book, bind_all
from bangfu.policy.explanation import Input, ParameterUsed
from bangfu.policy.missing import Blamer
from bangfu.policy.pack import Pack, Rule, Variable, Version
from bangfu.policy.plan import PARENTS
from bangfu.policy.reading import parameters_of
from bangfu.policy.rowwise import Row, Rowwise, Term
from bangfu.policy.showing import WITHHELD, citation, label, show

Blame = tuple[tuple[str, Term], ...]  # field, whether it is to blame on a row
_MOST_KEPT = 512


class Reading:
    """One value an expression reads; for an aggregate over members or loans also what each
    gives: `below`, and `each`, whether it fulfils the condition."""

    def __init__(self, pack: Pack, node: ir.Node, rowwise: Rowwise) -> None:
        self.field, self.zh, self.spec, self.unit = label(pack, node)
        self.value = rowwise.value(node)
        self.told = not (isinstance(node, ir.Agg) and node.kind in ("any", "all"))
        hop = node.hop if isinstance(node, ir.Col | ir.Var) else ""
        self.relative = hop if hop in PARENTS else ""
        self.child = node.child if isinstance(node, ir.Agg) else ""
        self.each: Term | None = None
        self.below: tuple[Reading, ...] = ()
        self._kept: dict[Any, Input] = {}

    def input(self, row: Row, subject: str | None = None, truth: bool | None = None) -> Input:
        """The value on a row in words; withheld where it is a relative's outside the scope."""
        if self.relative and (there := row.hops.get(self.relative)) and there.withheld:
            return Input(self.field, self.zh, None, WITHHELD, subject, truth, True)
        value = self.value(row)
        found = self._kept.get(value)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            shown = show(value, self.spec, self.unit)
            found = self._kept[value] = Input(self.field, self.zh, value, shown)
        if subject is None:
            return found
        return Input(self.field, self.zh, value, found.shown, subject, truth)


@dataclass(frozen=True)
class Readings:
    """The values of one expression, in reading order. `distinct`: no two can say the same."""

    each: tuple[Reading, ...]
    distinct: bool

    @classmethod
    def of(cls, found: Iterable[Reading]) -> Readings:
        """With `distinct` worked out."""
        each = tuple(found)
        own = [(r.field, r.zh) for r in each if r.told]
        below = [(b.field, b.zh) for r in each for b in r.below]
        return cls(each, len({*own}) == len(own) and len({*below}) == len(below))

    def inputs(self, row: Row, told: Mapping[str, list[tuple[str, Row]]]) -> tuple[Input, ...]:
        """The values on a row, and what each row below gives to aggregates."""
        found: list[Input] = []
        for reading in self.each:
            if reading.told:
                found.append(reading.input(row))
            for number, other in told.get(reading.child, ()) if reading.below else ():
                truth = reading.each(other) if reading.each else None
                found += [below.input(other, number, truth) for below in reading.below]
        return tuple(found) if self.distinct else tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Condition:
    """One condition: its words, its truth, what it reads, what to blame where it is unknown."""

    zh: str
    en: str
    expr: str
    truth: Term
    readings: Readings
    blame: Blame


@dataclass(frozen=True)
class Parameter:
    """A parameter of a rule: told as `used`, with the value on the row where that differs."""

    used: ParameterUsed
    values: tuple[Term, ...]


@dataclass(frozen=True)
class AskedRule:
    """A computed rule in force."""

    rule: Rule
    version: Version
    value: Term
    cite: dict[str, Any]
    conditions: tuple[Condition, ...]
    parameters: tuple[Parameter, ...]
    blame: Blame


@dataclass(frozen=True)
class AskedVariable:
    """A pack variable in force."""

    variable: Variable
    entity: str
    formula: str
    value: Term
    readings: Readings


@dataclass
class Asking:
    """Compiled once per (pack, date, entity told about). `rules` in pack order; a rule not in
    force has None. `beyond`: rules and variables that no single household can tell, since they
    gather over others (or over what relatives' households hold)."""

    pack: Pack
    as_of: date
    book: Book
    rowwise: Rowwise
    about: str = "household"
    rules: list[tuple[Rule, AskedRule | None]] = field(default_factory=list)
    variables: list[AskedVariable] = field(default_factory=list)
    beyond: frozenset[str] = frozenset()


# A household is told with its members and loans and the places it lies in.
_TOLD = {"household": ("person", "household", "village", "county", "township", "loan")}


def told_with(about: str) -> tuple[str, ...]:
    """Entities whose rules are told of one row of `about`."""
    return _TOLD.get(about, (about,))


@lru_cache(maxsize=32)
def _slot(key: tuple[str, str, date, str, bool]) -> list[Asking]:
    return []


def compile_asking(
    pack: Pack, as_of: date, about: str = "household", *, gathering: bool = False
) -> Asking:
    """What is told of one row of `about`, cached by the pack's hash and the date; `gathering`:
    also what gathers over other rows, for who can say what these give (`placed`)."""
    slot = _slot((pack.id, pack.hash, as_of, about, gathering))
    if not slot:
        slot.append(_Maker(pack, as_of, about, gathering).make())
    return slot[0]


class _Maker:
    def __init__(self, pack: Pack, as_of: date, about: str, gathering: bool) -> None:
        self.gathering = gathering
        self.pack, self.book, self.told = pack, bind_all(pack, as_of), told_with(about)
        self.asking = Asking(pack, as_of, self.book, Rowwise(self.book), about)
        self.blamer = Blamer(self.book)

    def make(self) -> Asking:
        beyond: set[str] = set()
        variables = [key for key in self.book.derived if key in self.pack.variables]
        for rule in self.pack.rules.values():
            version = rule.at(self.asking.as_of)
            if rule.kind == "duty" or rule.entity not in self.told:
                continue
            if version is None:
                self.asking.rules.append((rule, None))
            elif self._beyond(rule.entity, rule.id):
                beyond.add(rule.id)
            else:
                self.asking.rules.append((rule, self._rule(rule, version)))
        for entity, name in self.pack.variables:
            if (entity, name) not in variables or entity not in self.told:
                continue
            if self._beyond(entity, name):
                beyond.add(f"{entity}.{name}")
            else:
                self.asking.variables.append(self._variable(entity, name))
        self.asking.beyond = frozenset(beyond)
        return self.asking

    def _beyond(self, entity: str, name: str) -> bool:
        return not self.gathering and is_beyond(self.book, entity, self._var(entity, name))

    def _var(self, entity: str, name: str) -> ir.Var:
        return ir.Var("", entity, name, self.book.derived[entity, name].type)

    def _rule(self, rule: Rule, version: Version) -> AskedRule:
        conditions = []
        for index, name in enumerate(self.book.conditions[rule.id]):
            if version.when:
                title, text = version.when[index].title, version.when[index].expr.text
            else:
                part = rule.components[index]
                title, text = self.pack.rules[part].title, f"met('{part}')"
            expr = self.book.derived[rule.entity, name].expr
            conditions.append(Condition(
                title.zh, title.show("en"), text,
                self.asking.rowwise.term(self._var(rule.entity, name)),
                self._readings(rule.entity, expr), self._blame(expr),
            ))  # fmt: skip
        amount: Blame = ()
        if rule.has_amount:
            case = self.book.derived[rule.entity, rule.id].expr
            assert isinstance(case, ir.Case)
            amount = self._blame(case.pairs[0][1])
        return AskedRule(
            rule, version, self.asking.rowwise.value(self._var(rule.entity, rule.id)),
            citation(self.pack, version.cite or rule.cite), tuple(conditions),
            tuple(self._parameters(rule)), amount,
        )  # fmt: skip

    def _variable(self, entity: str, name: str) -> AskedVariable:
        variable = self.pack.variables[entity, name]
        version = variable.at(self.asking.as_of)
        assert version is not None
        return AskedVariable(
            variable, entity, version.expr.text,
            self.asking.rowwise.value(self._var(entity, name)),
            self._readings(entity, self.book.derived[entity, name].expr),
        )  # fmt: skip

    def _blame(self, expr: ir.Node) -> Blame:
        """Why a condition (or an amount) is unknown; a rule's own is the union of these."""
        return tuple(
            (name, self.asking.rowwise.term(why)) for name, why in self.blamer.of(expr).items()
        )

    def _readings(self, entity: str, expr: ir.Node) -> Readings:
        return Readings.of(self._reading(entity, leaf) for leaf in dict.fromkeys(leaves(expr)))

    def _reading(self, entity: str, leaf: ir.Node) -> Reading:
        found = Reading(self.pack, leaf, self.asking.rowwise)
        if isinstance(leaf, ir.Agg) and entity == "household" and leaf.child in self.told:
            parts = [leaf.where] + ([leaf.value] if leaf.value is not None else [])
            found.each = None if leaf.where == ir.TRUE else self.asking.rowwise.term(leaf.where)
            found.below = tuple(
                Reading(self.pack, below, self.asking.rowwise)
                for below in dict.fromkeys(one for part in parts for one in leaves(part))
                if not isinstance(below, ir.Agg)
            )
        return found

    def _parameters(self, rule: Rule) -> Iterator[Parameter]:
        for name, nodes in parameters_of(self.book, rule).items():
            parameter = self.pack.parameters[name]
            fixed = [_constant(n.value) for n in nodes if isinstance(n, ir.Param)]
            yield Parameter(
                ParameterUsed(
                    name, parameter.title.zh, next((v for v in fixed if v is not None), None),
                    parameter.unit, citation(self.pack, parameter.cite),
                ),
                tuple(
                    self.asking.rowwise.value(n) for n in nodes
                    if isinstance(n, ir.Param)
                    and not isinstance(n.value, ir.Lit | ir.In | ir.Unset)
                ),
            )  # fmt: skip


def leaves(node: ir.Node) -> list[ir.Node]:
    """Values a person would look up: fields, variables, results, ages, aggregates."""
    if isinstance(node, ir.Param) and not isinstance(node.value, ir.In):
        return []  # which region's value applies is told with the parameter
    found: list[ir.Node] = []
    if (
        isinstance(node, ir.Col | ir.Agg)
        or (isinstance(node, ir.Var) and "#" not in node.name)
        or (isinstance(node, ir.Call) and node.name == "years")
    ):
        found.append(node)
    for child in ir.children(node):
        found += leaves(child)
    return found


def is_beyond(book: Book, entity: str, node: ir.Node) -> bool:
    """Whether a value of an `entity` row depends on more than one household, its place and
    what is recorded of its members' relatives themselves."""
    for leaf in ir.walk(node):
        if isinstance(leaf, ir.Agg):
            if entity in dictionary.PLACES:
                return True
            parts = [leaf.where] + ([leaf.value] if leaf.value is not None else [])
            if entity == "person" and not all(_own(book, part) for part in parts):
                return True
            if any(is_beyond(book, leaf.child, part) for part in parts):
                return True
        elif isinstance(leaf, ir.Var):
            expr = book.derived[leaf.entity, leaf.name].expr
            if leaf.hop in PARENTS and not _own(book, expr):
                return True
            if is_beyond(book, leaf.entity, expr):
                return True
    return False


def _own(book: Book, node: ir.Node) -> bool:
    """Whether a value depends on nothing but the row's own fields."""
    for leaf in ir.walk(node):
        if isinstance(leaf, ir.Agg) or (isinstance(leaf, ir.Col | ir.Var) and leaf.hop):
            return False
        if isinstance(leaf, ir.Var) and not _own(book, book.derived[leaf.entity, leaf.name].expr):
            return False
    return True


def _constant(node: ir.Node) -> Any:
    if isinstance(node, ir.In):
        return [option.value for option in node.options]
    return node.value if isinstance(node, ir.Lit) else None


__all__ = ["AskedRule", "Asking", "Readings", "compile_asking", "is_beyond", "leaves", "told_with"]
