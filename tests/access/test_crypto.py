"""Sealing, blind index and masking of personal data."""

from __future__ import annotations

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from bangfu.access import crypto, mask
from bangfu.kernel.problems import Problem

OTHER_KEY = "another key of more than 32 characters"


@given(st.text(max_size=60))
def test_what_is_sealed_opens_again_and_never_looks_the_same(text: str) -> None:
    first, second = crypto.seal(text), crypto.seal(text)
    assert first != second
    assert crypto.unseal(first) == crypto.unseal(memoryview(second)) == text
    if len(text) > 3:
        assert text.encode() not in first


def test_nothing_stays_nothing() -> None:
    assert crypto.unseal(None) is None


@given(st.text(min_size=1, max_size=30), st.data())
def test_one_changed_byte_is_refused(text: str, data: st.DataObject) -> None:
    sealed = bytearray(crypto.seal(text))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Problem, match="access.wrong_key"):
        crypto.unseal(bytes(sealed))


@pytest.mark.parametrize("length", [0, 3, 12, 20])
def test_a_value_cut_short_is_refused(length: int) -> None:
    with pytest.raises(Problem, match="access.wrong_key"):
        crypto.unseal(crypto.seal("韦大明")[:length])


def test_another_key_opens_nothing_and_finds_nothing() -> None:
    sealed, blind = crypto.seal("韦大明"), crypto.blind("name", "韦大明")
    with override_settings(BANGFU_KEY=OTHER_KEY):
        with pytest.raises(Problem, match="access.wrong_key"):
            crypto.unseal(sealed)
        assert crypto.blind("name", "韦大明") != blind


@pytest.mark.parametrize("key", ["", "short", "x" * 31])
def test_without_a_good_key_nothing_is_sealed(key: str) -> None:
    with override_settings(BANGFU_KEY=key), pytest.raises(Problem, match="access.no_key"):
        crypto.seal("x")


@given(st.text(max_size=30), st.text(max_size=30))
def test_blind_values_are_equal_exactly_for_equal_texts(one: str, other: str) -> None:
    assert (crypto.blind("name", one) == crypto.blind("name", other)) == (one == other)
    assert len(crypto.blind("name", one)) == 16
    assert crypto.blind("name", one) != crypto.blind("phone", one)


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("name", "韦明", "韦*"),
        ("name", "韦大明", "韦*明"),
        ("name", "阿卜杜拉", "阿**拉"),
        ("name", "韦", "**"),
        ("id_number", "11010519491231002X", "1101**********002X"),
        ("id_number", "1101", "****"),
        ("phone", "13977810001", "139****0001"),
        ("phone", "7812345", "*******"),
        ("bank_account", "6222021234567890123", "***************0123"),
        ("bank_account", "0123", "****"),
        ("name", "", ""),
        ("phone", None, ""),
    ],
)
def test_masks(kind: str, text: str | None, shown: str) -> None:
    assert mask(kind, text) == shown


@given(st.sampled_from(["name", "id_number", "phone", "bank_account"]), st.text(min_size=1))
def test_a_mask_never_shows_the_whole(kind: str, text: str) -> None:
    shown = mask(kind, text)
    assert "*" in shown
    assert len(shown.replace("*", "")) < len(text)
