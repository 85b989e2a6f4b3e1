"""The findings pages: counts that open their lists, columns that match the Excel file, and
nothing of other places or other departments."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from bangfu.audit.models import Event
from bangfu.findings.models import Run
from bangfu.jobs.models import Job
from tests import world
from tests.findings import town

SignIn = Callable[[str], Client]
PAGES = (
    "/findings/", "/findings/ready/", "/findings/not-ready/", "/findings/entitled/",
    "/findings/undecided/", "/findings/alerts/",
)  # fmt: skip


def _text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return unescape(answer.content.decode())


def _sheet(content: bytes, name: str | int = 0) -> list[list[object]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheet = book.get_sheet_by_name(name) if isinstance(name, str) else book.get_sheet_by_index(name)
    return sheet.to_python()


@pytest.mark.parametrize("path", PAGES)
def test_before_the_first_run_pages_say_what_to_do(clerk: Client, path: str) -> None:
    assert "还没有认定结果" in _text(clerk, path)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "role", ["village_officer", "township_clerk", "county_department", "city_office"]
)
def test_every_page_opens_for_every_role(
    judged: Run, signed_in: SignIn, role: str, path: str
) -> None:
    _text(signed_in(role), path)


def test_the_administrator_sees_no_findings(judged: Run, signed_in: SignIn) -> None:
    assert signed_in("administrator").get("/findings/").status_code == 403


def test_each_number_on_the_overview_opens_a_list_of_that_length(
    judged: Run, signed_in: SignIn
) -> None:
    """Followed as a person would: the link's text against the list's total."""
    client = signed_in("county_office")
    found = re.findall(r'<a href="(/households/\?[^"]+)">([\d,]+)</a>', _text(client, "/findings/"))
    assert len(found) > 10
    for href, number in found:
        total = re.search(r"共 ([\d,]+) 户", _text(client, unescape(href)))
        assert total, href
        assert total[1] == number, href


def test_the_overview_as_a_file_has_every_rule_with_the_same_counts(
    judged: Run, signed_in: SignIn
) -> None:
    client = signed_in("county_office")
    assert "/findings/overview.xlsx" in _text(client, "/findings/")
    rows = _sheet(client.get("/findings/overview.xlsx").content)
    heads, by_rule = rows[1], {row[0]: row for row in rows[2:]}
    assert set(by_rule) == {r["id"] for r in judged.rules}
    assert by_rule["HC2-E-129"][heads.index("符合")] == 1
    assert by_rule["HC2-E-129"][heads.index("金额合计")] == 1000
    assert by_rule["HC3-C-19"][heads.index("不符合户")] == 1
    narrowed = _sheet(client.get(f"/findings/overview.xlsx?region={world.DISU}").content)
    assert {row[0]: row for row in narrowed[2:]}["HC3-C-19"][heads.index("不符合户")] == 0
    assert client.get(f"/findings/overview.xlsx?region={world.NANDAN}").status_code == 404
    assert Event.objects.filter(action="finding.exported").count() == 2


def test_the_matrix_shows_what_fails_where_and_leads_there(judged: Run, signed_in: SignIn) -> None:
    page = _text(signed_in("county_office"), "/findings/not-ready/")
    assert "高岭镇" in page
    assert f"/households/?region={world.GAOLING}&fails=HC3-C-19" in page
    assert town.FAILING in page
    assert "有饮用水" in page
    village = _text(signed_in("county_office"), f"/findings/not-ready/?region={world.GAOLING}")
    assert "三联村" in village


def test_the_list_of_a_rule_and_its_file_have_the_same_columns(
    judged: Run, signed_in: SignIn
) -> None:
    client = signed_in("township_clerk")
    path = "?rule=HC2-E-129"
    page = _text(client, f"/findings/entitled/{path}")
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page, re.DOTALL)
    shown = [re.sub(r"<[^>]+>", "", h).strip() for h in heads]
    answer = client.get(f"/findings/export/entitled/{path}")
    rows = _sheet(answer.content)
    assert rows[1] == shown
    assert rows[2][0] == town.READY
    assert rows[2][shown.index("金额")] == 1000
    assert rows[2][shown.index("对象")] == "韦*花"
    assert Event.objects.filter(action="finding.exported").count() == 1
    assert not any(secret in str(rows) for secret in world.secrets())


def test_a_large_list_becomes_a_job_that_makes_the_same_file(
    judged: Run, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.files.storage import default_storage

    from bangfu.jobs.commands import perform
    from bangfu.web.findings import views

    client = signed_in("township_clerk")
    now = _sheet(client.get("/findings/export/ready/").content)
    monkeypatch.setattr(views, "EXPORT_NOW", 0)
    answer = client.get("/findings/export/ready/")
    assert answer["Location"] == "/jobs/"
    job = Job.objects.get(kind="export.findings")
    perform(job, reraise=True)
    job.refresh_from_db()
    with default_storage.open(job.result["file"]) as made:
        assert _sheet(made.read())[1:] == now[1:]


def test_no_page_shows_what_is_masked(judged: Run, signed_in: SignIn) -> None:
    client = signed_in("city_office")
    paths = (*PAGES, f"/findings/household/{town.READY}/")
    pages = "".join(_text(client, path) for path in paths)
    assert not [secret for secret in world.secrets() if secret in pages]


def test_a_department_sees_its_rules_only(judged: Run, signed_in: SignIn) -> None:
    client = signed_in("county_department")
    overview = _text(client, "/findings/")
    assert "小学寄宿生活补助" in overview
    assert "有饮用水" not in overview
    assert "脱贫标准不由您部门认定" in _text(client, "/findings/ready/")
    assert client.get("/findings/export/ready/").status_code == 404
    household = _text(client, f"/findings/household/{town.READY}/")
    assert "小学寄宿生活补助" in household
    assert "有饮用水" not in household


@pytest.mark.parametrize(
    "path",
    ["/findings/?region=451221", "/findings/entitled/?rule=NO-1", "/findings/export/nothing/",
     f"/findings/household/{world.FOREIGN}/", "/findings/ready/?region=x"],
)  # fmt: skip
def test_what_is_not_there_or_not_yours_is_404(clerk: Client, judged: Run, path: str) -> None:
    assert clerk.get(path).status_code == 404


def test_a_household_tells_which_item_fails_and_why(judged: Run, signed_in: SignIn) -> None:
    page = _text(signed_in("township_clerk"), f"/findings/household/{town.FAILING}/")
    assert "饮水方式：未解决" in page
    assert "房屋危险等级：D" in page
    assert "第1章附件1序号6" in page
    assert "未达标" in page
    assert "数据已更正" not in page
    rest = _text(signed_in("township_clerk"), f"/findings/household/{town.FAILING}/?part=rest")
    assert "小学寄宿生活补助" in rest


def test_a_household_tells_its_amounts_and_what_lacks(judged: Run, signed_in: SignIn) -> None:
    client = signed_in("county_office")
    page = _text(client, f"/findings/household/{town.READY}/")
    assert "1,000 元 / 每年" in page
    lacking = _text(client, f"/findings/household/{town.LACKING}/")
    assert "户：有电视且能收看中央或广西频道" in lacking
    assert "成员：基本医疗保险" in lacking


def test_english_pages(judged: Run, signed_in: SignIn) -> None:
    client = signed_in("county_office")
    client.post("/language/", {"language": "en", "next": "/findings/"})
    page = _text(client, "/findings/")
    assert "Items of the exit standard" in page
    assert "Has drinking water" in page
