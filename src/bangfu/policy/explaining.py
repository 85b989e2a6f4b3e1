"""Explains one household, or one enterprise, project …: every rule, condition, value, parameter and clause.

The same compiled expressions as the batch run on the household's rows, in a DuckDB
connection kept per thread with the statements prepared. All optimizers but the one that
drops unused columns are off there: for a dozen rows they do no good, and a prepared plan
must not depend on what the tables held when it was made.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import lru_cache
from typing import Any

import duckdb

from bangfu import dictionary
from bangfu.policy import ir, sources
from bangfu.policy.asking import Asking, Reading, compile_asking
from bangfu.policy.explanation import (
    ConditionFinding,
    Explanation,
    Input,
    ParameterUsed,
    RuleFinding,
    VariableFinding,
)
from bangfu.policy.pack import Cite, Pack, Rule, require_in_force
from bangfu.policy.showing import label, show

_KEPT = threading.local()
_BESIDE = ThreadPoolExecutor(max_workers=4, thread_name_prefix="explain")
_AT_ONCE = 8
_USES = 400
Row = Mapping[str, Any]
_OUTCOMES = {
    "criterion": ("met", "not_met"), "alert": ("flagged", "not_flagged"),
    "entitlement": ("entitled", "not_entitled"), "limit": ("entitled", "not_entitled"),
}  # fmt: skip


@lru_cache(maxsize=1)
def _needless() -> str:
    """Names of the optimizers to leave out, with commas."""
    with duckdb.connect() as database:
        names = database.execute("SELECT name FROM duckdb_optimizers()").fetchall()
    return ",".join(str(name) for (name,) in names if name != "unused_columns")


def explain(
    pack: Pack,
    as_of: date,
    household: Row,
    members: Iterable[Row],
    village: Row | None = None,
    county: Row | None = None,
    township: Row | None = None,
    loans: Iterable[Row] = (),
) -> Explanation:
    """What `pack` says of a household at `as_of`, with its members and its loans.

    Rows are dicts of dictionary fields (others are ignored); what is absent is unknown.
    Raises AS_OF_OUTSIDE_PACK.
    """
    number = household.get("household_no") or "household"
    persons: list[Row] = []
    for position, member in enumerate(members, start=1):
        row = _known("person", member)
        row["person_no"] = row.get("person_no") or f"{number}{position:02d}"
        persons.append({**row, "household_no": number})
    tables = _places(household.get("village_code"), village, township, county)
    tables["household"] = [{**_known("household", household), "household_no": number, **_LINKED}]
    tables["person"] = persons
    tables["loan"] = _loans(loans, "household_no", number, household.get("village_code"))
    return explain_tables(pack, as_of, "household", tables)


def explain_one(
    pack: Pack,
    as_of: date,
    entity: str,
    row: Row,
    village: Row | None = None,
    county: Row | None = None,
    township: Row | None = None,
    loans: Iterable[Row] = (),
) -> Explanation:
    """What `pack` says of one enterprise, cooperative, project … (`entity`) at `as_of`, with
    the loans it took. Raises AS_OF_OUTSIDE_PACK, and KeyError for an unknown entity."""
    tables = _places(row.get("region_code"), village, township, county)
    key = dictionary.KEYS[entity]
    tables[entity] = [{key: entity, **_known(entity, row), **_LINKED}]
    own = dictionary.LINKS["loan"].get(entity)
    if own is not None:
        number = tables[entity][0][key]
        tables["loan"] = _loans(loans, own, number, row.get("region_code"))
    return explain_tables(pack, as_of, entity, tables)


def explain_tables(
    pack: Pack, as_of: date, about: str, tables: Mapping[str, Sequence[Row]]
) -> Explanation:
    """The same of rows that are linked already. Raises AS_OF_OUTSIDE_PACK."""
    require_in_force(pack, as_of)
    asking = compile_asking(pack, as_of, about)
    found = _Connection.current(asking).run(tables)
    return _Teller(asking, found).tell()


def _loans(loans: Iterable[Row], own: str, number: Any, place: Any) -> list[Row]:
    """Loans of one borrower, who says where they lie."""
    return [{"region_code": place, **_known("loan", loan), own: number, **_LINKED}
            for loan in loans]  # fmt: skip


_LINKED = {"_village": "v", "_township": "t", "_county": "c"}


def _places(
    code: Any, village: Row | None, township: Row | None, county: Row | None
) -> dict[str, list[Row]]:
    """The places a row lies in: village and county always, a township where it is known."""
    seat = {"county_code": str(code)[:6] if code else None, **_known("county", county or {})}
    found: dict[str, list[Row]] = {
        "village": [{"village_code": code, **_known("village", village or {}), **_LINKED}],
        "county": [{**seat, "_county": "c"}],
    }
    if township is not None:
        found["township"] = [{**_known("township", township), **_LINKED}]
    return found


def _known(entity: str, row: Row) -> dict[str, Any]:
    fields = dictionary.entity(entity).fields
    return {k: v for k, v in row.items() if k in fields and not fields[k].pii}


class _Connection:
    """One thread's DuckDB database for one program, a prepared SELECT per entity.

    Each SELECT has a cursor of its own, so that persons and household are told side by side.
    """

    def __init__(self, asking: Asking) -> None:
        self.asking = asking
        self.uses = 0
        self.filled: set[str] = set()  # entities whose tables hold rows of the last question
        self.db = duckdb.connect()
        self.db.execute("SET threads = 1")
        sources.create_tables(self.db, asking.reads)
        self.cursors = {entity: self.db.cursor() for entity in asking.selects}
        for entity, sql in asking.selects.items():
            self.cursors[entity].execute("SET disabled_optimizers = ?", [_needless()])
            self.cursors[entity].execute(f"PREPARE ask AS {sql}")

    @staticmethod
    def current(asking: Asking) -> _Connection:
        """This thread's connection for `asking`; a fresh one after many uses, since deleted
        rows pile up in DuckDB's tables."""
        kept: dict[int, _Connection] = _KEPT.__dict__.setdefault("connections", {})
        found = kept.pop(id(asking), None)
        if found is None or found.uses >= _USES:
            found = _Connection(asking)
        kept[id(asking)] = found  # last used, last in the dict
        while len(kept) > _AT_ONCE:
            kept.pop(next(iter(kept))).db.close()
        return found

    def run(self, tables: Mapping[str, Sequence[Row]]) -> dict[str, list[dict[str, Any]]]:
        """Result rows by entity."""
        self.uses += 1
        for entity, names in self.asking.reads.items():
            rows = tables.get(entity, ())
            if names and (rows or entity in self.filled):
                sources.replace_few(self.db, entity, names, rows)
                self.filled.discard(entity)
                if rows:
                    self.filled.add(entity)
        beside = {e: _BESIDE.submit(self._ask, e) for e in self.cursors if e == "person"}
        found = {entity: self._ask(entity) for entity in self.cursors if entity not in beside}
        return found | {entity: answer.result() for entity, answer in beside.items()}

    def _ask(self, entity: str) -> list[dict[str, Any]]:
        cursor = self.cursors[entity].execute("EXECUTE ask")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class _Teller:
    """Turns result rows into an Explanation."""

    def __init__(self, asking: Asking, found: dict[str, list[dict[str, Any]]]) -> None:
        self.asking, self.pack, self.found = asking, asking.pack, found
        for entity in ("person", "loan"):
            key = dictionary.KEYS[entity]
            if entity in found:
                found[entity] = sorted(found[entity], key=lambda row, key=key: str(row[key]))  # type: ignore[misc]

    def tell(self) -> Explanation:
        """The whole explanation, rules in pack order."""
        rules: list[RuleFinding] = []
        for rule in self.pack.rules.values():
            if rule.kind == "duty" or rule.entity not in self.asking.selects:
                continue
            if rule.at(self.asking.as_of) is None:
                rules.append(self._absent(rule))
            elif (rule.entity, rule.id) in self.asking.parameters:
                rules += [self._rule(rule, row) for row in self.found.get(rule.entity, [])]
        about = self.asking.about
        return Explanation(
            self.pack.id, self.pack.hash, self.asking.as_of,
            self._subject(about, self.found[about][0]),
            tuple(self._variables()), tuple(rules),
        )  # fmt: skip

    def _subject(self, entity: str, row: dict[str, Any]) -> str:
        return str(row.get(dictionary.KEYS[entity]) or "")

    def _absent(self, rule: Rule) -> RuleFinding:
        about = self.asking.about
        subject = self._subject(about, self.found[about][0]) if rule.entity == about else ""
        return RuleFinding(
            rule.id, rule.title.zh, rule.title.show("en"), rule.kind, rule.entity, subject,
            "not_in_force", None, "", "", rule.department, self.cite(rule.cite),
            components=rule.components, in_kind=rule.in_kind,
        )  # fmt: skip

    def _rule(self, rule: Rule, row: dict[str, Any]) -> RuleFinding:
        version = rule.at(self.asking.as_of)
        assert version is not None
        value = row[rule.id]
        yes, no = _OUTCOMES[rule.kind]
        outcome = "undecided" if value is None else yes if value else no
        conditions = self._conditions(rule, row)
        return RuleFinding(
            rule.id, rule.title.zh, rule.title.show("en"), rule.kind, rule.entity,
            self._subject(rule.entity, row), outcome,
            value if rule.has_amount else None, version.unit, version.period,
            rule.department, self.cite(version.cite or rule.cite),
            conditions, self._parameters(rule, row), rule.components,
            self._lacks(rule, row, conditions) if value is None else (), rule.in_kind,
        )  # fmt: skip

    @staticmethod
    def _lacks(
        rule: Rule, row: dict[str, Any], conditions: tuple[ConditionFinding, ...]
    ) -> tuple[str, ...]:
        """What the unknown conditions lack, or else the amount."""
        found = [name for condition in conditions for name in condition.missing]
        if all(condition.truth for condition in conditions):
            found = _fields(row.get(f"missing.{rule.id}"))
        return tuple(dict.fromkeys(found))

    def _conditions(self, rule: Rule, row: dict[str, Any]) -> tuple[ConditionFinding, ...]:
        version = rule.at(self.asking.as_of)
        assert version is not None
        found = []
        for index, name in enumerate(self.asking.book.conditions[rule.id]):
            if version.when:
                title, expr = version.when[index].title, version.when[index].expr.text
            else:
                part = rule.components[index]
                title, expr = self.pack.rules[part].title, f"met('{part}')"
            truth = row[name]
            found.append(ConditionFinding(
                title.zh, title.show("en"), expr, truth,
                self._inputs(rule.entity, name, row),
                tuple(_fields(row.get(f"missing.{name}"))) if truth is None else (),
            ))  # fmt: skip
        return tuple(found)

    def _inputs(self, entity: str, name: str, row: dict[str, Any]) -> tuple[Input, ...]:
        found: list[Input] = []
        for reading in self.asking.readings.get((entity, name), ()):
            field, zh, spec, unit = label(self.pack, reading.node)
            value = row[reading.column]
            if not (isinstance(reading.node, ir.Agg) and reading.node.kind in ("any", "all")):
                found.append(Input(field, zh, value, show(value, spec, unit)))
            found += self._each(reading)
        return tuple(dict.fromkeys(_hashable(found)))

    def _each(self, reading: Reading) -> list[Input]:
        """What each member gives to an aggregate, and whether the member fulfils it."""
        found = []
        child = reading.node.child if isinstance(reading.node, ir.Agg) else ""
        for member in self.found.get(child, []) if reading.below else ():
            truth = member[reading.each] if reading.each else None
            for below in reading.below:
                field, zh, spec, unit = label(self.pack, below.node)
                value = member[below.column]
                found.append(Input(field, zh, value, show(value, spec, unit),
                                   str(member[dictionary.KEYS[child]]), truth))  # fmt: skip
        return found

    def _parameters(self, rule: Rule, row: dict[str, Any]) -> tuple[ParameterUsed, ...]:
        found: dict[str, ParameterUsed] = {}
        known = self.asking.columns.get(rule.entity, {})
        for node in self.asking.parameters[rule.entity, rule.id]:
            parameter = self.pack.parameters[node.name]
            value: Any = row[known[node]] if node in known else None
            if value is None and isinstance(node, ir.Param):
                value = _constant(node.value)
            if node.name not in found or found[node.name].value is None:
                found[node.name] = ParameterUsed(
                    node.name, parameter.title.zh, value, parameter.unit,
                    self.cite(parameter.cite),
                )  # fmt: skip
        return tuple(found.values())

    def _variables(self) -> Iterable[VariableFinding]:
        for (entity, name), variable in self.pack.variables.items():
            derived = self.asking.book.derived.get((entity, name))
            version = variable.at(self.asking.as_of)
            if derived is None or version is None:
                continue
            column = self.asking.columns.get(entity, {}).get(ir.Var("", entity, name, derived.type))
            for row in self.found.get(entity, []) if column else ():
                assert column is not None
                value = row[column]
                yield VariableFinding(
                    name, variable.title.zh, entity, self._subject(entity, row), value,
                    show(value, None, variable.unit), variable.unit, version.expr.text,
                    self._inputs(entity, name, row), variable.rule,
                )  # fmt: skip

    def cite(self, cite: Cite) -> dict[str, Any]:
        """A citation with the document's title and number."""
        document = self.pack.documents.get(cite.document)
        return {
            "document": cite.document, "title": document.title if document else cite.source,
            "number": document.number if document else "", "section": cite.section,
            "line": cite.line,
        }  # fmt: skip


def _fields(listed: str | None) -> list[str]:
    """The field names in a comma-separated text."""
    return listed.split(",") if listed else []


def _constant(node: ir.Node) -> Any:
    if isinstance(node, ir.In):
        return [option.value for option in node.options]
    return node.value if isinstance(node, ir.Lit) else None


def _hashable(inputs: list[Input]) -> list[Input]:
    """Lists (multi-code fields) as tuples, so that equal inputs are said once."""
    return [
        Input(i.field, i.zh, tuple(i.value), i.shown, i.subject, i.truth)
        if isinstance(i.value, list) else i
        for i in inputs
    ]  # fmt: skip
