"""When each column of a relation is computed, so that nothing is computed on more rows, or
carried through more joins, than it must.

own     from this entity's columns alone: before the joins, where Parquet's dictionaries make
        comparisons of codes almost free
joined  needs a joined row or an aggregate
late    only says why something is unknown: computed on undecided rows, from `kept` columns
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from bangfu.policy import ir
from bangfu.policy.lower import Lower
from bangfu.policy.plan import Need, Planner

Makers = Mapping[str, Callable[[Lower], Any]]


@dataclass
class Shape:
    """Names of shared columns by when they are computed; `ready`: tests on own columns that
    are computed before the joins although the expression around them is not."""

    own: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    ready: dict[ir.Node, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        planner: Planner,
        need: Need,
        makers: Makers,
        *,
        keep: ir.Node | None,
        late: bool,
        wide: bool,
    ) -> Shape:
        """The shape of one relation; `makers` make its lists of missing fields."""
        found = cls()
        roots = [*need.targets.values()] + ([keep] if keep is not None else [])
        reached = _reach(need, roots) if late and makers else set(need.levels)
        joins = bool(need.hops or need.aggs)
        own = {name for name in need.levels if joins and _own_only(need, need.levels[name][1])}
        for name in need.levels:
            if name not in reached:
                found.late.append(name)
            elif name in own or not joins:
                found.own.append(name)
            else:
                found.joined.append(name)
        if joins:
            nodes = [need.levels[name][1] for name in (*found.joined, *found.late)]
            for node in (*nodes, *need.targets.values(), *planner.also.get(need.entity, ())):
                found._hoist(need, node, set(found.own))
        if late and makers:
            found.kept = found._support(need, makers, wide)
        return found

    def _hoist(self, need: Need, node: ir.Node, own: set[str]) -> None:
        """Note the largest tests within `node` that need nothing but own, early columns."""
        if isinstance(node, ir.Col | ir.Var | ir.Lit | ir.Agg) or node in self.ready:
            return
        early = all(
            leaf.name in own for leaf in ir.walk(node) if isinstance(leaf, ir.Var) and not leaf.hop
        )
        if node.type == ir.BOOL and early and _own_only(need, node) and _reads_any(node):
            self.ready[node] = f"test{len(self.ready)}"
            return
        for child in ir.children(node):
            self._hoist(need, child, own)

    def _support(self, need: Need, makers: Makers, wide: bool) -> list[str]:
        """Columns, beside the targets, that the late ones are computed from."""
        lower = Lower(need.aggs, wide=wide, ready=self.ready)
        expressions = [lower(need.levels[name][1]) for name in self.late]
        expressions += [make(lower) for make in makers.values()]
        skip = {*self.late, *need.targets, "x"}
        names = (c.name for e in expressions for c in e.find_all(exp.Column))
        return [name for name in dict.fromkeys(names) if name not in skip]


def _reach(need: Need, roots: Iterable[ir.Node]) -> set[str]:
    """Shared columns that some nodes depend on."""
    found: set[str] = set()
    todo = list(roots)
    while todo:
        for leaf in ir.walk(todo.pop()):
            if isinstance(leaf, ir.Var) and not leaf.hop and leaf.name not in found:
                if leaf.name in need.levels:
                    found.add(leaf.name)
                    todo.append(need.levels[leaf.name][1])
    return found


def _own_only(need: Need, node: ir.Node) -> bool:
    """Whether a node needs neither a joined row nor an aggregate."""
    for leaf in ir.walk(node):
        if isinstance(leaf, ir.Agg) or (isinstance(leaf, ir.Col | ir.Var) and leaf.hop):
            return False
        if isinstance(leaf, ir.Var) and not _own_only(need, need.levels[leaf.name][1]):
            return False
    return True


def _reads_any(node: ir.Node) -> bool:
    return any(isinstance(leaf, ir.Col | ir.Var) for leaf in ir.walk(node))
