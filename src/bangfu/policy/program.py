"""The batch program of a pack at a date: tables to compute per county, files to write from them.

One final table per entity holds a column per rule (truth, or amount) and, on undecided rows
only, the fields that are missing. The output queries turn them into the findings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlglot import exp

from bangfu import dictionary
from bangfu.policy import ir
from bangfu.policy.book import Book, bind_all, region_column, truth_name
from bangfu.policy.lower import Lower, cast, col, text, whens
from bangfu.policy.missing import Blamer
from bangfu.policy.pack import Pack, Rule
from bangfu.policy.plan import ORDER, Planner
from bangfu.policy.queries import Statement, Writer
from bangfu.policy.rewriting import Rewriter, constant

LONG = dict.fromkeys(
    ("county_code", "rule", "entity", "subject", "household_no", "region_code"), "VARCHAR"
)
AMOUNTS = {**LONG, "amount": "DECIMAL(18,2)", "unit": "VARCHAR", "period": "VARCHAR"}
UNDECIDED = {**LONG, "missing": "VARCHAR[]"}


@dataclass(frozen=True)
class Asked:
    """Only these rules; for cases also these variables of any entity (None: the household's),
    with a row for every person."""

    rules: frozenset[str]
    variables: frozenset[str] | None = None

    @property
    def everyone(self) -> bool:
        """Whether persons without a finding are kept too."""
        return self.variables is not None


@dataclass(frozen=True)
class Program:
    """Compiled once per (pack, date, width); run on every county. `tables` and `missing` name
    the final table of an entity and the one of its undecided rows."""

    pack: Pack
    as_of: date
    book: Book
    statements: tuple[Statement, ...]
    tables: dict[str, str]
    outputs: dict[str, str]
    counts: dict[str, str]
    reads: dict[str, tuple[str, ...]]
    asked: Asked | None = None
    missing: dict[str, str] = field(default_factory=dict)
    gathers: tuple[str, ...] = ()

    @property
    def rules(self) -> list[Rule]:
        """Rules in force, and asked for, in pack order."""
        return [r for r in self.book.rules() if self.asked is None or r.id in self.asked.rules]

    def words(self) -> tuple[str, ...]:
        """Every value of the outputs' columns rule, entity, unit and period, and every field
        that may be missing."""
        found = {"", "in_kind", *dictionary.ENTITIES}
        for rule in self.rules:
            version = rule.at(self.as_of)
            assert version is not None  # in force
            found |= {rule.id, str(version.unit), str(version.period)}
        found |= {f"param.{name}" for name in self.pack.parameters}
        for entity in dictionary.ENTITIES:
            found |= {f"{entity}.{name}" for name in dictionary.entity(entity).fields}
        return tuple(sorted(found))


@lru_cache(maxsize=64)
def _cached(key: tuple[str, str, date, bool, Asked | None]) -> list[Program]:
    return []


def compile_batch(
    pack: Pack, as_of: date, *, wide: bool = False, asked: Asked | None = None
) -> Program:
    """The program, cached by the pack's hash. `wide` computes with 38 digits."""
    slot = _cached((pack.id, pack.hash, as_of, wide, asked))
    if not slot:
        slot.append(_compile(pack, as_of, wide, asked))
    return slot[0]


def keys_of(entity: str) -> dict[str, ir.Node]:
    """Key columns of an entity's final table: subject, household, region."""
    fields = dictionary.entity(entity).fields
    found: dict[str, ir.Node] = {}
    for name in (dictionary.KEYS[entity], *(["household_no"] if "household_no" in fields else [])):
        found[name] = ir.Col("", entity, fields[name].name, ir.STR)
    found["region_code"] = region_column(entity)
    return found


def _compile(pack: Pack, as_of: date, wide: bool, asked: Asked | None) -> Program:
    book = bind_all(pack, as_of)
    book.inline_conditions()
    rules = [rule for rule in book.rules() if asked is None or rule.id in asked.rules]
    blamer = Blamer(book)
    everyone = asked is not None and asked.everyone
    fixed = {} if everyone else _fixed_amounts(book, rules)
    wanted: dict[str, dict[str, ir.Node]] = {
        e: keys_of(e) for e in ORDER if any(r.entity == e for r in rules)
    }
    wanted.setdefault("household", keys_of("household"))
    blames: dict[str, dict[str, dict[str, ir.Node]]] = {}
    for rule in rules:
        result = ir.Var("", rule.entity, rule.id, ir.MONEY if rule.has_amount else ir.BOOL)
        if rule.id in fixed:
            result = ir.Var("", rule.entity, truth_name(rule), ir.BOOL)
        wanted[rule.entity][rule.id] = result
        blames.setdefault(rule.entity, {})[rule.id] = blamer.of(
            book.derived[rule.entity, rule.id].expr
        )
    for entity, name in pack.variables:
        cases = asked.variables if asked is not None else None
        chosen = entity == "household" if cases is None else name in cases
        if chosen and (entity, name) in book.derived:
            kind = book.derived[entity, name].type
            wanted.setdefault(entity, keys_of(entity))
            wanted[entity][f"var.{name}"] = ir.Var("", entity, name, kind)
    if everyone:
        for entity in dictionary.PLACES:
            if entity in (*dictionary.BASIC, *wanted):
                link = ir.Col("", entity, f"_{entity}", ir.STR)
                wanted.setdefault(entity, keys_of(entity))[f"_{entity}"] = link
    # Few persons and households are undecided: their reasons come from a second look at those.
    later = {e: found for e, found in blames.items() if e in ("person", "household")}
    soon = {e: found for e, found in blames.items() if e not in later}
    planner = Planner(book, wanted, _parts(soon), apart=("person",))  # its rows are filtered
    persons = [r for r in rules if r.entity == "person"]
    keep = {"person": _worth_keeping(persons)} if persons and not everyone else {}
    writer = Writer(planner, wide=wide, extras=_lists(planner, soon), keep=keep)
    tables = {entity: need.name for entity, need in planner.final.items()}
    statements = [*writer.statements(), *_open(rules, tables)]
    reasons = Planner(
        book, {e: {**keys_of(e), **{r: wanted[e][r] for r in found}} for e, found in later.items()},
        _parts(later), apart=tuple(later), tag="_u",
    )  # fmt: skip
    only = {entity: f"{entity}_open" for entity in ("person", "household")}
    statements += Writer(
        reasons, wide=wide, extras=_lists(reasons, later), only=only
    ).statements()  # fmt: skip
    missing = {e: f"{tables[e]}_u" for e in soon} | {e: reasons.final[e].name for e in later}
    return Program(
        pack, as_of, book, tuple(statements), tables,
        outputs=_outputs(rules, pack, book, tables, missing, fixed, as_of) if not everyone else {},
        counts={e: _counts([r for r in rules if r.entity == e], t, fixed)
                for e, t in tables.items()},
        reads=_both(reads(planner), reads(reasons)), asked=asked, missing=missing,
        gathers=tuple(sorted({*planner.gathers(), *reasons.gathers()})),
    )  # fmt: skip


def _fixed_amounts(book: Book, rules: list[Rule]) -> dict[str, Any]:
    """Rules whose amount is the same for all who are entitled, and that amount: their tables
    hold who is, not how much."""
    found = {}
    rewriter = Rewriter(book)
    for rule in rules:
        amount = book.derived[rule.entity, rule.id].expr
        if rule.has_amount and isinstance(amount, ir.Case):
            money = rewriter.rewrite(amount.pairs[0][1])
            value = constant(money.args[0]) if isinstance(money, ir.Call) else None
            if isinstance(value, int | Decimal) and not isinstance(value, bool) and value > 0:
                found[rule.id] = Lower({})(money)
    return found


def _parts(blames: dict[str, dict[str, dict[str, ir.Node]]]) -> dict[str, list[ir.Node]]:
    """Every condition on which a field is to blame, by entity."""
    return {e: [n for b in found.values() for n in b.values()] for e, found in blames.items()}


def _lists(
    planner: Planner, blames: dict[str, dict[str, dict[str, ir.Node]]]
) -> dict[str, dict[str, Any]]:
    return {
        entity: {rule: missing_list(planner, rule, blame) for rule, blame in found.items()}
        for entity, found in blames.items()
    }


def _both(
    one: dict[str, tuple[str, ...]], two: dict[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    return {entity: tuple(dict.fromkeys((*one[entity], *two[entity]))) for entity in one}


def _open(rules: list[Rule], tables: dict[str, str]) -> list[Statement]:
    """Tables of the persons and households with an undecided rule, and of those persons'
    households."""

    def rows(entity: str, *columns: str) -> exp.Select | None:
        unknown = [
            exp.Is(this=col(r.id), expression=exp.Null()) for r in rules if r.entity == entity
        ]
        if not unknown:
            return None
        select = exp.select(*(col(name) for name in columns)).from_(tables[entity])
        return select.where(exp.or_(*unknown))

    found = []
    person = rows("person", "person_no", "household_no")
    homes = [rows("household", "household_no")]
    if person is not None:
        found.append(Statement("person_open", "person", person))
        homes.append(exp.select(col("household_no")).from_("person_open"))
    some = [select for select in homes if select is not None]
    if some:
        both = exp.union(*some) if len(some) > 1 else some[0]
        found.append(Statement("household_open", "household", both))
    return found


def missing_list(planner: Planner, rule: str, blame: dict[str, ir.Node]) -> Any:
    """The list of fields to blame, computed only on rows where the rule is undecided."""
    ready = {name: planner.rewriter.rewrite(why) for name, why in blame.items()}

    def make(lower: Lower) -> Any:
        undecided = exp.Is(this=col(rule), expression=exp.Null())
        if not ready:
            return whens([(undecided, cast(exp.Array(expressions=[]), "VARCHAR[]"))])
        names = exp.Array(
            expressions=[whens([(lower(why), text(name))]) for name, why in ready.items()]
        )
        x = exp.to_identifier("x")
        known = exp.Not(this=exp.Is(this=exp.column("x"), expression=exp.Null()))
        kept = exp.ArrayFilter(this=names, expression=exp.Lambda(this=known, expressions=[x]))
        return whens([(undecided, kept)])

    return make


def _worth_keeping(rules: list[Rule]) -> ir.Node:
    """Persons with something to report: not every rule known to be FALSE."""
    truths = tuple(ir.Var("", rule.entity, truth_name(rule), ir.BOOL) for rule in rules)
    return ir.Not(ir.IsTruth(ir.disjunction(truths), False))


def reads(planner: Planner) -> dict[str, tuple[str, ...]]:
    """Snapshot columns read, by entity."""
    found: dict[str, dict[str, None]] = {e: {} for e in dictionary.ENTITIES}
    for need in planner.queue():
        found[need.entity].update(dict.fromkeys((*need.base, dictionary.KEYS[need.entity])))
        for hop, source in need.hop_source.items():
            for leaf in need.hops[hop].values():
                if isinstance(leaf, ir.Col):
                    found[source.entity][leaf.name] = None
    return {e: tuple(n for n in names if not n.startswith("_")) for e, names in found.items()}


def county_of(entity: str) -> Any:
    """The county a row lies in: every key begins with it (the lake sees to that)."""
    six = exp.Left(this=col(dictionary.KEYS[entity]), expression=exp.Literal.number(6))
    return exp.alias_(six, "county_code")


def _keys(rule: Rule) -> list[Any]:
    entity = rule.entity
    subject = dictionary.KEYS[entity]
    of_household = "household_no" in dictionary.entity(entity).fields
    household = col("household_no") if of_household else exp.Null()
    return [
        county_of(entity), exp.alias_(text(rule.id), "rule"), exp.alias_(text(entity), "entity"),
        exp.alias_(col(subject), "subject"),
        exp.alias_(cast(household, "VARCHAR"), "household_no"), exp.column("region_code"),
    ]  # fmt: skip


def _long(columns: dict[str, str], selects: list[exp.Select]) -> str:
    """Rows of several rules one under another; an empty, typed SELECT when there are none."""
    if not selects:
        nothing = [exp.alias_(cast(exp.Null(), kind), name) for name, kind in columns.items()]
        return str(exp.select(*nothing).where(exp.false()).sql("duckdb"))
    return "\nUNION ALL\n".join(select.sql("duckdb") for select in selects)


def _outputs(
    rules: list[Rule], pack: Pack, book: Book, tables: dict[str, str],
    reasons: dict[str, str], fixed: dict[str, Any], as_of: date,
) -> dict[str, str]:  # fmt: skip
    def rows(rule: Rule, where: Any, *more: Any) -> exp.Select:
        return exp.select(*_keys(rule), *more).from_(tables[rule.entity]).where(where)

    def unknown(rule: Rule) -> exp.Select:
        missing = exp.alias_(col(f"missing.{rule.id}"), "missing")
        where = exp.Is(this=col(rule.id), expression=exp.Null())
        return exp.select(*_keys(rule), missing).from_(reasons[rule.entity]).where(where)

    def amounts(kind: str) -> list[exp.Select]:
        found = []
        for rule in rules:
            if rule.kind == kind and (version := rule.at(as_of)) is not None:
                amount: Any = col(rule.id)
                where: Any = exp.GT(this=amount.copy(), expression=exp.Literal.number(0))
                if rule.id in fixed:
                    amount, where = fixed[rule.id].copy(), col(rule.id)
                elif rule.in_kind:
                    amount, where = cast(exp.Null(), "DECIMAL(18,2)"), col(rule.id)
                unit = "in_kind" if rule.in_kind else version.unit
                more = [exp.alias_(amount, "amount"), exp.alias_(text(unit), "unit"),
                        exp.alias_(text(version.period), "period")]  # fmt: skip
                found.append(rows(rule, where, *more))
        return found

    household = tables["household"]
    wide = [county_of("household"), exp.column("household_no"), exp.column("region_code")]
    criteria = [col(r.id) for r in rules if r.entity == "household" and r.kind == "criterion"]
    variables = [exp.alias_(col(f"var.{name}"), name, quoted=True) for entity, name in pack.variables
                 if entity == "household" and (entity, name) in book.derived]  # fmt: skip
    met = [rows(r, col(r.id)) for r in rules if r.kind == "criterion" and r.entity != "household"]
    return {
        "criteria": exp.select(*wide, *criteria).from_(household).sql("duckdb"),
        "variables": exp.select(*wide, *variables).from_(household).sql("duckdb"),
        "entitlements": _long(AMOUNTS, amounts("entitlement")),
        "limits": _long(AMOUNTS, amounts("limit")),
        "alerts": _long(LONG, [rows(r, col(r.id)) for r in rules if r.kind == "alert"]),
        "met": _long(LONG, met),
        "undecided": _long(UNDECIDED, [unknown(r) for r in rules]),
    }


def _counts(rules: list[Rule], table: str, fixed: dict[str, Any]) -> str:
    """One row per county: lists by rule of positive, undecided, amount (the rest is negative)."""
    if not rules:
        return ""
    lists: list[list[Any]] = [[], [], []]
    for rule in rules:
        unknown = exp.CountIf(this=exp.Is(this=col(rule.id), expression=exp.Null()))
        if rule.id in fixed:
            positive: Any = col(rule.id)
            some = exp.Coalesce(this=exp.CountIf(this=positive.copy()),
                                expressions=[exp.Literal.number(0)])  # fmt: skip
            number = cast(some, "BIGINT")
            total: Any = cast(
                exp.Mul(this=number, expression=fixed[rule.id].copy()), "DECIMAL(38,2)"
            )
        elif rule.has_amount:
            positive = exp.GT(this=col(rule.id), expression=exp.Literal.number(0))
            total = cast(exp.Coalesce(this=exp.Sum(this=col(rule.id)),
                                           expressions=[exp.Literal.number(0)]), "DECIMAL(38,2)")  # fmt: skip
        else:
            positive, total = col(rule.id), cast(exp.Literal.number(0), "DECIMAL(38,2)")
        for listed, value in zip(lists, (exp.CountIf(this=positive), unknown, total), strict=True):
            listed.append(value)
    arrays = [exp.Array(expressions=listed) for listed in lists]
    county = county_of(rules[0].entity)
    return str(exp.select(county, *arrays).from_(table).group_by("1").sql("duckdb"))
