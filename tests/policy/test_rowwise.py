"""The closures of `rowwise` say what the SQL says: on random expressions, on every worked case,
and on every rule of every pack for a demo city in which relatives live apart."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu import dictionary, lake, policy
from bangfu.policy import casefile, changes
from bangfu.policy.cases import case_files
from bangfu.policy.explaining import beyond, explain_tables
from bangfu.policy.explanation import RuleFinding
from bangfu.policy.lookup import relatives
from tests.policy import oracle
from tests.policy import test_three_valued as random
from tests.policy.trial import AS_OF, household, person

FATHER_ABSENT = "父亲" + dictionary.entity("person").fields["months_absent"].zh
POSITIVE = ("met", "entitled", "flagged")


def told(trees: list[oracle.Tree], homes: list[oracle.Row]) -> list[list[Any]]:
    """Each expression as a household variable, explained: by household, by expression."""
    pack = random.pack_of(trees, repr(trees))
    found = []
    for n, row in enumerate(homes):
        own = {k: v for k, v in row.items() if k != "members"}
        people = [person(m, n, **one) for m, one in enumerate(row["members"])]
        said = policy.explain(pack, AS_OF, household(n, **own), people)
        found.append([variable.value for variable in said.variables])
    return found


@random.SETTINGS
@given(
    st.lists(
        random.truths(random.HOME_BOOLS, random.HOME_NUMBERS, True)
        | random.numbers(random.HOME_NUMBERS, True)
        | st.tuples(
            st.just("round"),
            st.tuples(st.just("/"), random.numbers(random.HOME_NUMBERS, True),
                      random.numbers(random.HOME_NUMBERS, True)),
            st.integers(0, 4),
        )
        | st.tuples(
            st.sampled_from(["floor", "ceil"]),
            st.tuples(st.just("/"), random.numbers(random.HOME_NUMBERS, True),
                      random.numbers(random.HOME_NUMBERS, True)),
        ),
        min_size=1, max_size=6,
    ),
    st.lists(random.home, min_size=1, max_size=8),
)  # fmt: skip
def test_random_expressions(trees: list[Any], homes: list[Any]) -> None:
    for row, got in zip(homes, told(trees, homes), strict=True):
        for tree, answer in zip(trees, got, strict=True):
            assert random.same(answer, oracle.value(tree, row)), oracle.text(tree)


def _expected(rule: RuleFinding) -> Any:
    if rule.outcome in ("undecided", "not_in_force"):
        return rule.outcome
    if rule.kind in ("entitlement", "limit") and not rule.in_kind:
        return rule.amount
    return rule.outcome in POSITIVE


def test_every_worked_case() -> None:
    compared = 0
    packs = {name: policy.load_pack(name) for name in policy.known_packs()}
    for file in case_files([]):
        for index, case in enumerate(casefile.read_cases(file)):
            pack = packs[case.pack]
            assert case.as_of is not None
            if case.settings:  # what the case lets the county set
                asked_for = changes.read(pack, case.as_of, dict(case.settings))
                pack = changes.applied(pack, asked_for, case.as_of)
            rows = casefile.rows_of(case, index)
            if not rows.tables["household"]:
                continue
            found = explain_tables(pack, case.as_of, "household", rows.tables)
            rules = {(r.id, r.subject): r for r in found.rules}
            for asked, expected in case.expect.items():
                name, _, ref = asked.partition("@")
                if name not in pack.rules or pack.rules[name].entity not in ("person", "household"):
                    continue
                subject = rows.subject(pack.rules[name].entity, ref)
                got = _expected(rules.get((name, subject)) or rules[name, ""])
                same = got is expected if isinstance(expected, bool) else got == expected
                assert same, (case.name, asked, got, expected)
                compared += 1
    assert compared > 400


def _scattered(source: Path, out: Path) -> None:
    """The city with every 19th person moved in with the next household of the same county."""
    city = lake.Snapshot.open(source)
    with lake.SnapshotWriter(out, city.period, "test") as writer:
        for county in city.counties:
            for entity in dictionary.BASIC:
                files = [str(f) for f in city.files(entity, county)]
                rows = duckdb.sql(
                    f"SELECT * FROM read_parquet({files}, hive_partitioning = false)"
                ).to_arrow_table()
                if entity == "person":
                    rows = duckdb.sql(
                        "SELECT * EXCLUDE (n, next) REPLACE (CASE WHEN n % 19 = 0 THEN"
                        " coalesce(next, household_no) ELSE household_no END AS household_no)"
                        " FROM (SELECT *, row_number() OVER (ORDER BY person_no) AS n,"
                        " lead(household_no, 9) OVER (ORDER BY person_no) AS next FROM rows)"
                        " ORDER BY household_no, person_no"
                    ).to_arrow_table()
                writer.write(entity, county, rows.cast(lake.arrow_schema(entity)))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from bangfu.demo import export

    folder = tmp_path_factory.mktemp("city")
    export.write(1500, folder / "whole", seed=7, format="snapshot")
    _scattered(folder / "whole", folder / "scattered")
    return folder / "scattered"


class Place:
    """The city's rows in memory, as `household_rows` would find them."""

    def __init__(self, city: Path) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {}
        for entity in dictionary.BASIC:
            self.tables[entity] = fetched(city / entity)
        self.village = {r["village_code"]: r for r in self.tables["village"]}
        self.county = {r["county_code"]: r for r in self.tables["county"]}

    def explained(self, pack: policy.Pack, day: date, home: dict[str, Any]) -> policy.Explanation:
        """The household's explanation, relatives elsewhere included."""
        number, code = home["household_no"], home["village_code"]
        people = self.tables["person"]
        members = [p for p in people if p["household_no"] == number]
        found = relatives(members)
        return policy.explain(
            pack, day, home, members, self.village[code], self.county[code[:6]],
            kin=[p for p in people if p["household_no"] != number
                 and (p["person_no"] in found["named"] or p["father_no"] in found["members"]
                      or p["mother_no"] in found["members"])],
        )  # fmt: skip


def fetched(folder: Path) -> list[dict[str, Any]]:
    """Rows of a table, all counties."""
    cursor = duckdb.execute(
        "SELECT * FROM read_parquet(?, hive_partitioning = false)", [f"{folder}/*/*.parquet"]
    )
    names = [c[0] for c in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class Batch:
    """What the batch wrote, by rule and subject."""

    def __init__(self, findings: Path) -> None:
        self.findings = findings
        self.criteria = {r["household_no"]: r for r in self.rows("criteria")}
        self.variables = {r["household_no"]: r for r in self.rows("variables")}
        amounts = self.rows("entitlements") + self.rows("limits")
        self.paid = {(r["rule"], r["subject"]): r["amount"] for r in amounts}
        self.yes = {(r["rule"], r["subject"]) for r in self.rows("alerts") + self.rows("met")}
        self.open = {(r["rule"], r["subject"]): set(r["missing"]) for r in self.rows("undecided")}

    def rows(self, table: str) -> list[dict[str, Any]]:
        return fetched(self.findings / f"{table}.parquet")

    def agrees(self, rule: RuleFinding) -> bool:
        """Whether the batch says the same of the rule and its subject."""
        key = (rule.id, rule.subject)
        if rule.outcome == "not_in_force":
            return key not in self.paid and key not in self.yes
        if rule.outcome == "undecided" or key in self.open:
            return self.open.get(key) == set(rule.missing)
        yes = rule.outcome in POSITIVE
        if rule.entity == "household" and rule.kind == "criterion":
            return bool(self.criteria[rule.subject][rule.id] is yes)
        if rule.kind in ("entitlement", "limit"):
            return (key in self.paid) is yes and self.paid.get(key) == (rule.amount or None)
        return (key in self.yes) is yes


@pytest.mark.parametrize(
    ("name", "day"),
    [("hechi", date(2016, 12, 31)), ("guangxi", date(2018, 12, 31)),
     ("zaozhuang", date(2016, 12, 31)), ("ecommerce", date(2017, 6, 30))],
)  # fmt: skip
def test_explained_as_judged(name: str, day: date, city: Path, tmp_path: Path) -> None:
    """Every rule of a pack for some hundred households, relatives living apart among them."""
    pack = policy.load_pack(name)
    policy.evaluate(city, pack, day, tmp_path / "findings")
    batch = Batch(tmp_path / "findings")
    seen: dict[str, int] = defaultdict(int)
    place = Place(city)
    for home in place.tables["household"][::4]:
        said = place.explained(pack, day, home)
        for variable in said.variables:
            if variable.entity == "household":
                want = batch.variables[home["household_no"]][variable.name]
                assert variable.value == want, variable
        for rule in said.rules:
            assert batch.agrees(rule), rule
            seen[rule.outcome] += 1
    assert seen["undecided"] > 20
    assert seen["entitled"] > 20


def test_relatives_elsewhere_are_found_in_a_snapshot(city: Path) -> None:
    """And without them the explanation would differ from the batch."""
    pack = policy.load_pack("hechi")
    place = Place(city)
    apart = next(p for p in place.tables["person"]
                 if p["father_no"] and p["father_no"][:18] == p["household_no"]
                 and p["father_no"] not in _members(place, p["household_no"]))  # fmt: skip
    rows = policy.household_rows(city, apart["household_no"])
    assert apart["father_no"] in {p["person_no"] for p in rows.kin}
    said = [
        policy.explain(
            pack, AS_OF, rows.household, rows.members, rows.village, rows.county, kin=kin
        )
        for kin in ((), rows.kin)
    ]
    father = [
        [i.shown for r in one.rules if r.id == "HC2-C-101" and r.subject == apart["person_no"]
         for c in r.conditions for i in c.inputs if i.zh == FATHER_ABSENT]
        for one in said
    ]  # fmt: skip
    assert father[0] == ["未登记"]
    assert father[0] != father[1]


def _members(place: Place, number: str) -> set[str]:
    return {p["person_no"] for p in place.tables["person"] if p["household_no"] == number}


def test_what_one_household_cannot_tell() -> None:
    pack = policy.load_pack("hechi")
    found = beyond(pack, AS_OF)
    assert "HC4-R-003" in found  # supported households with an industry, over the village
    assert {pack.rules[r].entity for r in found} == {"village", "township", "county"}
    with localcontext() as context:
        context.prec = 5  # whatever the caller computes with
        said = policy.explain(pack, AS_OF, household(1, income_wages=Decimal("123456.78")), [])
    assert not found & {r.id for r in said.rules}


def test_a_relative_elsewhere_counts_but_is_not_told() -> None:
    pack = policy.load_pack("hechi")
    child = person(1, 1, birth_date=date(2008, 1, 1), father_no="f", mother_no="none")
    away = {"person_no": "f", "months_absent": 6}

    def rule(**given: Any) -> RuleFinding:
        found = policy.explain(pack, AS_OF, household(1), [child], **given)
        return next(r for r in found.rules if r.id == "HC2-C-101")

    def father(found: RuleFinding) -> list[tuple[str, bool]]:
        inputs = [i for c in found.conditions for i in c.inputs if i.zh == FATHER_ABSENT]
        return [(i.shown, i.withheld) for i in inputs]

    unknown = rule()
    assert unknown.outcome == "undecided"
    assert father(unknown) == [("未登记", False)]
    known = rule(kin=[away])
    assert father(known) == [("6", False)]
    hidden = rule(kin=[away], withheld=["f"])
    assert [c.truth for c in hidden.conditions] == [c.truth for c in known.conditions]
    assert hidden.conditions[1].truth is True
    assert father(hidden) == [("不在辖区内，不予显示", True)]
