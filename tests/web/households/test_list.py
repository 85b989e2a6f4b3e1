"""The household list: search, filters, columns, paging, Excel; nothing of another's area."""

from __future__ import annotations

import io
import json

import pytest
from django.test import Client
from openpyxl import load_workbook

from bangfu.audit.models import Event
from bangfu.jobs.models import Job
from tests.world import DINGFU, FAMILIES, FIRST, FOREIGN, LONGZANG, SANLIAN, SECOND, secrets

MINE = [no for no, _phone, _people in FAMILIES[:3]]
HTMX = {"HX-Request": "true"}


def numbers(client: Client, query: str = "") -> list[str]:
    """Household numbers on the page, in order."""
    answer = client.get(f"/households/{query}", headers=HTMX)
    assert answer.status_code == 200
    return [r.household.household_no for r in answer.context["rows"]]


def test_only_my_area(clerk: Client, signed_in) -> None:
    """The township's three, the county's four, the city's five."""
    assert numbers(clerk) == MINE
    assert len(numbers(signed_in("county_office"))) == 4
    assert len(numbers(signed_in("city_office"))) == 5
    assert numbers(signed_in("village_officer")) == MINE[:2]


def test_names_and_numbers_are_masked(clerk: Client) -> None:
    """Nothing personal in full leaves the server with a list."""
    body = clerk.get("/households/?cols=head&cols=phone").content.decode()
    assert "韦*明" in body
    assert [s for s in secrets() if s in body] == []


@pytest.mark.parametrize("text", ["韦大明", "韦小花", FAMILIES[0][2][0][1], "13977810001", FIRST])
def test_a_search_that_finds_one_opens_it(clerk: Client, text: str) -> None:
    """By head, by member, by identity number, by phone, by number."""
    answer = clerk.get("/households/", {"q": text})
    assert (answer.status_code, answer["Location"]) == (302, f"/households/{FIRST}/")


def test_a_search_finds_nothing_outside(clerk: Client) -> None:
    """Another township's head is not there, and the page says what to do."""
    answer = clerk.get("/households/", {"q": "覃建国"})
    assert answer.status_code == 200
    assert "没有符合条件的农户" in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?status=observed", [SECOND]),
        ("?status=registered", [FIRST, MINE[2]]),
        ("?status=nonsense", MINE),
        ("?cause=illness", MINE),
        ("?cause=disability", []),
        (f"?region={SANLIAN}", [MINE[2]]),
        ("?missing=phone", [SECOND]),
        ("?missing=income_wages", []),
        ("?missing=income_property", MINE),
        (f"?status=registered&region={DINGFU}", [FIRST]),
    ],
)
def test_filters(clerk: Client, query: str, found: list[str]) -> None:
    """Each narrows; unknown words narrow nothing."""
    assert numbers(clerk, query) == found


def test_a_region_outside_is_not_found(clerk: Client) -> None:
    """Whether it exists is not told."""
    assert clerk.get(f"/households/?region={LONGZANG}").status_code == 404


def test_chips_take_one_filter_away(clerk: Client) -> None:
    """Each is a link to the list without it."""
    answer = clerk.get(f"/households/?status=registered&region={DINGFU}")
    hrefs = {href for _label, href in answer.context["chips"]}
    assert hrefs == {"?status=registered", f"?region={DINGFU}"}


def test_columns_are_chosen_and_remembered(clerk: Client) -> None:
    """For the next visit, on this browser, for this person."""
    first = clerk.get("/households/?cols=dwelling_grade&cols=has_tv&cols=nonsense")
    chosen = ["household_no", "dwelling_grade", "has_tv"]
    assert [c.name for c in first.context["columns"]] == chosen
    again = clerk.get("/households/")
    assert [c.name for c in again.context["columns"]] == chosen


def test_a_bad_page_position_is_refused(clerk: Client) -> None:
    """Not a fault."""
    for cursor in ("x", "bm9uZQ", "WyJhIiwiYiIsImMiXQ"):
        assert clerk.get("/households/", {"after": cursor}).status_code == 400


def excel(content: bytes) -> list[list[object]]:
    """Rows of the first sheet."""
    sheet = load_workbook(io.BytesIO(content)).active
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_excel_has_what_is_seen(clerk: Client) -> None:
    """Same columns, same rows, masked alike; the export is kept in the audit log."""
    columns = "cols=head&cols=status&cols=income_wages"
    answer = clerk.get(f"/households/export/?status=registered&{columns}")
    rows = excel(answer.content)
    assert rows[1][:4] == ["户编号", "户主", "户状态", "工资性收入"]
    assert [r[:4] for r in rows[2:]] == [
        [FIRST, "韦*明", "建档立卡", 1200.5],
        [MINE[2], "黄*兰", "建档立卡", 1200.5],
    ]
    assert [s for s in secrets() if s.encode() in answer.content] == []
    assert Event.objects.get(action="household.exported").detail["rows"] == 2


def test_text_never_becomes_a_formula(clerk: Client) -> None:
    """A hamlet called =1+1 stays text."""
    from bangfu import audit
    from bangfu.registry.models import Household

    with audit.event("test", actor=audit.Actor.system()):
        Household.objects.filter(pk=FIRST).update(hamlet_name="=1+1")
    answer = clerk.get("/households/export/?cols=hamlet_name")
    cell = load_workbook(io.BytesIO(answer.content)).active["B3"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_a_large_list_becomes_a_task(clerk: Client, monkeypatch) -> None:
    """The worker makes the same file, and only its owner can download it."""
    from bangfu.jobs.commands import perform
    from bangfu.web.households import views

    monkeypatch.setattr(views, "EXPORT_NOW", 1)
    answer = clerk.get("/households/export/?cols=head")
    assert answer["Location"] == "/jobs/"
    job = Job.objects.get()
    perform(job)
    job.refresh_from_db()
    assert job.state == "done", job.problem
    content = b"".join(clerk.get(f"/jobs/{job.pk}/file/"))
    assert [r[0] for r in excel(content)[2:]] == MINE


def test_no_export_without_the_right(signed_in) -> None:
    """An inspector looks, and takes nothing away."""
    inspector = signed_in("inspector")
    assert "/households/export/" not in inspector.get("/households/").content.decode()
    assert inspector.get("/households/export/").status_code == 403


def test_regions_for_the_selects(clerk: Client) -> None:
    """Only what lies in my area."""
    accept = {"Accept": "application/json"}
    items = clerk.get("/divisions.json", headers=accept).json()["items"]
    assert [i["name"] for i in items] == ["定福村", "三联村"]
    assert clerk.get(f"/divisions.json?parent={LONGZANG[:9]}", headers=accept).json()["items"] == []
    assert json.dumps(items).count(FOREIGN[:9]) == 0
