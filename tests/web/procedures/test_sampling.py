"""The half of the villages, in the browser: refused, drawn, checked, then confirmed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bangfu.procedures.models import Case, Lot
from tests.procedures import town, valley

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_half_of_the_villages_in_the_browser(signed_in: Callable[[str], Client]) -> None:
    city, county = signed_in("city_office"), signed_in("county_office")
    made = valley.batch()
    cases = valley.enrolled(made)
    for case_id in cases:
        valley.to_city(case_id)
    board, decide = f"/procedures/batches/{made.pk}/", f"/procedures/batches/{made.pk}/decide/"
    form = {"act": "done", "step": "recheck", "outcome": "confirmed", "on": "2017-01-20",
            "f-opinion": "同意", "f-report_no": "1", "reviewed": "yes",
            "case": [str(n) for n in cases]}  # fmt: skip
    with town.day(valley.JANUARY):
        told = city.post(decide, form)
        assert told.status_code == 422
        assert "须抽验 50%，即 2 件，现已抽 0 件" in text(told)
        page = text(city.get(board))
        assert "还差 2 件" in page
        assert 'min="50"' in page
        seen = text(county.get(board))  # the county sees how it stands, and cannot draw
        assert "还差 2 件" in seen
        assert 'name="percent"' not in seen
        low = city.post(f"{board}draw/", {"step": "recheck", "percent": "10"})
        assert "不能低于 50%" in text(low)
        assert city.post(f"{board}draw/", {"step": "recheck", "percent": "50"}).status_code == 302
        assert "交叉抽验 2 件" in text(city.get("/procedures/"))
        assert "还差 2 件" in text(city.get("/procedures/sampling/"))
        lots = list(Lot.objects.values_list("pk", flat=True))
        for lot in lots:
            assert f"/procedures/lots/{lot}/" in text(city.get("/procedures/lots/?state=open"))
            check = {"act": "check", "step": "recheck", "on": "2017-01-20", "outcome": "pass",
                     "f-checked_on": "2017-01-20"}  # fmt: skip
            bad = city.post(f"/procedures/lots/{lot}/", check)
            assert "未填“抽查情况”" in text(bad)
            good = city.post(f"/procedures/lots/{lot}/", check | {"f-finding": "属实"})
            assert good.status_code == 302
        assert "没有要抽验的件" in text(city.get("/procedures/lots/?state=open"))
        assert "已够比例" in text(city.get(board))
        excel = city.get("/procedures/lots/export/")
        assert excel["Content-Type"].startswith("application/vnd.openxml")
        assert city.post(decide, form).status_code == 302
    assert set(Case.objects.values_list("step", flat=True)) == {"feedback"}
