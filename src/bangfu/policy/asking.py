"""The explaining program of a pack at a date: besides each rule, every condition, the values
it reads and the fields it lacks, as columns of the same compiled expressions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from bangfu import dictionary
from bangfu.policy import ir
from bangfu.policy.book import Book, bind_all
from bangfu.policy.missing import Blamer
from bangfu.policy.pack import Pack, Rule
from bangfu.policy.plan import ORDER, Planner
from bangfu.policy.program import keys_of, missing_text, reads
from bangfu.policy.queries import Writer
from bangfu.policy.reading import gathers, parameters_of
from bangfu.policy.views import LINKS


@dataclass(frozen=True)
class Reading:
    """One value an expression reads: the node, its column, and for an aggregate what each
    member gives (column of the condition on the member, the member's own readings)."""

    node: ir.Node
    column: str
    each: str = ""
    below: tuple[Reading, ...] = ()


@dataclass
class Asking:
    """Compiled once per (pack, date)."""

    pack: Pack
    as_of: date
    book: Book
    about: str = "household"
    selects: dict[str, str] = field(default_factory=dict)
    reads: dict[str, tuple[str, ...]] = field(default_factory=dict)
    readings: dict[tuple[str, str], tuple[Reading, ...]] = field(default_factory=dict)
    parameters: dict[tuple[str, str], tuple[ir.Param | ir.Unset, ...]] = field(default_factory=dict)
    columns: dict[str, dict[ir.Node, str]] = field(default_factory=dict)


# A household is told with its members and loans and the places it lies in.
_TOLD = {"household": ("person", "household", "village", "county", "township", "loan")}


@lru_cache(maxsize=32)
def _slot(key: tuple[str, str, date, str]) -> list[Asking]:
    return []


def compile_asking(pack: Pack, as_of: date, about: str = "household") -> Asking:
    """The program that tells of one row of `about`, cached by the pack's hash and the date."""
    slot = _slot((pack.id, pack.hash, as_of, about))
    if not slot:
        slot.append(_Maker(pack, as_of, about).make())
    return slot[0]


class _Maker:
    def __init__(self, pack: Pack, as_of: date, about: str) -> None:
        book = bind_all(pack, as_of)
        self.asking = Asking(pack, as_of, book, about)
        self.blamer = Blamer(book)
        told = _TOLD.get(about, (about,))
        ruled = {rule.entity for rule in book.rules()}
        self.wanted: dict[str, dict[str, ir.Node]] = {
            entity: keys_of(entity)
            for entity in told if entity in dictionary.BASIC or entity in ruled
        }  # fmt: skip
        self.blames: dict[str, dict[str, dict[str, ir.Node]]] = {}

    def make(self) -> Asking:
        book = self.asking.book
        for rule in book.rules():
            if rule.entity in self.wanted and self._alone(rule):
                self._rule(rule)
        for (entity, name), derived in list(book.derived.items()):
            if entity in self.wanted and (entity, name) in self.asking.pack.variables:
                if entity in dictionary.PLACES and gathers(book, derived.expr):
                    continue
                self._column(entity, ir.Var("", entity, name, derived.type))
                self._reads(entity, name, derived.expr)
        also = {
            entity: [why for blame in found.values() for why in blame.values()]
            for entity, found in self.blames.items()
        }
        planner = Planner(book, self.wanted, also, apart=ORDER)
        extras = {
            entity: {name: missing_text(planner, name, blame) for name, blame in found.items()}
            for entity, found in self.blames.items()
        }
        for statement in Writer(planner, extras=extras, single=True).statements():
            self.asking.selects[statement.entity] = statement.sql()
        self.asking.reads = {
            entity: (*names, *LINKS[entity]) for entity, names in reads(planner).items()
        }
        return self.asking

    def _alone(self, rule: Rule) -> bool:
        """A village's or county's own aggregates cannot be told from one household."""
        if rule.entity not in dictionary.PLACES:
            return True
        derived = self.asking.book.derived[rule.entity, rule.id]
        return not gathers(self.asking.book, derived.expr)

    def _rule(self, rule: Rule) -> None:
        book = self.asking.book
        names = [*book.conditions[rule.id], rule.id]
        for name in names:
            derived = book.derived[rule.entity, name]
            self.wanted[rule.entity][name] = ir.Var("", rule.entity, name, derived.type)
            if name != rule.id:
                self._reads(rule.entity, name, derived.expr)
                self._blame(rule.entity, name, derived.expr)
        if rule.has_amount:
            amount = book.derived[rule.entity, rule.id].expr
            assert isinstance(amount, ir.Case)
            self._reads(rule.entity, rule.id, amount.pairs[0][1])
            self._blame(rule.entity, rule.id, amount.pairs[0][1])
        self.asking.parameters[rule.entity, rule.id] = tuple(
            node for nodes in parameters_of(book, rule).values() for node in nodes
        )
        for parameter in self.asking.parameters[rule.entity, rule.id]:
            if isinstance(parameter, ir.Param) and not _settled(parameter):
                self._column(rule.entity, parameter)

    def _blame(self, entity: str, name: str, expr: ir.Node) -> None:
        """Why a condition (or an amount) is unknown; a rule's own is the union of these."""
        blame = self.blamer.of(expr)
        if blame:
            self.blames.setdefault(entity, {})[name] = blame

    def _reads(self, entity: str, name: str, expr: ir.Node) -> None:
        self.asking.readings[entity, name] = tuple(
            dict.fromkeys(self._reading(entity, leaf) for leaf in _leaves(expr))
        )

    def _reading(self, entity: str, leaf: ir.Node) -> Reading:
        column = self._column(entity, leaf)
        each_told = entity == "household" and isinstance(leaf, ir.Agg) and leaf.child in self.wanted
        if not isinstance(leaf, ir.Agg) or not each_told:
            return Reading(leaf, column)
        each = "" if leaf.where == ir.TRUE else self._column(leaf.child, leaf.where)
        parts = [leaf.where] + ([leaf.value] if leaf.value is not None else [])
        below = tuple(
            dict.fromkeys(
                Reading(below, self._column(leaf.child, below))
                for part in parts for below in _leaves(part)
                if not isinstance(below, ir.Agg)
            )
        )  # fmt: skip
        return Reading(leaf, column, each, below)

    def _column(self, entity: str, node: ir.Node) -> str:
        known = self.asking.columns.setdefault(entity, {})
        if node not in known:
            known[node] = f"in.{len(known)}"
            self.wanted[entity][known[node]] = node
        return known[node]


def _leaves(node: ir.Node) -> list[ir.Node]:
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
        found += _leaves(child)
    return found


def _settled(parameter: ir.Param) -> bool:
    """Whether the value needs no row: a constant, or a list standing in a condition."""
    return isinstance(parameter.value, ir.Lit | ir.In | ir.Unset)
