"""From wanted columns to a queue of named SELECTs: one per entity and phase.

A phase is how often the data must change entity before a column can be computed: a
household criterion over its members is phase 0 (members, then households), a person's rule
that asks whether the household is supported is phase 1. Within a relation, columns are
computed level by level, each shared one once. The queue is ordered; each relation becomes
a table, or a CTE of its only reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bangfu import dictionary
from bangfu.policy import ir
from bangfu.policy.book import Book
from bangfu.policy.rewriting import Rewriter

# Those below before those above: within a phase a relation reads only earlier ones.
ORDER = ("loan", "person", "household", "enterprise", "cooperative", "project",
         "village", "township", "county")  # fmt: skip
KEYS = dictionary.KEYS
VILLAGE = ir.Col("", "household", "_village", ir.STR)
PARENTS = {"father": "father_no", "mother": "mother_no", "spouse": "spouse_no"}


@dataclass
class Need:
    """What a relation must give and what it takes for that."""

    entity: str
    phase: int
    targets: dict[str, ir.Node] = field(default_factory=dict)
    base: dict[str, ir.Col] = field(default_factory=dict)
    hops: dict[str, dict[str, ir.Col | ir.Var]] = field(default_factory=dict)
    aggs: dict[ir.Agg, str] = field(default_factory=dict)
    levels: dict[str, tuple[int, ir.Node]] = field(default_factory=dict)
    hop_source: dict[str, Need] = field(default_factory=dict)
    agg_source: dict[str, Need] = field(default_factory=dict)
    apart: bool = False
    tag: str = ""

    @property
    def name(self) -> str:
        """Relation name."""
        return f"{self.entity}_{'out' if self.apart else self.phase}{self.tag}"

    def group(self) -> str:
        """Own column that aggregates over child rows join on."""
        place = self.entity in dictionary.PLACES
        return f"_{self.entity}" if place else KEYS[self.entity]

    def links(self) -> list[str]:
        """Own columns that joins use, beside those in `base`."""
        return [self.group()] if self.aggs else []


class Planner:
    """Works out, for wanted expressions per entity, every relation needed to compute them.

    `also` are expressions that the final relation will use without giving them as columns.
    `apart` names entities whose final relation is nobody's source, being wide or filtered.
    `tag` ends the names of the relations, where two planners' stand side by side.
    """

    def __init__(
        self,
        book: Book,
        wanted: Mapping[str, Mapping[str, ir.Node]],
        also: Mapping[str, Iterable[ir.Node]] | None = None,
        *,
        apart: Iterable[str] = (),
        tag: str = "",
    ) -> None:
        self.book, self.tag = book, tag
        self.rewriter = Rewriter(book)
        self._columns: dict[tuple[str, str], ir.Node] = {}
        self._phases: dict[tuple[str, str], int] = {}
        self.needs: dict[tuple[str, int], Need] = {}
        self.final: dict[str, Need] = {}
        self._todo: list[Need] = []
        self.also: dict[str, list[ir.Node]] = {}
        ready = {
            entity: {n: self.rewriter.rewrite(e) for n, e in targets.items()}
            for entity, targets in wanted.items() if targets
        }  # fmt: skip
        for entity, targets in ready.items():
            extra = [self.rewriter.rewrite(node) for node in (also or {}).get(entity, ())]
            self.also[entity] = extra
            parts = [*targets.values(), *extra]
            phase = max((self.phase_of(part, entity) for part in parts), default=0)
            if entity in apart:
                need = Need(entity, phase, dict(targets), apart=True, tag=tag)
                self._todo.append(need)
            else:
                need = self._need(entity, phase, targets)
            self.final[entity] = need
            for node in extra:
                self._collect(need, node)
        self._close()

    # --- derived columns, quotients split ------------------------------------------------

    def definition(self, entity: str, name: str) -> ir.Node:
        """Rewritten expression of a derived SQL column."""
        key = (entity, name)
        if key not in self._columns:
            whole = name.removesuffix("/n").removesuffix("/d")
            for part, node in self.rewriter.columns(self.book.derived[entity, whole]).items():
                self._columns[entity, part] = node
        return self._columns[key]

    def phase_of(self, node: ir.Node, entity: str) -> int:
        """How many changes of entity come before `node` can be computed on `entity` rows."""
        found = 0
        for leaf in ir.walk(node):
            if isinstance(leaf, ir.Var):
                own = self._phase(leaf.entity, leaf.name)
                later = leaf.hop and ORDER.index(leaf.entity) >= ORDER.index(entity)
                found = max(found, own + (1 if later else 0))
            elif isinstance(leaf, ir.Agg):
                parts = [leaf.where] + ([leaf.value] if leaf.value is not None else [])
                kin = 1 if leaf.child == entity else 0  # a person's children: persons again
                found = max(found, *(self.phase_of(part, leaf.child) + kin for part in parts))
        return found

    def _phase(self, entity: str, name: str) -> int:
        key = (entity, name)
        if key not in self._phases:
            self._phases[key] = self.phase_of(self.definition(entity, name), entity)
        return self._phases[key]

    # --- closure -------------------------------------------------------------------------

    def _need(self, entity: str, phase: int, targets: Mapping[str, ir.Node]) -> Need:
        found = self.needs.setdefault((entity, phase), Need(entity, phase, tag=self.tag))
        fresh = {n: e for n, e in targets.items() if n not in found.targets}
        if fresh:
            found.targets.update(fresh)
            if found not in self._todo:
                self._todo.append(found)
        return found

    def _close(self) -> None:
        """Follow targets to the relations they need until nothing new is asked for."""
        while self._todo:
            need = self._todo.pop(0)
            for target in list(need.targets.values()):
                self._collect(need, target)
            for hop, columns in need.hops.items():
                need.hop_source[hop] = self._hop_source(need, hop, columns)
            for child in dict.fromkeys(agg.child for agg in need.aggs):
                need.agg_source[child] = self._agg_source(need, child)

    def _collect(self, need: Need, node: ir.Node) -> int:
        """Note what `node` reads; gives the level after which it can be computed."""
        level = 0
        for leaf in ir.walk(node):
            if isinstance(leaf, ir.Col | ir.Var) and leaf.hop:
                self._hop(need, leaf)
            elif isinstance(leaf, ir.Col):
                need.base[leaf.name] = leaf
            elif isinstance(leaf, ir.Var):
                level = max(level, self._own(need, leaf.name))
            elif isinstance(leaf, ir.Agg) and leaf not in need.aggs:
                need.aggs[leaf] = f"agg{len(need.aggs)}"
        return level

    def _own(self, need: Need, name: str) -> int:
        if name not in need.levels:
            definition = self.definition(need.entity, name)
            need.levels[name] = (self._collect(need, definition) + 1, definition)
        return need.levels[name][0]

    def _hop(self, need: Need, leaf: ir.Col | ir.Var) -> None:
        need.hops.setdefault(leaf.hop, {})[leaf.name] = leaf
        if leaf.hop in PARENTS:
            need.base[PARENTS[leaf.hop]] = ir.Col("", "person", PARENTS[leaf.hop], ir.STR)
        elif (own := link_of(need.entity, leaf.hop)) is not None:
            need.base[own] = ir.Col("", need.entity, own, ir.STR)
        elif need.entity == "person":  # a person's village and county are the household's
            link = ir.Col("household", "household", f"_{leaf.hop}", ir.STR)
            self._hop(need, link)
        else:
            need.base[f"_{leaf.hop}"] = ir.Col("", need.entity, f"_{leaf.hop}", ir.STR)

    def _hop_source(self, need: Need, hop: str, columns: Mapping[str, Any]) -> Need:
        """The relation a hop reads: the raw table, or the one that computes what is asked."""
        leaves = list(columns.values())
        entity = leaves[0].entity
        derived = [leaf.name for leaf in leaves if isinstance(leaf, ir.Var)]
        if not derived:
            return Need(entity, -1)
        phase = max(self._phase(entity, name) for name in derived)
        key = hop_key(entity, hop)
        targets: dict[str, ir.Node] = {key: ir.Col("", entity, key, ir.STR)}
        for leaf in leaves:
            own = type(leaf)("", entity, leaf.name, leaf.type)
            targets[leaf.name] = own
        return self._need(entity, phase, targets)

    def _agg_source(self, need: Need, child: str) -> Need:
        """The child relation that gives an aggregate's condition and value."""
        aggs = [agg for agg in need.aggs if agg.child == child]
        parts = [p for agg in aggs for p in (agg.where, agg.value) if p is not None]
        phase = max(self.phase_of(part, child) for part in parts)
        targets: dict[str, ir.Node] = {
            group_name(group): group for group in group_keys(need.entity, child)
        }
        for agg in aggs:
            for part, node in agg_inputs(need.name, need.aggs[agg], agg).items():
                targets[part] = node
        return self._need(child, phase, targets)

    # --- order ---------------------------------------------------------------------------

    def queue(self) -> list[Need]:
        """Relations in the order in which they can be computed."""
        shared = sorted(self.needs.values(), key=lambda n: (n.phase, ORDER.index(n.entity)))
        return [*shared, *(need for need in self.final.values() if need.apart)]

    def readers(self, need: Need) -> int:
        """How many relations read this one."""
        sources: Iterable[Need] = [
            source for other in self.queue()
            for source in (*other.hop_source.values(), *other.agg_source.values())
        ]  # fmt: skip
        return sum(1 for source in sources if source is need)

    def gathers(self) -> set[str]:
        """Entities whose rows gather others'; `kin` when of relatives more is asked than what
        their own rows say."""
        found = {need.entity for need in self.queue() if need.agg_source} - {"person"}
        for need in self.queue():
            kin = [s for hop, s in need.hop_source.items() if hop in PARENTS and s.phase >= 0]
            kin += need.agg_source.values() if need.entity == "person" else ()
            if any(one.hops or one.aggs for one in kin):
                found.add("kin")
        return found

    def gathered(self) -> list[Need]:
        """Relations needed whole: those that a place or an enterprise aggregates and those that
        say something of relatives, who may live anywhere, with all that they are made from."""
        todo = [
            source for need in self.queue()
            for source in (
                *(need.agg_source.values() if need.entity != "household" else ()),
                *(s for hop, s in need.hop_source.items() if hop in PARENTS),
            )
        ]  # fmt: skip
        found: list[Need] = []
        while todo:
            need = todo.pop()
            if all(need is not one for one in found):
                found.append(need)
                todo += [*need.hop_source.values(), *need.agg_source.values()]
        return found


def agg_inputs(parent: str, name: str, agg: ir.Agg) -> dict[str, ir.Node]:
    """Columns the child relation computes for an aggregate: its condition, its value."""
    found: dict[str, ir.Node] = {}
    if agg.where != ir.TRUE:
        found[f"{parent}.{name}.where"] = agg.where
    if agg.value is not None:
        found[f"{parent}.{name}.value"] = agg.value
    return found


def group_keys(parent: str, child: str) -> tuple[ir.Col, ...]:
    """The child's columns that name its parent row; a child of a person has two."""
    if parent == "person":
        return tuple(ir.Col("", "person", key, ir.STR) for key in ("father_no", "mother_no"))
    if (own := link_of(child, parent)) is not None:
        return (ir.Col("", child, own, ir.STR),)
    hop = "household" if child == "person" else ""
    return (ir.Col(hop, "household" if hop else child, f"_{parent}", ir.STR),)


def group_name(group: ir.Col) -> str:
    """Column name of a group key in the child relation."""
    return f"{group.hop}.{group.name}" if group.hop else group.name


def source_name(need: Need) -> str:
    """Table a join reads: the raw rows, or a computed relation."""
    return f"src_{need.entity}" if need.phase < 0 else need.name


def hop_key(entity: str, hop: str) -> str:
    """Column of the target relation that a hop joins on."""
    return f"_{entity}" if hop in dictionary.PLACES else KEYS[entity]


def link_of(entity: str, parent: str) -> str | None:
    """Own column with the key of a row it belongs to; None for a place."""
    links = dictionary.LINKS.get(entity)
    return links.get(parent) if links is not None else None
