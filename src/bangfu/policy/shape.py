"""When each column of a relation is computed, so that nothing is computed on more rows, or
carried through more joins, than it must.

own     from this entity's columns alone: before the joins, where Parquet's dictionaries make
        comparisons of codes almost free
joined  needs a joined row or an aggregate
after   is not needed to tell which rows to keep: computed on those alone
late    only says why something is unknown: computed on undecided rows alone, from `leaves`
        that the relation keeps for those rows

`asked` says, for a kinship join, on which rows its answer can matter: where the conditions
beside it on the person's own data are not FALSE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bangfu.policy import ir
from bangfu.policy.lower import Lower, name_of
from bangfu.policy.plan import PARENTS, Need, Planner
from bangfu.policy.rewriting import is_truth, negation

Makers = Mapping[str, Callable[[Lower], Any]]


@dataclass
class Shape:
    """Names of shared columns by when they are computed; `ready`: tests on own columns that
    are computed before the joins although the expression around them is not."""

    own: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    ready: dict[ir.Node, str] = field(default_factory=dict)
    leaves: list[str] = field(default_factory=list)
    asked: dict[str, ir.Node] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        planner: Planner,
        need: Need,
        makers: Makers,
        *,
        keep: ir.Node | None,
        late: bool,
    ) -> Shape:
        """The shape of one relation; `makers` make its lists of missing fields. `late`: those
        come from a second look at the undecided rows. Relatives are asked only where it matters."""
        found = cls()
        roots = [*need.targets.values()] + ([keep] if keep is not None else [])
        reached = _reach(need, roots) if late and makers else set(need.levels)
        joins = bool(need.hops or need.aggs)
        first = _reach(need, [keep]) if keep is not None else set()
        own = {name for name in need.levels if joins and _own_only(need, need.levels[name][1])}
        for name in need.levels:
            if name not in reached:
                continue
            if name in own or not joins:
                found.own.append(name)
            elif keep is None or name in first:
                found.joined.append(name)
            else:
                found.after.append(name)
        if joins:
            # Only the relation that says what is missing carries what that is computed from.
            extra = () if late or not makers else planner.also.get(need.entity, ())
            nodes = [need.levels[name][1] for name in (*found.joined, *found.after)]
            for node in (*nodes, *need.targets.values(), *extra):
                found._hoist(need, node, set(found.own))
        if late and makers:
            why = _reach(need, planner.also.get(need.entity, ()))
            found.late = [name for name in need.levels if name in why]
            found.leaves = _leaves(need, planner.also.get(need.entity, ()))
        if need.entity == "person":
            reasons = planner.also.get(need.entity, ()) if makers and not late else ()
            _Asked(need, found.asked).visit_all([*roots, *reasons])
            for link, when in found.asked.items():
                found.ready.setdefault(when, f"ask.{link}")
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


class _Asked:
    """Collects, per kinship link, when its answer matters."""

    def __init__(self, need: Need, asked: dict[str, ir.Node]) -> None:
        self.need, self.asked = need, asked
        self.contexts: dict[str, list[ir.Node]] = {}

    def visit_all(self, roots: Iterable[ir.Node]) -> None:
        """Fill `asked` from everything the relation gives."""
        for root in roots:
            self._visit(root, ())
        for link, contexts in self.contexts.items():
            when = ir.disjunction(tuple(contexts))
            if when != ir.TRUE:
                self.asked[link] = when

    def _visit(self, node: ir.Node, beside: tuple[ir.Node, ...]) -> None:
        if isinstance(node, ir.And):
            own = tuple(arg for arg in node.args if _own_only(self.need, arg))
            for arg in node.args:
                if arg not in own:
                    self._visit(arg, (*beside, *own))
            return
        if isinstance(node, ir.Var) and not node.hop:
            self._visit(self.need.levels[node.name][1], beside)
            return
        link = "child" if isinstance(node, ir.Agg) else getattr(node, "hop", "")
        if link in PARENTS or link == "child":
            both = ir.conjunction(beside)
            matters = ir.TRUE if both == ir.TRUE else negation(is_truth(both, False))
            self.contexts.setdefault(link, []).append(matters)
        for child in ir.children(node):
            self._visit(child, beside)


def _leaves(need: Need, nodes: Iterable[ir.Node]) -> list[str]:
    """Columns of the joined row that some nodes are computed from, through shared columns."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    todo = list(nodes)
    while todo:
        for leaf in ir.walk(todo.pop()):
            if isinstance(leaf, ir.Agg):
                found[need.aggs[leaf]] = None
            elif isinstance(leaf, ir.Col) or (isinstance(leaf, ir.Var) and leaf.hop):
                found[name_of(leaf)] = None
            elif isinstance(leaf, ir.Var) and leaf.name not in seen:
                seen.add(leaf.name)
                todo.append(need.levels[leaf.name][1])
    return list(found)


def _reach(need: Need, roots: Iterable[ir.Node]) -> set[str]:
    """Shared columns that some nodes depend on."""
    found: set[str] = set()
    todo = list(roots)
    while todo:
        for leaf in ir.walk(todo.pop()):
            if not isinstance(leaf, ir.Var) or leaf.hop or leaf.name not in need.levels:
                continue
            if leaf.name not in found:
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
