"""Explains one household, or one enterprise, project …: every rule, condition, value,
parameter and clause.

The same bound expressions as the batch, made ready once per pack and date (`asking`) and
computed on its rows as they are asked for (`rowwise`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache
from typing import Any

from bangfu import dictionary
from bangfu.policy.asking import AskedRule, Asking, Blame, compile_asking
from bangfu.policy.explanation import (
    ConditionFinding,
    Explanation,
    ParameterUsed,
    RuleFinding,
    VariableFinding,
)
from bangfu.policy.pack import Pack, Rule, require_in_force
from bangfu.policy.plan import PARENTS
from bangfu.policy.reach import CHILDREN
from bangfu.policy.rowwise import DIGITS, Row
from bangfu.policy.showing import citation, show

Fields = Mapping[str, Any]
_OUTCOMES = {
    "criterion": ("met", "not_met"), "alert": ("flagged", "not_flagged"),
    "entitlement": ("entitled", "not_entitled"), "limit": ("entitled", "not_entitled"),
}  # fmt: skip
_CENT = Decimal("0.01")


def explain(
    pack: Pack,
    as_of: date,
    household: Fields,
    members: Iterable[Fields],
    village: Fields | None = None,
    county: Fields | None = None,
    township: Fields | None = None,
    loans: Iterable[Fields] = (),
    *,
    kin: Iterable[Fields] = (),
    withheld: Iterable[str] = (),
) -> Explanation:
    """What `pack` says of a household at `as_of`, with its members and its loans.

    Rows are dicts of dictionary fields (others are ignored); what is absent is unknown. `kin`
    are the members' fathers, mothers, spouses and children who live elsewhere; the values of
    those whose numbers are in `withheld` are used but not told. Rules that gather over other
    households (a village's, a county's) are not told: see `beyond`. Raises AS_OF_OUTSIDE_PACK,
    and ValueError or decimal.InvalidOperation for a value that its field cannot hold.
    """
    number = household.get("household_no") or "household"
    people: list[Fields] = [
        {**member, "person_no": member.get("person_no") or f"{number}{position:02d}",
         "household_no": number}
        for position, member in enumerate(members, start=1)
    ]  # fmt: skip
    tables = _places(household.get("village_code"), village, township, county)
    tables["household"] = [{**household, "household_no": number}]
    tables["person"] = people
    tables["loan"] = _loans(loans, "household_no", number, household.get("village_code"))
    return explain_tables(pack, as_of, "household", tables, kin=kin, withheld=withheld)


def explain_one(
    pack: Pack,
    as_of: date,
    entity: str,
    row: Fields,
    village: Fields | None = None,
    county: Fields | None = None,
    township: Fields | None = None,
    loans: Iterable[Fields] = (),
) -> Explanation:
    """What `pack` says of one enterprise, cooperative, project … (`entity`) at `as_of`, with
    the loans it took. Raises AS_OF_OUTSIDE_PACK, and KeyError for an unknown entity."""
    tables = _places(row.get("region_code"), village, township, county)
    number = row.get(dictionary.KEYS[entity]) or entity
    tables[entity] = [{**row, dictionary.KEYS[entity]: number}]
    own = dictionary.LINKS["loan"].get(entity)
    if own is not None:
        tables["loan"] = _loans(loans, own, number, row.get("region_code"))
    return explain_tables(pack, as_of, entity, tables)


def explain_tables(
    pack: Pack,
    as_of: date,
    about: str,
    tables: Mapping[str, Sequence[Fields]],
    *,
    kin: Iterable[Fields] = (),
    withheld: Iterable[str] = (),
) -> Explanation:
    """The same of the first row of `about`, with the rows that belong to it and the places it
    lies in. Raises as `explain`."""
    require_in_force(pack, as_of)
    asking = compile_asking(pack, as_of, about)
    with localcontext() as context:
        context.prec = DIGITS
        return _Teller(asking, _Rows(about, tables, kin, frozenset(withheld))).tell()


def beyond(pack: Pack, as_of: date) -> frozenset[str]:
    """Ids of the rules in force that one household's rows cannot tell. Raises
    AS_OF_OUTSIDE_PACK."""
    require_in_force(pack, as_of)
    return frozenset(name for name in compile_asking(pack, as_of).beyond if name in pack.rules)


def _loans(loans: Iterable[Fields], own: str, number: Any, place: Any) -> list[Fields]:
    """Loans of one borrower, who says where they lie."""
    return [{"region_code": place, **loan, own: number} for loan in loans]


def _places(
    code: Any, village: Fields | None, township: Fields | None, county: Fields | None
) -> dict[str, list[Fields]]:
    """The places a row lies in: village and county always, a township where it is known."""
    seat = str(code)[:6] if code else None
    found: dict[str, list[Fields]] = {
        "village": [{"village_code": code, **(village or {})}],
        "county": [{"county_code": seat, **(county or {})}],
    }
    if township is not None:
        found["township"] = [township]
    return found


class _Rows:
    """Rows with the links between them. `told`: by entity, in order of their keys."""

    def __init__(
        self,
        about: str,
        tables: Mapping[str, Sequence[Fields]],
        kin: Iterable[Fields],
        withheld: frozenset[str],
    ) -> None:
        self.told: dict[str, list[tuple[str, Row]]] = {}
        for entity, given in tables.items():
            rows = given[:1] if entity == about or entity in dictionary.PLACES else given
            self.told[entity] = sorted((self._row(entity, row) for row in rows), key=_number)
        relatives = []
        for given_row in kin:
            number, row = self._row("person", given_row)
            row.withheld = number in withheld
            relatives.append((number, row))
        self._place()
        self._belong()
        self._relate(relatives)
        self.about = self.told[about][0]

    @staticmethod
    def _row(entity: str, given: Fields) -> tuple[str, Row]:
        row = Row(entity, known(entity, given))
        row.below = {child: [] for child in CHILDREN[entity].values()}
        return str(row.fields.get(dictionary.KEYS[entity]) or ""), row

    def _place(self) -> None:
        """All lie in the same places: those given."""
        places = {e: self.told[e][0][1] for e in dictionary.PLACES if self.told.get(e)}
        for entity, rows in self.told.items():
            lie_in = dictionary.places("household" if entity == "person" else entity)
            for _, row in rows:
                row.hops |= {place: places[place] for place in lie_in if place in places}

    def _belong(self) -> None:
        """Members and loans to their household, loans to their borrower."""
        by_key = {entity: dict(rows) for entity, rows in self.told.items()}
        for entity, links in dictionary.LINKS.items():
            for _, row in self.told.get(entity, ()):
                for parent, column in links.items():
                    above = by_key.get(parent, {}).get(str(row.fields.get(column) or ""))
                    if above is not None:
                        row.hops[parent] = above
                        above.below[entity].append(row)
        for _, home in self.told.get("household", ()):
            home.hops["household"] = home  # where a parameter's region is asked of members

    def _relate(self, relatives: list[tuple[str, Row]]) -> None:
        """Members to their kin, here or elsewhere."""
        everyone = dict(relatives) | dict(self.told.get("person", ()))
        for row in everyone.values():
            for hop, key in PARENTS.items():
                other = everyone.get(str(row.fields.get(key) or ""))
                if other is not None:
                    row.hops[hop] = other
                    if hop != "spouse":
                        other.below["person"].append(row)


def _number(found: tuple[str, Row]) -> str:
    return found[0]


def known(entity: str, row: Fields) -> dict[str, Any]:
    """The dictionary's fields as the snapshot would hold them; no personal data."""
    readers = _readers(entity)
    return {
        name: value if value is None else readers[name](value)
        for name, value in row.items() if name in readers
    }  # fmt: skip


@cache
def _readers(entity: str) -> dict[str, Callable[[Any], Any]]:
    kinds: dict[str, Callable[[Any], Any]] = {
        "str": str, "int": int, "decimal": _money, "bool": bool, "date": _day, "code": str,
        "codes": tuple,
    }  # fmt: skip
    fields = dictionary.entity(entity).fields
    return {name: kinds[spec.type] for name, spec in fields.items() if not spec.pii}


def _money(value: Any) -> Decimal:
    return Decimal(value).quantize(_CENT, ROUND_HALF_UP)


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(value)


class _Teller:
    """Turns rows into an Explanation."""

    def __init__(self, asking: Asking, rows: _Rows) -> None:
        self.asking, self.pack, self.rows = asking, asking.pack, rows

    def tell(self) -> Explanation:
        """The whole explanation, rules in pack order."""
        rules: list[RuleFinding] = []
        for rule, asked in self.asking.rules:
            if asked is None:
                rules.append(self._absent(rule))
            else:
                rules += [
                    self._rule(asked, *found) for found in self.rows.told.get(rule.entity, ())
                ]
        return Explanation(
            self.pack.id, self.pack.hash, self.asking.as_of,
            self.rows.about[0], tuple(self._variables()), tuple(rules),
        )  # fmt: skip

    def _absent(self, rule: Rule) -> RuleFinding:
        subject = self.rows.about[0] if rule.entity == self.asking.about else ""
        return RuleFinding(
            rule.id, rule.title.zh, rule.title.show("en"), rule.kind, rule.entity, subject,
            "not_in_force", None, "", "", rule.department, citation(self.pack, rule.cite),
            components=rule.components, in_kind=rule.in_kind,
        )  # fmt: skip

    def _rule(self, asked: AskedRule, subject: str, row: Row) -> RuleFinding:
        rule, version = asked.rule, asked.version
        value = asked.value(row)
        yes, no = _OUTCOMES[rule.kind]
        outcome = "undecided" if value is None else yes if value else no
        conditions = tuple(self._conditions(asked, row))
        return RuleFinding(
            rule.id, rule.title.zh, rule.title.show("en"), rule.kind, rule.entity, subject, outcome,
            value if rule.has_amount else None, version.unit, version.period, rule.department,
            asked.cite, conditions, tuple(self._parameters(asked, row)), rule.components,
            self._lacks(asked, row, conditions) if value is None else (), rule.in_kind,
        )  # fmt: skip

    @staticmethod
    def _lacks(
        asked: AskedRule, row: Row, conditions: tuple[ConditionFinding, ...]
    ) -> tuple[str, ...]:
        """What the unknown conditions lack, or else the amount."""
        if all(condition.truth for condition in conditions):
            return _blamed(asked.blame, row)
        return tuple(dict.fromkeys(name for found in conditions for name in found.missing))

    def _conditions(self, asked: AskedRule, row: Row) -> Iterator[ConditionFinding]:
        for found in asked.conditions:
            truth = found.truth(row)
            yield ConditionFinding(
                found.zh, found.en, found.expr, truth,
                found.readings.inputs(row, self.rows.told),
                _blamed(found.blame, row) if truth is None else (),
            )  # fmt: skip

    @staticmethod
    def _parameters(asked: AskedRule, row: Row) -> Iterator[ParameterUsed]:
        for found in asked.parameters:
            used = found.used
            here = next((v for term in found.values if (v := term(row)) is not None), None)
            if here is not None:
                used = ParameterUsed(used.name, used.zh, here, used.unit, used.cite)
            yield used

    def _variables(self) -> Iterator[VariableFinding]:
        for asked in self.asking.variables:
            variable = asked.variable
            for subject, row in self.rows.told.get(asked.entity, ()):
                value = asked.value(row)
                yield VariableFinding(
                    variable.name, variable.title.zh, asked.entity, subject, value,
                    show(value, None, variable.unit), variable.unit, asked.formula,
                    asked.readings.inputs(row, self.rows.told), variable.rule,
                )  # fmt: skip


def _blamed(blame: Blame, row: Row) -> tuple[str, ...]:
    """The fields that are to blame on a row."""
    return tuple(name for name, why in blame if why(row))
