"""Writes the planner's relations as sqlglot SELECTs, a queue of named CTEs, each printable alone.

A relation reads `src_<entity>` (the snapshot's rows) and earlier relations:
    person_0_in   this entity's columns, joined hops, aggregates
    person_0_1 …  one level of shared columns each
    person_0      the columns asked for
"""

from __future__ import annotations

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

    def statements(self) -> list[Statement]:
        """The program: every relation that is an output or read more than once, in order."""
        found = []
        for need in self.planner.queue():
            steps = self._relation(need)
            final = any(need is output for output in self.planner.final.values())
            if not final and (self.single or self.planner.readers(need) == 1):
                self._inline[need.name] = steps
                continue
            *before, (name, last) = steps
            select = last
            for cte, body in before:
                select = select.with_(exp.to_identifier(cte), as_=body, copy=False)
            found.append(Statement(name, need.entity, select))
        return found

    def _relation(self, need: Need) -> list[tuple[str, exp.Select]]:
        steps: list[tuple[str, exp.Select]] = []
        for source in (*need.hop_source.values(), *need.agg_source.values()):
            have = {name for name, _ in steps}
            steps += [(n, s.copy()) for n, s in self._inline.get(source.name, []) if n not in have]
        lower = Lower(need.aggs, wide=self.wide)
        for child, source in need.agg_source.items():
            steps.append(self._grouped(need, child, source))
        current = f"{need.name}_in"
        steps.append((current, self._input(need)))
        deepest = max((level for level, _ in need.levels.values()), default=0)
        for level in range(1, deepest + 1):
            fresh = [
                exp.alias_(lower(node), name, quoted=True)
                for name, (own, node) in need.levels.items() if own == level
            ]  # fmt: skip
            select = exp.select("*", *fresh, copy=False).from_(current)
            current = f"{need.name}_{level}"
            steps.append((current, select))
        columns = [exp.alias_(lower(n), name, quoted=True) for name, n in need.targets.items()]
        if self.planner.final.get(need.entity) is need:
            columns += [exp.alias_(make(lower), name, quoted=True)
                        for name, make in self.extras.get(need.entity, {}).items()]  # fmt: skip
        last = exp.select(*columns, copy=False).from_(current)
        keep = self.keep.get(need.entity)
        if keep is not None and self.planner.final.get(need.entity) is need:
            last = last.where(lower(self.planner.rewriter.rewrite(keep)), copy=False)
        steps.append((need.name, last))
        return steps

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

    def _input(self, need: Need) -> exp.Select:
        columns = [exp.alias_(col(name, "o"), name, quoted=True) for name in need.base]
        for hop, leaves in need.hops.items():
            for leaf in leaves.values():
                columns.append(exp.alias_(col(leaf.name, hop), name_of(leaf), quoted=True))
        for agg, name in need.aggs.items():
            value = aggregates.outside(agg, name, f"agg_{agg.child}", wide=self.wide)
            columns.append(exp.alias_(value, name, quoted=True))
        if not columns:
            columns.append(exp.alias_(col(KEYS[need.entity], "o"), KEYS[need.entity], quoted=True))
        select = exp.select(*columns, copy=False).from_(
            exp.alias_(exp.to_table(f"src_{need.entity}"), "o", table=True)
        )
        for hop in sorted(need.hops, key=HOP_ORDER.index):
            select = self._join_hop(select, need, hop)
        for child in need.agg_source:
            table = exp.alias_(exp.to_table(f"{need.name}_{child}"), f"agg_{child}", table=True)
            key = KEYS[need.entity] if need.entity in ("person", "household") else f"_{need.entity}"
            on = exp.EQ(this=col("_of", f"agg_{child}"), expression=col(key, "o"))
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


def _each_parent(source: str, groups: list[exp.Column]) -> Any:
    """The child rows once per parent they name, as `_of`."""
    selects = [
        exp.select("*", exp.alias_(group.copy(), "_of", quoted=True))
        .from_(source)
        .where(exp.Not(this=exp.Is(this=group.copy(), expression=exp.Null())))
        for group in groups
    ]
    return exp.union(*selects, distinct=False).subquery("each_parent")
