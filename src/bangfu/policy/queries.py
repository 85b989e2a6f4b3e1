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

from bangfu.policy import aggregates, ir, kin
from bangfu.policy.lower import Lower, col, name_of, paren, whens
from bangfu.policy.plan import (
    KEYS,
    PARENTS,
    Need,
    Planner,
    agg_inputs,
    group_keys,
    group_name,
    hop_key,
    link_of,
    source_name,
)
from bangfu.policy.shape import Shape

HOP_ORDER = ("household", "enterprise", "cooperative", "village", "township", "county")
HOMES = frozenset(HOP_ORDER)


@dataclass(frozen=True)
class Statement:
    """One table of the program: its name, its SELECT with CTEs, and what it reads."""

    name: str
    entity: str
    select: exp.Query

    def sql(self, dialect: str = "duckdb", *, pretty: bool = False) -> str:
        """The SELECT as text."""
        return self.select.sql(dialect, pretty=pretty)


class Writer:
    """Writes one planner's queue. `extras` adds columns to final relations, `keep` filters them.

    `only`: tables of the keys to which persons and households are kept, by entity; households
    that a village or county counts are all needed.
    """

    def __init__(
        self,
        planner: Planner,
        *,
        wide: bool = False,
        extras: dict[str, dict[str, Any]] | None = None,
        keep: dict[str, ir.Node] | None = None,
        only: dict[str, str] | None = None,
    ) -> None:
        self.planner, self.wide = planner, wide
        self.extras, self.keep, self.only = extras or {}, keep or {}, only or {}
        self._whole = planner.gathered() if only else []
        self._inline: dict[str, list[tuple[str, exp.Select]]] = {}
        self._shapes: dict[int, Shape] = {}

    def statements(self) -> list[Statement]:
        """The program: every relation that is an output or worth keeping, in order."""
        found = []
        for need in self.planner.queue():
            steps = self._relation(need)
            final = self._is_final(need)
            cheap = not need.hops and not need.aggs  # a scan: read again rather than kept
            # On its own rows, a household's members are other ones than a person's children.
            apart = bool(self.only) and need.entity == "household"
            if not final and not apart and (cheap or self.planner.readers(need) == 1):
                self._inline[need.name] = steps
                continue
            found.append(Statement(need.name, need.entity, chained(steps)))
            if final and not self._direct and self.extras.get(need.entity):
                found.append(self._undecided(need))
        return found

    @property
    def _direct(self) -> bool:
        """Whether a relation says itself what is missing."""
        return bool(self.only)

    def _is_final(self, need: Need) -> bool:
        return self.planner.final.get(need.entity) is need

    def _open(self, need: Need) -> str:
        """The table of keys that a relation is kept to; empty: all rows."""
        if need.entity == "person" and not self._is_final(need):
            return ""
        if any(need is one for one in self._whole):
            return ""
        return self.only.get(need.entity, "")

    def _relation(self, need: Need) -> list[tuple[str, exp.Select]]:
        steps: list[tuple[str, exp.Select]] = []
        for source in (*need.hop_source.values(), *need.agg_source.values()):
            have = {name for name, _ in steps}
            inline = self._kept_to(need, source, self._inline.get(source.name, []))
            steps += [(n, s.copy()) for n, s in inline if n not in have]
        shape = self._shape(need)
        lower = Lower(need.aggs, wide=self.wide, ready=shape.ready)
        own = self._own(need, shape)
        steps += own
        if need.entity == "person":
            few, mine = bool(self._open(need)), own[-1][0]
            looked = (kin.asked(need, shape, mine) if few else None,
                      kin.askers(need, shape, mine, few))  # fmt: skip
            steps += [step for step in looked if step]
        for child, source in need.agg_source.items():
            steps.append(self._grouped(need, child, source, shape))
        if need.entity == "person" and need.hops.keys() & HOMES:
            steps.append(self._home(need))
        if need.hops or need.aggs:
            steps.append((f"{need.name}_in", self._joined(need, shape, own[-1][0])))
        steps += self._levels(need, shape.joined, lower, steps[-1][0], need.name)
        final = self._is_final(need)
        keep = self.keep.get(need.entity) if final else None
        if keep is not None:
            rows = exp.select("*").from_(steps[-1][0], copy=False)
            where = lower(self.planner.rewriter.rewrite(keep))
            steps.append((f"{need.name}_kept", rows.where(where, copy=False)))
            steps += self._levels(need, shape.after, lower, steps[-1][0], f"{need.name}_after")
        columns = [exp.alias_(lower(n), name, quoted=True) for name, n in need.targets.items()]
        if final and self._direct:
            columns += [exp.alias_(make(lower), f"missing.{rule}", quoted=True)
                        for rule, make in self.extras.get(need.entity, {}).items()]  # fmt: skip
        if final and not self._direct and self.extras.get(need.entity):
            columns.append(self._why(need, shape))
        last = exp.select(*columns, copy=False).from_(steps[-1][0], copy=False)
        steps.append((need.name, last))
        return steps

    def _shape(self, need: Need) -> Shape:
        """Which columns come before the joins, after them, or only for undecided rows."""
        found = self._shapes.get(id(need))
        if found is None:
            final = self._is_final(need)
            makers = self.extras.get(need.entity, {}) if final else {}
            keep = self.keep.get(need.entity) if final else None
            found = self._shapes[id(need)] = Shape.of(
                self.planner, need, makers, keep=keep,
                late=not self._direct,
            )  # fmt: skip
        return found

    def _own(self, need: Need, shape: Shape) -> list[tuple[str, exp.Select]]:
        """This entity's columns from the source, and what can be computed from them alone."""
        names = dict.fromkeys([*need.base, KEYS[need.entity], *need.links()])
        columns = [exp.alias_(col(name, "o"), name, quoted=True) for name in names]
        source = exp.alias_(exp.to_table(f"src_{need.entity}"), "o", table=True)
        first = exp.select(*columns, copy=False).from_(source, copy=False)
        steps = [(f"{need.name}_own", _semi(first, self._open(need), KEYS[need.entity]))]
        lower = Lower({}, wide=self.wide)
        steps += self._levels(need, shape.own, lower, steps[-1][0], f"{need.name}_own")
        if shape.ready:
            fresh = [exp.alias_(lower(n), name, quoted=True) for n, name in shape.ready.items()]
            steps.append((f"{need.name}_tests",
                          exp.select("*", *fresh, copy=False).from_(steps[-1][0], copy=False)))  # fmt: skip
        return steps

    def _kept_to(
        self, need: Need, source: Need, steps: list[tuple[str, exp.Select]]
    ) -> list[tuple[str, exp.Select]]:
        """The steps of a relation that only `need` gathers, on the rows it is kept to."""
        table = self._open(need)
        if not table or source not in need.agg_source.values() or need.entity == "person":
            return steps
        link = group_keys(need.entity, source.entity)[0].name
        return [(name, _semi(select.copy(), table, link) if name == f"{source.name}_own" else select)
                for name, select in steps]  # fmt: skip

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
            select = exp.select("*", *fresh, copy=False).from_(current, copy=False)
            current = f"{prefix}_{number}"
            steps.append((current, select))
        return steps

    def _why(self, need: Need, shape: Shape) -> Any:
        """On rows with an undecided rule, what the reasons are computed from; a list, so that
        other rows store nothing."""
        lower = Lower(need.aggs, wide=self.wide, ready=shape.ready)
        unknown = [
            exp.Is(this=paren(lower(need.targets[rule])), expression=exp.Null())
            for rule in self.extras[need.entity]
        ]
        pairs = [
            exp.PropertyEQ(this=exp.to_identifier(leaf, quoted=True), expression=col(leaf))
            for leaf in shape.leaves
        ]
        if not pairs:  # a rule of constants alone
            pairs = [exp.PropertyEQ(this=exp.to_identifier("nothing"), expression=exp.true())]
        row = exp.Array(expressions=[exp.Struct(expressions=pairs)])
        return exp.alias_(whens([(exp.or_(*unknown), row)]), "_why", quoted=True)

    def _undecided(self, need: Need) -> Statement:
        """The rows on which some rule is undecided, with the fields each of those lacks."""
        shape, makers = self._shape(need), self.extras[need.entity]
        lower = Lower(need.aggs, wide=self.wide)
        name = f"{need.name}_u"
        first = exp.Bracket(this=col("_why"), expressions=[exp.Literal.number(0)])
        leaves = [
            exp.alias_(exp.Dot(this=first.copy(), expression=exp.to_identifier(leaf, quoted=True)),
                       f"leaf.{leaf}", quoted=True)
            for leaf in shape.leaves
        ]  # fmt: skip
        targets = [exp.alias_(col(n), f"result.{n}", quoted=True) for n in need.targets]
        rows = exp.select(*targets, *leaves).from_(need.name, copy=False)
        rows = rows.where(exp.Not(this=exp.Is(this=col("_why"), expression=exp.Null())), copy=False)
        plain = [exp.alias_(col(f"leaf.{n}"), n, quoted=True) for n in shape.leaves]
        results = [col(f"result.{n}") for n in need.targets]
        steps = [(f"{name}_rows", rows),
                 (f"{name}_in", exp.select(*results, *plain).from_(f"{name}_rows", copy=False))]  # fmt: skip
        steps += self._levels(need, shape.late, lower, steps[-1][0], name)
        columns = [exp.alias_(col(f"result.{n}"), n, quoted=True) for n in need.targets]
        columns += [exp.alias_(make(lower), f"missing.{rule}", quoted=True)
                    for rule, make in makers.items()]  # fmt: skip
        steps.append((name, exp.select(*columns, copy=False).from_(steps[-1][0], copy=False)))
        return Statement(name, need.entity, chained(steps))

    def _grouped(
        self, need: Need, child: str, source: Need, shape: Shape
    ) -> tuple[str, exp.Select]:
        """Aggregates over one kind of child, one row per parent."""
        groups = [col(group_name(group)) for group in group_keys(need.entity, child)]
        lower = Lower({}, wide=self.wide)
        group, rows = groups[0], exp.to_table(source.name)
        if len(groups) > 1:
            rows, group = kin.each_parent(source.name, groups), col("_of")
        columns = [exp.alias_(group, "_of", quoted=True)]
        for agg, name in need.aggs.items():
            if agg.child != child:
                continue
            given = self._as_inputs(need.name, name, agg)
            for part, node in aggregates.inside(given, name, lower).items():
                columns.append(exp.alias_(node, part, quoted=True))
        select = exp.select(*columns, copy=False).from_(rows, copy=False).group_by(group.copy())
        if len(groups) > 1 and ("child" in shape.asked or self._open(need)):
            select = kin.only_asked(select, need)
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

    def _joined(self, need: Need, shape: Shape, own: str) -> exp.Select:
        """Own columns with those of joined rows and aggregates. A person's household, village
        and county come already joined with one another."""
        person = need.entity == "person"
        columns: list[Any] = [exp.Column(this=exp.Star(), table=exp.to_identifier("o"))]
        for hop, leaves in need.hops.items():
            for leaf in leaves.values():
                if person:
                    home = hop not in PARENTS
                    found = col(name_of(leaf), "home") if home else col(leaf.name, hop)
                else:
                    found = col(leaf.name, hop)
                columns.append(exp.alias_(found, name_of(leaf), quoted=True))
        for agg, name in need.aggs.items():
            table = "children" if person else f"agg_{agg.child}"
            value = aggregates.outside(agg, name, table, wide=self.wide)
            columns.append(exp.alias_(value, name, quoted=True))
        select = exp.select(*columns, copy=False).from_(
            exp.alias_(exp.to_table(own), "o", table=True)
        )
        if person:
            if need.hops.keys() & HOMES:
                select = _left(select, f"{need.name}_home", "home", "household_no", "household_no")
            return kin.joined(select, need, shape, bool(self._open(need)))
        for hop in sorted(need.hops, key=HOP_ORDER.index):
            source = need.hop_source[hop]
            own = link_of(need.entity, hop) or f"_{hop}"
            select = _left(select, source_name(source), hop, hop_key(source.entity, hop), own)
        for child in need.agg_source:
            select = _left(select, f"{need.name}_{child}", f"agg_{child}", "_of", need.group())
        return select

    @staticmethod
    def _home(need: Need) -> tuple[str, exp.Select]:
        """Household, village and county of a person, joined before the many persons are."""
        columns = [exp.alias_(col("household_no", "household"), "household_no", quoted=True)]
        hops = [hop for hop in HOP_ORDER if hop in need.hops and hop in HOMES]
        for hop in hops:
            for leaf in need.hops[hop].values():
                columns.append(exp.alias_(col(leaf.name, hop), name_of(leaf), quoted=True))
        first = source_name(need.hop_source["household"])
        select = exp.select(*columns, copy=False).from_(
            exp.alias_(exp.to_table(first), "household", table=True)
        )
        for hop in hops:
            if hop != "household":
                source = need.hop_source[hop]
                on = hop_key(source.entity, hop)
                select = _left(select, source_name(source), hop, on, f"_{hop}", "household")
        return f"{need.name}_home", select


def _left(
    select: exp.Select, table: str, alias: str, key: str, own: str, of: str = "o"
) -> exp.Select:
    """LEFT JOIN `table` AS `alias` ON alias.key = of.own."""
    on = exp.EQ(this=col(key, alias), expression=col(own, of))
    joined = exp.alias_(exp.to_table(table), alias, table=True)
    return select.join(joined, on=on, join_type="left", copy=False)


def _semi(select: exp.Select, table: str, key: str) -> exp.Select:
    """Only the rows of `o` whose key is in a table of keys."""
    if not table:
        return select
    on = exp.EQ(this=col(key, "open"), expression=col(key, "o"))
    keys = exp.alias_(exp.to_table(table), "open", table=True)
    return select.join(keys, on=on, join_type="semi", copy=False)


def chained(steps: list[tuple[str, exp.Select]]) -> exp.Select:
    """The last step with the ones before it as CTEs."""
    *before, (_, select) = steps
    for name, body in before:
        cheap = False if name.endswith(("_own", "_tests")) or "_own_" in name else None
        few = name.endswith("_out_u_own") or None  # read once, used several times
        select = select.with_(
            exp.to_identifier(name), as_=body, materialized=few or cheap, copy=False
        )
    return select
