"""The pages of the log: inside one's region, without personal data, with the chain checked."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from openpyxl import load_workbook

from bangfu import audit
from tests import world as made

pytestmark = pytest.mark.django_db
SOURCE = Path(__file__).resolve().parents[3] / "src" / "bangfu"


@pytest.fixture
def office(signed_in: Callable[[str], Client]) -> Client:
    """A client of the county office."""
    return signed_in("county_office")


@pytest.fixture
def acts(world: None) -> dict[str, int]:
    """Events in three places; their ids."""
    from bangfu.registry.commands import correct_household, reveal

    clerk = made.scope(made.GAOLING, username="clerk")
    far = made.scope(made.NANDAN, "county_office", username="far")
    number = made.FAMILIES[4][0]
    ids = {
        "corrected": correct_household(
            clerk, made.FIRST, 2016,
            {"dwelling_grade": "B级", "phone": "13911112222", "income_wages": "99"}, reason="核实",
        ),
        "foreign": correct_household(far, number, 2016, {"dwelling_grade": "C"}, reason="核实"),
    }  # fmt: skip
    reveal(clerk, "household", made.FIRST, "phone", reason="回访")
    return ids


def body(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.content[:300])
    return str(answer.content.decode())


def listed(client: Client, query: str = "") -> list[str]:
    page = body(client, f"/audit/?cols=action&cols=actor{query}")
    return re.findall(r'data-label="操作"[^>]*>([^<]+)<', page)


def test_one_sees_one_s_own_region(office: Client, acts: dict[str, int]) -> None:
    assert [a for a in listed(office) if "账号" not in a] == ["查看农户完整信息", "更正农户信息"]
    assert office.get(f"/audit/{acts['foreign']}/").status_code == 404
    assert listed(office, "&actor=far") == []
    assert listed(office, f"&subject={made.FIRST}") == ["查看农户完整信息", "更正农户信息"]
    assert listed(office, "&action=household.revealed") == ["查看农户完整信息"]
    assert listed(office, f"&region={made.DISU}") == []
    assert listed(office, "&since=2099-01-01") == []
    corrected = "&action=household.corrected"
    assert len(listed(office, f"{corrected}&until=2099-01-01&since=2000-01-01")) == 1
    assert len(listed(office, f"{corrected}&since=nonsense")) == 1
    assert office.get(f"/audit/?region={made.NANDAN}").status_code == 404


def test_the_city_sees_everything(signed_in: Callable[[str], Client], acts: dict[str, int]) -> None:
    city = signed_in("city_office")
    found = listed(city)
    assert {"装载行政区划", "更正农户信息"} <= set(found)
    assert "dwelling_grade" not in body(city, f"/audit/{acts['foreign']}/")


def test_an_event_shows_what_changed_and_nobody_s_data(
    office: Client, acts: dict[str, int]
) -> None:
    page = body(office, f"/audit/{acts['corrected']}/")
    assert "房屋危险等级" in page
    assert "B级" in page
    assert "99" in page
    assert "个人信息，不在日志中显示" in page
    assert "13911112222" not in page
    assert "_sealed" not in page
    assert "\\x" not in page
    assert not [s for s in made.secrets() if s in page + body(office, "/audit/")]


def test_who_may_not_see_households_sees_counts_only(
    signed_in: Callable[[str], Client], acts: dict[str, int]
) -> None:
    page = body(signed_in("administrator"), f"/audit/{acts['corrected']}/")
    assert "您的角色不查看农户数据" in page
    assert "B级" not in page


def test_a_removed_row_shows_no_personal_data(office: Client, world: None) -> None:
    from bangfu.registry.models import HouseholdYear, Membership, Person

    with audit.event("registry.undone", actor=made.ACTOR, region_code=made.DUAN) as event:
        Membership.objects.filter(household_no=made.FIRST).delete()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM registry_person_year")
        Person.objects.filter(household_no=made.FIRST).delete()
        HouseholdYear.objects.filter(household_no=made.FIRST).delete()
    page = body(office, f"/audit/{event.id}/")
    assert "个人信息，不在日志中显示" in page
    assert not re.search(r"\\\\x[0-9a-f]{8}", page)


def test_pages_follow_one_another(office: Client, world: None) -> None:
    for number in range(120):
        with audit.event("test.act", actor=made.ACTOR, subject=f"n{number}",
                         region_code=made.DUAN):  # fmt: skip
            pass
    seen: list[str] = []
    path = "/audit/?action=test.act"
    while path:
        page = body(office, path)
        seen += re.findall(r'data-label="对象"[^>]*>(n\d+)<', page)
        following = re.search(r'href="(\?[^"]*)" rel="next"', page)
        path = "/audit/" + following[1].replace("&amp;", "&") if following else ""
    assert seen == [f"n{n}" for n in range(119, -1, -1)]


def test_excel_has_what_is_seen(office: Client, acts: dict[str, int]) -> None:
    answer = office.get("/audit/export/?action=household.corrected&cols=action")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    rows = [[c.value for c in row] for row in sheet.iter_rows(min_row=2)]
    assert rows[0] == ["时间", "操作"]
    assert [r[1] for r in rows[1:]] == ["更正农户信息"]


@pytest.mark.django_db(transaction=True)
def test_the_chain_is_checked_in_the_background() -> None:
    made.divisions()
    made.families()
    client = Client()
    client.force_login(made.user("city", "inspector", made.CITY))
    for fault in (False, True):
        if fault:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
                cursor.execute("UPDATE audit_event SET actor = 'x' WHERE chain_no = 2")
                cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
        assert client.post("/audit/verify/").status_code == 302
        assert "正在核对" in body(client, "/audit/")
        call_command("db_worker", batch=True, interval=0, startup_delay=False, reload=False,
                     verbosity=0)  # fmt: skip
        assert ("审计链已被改动" if fault else "审计链完整") in body(client, "/audit/")


def test_every_action_has_its_words() -> None:
    """Whoever adds an event adds what people read for it."""
    from bangfu.web.audit.words import ACTIONS

    used: set[str] = set()
    for file in SOURCE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        used |= set(re.findall(r'audit\.event\(\s*"([a-z]+\.[a-z_]+)"', text))
        used |= set(re.findall(r'action="([a-z]+\.[a-z_]+)"', text))
    assert len(used) > 20
    assert used - set(ACTIONS) == set()
