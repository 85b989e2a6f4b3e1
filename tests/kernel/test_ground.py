"""Regions as ranges, periods, money, the clock."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.kernel import clock, money, region
from bangfu.kernel.period import Period
from bangfu.kernel.problems import all_problems, define

digits = st.text("0123456789", min_size=1, max_size=12)


@given(digits, digits)
def test_a_range_holds_exactly_what_begins_with_the_prefix(prefix: str, code: str) -> None:
    assert (prefix <= code < region.upper_bound(prefix)) == code.startswith(prefix)


@given(digits, digits)
def test_longer_codes_of_the_prefix_lie_in_the_range(prefix: str, rest: str) -> None:
    assert prefix <= prefix + rest < region.upper_bound(prefix)


def test_the_empty_prefix_holds_everything() -> None:
    assert "" <= "999999999999999999" < region.upper_bound("")


def test_the_code_is_the_tree() -> None:
    assert region.ancestors("451228101201") == [
        "45", "4512", "451228", "451228101", "451228101201",
    ]  # fmt: skip
    assert [region.level(c) for c in region.ancestors("451228101201")] == list(
        region.LEVELS.values()
    )
    assert region.parent("451228101") == "451228"
    assert region.parent("45") is None


@pytest.mark.parametrize(
    "code", ["", "4", "451", "45122", "45122810", "4512281012011", "45x2", "４５"]
)
def test_what_is_no_code_is_refused(code: str) -> None:
    assert not region.is_code(code)
    with pytest.raises(ValueError):
        region.level(code)


@given(st.integers(1900, 2100), st.none() | st.integers(1, 12))
def test_a_period_is_read_as_it_is_written(year: int, month: int | None) -> None:
    period = Period(year, month)
    assert Period.parse(str(period)) == period
    assert (period.last_day.year, period.last_day.month) == (year, month or 12)


@pytest.mark.parametrize("text", ["", "16", "2016-13", "2016-1", "2016-00", "2016-12-31", " 2016"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Period.parse(text)


def test_february_ends_when_it_ends() -> None:
    assert Period.parse("2016-02").last_day == date(2016, 2, 29)


@given(st.decimals("-1e12", "1e12", places=4))
def test_money_is_rounded_half_up_to_the_cent(value: Decimal) -> None:
    rounded = money.yuan(value)
    assert rounded.as_tuple().exponent == -2
    assert abs(rounded - value) <= Decimal("0.005")
    if abs(value) % Decimal("0.01") == Decimal("0.005"):
        assert abs(rounded) > abs(value)


def test_money_is_never_float() -> None:
    with pytest.raises(TypeError):
        money.yuan(1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "—"), (12345, "12,345"), (Decimal("12.5"), "12.50")]
)
def test_money_as_people_read_it(value: Decimal | int | None, shown: str) -> None:
    assert money.show(value) == shown


def test_the_clock_is_shanghai_and_can_be_set() -> None:
    assert clock.now().utcoffset().total_seconds() == 8 * 3600  # type: ignore[union-attr]
    clock.use(lambda: datetime(2016, 12, 31, 23, 59, tzinfo=clock.SHANGHAI))
    try:
        assert clock.today() == date(2016, 12, 31)
    finally:
        clock.use(None)


def test_a_problem_code_is_declared_once_and_has_a_room() -> None:
    code = next(iter(all_problems()))
    texts = {"zh": "x", "en": "x", "do_zh": "x", "do_en": "x"}
    with pytest.raises(ValueError, match="twice"):
        define(code, 400, **texts)
    with pytest.raises(ValueError, match="room"):
        define("roomless", 400, **texts)


def test_a_problem_is_told_even_when_a_detail_lacks() -> None:
    kind = next(k for k in all_problems().values() if "{" in k.zh)
    assert "—" in kind().message()
    assert set(kind().as_dict()) == {"code", "message", "advice", "details"}
