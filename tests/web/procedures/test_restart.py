"""Pages of a household that is identified again: the link both ways, and who waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from bangfu.procedures.models import Case
from tests import world as place
from tests.procedures import town
from tests.procedures.test_restart import relapsed, to_batches

pytestmark = pytest.mark.django_db


def test_both_case_pages_lead_to_each_other(signed_in: Callable[[str], Client]) -> None:
    first = relapsed(town.batch())
    second = Case.objects.get(procedure="identification").pk
    county = signed_in("county_office")
    with town.day(date(2016, 12, 2)):
        page = county.get(f"/procedures/cases/{first}/").content.decode()
        assert f'href="/procedures/cases/{second}/">贫困户精准识别' in page
        page = county.get(f"/procedures/cases/{second}/").content.decode()
        assert "由前一流程转入" in page
        assert f'href="/procedures/cases/{first}/">贫困户脱贫摘帽' in page


def test_the_township_sees_who_waits(signed_in: Callable[[str], Client]) -> None:
    relapsed(to_batches(town.batch()))
    clerk = signed_in("township_clerk")
    with town.day(date(2016, 12, 2)):
        assert "1 个对象等待重新纳入" in clerk.get("/procedures/").content.decode()
        assert place.FIRST in clerk.get("/procedures/cases/?bucket=restart").content.decode()
