"""Kinship joins on as few rows as the answers can matter for.

A person's father, mother, spouse and children may live in any household of the county, so
each is a join on person numbers. But a left-behind child's father is asked about only for
children: where the conditions on a person's own data leave nothing to ask, the number to look
up is NULL, which no join looks for. Relatives are read straight from the snapshot: reading two
columns again costs less than keeping them.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from bangfu.policy import ir
from bangfu.policy.lower import col, whens
from bangfu.policy.plan import PARENTS, Need, source_name
from bangfu.policy.shape import Shape


def hops_of(need: Need) -> list[str]:
    """Which of father, mother and spouse a relation asks about."""
    return [hop for hop in PARENTS if hop in need.hops]


def number(shape: Shape, link: str, key: str, table: str = "") -> Any:
    """The number to look up where the answer matters, else NULL."""
    if link not in shape.asked:
        return col(key, table)
    return whens([(col(shape.ready[shape.asked[link]], table), col(key, table))])


def askers(need: Need, shape: Shape, own: str, few: bool) -> tuple[str, exp.Select] | None:
    """CTE: persons whose children are asked about; None when it is everyone's."""
    if not need.aggs or not (few or "child" in shape.asked):
        return None
    name = f"{need.name}_askers"
    if "child" not in shape.asked:
        return name, exp.select("person_no").from_(own, copy=False)
    some = exp.alias_(col(shape.ready[shape.asked["child"]]), "asks")
    rows = exp.select("person_no", some).from_(own).subquery("a")
    return name, exp.select("person_no").from_(rows).where(col("asks"))


def asked(need: Need, shape: Shape, own: str) -> tuple[str, exp.Select] | None:
    """CTE: what is read of the relatives of few persons, where looking them up pays; None when
    none is read straight from the snapshot."""
    raw = [hop for hop in hops_of(need) if need.hop_source[hop].phase < 0]
    if not raw:
        return None
    leaves = dict.fromkeys(
        leaf.name for hop in raw for leaf in need.hops[hop].values() if isinstance(leaf, ir.Col)
    )
    each = [
        exp.select(exp.alias_(number(shape, hop, PARENTS[hop]), "who")).from_(own, copy=False)
        for hop in raw
    ]
    wanted = exp.union(*each, distinct=False) if len(each) > 1 else each[0]
    fields = [col("person_no", "p"), *(col(leaf, "p") for leaf in leaves)]
    people = exp.alias_(exp.to_table("src_person"), "p", table=True)
    on = exp.EQ(this=col("person_no", "p"), expression=col("who", "named"))
    select = exp.select(*fields).from_(people)
    return f"{need.name}_asked", select.join(wanted.subquery("named"), on=on, join_type="semi")


def joined(select: exp.Select, need: Need, shape: Shape, few: bool) -> exp.Select:
    """The own rows, as `o`, with a row of each relative and of the children's aggregates."""
    for hop in hops_of(need):
        source = need.hop_source[hop]
        raw = few and source.phase < 0
        table = f"{need.name}_asked" if raw else source_name(source)
        select = _left(select, table, hop, "person_no", number(shape, hop, PARENTS[hop], "o"))
    if need.aggs:
        key = number(shape, "child", "person_no", "o")
        select = _left(select, f"{need.name}_person", "children", "_of", key)
    return select


def _left(select: exp.Select, table: str, alias: str, key: str, own: Any) -> exp.Select:
    on = exp.EQ(this=col(key, alias), expression=own)
    other = exp.alias_(exp.to_table(table), alias, table=True)
    return select.join(other, on=on, join_type="left", copy=False)


def only_asked(select: exp.Select, need: Need) -> exp.Select:
    """Children's rows of the parents that are asked about."""
    these = exp.alias_(exp.to_table(f"{need.name}_askers"), "askers", table=True)
    on = exp.EQ(this=col("_of", "each_parent"), expression=col("person_no", "askers"))
    return select.join(these, on=on, join_type="semi")


def each_parent(source: str, groups: list[exp.Column]) -> Any:
    """The child rows once per parent they name, as `_of`."""
    selects = [
        exp.select("*", exp.alias_(group.copy(), "_of", quoted=True))
        .from_(source, copy=False)
        .where(exp.Not(this=exp.Is(this=group.copy(), expression=exp.Null())))
        for group in groups
    ]
    return exp.union(*selects, distinct=False).subquery("each_parent")
