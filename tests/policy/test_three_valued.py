"""The compiled SQL against a plain Python oracle, on random expressions and households."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bangfu.policy import sources
from bangfu.policy.pack import (
    FAR,
    Cite,
    Expr,
    Pack,
    Place,
    Text,
    Variable,
    VariableVersion,
)
from bangfu.policy.program import Asked, compile_batch
from tests.policy import oracle
from tests.policy.trial import AS_OF, household, person

HERE = Place("trial", 1)
HOME_BOOLS = ("has_tv", "has_electricity", "road_motorable")
HOME_NUMBERS = ("income_wages", "production_cost", "industry_count", "hamlet_households")
KIN_BOOLS = ("boarding", "on_dibao", "self_care")
KIN_NUMBERS = ("months_absent", "school_year", "pension_band")
INTS = {"industry_count", "hamlet_households", "school_year"}


def leaf(names: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return st.sampled_from(names).map(lambda name: ("field", name))


literal = st.sampled_from(["0", "1", "2", "0.5", "6", "13", "2952", "0.01"]).map(
    lambda number: ("number", number)
)


def numbers(fields: tuple[str, ...], gather: bool) -> st.SearchStrategy[Any]:
    base = leaf(fields) | literal
    if gather:
        base = base | st.just(("size",)) | gathered()
    return st.recursive(
        base,
        lambda inner: (
            st.tuples(st.sampled_from("+-"), inner, inner)
            | st.tuples(st.just("coalesce"), inner, literal)
            | st.tuples(st.sampled_from(["least", "greatest"]), inner, inner)
        ),
        max_leaves=3,
    )


def truths(bools: tuple[str, ...], fields: tuple[str, ...], gather: bool) -> st.SearchStrategy[Any]:
    plain = numbers(fields, gather)
    number = plain | st.tuples(st.just("/"), plain, plain) if gather else plain
    compared = st.tuples(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), number, number)
    base = leaf(bools) | compared | st.tuples(st.just("null"), number)
    if gather:
        base = base | st.tuples(
            st.sampled_from(["any", "all"]), truths(KIN_BOOLS, KIN_NUMBERS, False)
        )
    return st.recursive(
        base,
        lambda inner: (
            st.tuples(st.just("not"), inner)
            | st.tuples(st.sampled_from(["and", "or"]), inner, inner)
            | st.tuples(st.just("is"), inner, st.booleans())
            | st.tuples(st.just("null"), inner)
            | st.tuples(st.just("if"), inner, inner, inner)
            | st.tuples(st.just("coalesce"), inner, leaf(bools))
        ),
        max_leaves=6,
    )


def gathered() -> st.SearchStrategy[Any]:
    where = truths(KIN_BOOLS, KIN_NUMBERS, False)
    return st.tuples(st.just("count"), where) | st.tuples(
        st.sampled_from(["sum", "min", "max"]), st.sampled_from(KIN_NUMBERS), where
    )


def cell(name: str) -> st.SearchStrategy[Any]:
    if name in HOME_BOOLS or name in KIN_BOOLS:
        return st.sampled_from([True, False, None])
    if name in INTS:
        return st.sampled_from([0, 1, 2, 3, 20, None])
    return st.sampled_from([None, *map(Decimal, ("0", "0.01", "1.5", "6", "2952.01", "-3.33"))])


member = st.fixed_dictionaries({name: cell(name) for name in (*KIN_BOOLS, *KIN_NUMBERS)})
home = st.fixed_dictionaries(
    {name: cell(name) for name in (*HOME_BOOLS, *HOME_NUMBERS)}
    | {"members": st.lists(member, max_size=4)}
)


def pack_of(trees: list[oracle.Tree], version: str) -> Pack:
    """A pack with each expression as a household variable v0, v1 …"""
    variables = {
        ("household", f"v{number}"): Variable(
            "household", f"v{number}", Text("试"), "", Cite(),
            (VariableVersion(date.min, FAR, Expr(oracle.text(tree), HERE)),), HERE,
        )
        for number, tree in enumerate(trees)
    }  # fmt: skip
    return Pack("trial", Text("试"), "45", date(2016, 1, 1), FAR, {}, {}, variables, {}, Path(),
                version)  # fmt: skip


def engine(trees: list[oracle.Tree], homes: list[oracle.Row]) -> list[list[Any]]:
    """What the compiled program gives: by household, by expression."""
    pack = pack_of(trees, repr(trees))
    names = [f"v{number}" for number in range(len(trees))]
    program = compile_batch(pack, AS_OF, asked=Asked(frozenset(), frozenset(names)))
    with duckdb.connect() as db:
        db.execute("SET threads = 1")
        sources.create_tables(db)
        rows = [
            household(n, **{k: v for k, v in row.items() if k != "members"})
            for n, row in enumerate(homes)
        ]
        people = [
            person(m, n, **one)
            for n, row in enumerate(homes)
            for m, one in enumerate(row["members"])
        ]
        sources.insert(db, "household", [{**row, "_village": "v", "_county": "c"} for row in rows])
        sources.insert(db, "person", people)
        for statement in program.statements:
            db.execute(f"CREATE TEMP TABLE {statement.name} AS {statement.sql()}")
        columns = ", ".join(f'"var.{name}"' for name in names)
        table = program.tables["household"]
        found = db.execute(f"SELECT {columns} FROM {table} ORDER BY household_no").fetchall()
    return [list(row) for row in found]


def same(got: Any, expected: Any) -> bool:
    if isinstance(expected, bool) or expected is None:
        return got is expected
    return Fraction(got) == expected


SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@SETTINGS
@given(
    st.lists(truths(HOME_BOOLS, HOME_NUMBERS, True), min_size=1, max_size=6),
    st.lists(home, min_size=1, max_size=8),
)
def test_truths_agree_with_the_oracle(trees: list[Any], homes: list[Any]) -> None:
    for row, got in zip(homes, engine(trees, homes), strict=True):
        for tree, answer in zip(trees, got, strict=True):
            assert same(answer, oracle.value(tree, row)), oracle.text(tree)


@SETTINGS
@given(
    st.lists(
        st.tuples(st.just("round"), st.tuples(st.just("/"), numbers(HOME_NUMBERS, True),
                                              numbers(HOME_NUMBERS, True)), st.integers(0, 4))
        | st.tuples(st.sampled_from(["floor", "ceil"]),
                    st.tuples(st.just("/"), numbers(HOME_NUMBERS, True), numbers(HOME_NUMBERS, True)))
        | numbers(HOME_NUMBERS, True),
        min_size=1, max_size=6,
    ),
    st.lists(home, min_size=1, max_size=8),
)  # fmt: skip
def test_numbers_are_exact(trees: list[Any], homes: list[Any]) -> None:
    for row, got in zip(homes, engine(trees, homes), strict=True):
        for tree, answer in zip(trees, got, strict=True):
            assert same(answer, oracle.value(tree, row)), oracle.text(tree)


@pytest.mark.parametrize(
    ("cents", "heads", "line", "above"),
    [
        ("1180800", 4, "2952", False),  # exactly 2952 a head
        ("1180801", 4, "2952", True),  # 2952.0025: above by a quarter of a cent
        ("1180799", 4, "2952", False),
        ("885601", 3, "2952", True),  # 2952.00333…: no float decides this
        ("885600", 3, "2952", False),
    ],
)
def test_a_quotient_is_compared_exactly(cents: str, heads: int, line: str, above: bool) -> None:
    tree = (">", ("/", ("field", "income_wages"), ("size",)), ("number", line))
    row = {"income_wages": Decimal(cents) / 100, "members": [{}] * heads}
    assert engine([tree], [row]) == [[above]]


def test_no_members_at_all() -> None:
    trees = [
        ("any", ("field", "boarding")), ("all", ("field", "boarding")), ("size",),
        ("count", ("field", "boarding")), ("sum", "months_absent", ("field", "boarding")),
        ("max", "months_absent", ("field", "boarding")),
        ("<", ("/", ("field", "income_wages"), ("size",)), ("number", "1")),
    ]  # fmt: skip
    row = {"income_wages": Decimal(1), "members": []}
    assert engine(trees, [row]) == [[False, True, 0, 0, Decimal(0), None, None]]
