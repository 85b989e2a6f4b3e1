"""Loans, enterprises, cooperatives, projects and townships of the demo city."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from bangfu import demo, dictionary
from bangfu.demo.records import records


@pytest.fixture(scope="module")
def part() -> demo.CountyPart:
    return max(demo.city(4000, seed=3), key=lambda one: one.household.num_rows)


def column(part: demo.CountyPart, entity: str, name: str) -> pa.ChunkedArray:
    return part.table(entity)[name]


def test_the_same_seed_gives_the_same_records(part: demo.CountyPart) -> None:
    again = records(3, part.county_code, part.household, part.village)
    for entity in dictionary.OTHERS:
        assert again[entity].equals(part.table(entity)), entity
        assert again[entity].num_rows > 0, entity


def test_every_loan_has_one_borrower_who_exists(part: demo.CountyPart) -> None:
    loans = part.table("loan").to_pylist()
    owners = {
        entity: set(part.table(entity)[dictionary.KEYS[entity]].to_pylist())
        for entity in dictionary.LINKS["loan"]
    }
    places = {
        entity: dict(zip(
            part.table(entity)[dictionary.KEYS[entity]].to_pylist(),
            part.table(entity)[dictionary.PLACE_COLUMN[entity]].to_pylist(), strict=True))
        for entity in owners
    }  # fmt: skip
    for loan in loans:
        named = [e for e, own in dictionary.LINKS["loan"].items() if loan[own]]
        assert named == [loan["borrower"]]
        number = loan[dictionary.LINKS["loan"][named[0]]]
        assert number in owners[named[0]]
        assert places[named[0]][number] == loan["region_code"]
        assert len(loan["loan_no"]) <= 20
    assert {loan["borrower"] for loan in loans} == set(owners)


def test_keys_lie_where_the_record_does(part: demo.CountyPart) -> None:
    for entity in dictionary.OTHERS:
        keys = column(part, entity, dictionary.KEYS[entity]).to_pylist()
        assert keys == sorted(set(keys)), entity
        assert all(key.startswith(part.county_code) for key in keys), entity


def test_parts_do_not_exceed_their_whole(part: demo.CountyPart) -> None:
    for entity, small, large in (
        ("enterprise", "poor_workers", "employees"),
        ("enterprise", "order_bought", "order_supplied"),
        ("cooperative", "poor_members", "member_households"),
        ("project", "poor_trainees", "trainees"),
        ("township", "dibao_visited", "dibao_applications"),
    ):
        over = pc.greater(column(part, entity, small), column(part, entity, large))
        assert not pc.any(over).as_py(), (entity, small)


def test_what_belongs_to_one_kind_is_unknown_of_others(part: demo.CountyPart) -> None:
    rows = part.table("project").to_pylist()
    assert all(row["road_class"] is None for row in rows if row["kind"] != "road")
    assert any(row["road_class"] for row in rows)
