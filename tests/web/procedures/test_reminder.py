"""The day's reminder stands in the inbox of the person it was for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from bangfu.access.scope import system_scope
from bangfu.procedures import reminding
from tests.procedures import town

pytestmark = pytest.mark.django_db


def test_the_reminder_stands_in_the_inbox(signed_in: Callable[[str], Client]) -> None:
    town.enrolled(town.batch())
    clerk, city = signed_in("township_clerk"), signed_in("city_office")
    with town.day(date(2016, 7, 2), 7):
        assert "期限提醒" not in clerk.get("/procedures/").content.decode()
        reminding.remind(system_scope())
        page = clerk.get("/procedures/").content.decode()
        assert "期限提醒" in page
        assert "逾期 1 件，今天到期 0 件" in page
        assert "期限提醒" not in city.get("/procedures/").content.decode()
