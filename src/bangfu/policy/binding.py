"""sqlglot tree to typed nodes: names looked up, types checked, anything unlisted refused.

`Binder` is given a row's entity and a `Names` (the pack at a date). What sqlglot parsed but
no rule here covers is Refused with its SQL; nothing of the pack's text reaches SQL except
as a checked literal.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from sqlglot import exp

from bangfu import dictionary
from bangfu.policy import functions, ir
from bangfu.policy.pack import Rule
from bangfu.policy.reach import CHILDREN, HOPS
from bangfu.policy.reasons import KIND_ZH, Refused

AGGREGATES = ("any", "all", "count", "sum", "min", "max")
_COMPARISONS: dict[type[Any], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
}  # fmt: skip
_ARITHMETIC: dict[type[Any], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
_MOST_PLACES = 10


class Names(Protocol):
    """What a pack offers to expressions at one date."""

    as_of: date

    def variable(self, entity: str, name: str) -> ir.Type | None:
        """Type of a pack variable, None when there is none. Raises Refused (cycle …)."""

    def variable_names(self, entity: str) -> Iterable[str]:
        """Names of an entity's variables."""

    def parameter(self, name: str, entity: str) -> ir.Node:
        """A single value for rows of `entity`. Raises Refused."""

    def parameter_lists(
        self, name: str, entity: str
    ) -> tuple[tuple[tuple[ir.Node, tuple[str, ...]], ...], tuple[str, ...] | None]:
        """A list parameter: (condition, options) pairs and the general options."""

    def rule(self, rule_id: str) -> Rule:
        """A rule. Raises Refused."""


@dataclass(frozen=True)
class Binder:
    """Binds expressions on rows of `entity`; `alias` is the name it goes by in an aggregate."""

    names: Names
    entity: str
    alias: str = ""

    def condition(self, tree: exp.Expression) -> ir.Node:
        """A truth. Raises Refused."""
        return self.want(self.bind(tree), "bool", "条件")

    def want(self, node: ir.Node, kind: str, where: str) -> ir.Node:
        """`node` when it is of `kind` (or NULL), else Refused."""
        if node.type.kind in (kind, "null") or (kind == "number" and node.type.numeric):
            return node
        zh = KIND_ZH.get(kind, "数")
        raise Refused("type", where=where, want=zh, want_en=kind, got=node.type.kind)

    def bind(self, tree: exp.Expression) -> ir.Node:
        """Any expression. Raises Refused for whatever has no rule."""
        handler = _HANDLERS.get(type(tree))
        if handler is not None:
            return handler(self, tree)
        if type(tree) in _COMPARISONS:
            return self.compare(
                _COMPARISONS[type(tree)], self.bind(tree.this), self.bind(tree.expression)
            )
        if type(tree) in _ARITHMETIC:
            return self._arithmetic(_ARITHMETIC[type(tree)], tree)
        raise Refused("forbidden", what=tree.sql("duckdb")[:60] or tree.key)

    # --- names ---------------------------------------------------------------------------

    def _column(self, tree: Any) -> ir.Node:
        table, name = tree.table, tree.name
        if tree.args.get("db") or tree.args.get("catalog"):
            raise Refused("forbidden", what=tree.sql("duckdb"))
        if isinstance(tree.this, exp.Star):
            raise Refused("forbidden", what="*")
        if table == "param":
            return self.names.parameter(name, self.entity)
        if not table or table in (self.alias, self.entity):
            if not table and name == "as_of":
                return ir.Lit(self.names.as_of, ir.DATE)
            return self._named("", self.entity, name)
        target = HOPS[self.entity].get(table)
        if target is None:
            known = "、".join(["param", *HOPS[self.entity]])
            raise Refused("unknown_hop", entity=self.entity, name=table, known=known)
        return self._named(table, target, name)

    def _named(self, hop: str, entity: str, name: str) -> ir.Node:
        field = dictionary.entity(entity).fields.get(name)
        if field is not None:
            if field.pii:
                raise Refused("pii_field", entity=entity, name=name)
            return column(hop, field)
        kind = self.names.variable(entity, name)
        if kind is not None:
            return ir.Var(hop, entity, name, kind)
        if name == "age" and entity == "person":
            birth = column(hop, dictionary.entity("person").fields["birth_date"])
            return ir.Call("years", (birth, ir.Lit(self.names.as_of, ir.DATE)), ir.INT)
        known = [*dictionary.entity(entity).fields, *self.names.variable_names(entity)]
        raise Refused("unknown_field", entity=entity, name=name, **hints(name, known))

    # --- operators -----------------------------------------------------------------------

    def compare(self, op: str, left: ir.Node, right: ir.Node) -> ir.Node:
        """A comparison with its types checked and literals fitted to the other side."""
        left, right = fit(left, right), fit(right, left)
        one, two = left.type.kind, right.type.kind
        ordered = op not in ("=", "<>")
        numbers = left.type.numeric and right.type.numeric
        words = {one, two} <= {"str", "code"} and not ordered
        same = one == two and (one == "date" or (one == "bool" and not ordered))
        if not (numbers or words or same) or "list" in (one, two):
            raise Refused("compare", left=one, right=two)
        return ir.Cmp(op, left, right)

    def _arithmetic(self, op: str, tree: Any) -> ir.Node:
        left = self.want(self.bind(tree.this), "number", op)
        right = self.want(self.bind(tree.expression), "number", op)
        return ir.Arith(op, left, right, arithmetic_type(op, left.type, right.type))

    def _paren(self, tree: Any) -> ir.Node:
        return self.bind(tree.this)

    def _and(self, tree: Any) -> ir.Node:
        return ir.And(tuple(self.condition(part) for part in tree.flatten()))

    def _or(self, tree: Any) -> ir.Node:
        return ir.Or(tuple(self.condition(part) for part in tree.flatten()))

    def _not(self, tree: Any) -> ir.Node:
        return ir.Not(self.condition(tree.this))

    def _neg(self, tree: Any) -> ir.Node:
        arg = self.want(self.bind(tree.this), "number", "-")
        return ir.Neg(arg, arg.type)

    def _is(self, tree: Any) -> ir.Node:
        arg = self.bind(tree.this)
        if isinstance(tree.expression, exp.Null):
            return ir.IsNull(arg)
        if isinstance(tree.expression, exp.Boolean):
            return ir.IsTruth(self.want(arg, "bool", "is"), bool(tree.expression.this))
        raise Refused("forbidden", what=tree.sql("duckdb"))

    def _in(self, tree: Any) -> ir.Node:
        arg = self.bind(tree.this)
        if arg.type.kind == "ratio":
            raise Refused("round_first")
        if tree.args.get("query") is not None or tree.args.get("unnest") is not None:
            raise Refused("forbidden", what=tree.sql("duckdb")[:60])
        field = tree.args.get("field")
        if field is not None:
            return self._in_parameter(arg, field)
        options = tuple(self._option(arg, option) for option in tree.expressions)
        if not options:
            raise Refused("syntax", detail="in ()")
        return ir.In(arg, options)

    def _option(self, arg: ir.Node, tree: exp.Expression) -> ir.Lit:
        node = fit(self.bind(tree), arg)
        if isinstance(node, ir.Neg) and isinstance(node.arg, ir.Lit):
            node = ir.Lit(-node.arg.value, node.type)  # type: ignore[operator]
        if not isinstance(node, ir.Lit) or node.value is None:
            raise Refused("forbidden", what=f"in ({tree.sql('duckdb')})")
        self.compare("=", arg, node)
        return node

    def _in_parameter(self, arg: ir.Node, tree: Any) -> ir.Node:
        if not isinstance(tree, exp.Column) or tree.table != "param":
            raise Refused("forbidden", what=f"in {tree.sql('duckdb')}")
        pairs, general = self.names.parameter_lists(tree.name, self.entity)

        def one_of(options: tuple[str, ...]) -> ir.Node:
            fitted = tuple(fit(ir.Lit(option, ir.STR), arg) for option in options)
            for option in fitted:
                self.compare("=", arg, option)
            found: ir.Node = ir.In(arg, tuple(o for o in fitted if isinstance(o, ir.Lit)))
            return ir.Param(tree.name, found, ir.BOOL)

        rest = one_of(general) if general is not None else ir.Unset(tree.name, ir.BOOL)
        if not pairs:
            return rest
        return ir.Case(tuple((when, one_of(options)) for when, options in pairs), rest, ir.BOOL)

    def _between(self, tree: Any) -> ir.Node:
        arg = self.bind(tree.this)
        low = self.compare(">=", arg, self.bind(tree.args["low"]))
        return ir.And((low, self.compare("<=", arg, self.bind(tree.args["high"]))))

    def _case(self, tree: Any) -> ir.Node:
        base = tree.this
        pairs = []
        for branch in tree.args["ifs"]:
            if base is None:
                when = self.condition(branch.this)
            else:
                when = self.compare("=", self.bind(base), self.bind(branch.this))
            pairs.append((when, self.bind(branch.args["true"])))
        default = tree.args.get("default")
        rest = self.bind(default) if default is not None else ir.Lit(None, ir.NULL)
        return case(tuple(pairs), rest)

    def _literal(self, tree: Any) -> ir.Node:
        if tree.is_string:
            return ir.Lit(str(tree.this), ir.STR)
        text = str(tree.this)
        if not text.replace(".", "", 1).isdigit():
            raise Refused("forbidden", what=text)
        if "." not in text:
            return ir.Lit(int(text), ir.INT)
        return number(Decimal(text))

    def _date(self, tree: Any) -> ir.Node:
        """`date '2016-09-01'`, the only cast there is."""
        if tree.to.this == exp.DataType.Type.DATE and isinstance(tree.this, exp.Literal):
            found = iso_date(str(tree.this.this))
            if found is not None:
                return ir.Lit(found, ir.DATE)
        raise Refused("forbidden", what=tree.sql("duckdb"))

    # --- functions -----------------------------------------------------------------------

    def _function(self, tree: Any) -> ir.Node:
        name, args = str(tree.this).removeprefix("fn_"), tree.expressions
        if name in AGGREGATES:
            return self._aggregate(name, args)
        if name in ("met", "amount"):
            return self._result_of(name, args)
        if name == "age_on" and self.entity == "person":
            birth = self._named("", "person", "birth_date")
            return functions.build("years_between", (birth, *(self.bind(a) for a in args)), self)
        return functions.build(name, tuple(self.bind(arg) for arg in args), self)

    def _result_of(self, fn: str, args: list[Any]) -> ir.Node:
        if len(args) != 1 or not isinstance(args[0], exp.Literal) or not args[0].is_string:
            raise Refused("arguments", name=fn)
        rule = self.names.rule(str(args[0].this))
        if rule.kind == "duty" or rule.has_amount == (fn == "met"):
            raise Refused("rule_kind", id=rule.id, kind=rule.kind, fn=fn)
        hop = "" if rule.entity == self.entity else rule.entity
        if hop and HOPS[self.entity].get(hop) != rule.entity:
            raise Refused("rule_not_reachable", id=rule.id, entity=self.entity, other=rule.entity)
        if rule.at(self.names.as_of) is None:
            return ir.FALSE if fn == "met" else ir.Lit(0, ir.INT)
        kind = ir.BOOL if fn == "met" else ir.MONEY
        return ir.Var(hop, rule.entity, rule.id, kind)

    def _aggregate(self, kind: Any, args: list[Any]) -> ir.Node:
        if not 1 <= len(args) <= 2 or not isinstance(args[0], exp.Column):
            raise Refused("arguments", name=kind)
        target, named = args[0], kind in ("sum", "min", "max")
        alias = target.table if named else target.name
        child = CHILDREN[self.entity].get(alias)
        if child is None or (not named and target.table):
            known = "、".join(CHILDREN[self.entity]) or "—"
            raise Refused("aggregate_scope", entity=self.entity, child=alias, known=known)
        below = Binder(self.names, child, alias)
        if kind in ("any", "all") and len(args) != 2:
            raise Refused("arguments", name=kind)
        where = below.condition(args[1]) if len(args) == 2 else ir.TRUE
        if not named:
            return ir.Agg(kind, child, where, None, ir.INT if kind == "count" else ir.BOOL)
        value = below.bind(target)
        if value.type.kind == "ratio":
            raise Refused("round_first")
        if kind == "sum" or value.type.kind != "date":
            below.want(value, "number", kind)
        return ir.Agg(kind, child, where, value, value.type)


_HANDLERS: dict[type[Any], Callable[[Binder, Any], ir.Node]] = {
    exp.Column: Binder._column, exp.Paren: Binder._paren, exp.And: Binder._and,
    exp.Or: Binder._or, exp.Not: Binder._not, exp.Neg: Binder._neg, exp.Is: Binder._is,
    exp.In: Binder._in, exp.Between: Binder._between, exp.Case: Binder._case,
    exp.Literal: Binder._literal, exp.Cast: Binder._date, exp.Anonymous: Binder._function,
    exp.Boolean: lambda _, tree: ir.Lit(bool(tree.this), ir.BOOL),
    exp.Null: lambda _, tree: ir.Lit(None, ir.NULL),
}  # fmt: skip


def column(hop: str, field: dictionary.Field) -> ir.Col:
    """A dictionary field as a node."""
    kinds: dict[str, ir.Type] = {
        "str": ir.STR, "int": ir.INT, "decimal": ir.MONEY, "bool": ir.BOOL, "date": ir.DATE,
        "code": ir.Type("code", codes=field.codes), "codes": ir.Type("codes", codes=field.codes),
    }  # fmt: skip
    return ir.Col(hop, field.entity, field.name, kinds[field.type])


def hints(name: str, known: Iterable[str]) -> dict[str, str]:
    """The nearest known name, for the end of an error."""
    near = difflib.get_close_matches(name, list(known), 1)
    return {
        "hint": f"，是否为“{near[0]}”" if near else "",
        "hint_en": f"; did you mean “{near[0]}”" if near else "",
    }


def iso_date(text: str) -> date | None:
    """A date written YYYY-MM-DD, else None."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def number(value: Decimal | int) -> ir.Lit:
    """A numeric constant in its own scale."""
    if isinstance(value, int):
        return ir.Lit(value, ir.INT)
    exponent = value.as_tuple().exponent
    return ir.Lit(value, ir.Type("decimal", max(0, -int(exponent))))


def fit(node: ir.Node, other: ir.Node) -> ir.Node:
    """A text constant read as what it is compared with: a code (checked) or a date."""
    if not (isinstance(node, ir.Lit) and node.type.kind == "str"):
        return node
    text = str(node.value)
    if other.type.kind in ("code", "codes") and other.type.codes:
        if text not in other.type.codes:
            name = other.name if isinstance(other, ir.Col | ir.Var) else "…"
            raise Refused("unknown_code", field=name, given=text,
                          known="、".join(other.type.codes))  # fmt: skip
    elif other.type.kind == "date" and (found := iso_date(text)) is not None:
        return ir.Lit(found, ir.DATE)
    return node


def arithmetic_type(op: str, left: ir.Type, right: ir.Type) -> ir.Type:
    """Type of a sum, difference, product or quotient. Raises Refused when too many places."""
    if op == "/" or "ratio" in (left.kind, right.kind):
        return ir.RATIO
    scale = left.scale + right.scale if op == "*" else max(left.scale, right.scale)
    if scale > _MOST_PLACES:
        raise Refused("round_first")
    both_int = left.kind == right.kind == "int"
    return ir.INT if both_int else ir.Type("decimal", scale)


def unify(nodes: Iterable[ir.Node]) -> ir.Type:
    """The type that all of `nodes` share. Raises Refused."""
    found = ir.NULL
    for node in nodes:
        kind = node.type
        if kind.kind in ("ratio", "list"):
            raise Refused("round_first" if kind.kind == "ratio" else "list_only_in")
        if found.kind == "null" or found == kind:
            found = kind
        elif found.numeric and kind.numeric:
            found = ir.Type("decimal", max(found.scale, kind.scale))
        elif {found.kind, kind.kind} <= {"str", "code"}:
            found = ir.STR
        elif kind.kind != "null":
            raise Refused("compare", left=found.kind, right=kind.kind)
    return found


def case(pairs: tuple[tuple[ir.Node, ir.Node], ...], default: ir.Node) -> ir.Node:
    """A CASE with its branches of one type."""
    return ir.Case(pairs, default, unify([*(value for _, value in pairs), default]))
