"""What OpenFisca's side is given and what it computes, by name: columns of the snapshot, columns
of the row a hop leads to, derived columns of the book, parts used more than once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from bangfu.policy import ir
from bangfu.policy.book import Book
from bangfu.policy.plan import PARENTS
from bench.folding import fold

ENTITIES = ("person", "household")
KINDS = {"bool": "bool", "int": "int", "decimal": "float", "ratio": "float", "date": "int",
          "code": "int", "null": "float"}  # fmt: skip


class Left(Exception):
    """Why an expression has no formula here."""


@dataclass(frozen=True)
class Input:
    """A column given to OpenFisca: `table.column`, or whether that is recorded."""

    name: str
    entity: str
    kind: str  # bool, int, float, code, date, link
    table: str
    column: str
    codes: tuple[str, ...] = ()
    recorded: bool = False


@dataclass
class Formula:
    """A computed variable: its expression and the variables that reads."""

    name: str
    entity: str
    kind: str
    text: str
    uses: tuple[str, ...]


@dataclass
class Columns:
    """The variables of a book made so far: those given and those computed."""

    book: Book
    inputs: dict[str, Input] = field(default_factory=dict)
    made: dict[str, Formula] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)  # of a text, those asked about

    def __post_init__(self) -> None:
        self._folded: dict[tuple[str, str], ir.Node] = {}
        self.often: Counter[tuple[str, ir.Node]] = Counter()
        self._texts: dict[tuple[str, str], str] = {}
        self.reads: list[dict[str, None]] = [{}]
        for entity, name in self.book.derived:
            if entity in ENTITIES:
                for at, node in _everywhere(entity, self.definition(entity, name)):
                    self.often[at, node] += 1

    def definition(self, entity: str, name: str) -> ir.Node:
        """What a derived column is, constants put in."""
        key = (entity, name)
        if key not in self._folded:
            self._folded[key] = fold(self.book.derived[key].expr)
        return self._folded[key]

    def column(self, entity: str, name: str) -> str:
        """The variable of a derived column. Raises Left."""
        full = f"{entity}.{name}"
        if full not in self.made:
            node = self.definition(entity, name)
            kind = KINDS.get(node.type.kind)
            if kind is None:
                raise Left(f"a value of type {node.type.kind}")
            text, reads = self.printed(lambda: self.plain(node, entity))
            self.made[full] = Formula(full, entity, kind, text, reads)
        return full

    def printed(self, make: Callable[[], str]) -> tuple[str, tuple[str, ...]]:
        """An expression and the variables it reads, which are not noted where this stands."""
        self.reads.append({})
        try:
            text = make()
        finally:
            reads = self.reads.pop()
        return text, tuple(reads)

    def named(self, entity: str, kind: str, text: str, reads: Iterable[str]) -> str:
        """A variable for an expression that another entity reads, or that is used often."""
        found = self._texts.get((entity, text))
        if found is None:
            found = self._texts[entity, text] = f"{entity}.part{len(self._texts)}"
            self.made[found] = Formula(found, entity, kind, text, tuple(reads))
        return found

    def use(self, name: str, entity: str) -> str:
        """How a formula on `entity` reads a variable; noted."""
        self.reads[-1][name] = None
        return f'{entity[0]}("{name}", t)'

    def text(self, node: ir.Node, entity: str) -> str:
        """The expression on rows of `entity`; one used more than once as a variable."""
        raise NotImplementedError

    def plain(self, node: ir.Node, entity: str) -> str:
        """The expression itself."""
        raise NotImplementedError

    # --- columns -------------------------------------------------------------------------

    def leaf(self, node: ir.Col | ir.Var, entity: str) -> str:
        """A field or derived column of this row, or of the row a hop leads to."""
        if not node.hop:
            return self.use(self._source(node, entity), entity)
        name = f"{entity}.{node.hop}.{node.name}"
        if name not in self.made and name not in self.inputs:
            self._far(name, node, entity)
        return self.use(name, entity)

    def _far(self, name: str, node: ir.Col | ir.Var, entity: str) -> None:
        """A variable that brings a value here from the row a hop leads to."""
        kind = KINDS.get(node.type.kind)
        if kind is None or (node.type.kind == "str"):
            raise Left(f"a text of the {node.hop}")
        if node.hop in PARENTS:
            own = ir.Col("", entity, PARENTS[node.hop], ir.STR)
            source = self._source(node, "person")
            link = self.input(own, entity)
            text = f'linked(p("{source}", t), p("{link}", t))'
            self.made[name] = Formula(name, entity, kind, text, (source, link))
        elif entity == "person":
            source = (
                self._source(node, "household") if node.hop == "household"
                else self._through_household(node)
            )  # fmt: skip
            text = f'p.household("{source}", t)'
            self.made[name] = Formula(name, entity, kind, text, (source,))
        elif isinstance(node, ir.Col) and node.hop in ("village", "county"):
            self.inputs[name] = Input(name, entity, _kind(node), node.hop, node.name,
                                      node.type.codes)  # fmt: skip
        else:
            raise Left(f"it rests on what is computed for a {node.hop}")

    def _through_household(self, node: ir.Col | ir.Var) -> str:
        name = f"household.{node.hop}.{node.name}"
        if name not in self.inputs:
            self._far(name, node, "household")
        return name

    def _source(self, node: ir.Col | ir.Var, entity: str) -> str:
        if isinstance(node, ir.Var):
            return self.column(entity, node.name)
        return self.input(ir.Col("", entity, node.name, node.type), entity)

    def input(self, node: ir.Col, entity: str) -> str:
        """The variable of a field that is given."""
        name = f"{entity}.{node.name}"
        if name not in self.inputs:
            kind = "link" if node.name in PARENTS.values() else _kind(node)
            self.inputs[name] = Input(name, entity, kind, entity, node.name, node.type.codes)
        return name

    def recorded(self, node: ir.Col, entity: str) -> str:
        """Whether a field is recorded, as a variable of its own. Raises Left."""
        if node.hop:
            raise Left(f"whether a field of the {node.hop} is recorded")
        name = f"{entity}.{node.name} recorded"
        self.inputs[name] = Input(name, entity, "bool", entity, node.name, recorded=True)
        return self.use(name, entity)


def _kind(node: ir.Col) -> str:
    kind = {
        "bool": "bool",
        "int": "int",
        "decimal": "float",
        "code": "code",
        "str": "code",
        "date": "date",
    }.get(node.type.kind)
    if kind is None:
        raise Left(f"a field of type {node.type.kind}")
    return kind


def _everywhere(entity: str, node: ir.Node) -> Iterator[tuple[str, ir.Node]]:
    """Every expression in a definition with the entity on whose rows it stands."""
    for part in ir.walk(node):
        yield entity, part
        if isinstance(part, ir.Agg):
            yield from _everywhere(part.child, part.where)
            if part.value is not None:
                yield from _everywhere(part.child, part.value)
