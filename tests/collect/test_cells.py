"""What the text of one cell becomes, and what is refused: a table of spellings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bangfu.collect import numbers, typed
from bangfu.collect.nations import NATIONS
from bangfu.collect.reading import MARK, Sheet
from bangfu.collect.workbench import Bench
from bangfu.dictionary import entity
from bangfu.kernel import identity
from tests.collect.files import GOOD_ID

HOME = "451228101201000001"


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Bench() as opened:
        yield opened


def become(bench: Bench, name: str, field: str, *texts: str | None) -> list[tuple[Any, Any]]:
    """(value, fault) of each text in column `field`."""
    key = entity(name).key
    names = [key] if field == key else [key, field]
    columns = {key: [HOME] * len(texts), field: list(texts)}
    batch = pa.table(
        {"row_no": pa.array(range(2, 2 + len(texts)), pa.int32())}
        | {n: pa.array(columns[n], pa.string()) for n in names}
    )
    sheet = Sheet(name, "t", 0, "csv", names, names, lambda: iter(()))
    values, faults = typed.batch(bench.con, sheet, batch)
    codes = {
        f["row_no"]: f["code"] for f in faults.to_pylist() if f["field"] == field
    }  # fmt: skip
    got = values.column(field).to_pylist()
    return [(v, codes.get(row)) for row, v in enumerate(got, start=2)]


MONEY = [
    ("1200", Decimal("1200.00"), None), ("1,234.5", Decimal("1234.50"), None),
    ("12,345,678.90", None, "out_of_range"), ("１２００", Decimal("1200.00"), None),
    ("0.10", Decimal("0.10"), None), ("0.1000", Decimal("0.10"), None),
    ("0.125", None, "decimal_places"), ("-3", None, "out_of_range"), ("1e3", None, "not_number"),
    ("三千", None, "not_number"), ("3000元", None, "not_number"), ("1,23", None, "not_number"),
    ("NaN", None, "not_number"), ("", None, None), ("  ", None, None), (None, None, None),
    (" 12 ", Decimal("12.00"), None), ("　12", Decimal("12.00"), None),
    (MARK + "=", None, "formula"), (MARK + "#REF!", None, "cell_error"), ("=1+1", None, "not_number"),
    ("（清空）", None, None), ("9" * 40, None, "not_number"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value", "fault"), MONEY)
def test_money(bench: Bench, text: str | None, value: Any, fault: str | None) -> None:
    assert become(bench, "household", "income_wages", text) == [(value, fault)]


DATES = [
    ("2016-12-31", date(2016, 12, 31)), ("2016/1/2", date(2016, 1, 2)),
    ("2016.01.02", date(2016, 1, 2)), ("20160102", date(2016, 1, 2)),
    ("2016年1月2日", date(2016, 1, 2)), ("2016-01-02 00:00:00", date(2016, 1, 2)),
    ("42371", date(2016, 1, 2)), ("２０１６－０１－０２", date(2016, 1, 2)),
    ("2016-02-30", None), ("2016-13-01", None), ("2016-12", None), ("去年", None), ("1/2/2016", None),
    ("2016-01-02 08:30:00", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), DATES)
def test_dates(bench: Bench, text: str, value: date | None) -> None:
    wanted = (value, None if value else "not_date")
    assert become(bench, "household", "registered_on", text) == [wanted]


OTHERS = [
    ("household", "hamlet_households", "12", 12, None),
    ("household", "hamlet_households", "12.0", 12, None),
    ("household", "hamlet_households", "12.5", None, "not_whole"),
    ("household", "hamlet_households", "60000", None, "out_of_range"),
    ("household", "has_tv", "是", True, None), ("household", "has_tv", "否", False, None),
    ("household", "has_tv", "1", True, None), ("household", "has_tv", "对", None, "not_bool"),
    ("household", "category", "低保贫困户", "dibao", None),
    ("household", "category", "dibao", "dibao", None),
    ("household", "category", "低保", None, "not_code"),
    ("household", "causes_other", "因残、因学", ["disability", "schooling"], None),
    ("household", "causes_other", "因残;因学，缺水", ["disability", "schooling", "water"], None),
    ("household", "causes_other", "因残、别的", None, "not_code"),
    ("household", "hamlet_name", "=cmd|' /C calc'!A0", None, "formula_text"),
    ("household", "hamlet_name", "@SUM(A1)", None, "formula_text"),
    ("household", "hamlet_name", "弄" * 201, None, "too_long"),
    ("household", "hamlet_name", "弄\x07桃", None, "control"),
    ("household", "hamlet_name", " 弄桃屯 ", "弄桃屯", None),
    ("household", "phone", "138 7781 2345", "13877812345", None),
    ("household", "phone", "0778-2280000", "0778-2280000", None),
    ("household", "phone", "12345", None, "phone_form"),
    ("household", "bank_account", "6217 0000 1111 2222", "6217000011112222", None),
    ("household", "bank_account", "6.21700001111222E+15", None, "digits_lost"),
    ("household", "household_no", "４５１２２８１０１２０１０００００１", HOME, None),
    ("household", "household_no", "451228", None, "household_form"),
    ("household", "household_no", "4.51228101201E+17", None, "digits_lost"),
    ("household", "village_code", "45122810120", None, "village_form"),
    ("household", "village_code", "（清空）", None, "key_cleared"),
    ("person", "ethnicity", "壮族", "08", None), ("person", "ethnicity", "瑶", "13", None),
    ("person", "ethnicity", "8", "08", None), ("person", "ethnicity", "火星", None, "ethnicity_form"),
    ("person", "name", "韦·明", "韦·明", None),
    ("person", "name", "John", "John", "name_form"),  # a warning keeps the value
    ("person", "name", "=韦明", None, "formula_text"),
    ("person", "id_number", GOOD_ID.lower(), GOOD_ID, None),
    ("person", "id_number", "123", None, "id_form"),
    ("person", "id_number", "45272819751301123X", None, "id_date"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "field", "text", "value", "fault"), OTHERS)
def test_others(
    bench: Bench, name: str, field: str, text: str, value: Any, fault: str | None
) -> None:
    assert become(bench, name, field, text) == [(value, fault)]


def test_every_label_and_code_is_understood(bench: Bench) -> None:
    for name in ("household", "person"):
        for field in entity(name).fields.values():
            if field.type == "code":
                texts = [*field.codes, *field.zh_values]
                wanted = [
                    (c, None) for c in (*field.codes, *(field.codes if field.zh_values else ()))
                ]
                assert become(bench, name, field.name, *texts) == wanted, field.name


def test_blank_rows_are_no_rows(bench: Bench) -> None:
    assert len(become(bench, "household", "household_no", HOME, None, " ", HOME)) == 2


def test_nationalities_are_complete() -> None:
    assert {NATIONS[n] for n in NATIONS} >= {f"{n:02d}" for n in range(1, 57)}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.from_regex(r"[0-9]{17}[0-9X]", fullmatch=True), min_size=1, max_size=30))
def test_identity_numbers_agree_with_the_kernel(numbers_given: list[str]) -> None:
    wanted = {None: None, "date": "id_date", "check_digit": "id_check"}
    found = numbers.faults(pa.array(numbers_given)).to_pylist()
    # Year 0000 is no date to either; the kernel is the judge.
    assert found == [wanted[identity.fault(n)] for n in numbers_given]


def test_right_identity_numbers_pass() -> None:
    from tests import world

    for first in ("45272819000229123", "45272820000229123", "45272819991231123"):
        number = world.id_number(first)
        wanted = "id_date" if "19000229" in number else None
        assert numbers.faults(pa.array([None, number])).to_pylist() == [None, wanted]
