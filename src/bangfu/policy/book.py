"""A pack at one date with every expression bound: the `Names` of the binder and a set of
derived columns by entity (variables, conditions, rule results, reasons for being unknown).

`Book` is what both the batch and the explanation compile; it knows no SQL.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bangfu import dictionary
from bangfu.policy import ir
from bangfu.policy.binding import Binder, column, hints, number
from bangfu.policy.pack import Expr, Pack, Place, Rule, Version
from bangfu.policy.parsing import parse
from bangfu.policy.reasons import Refused

Key = tuple[str, str]  # entity, name of a derived column


@dataclass(frozen=True)
class Derived:
    """One computed column of an entity."""

    entity: str
    name: str
    expr: ir.Node

    @property
    def type(self) -> ir.Type:
        """Type of the column."""
        return self.expr.type


class Misplaced(Exception):
    """A Refused with the rule and place it belongs to."""

    def __init__(self, refused: Refused, place: Place, rule: str | None) -> None:
        self.refused, self.place, self.rule = refused, place, rule
        super().__init__(str(refused))


def condition_name(rule_id: str, index: int) -> str:
    """Column name of a rule's nth condition."""
    return f"{rule_id}#{index}"


def truth_name(rule: Rule) -> str:
    """Column name of whether a rule's conditions hold (an amount rule's own is its amount)."""
    return f"{rule.id}?" if rule.has_amount else rule.id


class Book:
    """Binds a pack at `as_of`. Raises Misplaced where an expression is refused."""

    def __init__(self, pack: Pack, as_of: date) -> None:
        self.pack, self.as_of = pack, as_of
        self.derived: dict[Key, Derived] = {}
        self.conditions: dict[str, list[str]] = {}
        self._binding: list[str] = []

    # --- Names ---------------------------------------------------------------------------

    def variable(self, entity: str, name: str) -> ir.Type | None:
        """Type of a pack variable, binding it on first use."""
        if (entity, name) not in self.pack.variables:
            return None
        if (entity, name) not in self.derived:
            self.bind_variable(entity, name)
        return self.derived[entity, name].type

    def variable_names(self, entity: str) -> Iterable[str]:
        """Names of an entity's variables."""
        return (name for owner, name in self.pack.variables if owner == entity)

    def rule(self, rule_id: str) -> Rule:
        """A rule of the pack. Raises Refused."""
        if rule_id not in self.pack.rules:
            raise Refused("unknown_rule", id=rule_id)
        return self.pack.rules[rule_id]

    def parameter(self, name: str, entity: str) -> ir.Node:
        """A parameter as a constant, or as a case over region and county kind."""
        values = self._values(name)
        if any(isinstance(v.value, tuple) for v in values):
            raise Refused("list_only_in")
        parameter = self.pack.parameters[name]
        kind = _value_type([v.value for v in parameter.values], parameter.unit)
        general: ir.Node = ir.Unset(name, kind)
        pairs: list[tuple[ir.Node, ir.Node]] = []
        for value in values:
            literal = _literal(value.value)
            if not value.region and not value.county_kind:
                general = literal
            else:
                pairs.append((_applies(value, entity), literal))
        found = ir.Case(tuple(_unknown_first(pairs)), general, kind) if pairs else general
        return ir.Param(name, found, kind)

    def parameter_lists(
        self, name: str, entity: str
    ) -> tuple[tuple[tuple[ir.Node, tuple[str, ...]], ...], tuple[str, ...] | None]:
        """A list parameter: conditional lists and the general one."""
        pairs: list[tuple[ir.Node, tuple[str, ...]]] = []
        general: tuple[str, ...] | None = None
        for value in self._values(name):
            if not isinstance(value.value, tuple):
                raise Refused("type", where="in", want="列表参数", want_en="a list", got=name)
            if not value.region and not value.county_kind:
                general = value.value
            else:
                pairs.append((_applies(value, entity), value.value))
        return tuple(pairs), general

    def _values(self, name: str) -> Any:
        parameter = self.pack.parameters.get(name)
        if parameter is None:
            raise Refused("unknown_parameter", name=name, **hints(name, self.pack.parameters))
        values = parameter.in_force(self.as_of)
        if not values and not parameter.to_be_set:
            raise Refused("values_gap", name=name, start=self.as_of, end=self.as_of)
        return values

    # --- binding -------------------------------------------------------------------------

    def bind_variable(self, entity: str, name: str) -> None:
        """Bind one variable into `derived`."""
        who = f"{entity}.{name}"
        if who in self._binding:
            path = " → ".join([*self._binding[self._binding.index(who) :], who])
            raise Refused("cycle", path=path)
        variable = self.pack.variables[entity, name]
        version = variable.at(self.as_of)
        if version is None:
            raise Refused("values_gap", name=who, start=self.as_of, end=self.as_of)
        self._binding.append(who)
        try:
            expr = self._bind(version.expr, entity, None)
        finally:
            self._binding.pop()
        self.derived[entity, name] = Derived(entity, name, expr)

    def bind_rule(self, rule: Rule) -> bool:
        """Bind a rule into `derived`; False when it is not in force or is a duty."""
        version = rule.at(self.as_of) if rule.kind != "duty" else None
        if version is None:
            return False
        names = []
        for index, expr in enumerate(self._conditions(rule, version)):
            name = condition_name(rule.id, index)
            self.derived[rule.entity, name] = Derived(rule.entity, name, expr)
            names.append(name)
        self.conditions[rule.id] = names
        truth = ir.conjunction(tuple(ir.Var("", rule.entity, name, ir.BOOL) for name in names))
        self._put(rule, truth_name(rule), truth)
        if rule.has_amount and version.amount is not None:
            amount = self._bind(version.amount, rule.entity, rule.id)
            if not amount.type.numeric and amount.type.kind != "null":
                refused = Refused("type", where="amount", want="数", want_en="a number",
                                  got=amount.type.kind)  # fmt: skip
                raise Misplaced(refused, version.amount.place, rule.id)
            holds = ir.Var("", rule.entity, truth_name(rule), ir.BOOL)
            zero = ir.Lit(0, ir.INT)
            money = ir.Call("money", (amount,), ir.MONEY)
            pairs = ((holds, money), (ir.Not(holds), zero))
            self._put(rule, rule.id, ir.Case(pairs, ir.Lit(None, ir.NULL), ir.MONEY))
        return True

    def inline_conditions(self) -> None:
        """Put each rule's conditions into the rule itself: nothing asks for them singly."""
        for rule_id, names in self.conditions.items():
            rule = self.pack.rules[rule_id]
            parts = tuple(self.derived.pop((rule.entity, name)).expr for name in names)
            self._put(rule, truth_name(rule), ir.conjunction(parts))

    def _conditions(self, rule: Rule, version: Version) -> list[ir.Node]:
        if rule.components and not version.when:
            binder = Binder(self, rule.entity)
            try:
                return [binder.bind(parse(f"met('{quoted(part)}')")) for part in rule.components]
            except Refused as refused:
                raise Misplaced(refused, rule.place, rule.id) from refused
        binder = Binder(self, rule.entity)
        return [self._condition(binder, c.expr, rule.id) for c in version.when]

    def _condition(self, binder: Binder, expr: Expr, rule: str) -> ir.Node:
        try:
            return binder.condition(parse(expr.text))
        except Refused as refused:
            raise Misplaced(refused, expr.place, rule) from refused

    def _bind(self, expr: Expr, entity: str, rule: str | None) -> ir.Node:
        try:
            return Binder(self, entity).bind(parse(expr.text))
        except Refused as refused:
            raise Misplaced(refused, expr.place, rule) from refused

    def _put(self, rule: Rule, name: str, expr: ir.Node) -> None:
        self.derived[rule.entity, name] = Derived(rule.entity, name, expr)

    def rules(self, *kinds: str) -> list[Rule]:
        """Rules bound so far of some kinds, in pack order."""
        return [r for r in self.pack.rules.values()
                if r.id in self.conditions and (not kinds or r.kind in kinds)]  # fmt: skip


def bind_all(pack: Pack, as_of: date) -> Book:
    """Everything in force at `as_of`. Raises Misplaced on a pack that was not checked."""
    book = Book(pack, as_of)
    for (entity, name), variable in pack.variables.items():
        if variable.at(as_of) is not None and (entity, name) not in book.derived:
            try:
                book.bind_variable(entity, name)
            except (Misplaced, Refused) as fault:
                refused = fault.refused if isinstance(fault, Misplaced) else fault
                # Its parameters begin later than the pack: no rule in force can use it yet.
                if refused.code != "values_gap":
                    raise Misplaced(refused, variable.place, None) from refused
    for rule in pack.rules.values():
        book.bind_rule(rule)
    return book


def quoted(text: str) -> str:
    """Text inside a SQL string literal."""
    return text.replace("'", "''")


def _literal(value: Any) -> ir.Lit:
    if isinstance(value, bool):
        return ir.Lit(value, ir.BOOL)
    if isinstance(value, int | Decimal):
        return number(value)
    return ir.Lit(value, ir.DATE if isinstance(value, date) else ir.STR)


def _value_type(values: list[Any], unit: str) -> ir.Type:
    kinds = [_literal(v).type for v in values if not isinstance(v, tuple)]
    if not kinds:  # still to be set
        return {"date": ir.DATE, "bool": ir.BOOL, "text": ir.STR}.get(unit, ir.MONEY)
    if all(kind.numeric for kind in kinds):
        scale = max(kind.scale for kind in kinds)
        decimal = any(kind.kind == "decimal" for kind in kinds)
        return ir.Type("decimal", scale) if decimal else ir.INT
    return kinds[0]


def region_column(entity: str) -> ir.Col:
    """The column that says where a row of `entity` lies."""
    home = "household" if entity == "person" else entity
    name = dictionary.PLACE_COLUMN[home]
    return column("" if home == entity else home, dictionary.entity(home).fields[name])


def _applies(value: Any, entity: str) -> ir.Node:
    parts: list[ir.Node] = []
    if value.region:
        prefix = ir.Lit(value.region, ir.STR)
        parts.append(ir.Call("starts_with", (region_column(entity), prefix), ir.BOOL))
    if value.county_kind:
        field = dictionary.entity("county").fields["county_kind"]
        kind = column("" if entity == "county" else "county", field)
        parts.append(ir.Cmp("=", kind, ir.Lit(value.county_kind, ir.STR)))
    return ir.conjunction(tuple(parts))


def _unknown_first(pairs: list[tuple[ir.Node, ir.Node]]) -> list[tuple[ir.Node, ir.Node]]:
    """Before each case, NULL where the region or kind it asks for is unknown."""
    found: list[tuple[ir.Node, ir.Node]] = []
    asked: set[ir.Node] = set()
    for when, value in pairs:
        for leaf in ir.walk(when):
            if isinstance(leaf, ir.Col) and leaf not in asked:
                asked.add(leaf)
                found.append((ir.IsNull(leaf), ir.Lit(None, ir.NULL)))
        found.append((when, value))
    return found


__all__ = ["Book", "Derived", "Key", "Misplaced", "bind_all"]
