"""The list of batches: narrowed, sorted, as an Excel file, of one's own region."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
from django.test import Client

from tests.procedures import town

pytestmark = pytest.mark.django_db
LIST = "/procedures/batches/"


def test_batches_narrow_sort_and_are_a_file(signed_in: Callable[[str], Client]) -> None:
    county = signed_in("county_office")
    made = town.batch()
    with town.day(made.opened_on):
        shown = county.get(LIST).content.decode()
        assert f'href="{LIST}{made.pk}/"' in shown
        for query in (
            f"year={made.year}",
            f"procedure={made.procedure}",
            "state=open",
            "sort=year",
        ):
            assert f"{LIST}{made.pk}/" in county.get(f"{LIST}?{query}").content.decode(), query
        for query in (f"year={made.year - 1}", "procedure=other", "state=ended"):
            narrowed = county.get(f"{LIST}?{query}").content.decode()
            assert f"{LIST}{made.pk}/" not in narrowed, query
            assert "还没有批次" in narrowed
        book = openpyxl.load_workbook(
            io.BytesIO(county.get(f"{LIST}export/?state=open").getvalue())  # type: ignore[attr-defined]
        )
    cells = [c for row in book.active.iter_rows(values_only=True) for c in row]  # type: ignore[union-attr]
    assert str(made.opened_on) in [str(c)[:10] for c in cells]
