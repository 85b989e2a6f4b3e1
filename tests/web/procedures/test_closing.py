"""The button that closes a batch, and how a closed one looks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.procedures import town
from tests.procedures.test_closing import LEFT, SEPTEMBER

pytestmark = pytest.mark.django_db


def test_closing_a_batch_in_the_browser(signed_in: Callable[[str], Client]) -> None:
    county, clerk = signed_in("county_office"), signed_in("township_clerk")
    made = town.batch()
    (case_id,) = town.enrolled(made)
    board = f"/procedures/batches/{made.pk}/"
    with town.day(SEPTEMBER):
        assert "结束批次" in county.get(board).content.decode()
        assert "结束批次" not in clerk.get(board).content.decode()
        assert clerk.post(f"{board}close/").status_code == 403
        told = county.post(f"{board}close/")
        assert told.status_code == 409
        assert "还有 1 件在办，不能结束：高岭镇“入户核验”1 件" in told.content.decode()
        town.do(town.TOWN, case_id, LEFT)
    with town.day(SEPTEMBER):
        assert county.post(f"{board}close/").status_code == 302
        for client in (county, clerk):
            page = client.get(board).content.decode()
            assert "本批次已结束，只供查看" in page
            assert "结束批次" not in page
            assert "纳入对象" not in page
        assert "已结束" in county.get("/procedures/batches/").content.decode()
        refused = clerk.get(f"{board}enrol/")
        assert refused.status_code == 409
        assert "结束" in refused.content.decode()
