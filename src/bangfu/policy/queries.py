"""Writes the planner's relations as sqlglot SELECTs, a queue of named CTEs, each printable alone.

A relation reads `src_<entity>` (the snapshot's rows) and earlier relations:
    person_0_in   this entity's columns, joined hops, aggregates
    person_0_1 …  one level of shared columns each
    person_0      the columns asked for
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from bangfu.policy import aggregates, ir
from bangfu.policy.lower import Lower, col, name_of
from bangfu.policy.plan import (
    KEYS,
    PARENTS,
    Need,
    Planner,
    agg_inputs,
    group_keys,
    group_name,
    hop_key,
)

from bangfu.policy.shape import Shape

HOP_ORDER = ("household", "father", "mother", "spouse", "village", "county")


@dataclass(frozen=True)
class Statement:
    """One table of the program: its name, its SELECT with CTEs, and what it reads."""

    name: str
    entity: str
    select: exp.Select

    def sql(self, dialect: str = "duckdb", *, pretty: bool = False) -> str:
        """The SELECT as text."""
        return self.select.sql(dialect, pretty=pretty)


class Writer:
    """Writes one planner's queue. `extras` adds columns to final relations, `keep` filters them.

    `single`: each output is one SELECT by itself (its planner keeps finals apart).
    """

    def __init__(
        self,
        planner: Planner,
        *,
        wide: bool = False,
        extras: dict[str, dict[str, Any]] | None = None,
        keep: dict[str, ir.Node] | None = None,
        single: bool = False,
    ) -> None:
        self.planner, self.wide, self.single = planner, wide, single
        self.extras, self.keep = extras or {}, keep or {}
        self._inline: dict[str, list[tuple[str, exp.Select]]] = {}
        self._shapes: dict[int, Shape] = {}

    def statements(self) -> list[Statement]:
        """The program: every relation that is an output or worth keeping, in order."""
        found = []
        for need in self.planner.queue():
            steps = self._relation(need)
            final = self._is_final(need)
            cheap = not need.hops and not need.aggs  # a scan: read again rather than kept
            if not final and (self.single or cheap or self.planner.readers(need) == 1):
                self._inline[need.name] = steps
                continue
            found.append(Statement(need.name, need.entity, chained(steps)))
            if final and not self.single and self.extras.get(need.entity):
                found.append(self._undecided(need))
        return found

    def _is_final(self, need: Need) -> bool:
        return self.planner.final.get(need.entity) is need

    def _relation(self, need: Need) -> list[tuple[str, exp.Select]]:
        steps: list[tuple[str, exp.Select]] = []
        for source in (*need.hop_source.values(), *need.agg_source.values()):
            have = {name for name, _ in steps}
            steps += [(n, s.copy()) for n, s in self._inline.get(source.name, []) if n not in have]
        for child, source in need.agg_source.items():
            steps.append(self._grouped(need, child, source))
        shape = self._shape(need)
        lower = Lower(need.aggs, wide=self.wide, ready=shape.ready)
        steps += self._own(need, shape)
        if need.hops or need.aggs:
            steps.append((f"{need.name}_in", self._joined(need, steps[-1][0])))
        steps += self._levels(need, shape.joined, lower, steps[-1][0], need.name)
        columns = [exp.alias_(lower(n), name, quoted=True) for name, n in need.targets.items()]
        final = self._is_final(need)
        if final and self.single:
            columns += [exp.alias_(make(lower), f"missing.{rule}", quoted=True)
                        for rule, make in self.extras.get(need.entity, {}).items()]  # fmt: skip
        columns += [exp.alias_(col(name), name, quoted=True) for name in shape.kept]
        last = exp.select(*columns, copy=False).from_(steps[-1][0])
        keep = self.keep.get(need.entity)
        if keep is not None and final:
            last = last.where(lower(self.planner.rewriter.rewrite(keep)), copy=False)
        steps.append((need.name, last))
        return steps

    def _shape(self, need: Need) -> Shape:
        """Which columns come before the joins, after them, or only for undecided rows."""
        found = self._shapes.get(id(need))
        if found is None:
            makers = self.extras.get(need.entity, {}) if self._is_final(need) else {}
            found = self._shapes[id(need)] = Shape.of(
                self.planner, need, makers, keep=self.keep.get(need.entity), late=not self.single,
                wide=self.wide,
            )  # fmt: skip
        return found

    def _own(self, need: Need, shape: Shape) -> list[tuple[str, exp.Select]]:
        """This entity's columns from the source, and what can be computed from them alone."""
        names = dict.fromkeys([*need.base, KEYS[need.entity], *need.links()])
        columns = [exp.alias_(col(name, "o"), name, quoted=True) for name in names]
        source = exp.alias_(exp.to_table(f"src_{need.entity}"), "o", table=True)
        steps = [(f"{need.name}_own", exp.select(*columns, copy=False).from_(source))]
        lower = Lower({}, wide=self.wide)
        steps += self._levels(need, shape.own, lower, steps[-1][0], f"{need.name}_own")
        if shape.ready:
            fresh = [exp.alias_(lower(n), name, quoted=True) for n, name in shape.ready.items()]
            steps.append((f"{need.name}_tests",
                          exp.select("*", *fresh, copy=False).from_(steps[-1][0])))  # fmt: skip
        return steps

    @staticmethod
    def _levels(
        need: Need, names: Iterable[str], lower: Lower, current: str, prefix: str
    ) -> list[tuple[str, exp.Select]]:
        """One CTE per level of shared columns."""
        by_level: dict[int, list[str]] = {}
        for name in names:
            by_level.setdefault(need.levels[name][0], []).append(name)
        steps = []
        for number, level in enumerate(sorted(by_level), start=1):
            fresh = [
                exp.alias_(lower(need.levels[name][1]), name, quoted=True)
                for name in by_level[level]
            ]
            select = exp.select("*", *fresh, copy=False).from_(current)
            current = f"{prefix}_{number}"
            steps.append((current, select))
        return steps

    def _undecided(self, need: Need) -> Statement:
        """The rows on which some rule is undecided, with the fields each of those lacks."""
        shape, makers = self._shape(need), self.extras[need.entity]
        lower = Lower(need.aggs, wide=self.wide, ready=shape.ready)
        unknown = [exp.Is(this=col(rule), expression=exp.Null()) for rule in makers]
        name = f"{need.name}_u"
        rows = exp.select("*").from_(need.name).where(exp.or_(*unknown), copy=False)
        steps = [(f"{name}_rows", rows)]
        steps += self._levels(need, shape.late, lower, steps[-1][0], name)
        columns = [exp.alias_(col(n), n, quoted=True) for n in need.targets]
        columns += [exp.alias_(make(lower), f"missing.{rule}", quoted=True)
                    for rule, make in makers.items()]  # fmt: skip
        steps.append((name, exp.select(*columns, copy=False).from_(steps[-1][0])))
        return Statement(name, need.entity, chained(steps))

    def _grouped(self, need: Need, child: str, source: Need) -> tuple[str, exp.Select]:
        """Aggregates over one kind of child, one row per parent."""
        groups = [col(group_name(group)) for group in group_keys(need.entity, child)]
        lower = Lower({}, wide=self.wide)
        group, rows = groups[0], exp.to_table(source.name)
        if len(groups) > 1:
            rows, group = _each_parent(source.name, groups), col("_of")
        columns = [exp.alias_(group, "_of", quoted=True)]
        for agg, name in need.aggs.items():
            if agg.child != child:
                continue
            given = self._as_inputs(need.name, name, agg)
            for part, node in aggregates.inside(given, name, lower).items():
                columns.append(exp.alias_(node, part, quoted=True))
        select = exp.select(*columns, copy=False).from_(rows).group_by(group.copy())
        return f"{need.name}_{child}", select

    @staticmethod
    def _as_inputs(parent: str, name: str, agg: ir.Agg) -> ir.Agg:
        """The aggregate over the child relation's ready columns."""
        ready = agg_inputs(parent, name, agg)
        where, value = agg.where, agg.value
        if where != ir.TRUE:
            column = ir.Var("", agg.child, f"{parent}.{name}.where", ir.BOOL)
            assert f"{parent}.{name}.where" in ready
            where = ir.IsTruth(column, True) if aggregates.two_valued(agg.where) else column
        if value is not None:
            value = ir.Var("", agg.child, f"{parent}.{name}.value", value.type)
        return replace(agg, where=where, value=value)

    def _joined(self, need: Need, own: str) -> exp.Select:
        columns: list[Any] = [exp.Column(this=exp.Star(), table=exp.to_identifier("o"))]
        for hop, leaves in need.hops.items():
            for leaf in leaves.values():
                columns.append(exp.alias_(col(leaf.name, hop), name_of(leaf), quoted=True))
        for agg, name in need.aggs.items():
            value = aggregates.outside(agg, name, f"agg_{agg.child}", wide=self.wide)
            columns.append(exp.alias_(value, name, quoted=True))
        select = exp.select(*columns, copy=False).from_(
            exp.alias_(exp.to_table(own), "o", table=True)
        )
        for hop in sorted(need.hops, key=HOP_ORDER.index):
            select = self._join_hop(select, need, hop)
        for child in need.agg_source:
            table = exp.alias_(exp.to_table(f"{need.name}_{child}"), f"agg_{child}", table=True)
            on = exp.EQ(this=col("_of", f"agg_{child}"), expression=col(need.group(), "o"))
            select = select.join(table, on=on, join_type="left", copy=False)
        return select

    def _join_hop(self, select: exp.Select, need: Need, hop: str) -> exp.Select:
        source = need.hop_source[hop]
        name = f"src_{source.entity}" if source.phase < 0 else source.name
        table = exp.alias_(exp.to_table(name), hop, table=True)
        if hop in PARENTS:
            link: Any = col(PARENTS[hop], "o")
        elif hop == "household":
            link = col("household_no", "o")
        else:
            link = col(f"_{hop}", "household" if need.entity == "person" else "o")
        on = exp.EQ(this=col(hop_key(source.entity, hop), hop), expression=link)
        return select.join(table, on=on, join_type="left", copy=False)


def chained(steps: list[tuple[str, exp.Select]]) -> exp.Select:
    """The last step with the ones before it as CTEs."""
    *before, (_, select) = steps
    for name, body in before:
        select = select.with_(exp.to_identifier(name), as_=body, copy=False)
    return select


def _each_parent(source: str, groups: list[exp.Column]) -> Any:
    """The child rows once per parent they name, as `_of`."""
    selects = [
        exp.select("*", exp.alias_(group.copy(), "_of", quoted=True))
        .from_(source)
        .where(exp.Not(this=exp.Is(this=group.copy(), expression=exp.Null())))
        for group in groups
    ]
    return exp.union(*selects, distinct=False).subquery("each_parent")
