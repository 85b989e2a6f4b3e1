"""Kinship joins on as few rows, and as few columns, as the answers can matter for.

A person's father, mother, spouse and children may live in any household of the county, so
each is a join on person numbers. But a left-behind child's father is asked about only for
children: `_asks` lists whom the conditions on a person's own data leave to be asked about,
only those are looked up, and `_relatives` is joined to the persons' many columns once.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from bangfu.policy import ir
from bangfu.policy.lower import col, name_of, whens
from bangfu.policy.plan import PARENTS, Need, source_name
from bangfu.policy.shape import Shape


def asks(need: Need, shape: Shape, own: str) -> list[tuple[str, exp.Select]]:
    """CTEs: who asks about whom, and the rows of those asked about."""
    hops = [hop for hop in PARENTS if hop in need.hops]
    columns = [exp.alias_(_asked(shape, hop, col(PARENTS[hop])), hop) for hop in hops]
    if need.aggs:
        columns.append(exp.alias_(_asked(shape, "child", col("person_no")), "child"))
    name = f"{need.name}_asks"
    some = [exp.Not(this=exp.Is(this=col(c.alias), expression=exp.Null())) for c in columns]
    rows = exp.select(exp.alias_(col("person_no"), "person_no"), *columns).from_(own, copy=False)
    steps = [(name, exp.select("*").from_(rows.subquery("a")).where(exp.or_(*some)))]
    raw = [hop for hop in hops if need.hop_source[hop].phase < 0]
    if raw:
        steps.append((f"{need.name}_asked", _answers(need, raw, name)))
    return steps


def _asked(shape: Shape, link: str, key: Any) -> Any:
    """The number to look up where the answer matters, else NULL."""
    if link not in shape.asked:
        return key
    return whens([(col(shape.ready[shape.asked[link]]), key)])


def _answers(need: Need, hops: list[str], asks_name: str) -> exp.Select:
    leaves = dict.fromkeys(
        leaf.name for hop in hops for leaf in need.hops[hop].values() if isinstance(leaf, ir.Col)
    )
    each = [
        exp.select(exp.alias_(col(hop), "who"))
        .from_(asks_name, copy=False)
        .where(exp.Not(this=exp.Is(this=col(hop), expression=exp.Null())))
        for hop in hops
    ]
    wanted = exp.union(*each, distinct=False) if len(each) > 1 else each[0]
    fields = [col("person_no", "p"), *(col(leaf, "p") for leaf in leaves)]
    people = exp.alias_(exp.to_table("src_person"), "p", table=True)
    on = exp.EQ(this=col("person_no", "p"), expression=col("who", "asked"))
    return exp.select(*fields).from_(people).join(wanted.subquery("asked"), on=on, join_type="semi")


def answered(need: Need) -> tuple[str, exp.Select]:
    """CTE: for each person who asks, what the relatives say."""
    columns = [exp.alias_(col("person_no", "a"), "person_no", quoted=True)]
    select = exp.select().from_(exp.alias_(exp.to_table(f"{need.name}_asks"), "a", table=True))
    for hop in (hop for hop in PARENTS if hop in need.hops):
        source = need.hop_source[hop]
        table = f"{need.name}_asked" if source.phase < 0 else source_name(source)
        select = _left(select, table, hop, "person_no", hop)
        columns += [exp.alias_(col(leaf.name, hop), name_of(leaf), quoted=True)
                    for leaf in need.hops[hop].values()]  # fmt: skip
    if need.aggs:
        select = _left(select, f"{need.name}_person", "children", "_of", "child")
        for agg, name in need.aggs.items():
            parts = [name] if agg.kind in ("any", "all") else [name, f"{name}?"]
            if agg.kind == "count" and agg.where == ir.TRUE:
                parts = [name]
            columns += [exp.alias_(col(part, "children"), part, quoted=True) for part in parts]
    return f"{need.name}_relatives", select.select(*columns)


def _left(select: exp.Select, table: str, alias: str, key: str, own: str) -> exp.Select:
    on = exp.EQ(this=col(key, alias), expression=col(own, "a"))
    joined = exp.alias_(exp.to_table(table), alias, table=True)
    return select.join(joined, on=on, join_type="left")


def only_asked(select: exp.Select, need: Need) -> exp.Select:
    """Children's rows of the parents that are asked about."""
    asked = exp.alias_(exp.to_table(f"{need.name}_asks"), "asked", table=True)
    on = exp.EQ(this=col("_of", "each_parent"), expression=col("child", "asked"))
    return select.join(asked, on=on, join_type="semi")


def each_parent(source: str, groups: list[exp.Column]) -> Any:
    """The child rows once per parent they name, as `_of`."""
    selects = [
        exp.select("*", exp.alias_(group.copy(), "_of", quoted=True))
        .from_(source, copy=False)
        .where(exp.Not(this=exp.Is(this=group.copy(), expression=exp.Null())))
        for group in groups
    ]
    return exp.union(*selects, distinct=False).subquery("each_parent")
