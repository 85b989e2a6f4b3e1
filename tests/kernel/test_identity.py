"""GB 11643: form, date and check digit."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bangfu.kernel import identity

# the standard's own example, and numbers published as specimens
VALID = ("11010519491231002X", "440524188001010014", "110105194912310038")
numbers = st.builds(
    lambda area, day, serial: _numbered(f"{area:06d}{day:%Y%m%d}{serial:03d}"),
    st.integers(110000, 659999),
    st.dates(date(1900, 1, 1), date(2030, 12, 31)),
    st.integers(0, 999),
)


def _numbered(first17: str) -> str:
    # the check written from the standard's formula: sum(a_i * 2^(18-i)) mod 11 == 1
    for digit in "0123456789X":
        value = [int(c) for c in first17] + [10 if digit == "X" else int(digit)]
        if sum(a * pow(2, 17 - i, 11) for i, a in enumerate(value)) % 11 == 1:
            return first17 + digit
    raise AssertionError(first17)


@pytest.mark.parametrize("number", VALID)
def test_the_standard_s_examples_are_valid(number: str) -> None:
    assert identity.fault(number) is None


@given(numbers)
def test_numbers_by_the_formula_are_valid(number: str) -> None:
    assert identity.fault(number) is None
    assert identity.birth_date(number) == date.fromisoformat(
        f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    )
    assert identity.sex(number) == ("male" if int(number[16]) % 2 else "female")


@given(numbers, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_digit_is_always_found(number: str, place: int, other: str) -> None:
    assume(number[place] != other)
    assert identity.fault(number[:place] + other + number[place + 1 :]) is not None


@given(numbers, st.integers(0, 16))
def test_two_digits_swapped_are_always_found(number: str, place: int) -> None:
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert identity.fault(swapped) is not None


@given(st.text(max_size=20))
def test_no_text_breaks_it(text: str) -> None:
    assert identity.fault(text) in (None, "form", "date", "check_digit")


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("", "form"),
        ("11010519491231002", "form"),
        ("11010519491231002x", "form"),
        ("１１010519491231002X", "form"),
        ("11010519490231002X", "date"),
        ("110105194912310020", "check_digit"),
    ],
)
def test_faults_are_named(number: str, fault: str) -> None:
    assert identity.fault(number) == fault
