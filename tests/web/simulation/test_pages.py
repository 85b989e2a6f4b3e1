"""Pages of simulations, as the offices use them: form, checks while typing, result, files."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from bangfu.findings.scenarios.models import Scenario
from bangfu.jobs.commands import perform
from bangfu.jobs.models import Job
from tests import world

pytestmark = pytest.mark.django_db
SignedIn = Callable[[str], Client]
FORM = {"pack": "hechi", "as_of": "2016-12-31", "name": "寄宿补助提高", "key": "boarding_primary",
        "region": "", "value": "1500"}  # fmt: skip


def work() -> None:
    """What the worker does."""
    for job in Job.objects.filter(state="waiting").order_by("id"):
        perform(job, reraise=True)


@pytest.fixture
def done(recorded: None, signed_in: SignedIn) -> Scenario:
    """A simulation of the city's, computed."""
    answer = signed_in("city_office").post("/simulation/new/", FORM)
    assert answer.status_code == 302, answer.content.decode()
    work()
    return Scenario.objects.get()


def test_the_form_finds_parameters_and_rules(recorded: None, signed_in: SignedIn) -> None:
    client = signed_in("county_office")
    page = client.get("/simulation/new/").content.decode()
    assert "开始模拟" in page
    found = client.get("/simulation/new/find/", {"q": "寄宿", "pack": "hechi"}).content.decode()
    assert "boarding_primary" in found
    assert "现值 1000 元/年" in found
    assert "HC2-E-129" in found
    row = client.get("/simulation/new/find/", {"add": "boarding_primary"}).content.decode()
    assert 'name="value"' in row
    assert "都安瑶族自治县" in row
    assert "南丹县" not in row  # a county sets for itself
    none = client.get("/simulation/new/find/", {"q": "没有这样的"}).content.decode()
    assert "没有找到" in none


@pytest.mark.parametrize(
    ("value", "told"),
    [("-1", "不能为负数"), ("很多", "要写一个数"), ("1500公里", "单位"), ("1000", "没有改动"),
     ("1500", "改为 1500"), ("", "")],
)  # fmt: skip
def test_a_value_is_checked_while_it_is_typed(
    recorded: None, signed_in: SignedIn, value: str, told: str
) -> None:
    answer = signed_in("city_office").get(
        "/simulation/new/check/",
        {"pack": "hechi", "as_of": "2016-12-31", "key": "boarding_primary", "value": value},
    ).content.decode()  # fmt: skip
    assert told in answer
    assert answer.strip() if told else not answer.strip()


@pytest.mark.parametrize(
    ("change", "told"),
    [({"value": "-5"}, "policy.override_negative"), ({"key": "nothing"}, "policy.parameter_unknown"),
     ({"as_of": "1999-01-01"}, "policy.as_of_outside_pack"), ({"name": ""}, "scenario_invalid"),
     ({"region": "310000"}, "policy.change_region"), ({"off": "X-1"}, "change_rule_unknown"),
     ({"snapshot": "0" * 64}, "findings.snapshot_missing")],
)  # fmt: skip
def test_what_is_wrong_is_told_on_the_form(
    recorded: None, signed_in: SignedIn, change: dict[str, str], told: str
) -> None:
    answer = signed_in("city_office").post("/simulation/new/", FORM | change)
    assert answer.status_code in (404, 422)
    assert told in answer.content.decode()
    assert not Scenario.objects.exists()


def test_a_result_with_charts_tables_and_files(done: Scenario, signed_in: SignedIn) -> None:
    client = signed_in("city_office")
    page = client.get(f"/simulation/{done.pk}/").content.decode()
    for text in ("data-chart", "总体变化", "贫困与收入分配", "分县（市、区）", "导出 Word",
                 "小学寄宿补助标准 1000 → 1500"):  # fmt: skip
        assert text in page, text
    assert f"/simulation/{done.pk}/?region={world.DUAN}" in page
    county = client.get(f"/simulation/{done.pk}/", {"region": world.DUAN}).content.decode()
    assert "县×民族×属性×贫困程度" in county
    book = load_workbook(io.BytesIO(client.get(f"/simulation/{done.pk}/excel/").content))
    assert {"总体变化", "分县（市、区）", "县×民族×属性×贫困程度"} <= set(book.sheetnames)
    word = client.get(f"/simulation/{done.pk}/word/")
    assert word.content[:2] == b"PK"
    assert "wordprocessingml" in word["Content-Type"]
    english = Client()
    english.force_login(done.user)
    english.post("/language/", {"language": "en"})
    assert "Before and after" in english.get(f"/simulation/{done.pk}/").content.decode()


def test_a_county_sees_its_own_numbers_only(done: Scenario, signed_in: SignedIn) -> None:
    client = signed_in("county_office")
    page = client.get(f"/simulation/{done.pk}/").content.decode()
    assert "都安瑶族自治县" in page
    assert "南丹县" not in page
    assert client.get(f"/simulation/{done.pk}/", {"region": world.NANDAN}).status_code == 404
    assert client.get(f"/simulation/{done.pk}/", {"region": world.CITY}).status_code == 404
    assert client.post(f"/simulation/{done.pk}/delete/").status_code == 404
    for role in ("village_officer", "township_clerk", "county_department"):
        assert signed_in(role).get("/simulation/").status_code == 403


def test_the_list_filters_sorts_compares_and_exports(done: Scenario, signed_in: SignedIn) -> None:
    client = signed_in("city_office")
    client.post("/simulation/new/", FORM | {"name": "再高些", "value": "2000"})
    work()
    other = Scenario.objects.exclude(pk=done.pk).get()
    page = client.get("/simulation/", {"sort": "name"}).content.decode()
    assert page.index("再高些") < page.index("寄宿补助提高")
    assert "再高些" not in client.get("/simulation/", {"q": "寄宿"}).content.decode()
    assert "还没有模拟" in client.get("/simulation/", {"kind": "diff"}).content.decode()
    sheet = load_workbook(io.BytesIO(client.get("/simulation/export/").content)).active
    assert sheet.max_row == 4
    ids: dict[str, Any] = {"ids": [done.pk, other.pk]}
    page = client.get("/simulation/compare/", ids).content.decode()
    assert "再高些" in page
    assert "基尼系数" in page
    assert client.get("/simulation/compare/export/", ids).content[:2] == b"PK"
    assert client.get("/simulation/compare/", {"ids": done.pk}).status_code == 422


def test_deleting_can_be_undone(done: Scenario, signed_in: SignedIn) -> None:
    client = signed_in("city_office")
    assert "data-confirm" in client.get(f"/simulation/{done.pk}/").content.decode()
    client.post(f"/simulation/{done.pk}/delete/")
    listed = client.get("/simulation/")
    assert [s.pk for s in listed.context["page"].items] == []
    assert done.name in client.get("/simulation/", {"deleted": "1"}).content.decode()
    client.post(f"/simulation/{done.pk}/restore/")
    assert f"/simulation/{done.pk}/" in client.get("/simulation/").content.decode()


def test_what_changed_between_two_days(recorded: None, signed_in: SignedIn) -> None:
    client = signed_in("city_office")
    days = {"pack": "hechi", "from": "2016-06-30", "to": "2016-12-31"}
    page = client.get("/simulation/amendments/", days).content.decode()
    assert "条规则不同" in page
    assert "计算谁受益、谁受损" in page
    assert "800 → 1000" in page
    assert '<span class="tag">新增</span>' in page
    ended = client.get("/simulation/amendments/", days | {"kind": "changes"}).content.decode()
    assert '<span class="tag">新增</span>' not in ended
    assert client.get("/simulation/amendments/export/", days).content[:2] == b"PK"
    back = client.get("/simulation/amendments/", days | {"to": "2016-01-01"})
    assert "policy.dates_backwards" in back.content.decode()
    early = client.get("/simulation/amendments/", days | {"from": "1999-01-01"})
    assert "policy.as_of_outside_pack" in early.content.decode()
    answer = client.post("/simulation/amendments/start/", {
        "pack": "hechi", "from": "2016-06-30", "to": "2016-12-31", "name": "下半年"})  # fmt: skip
    assert answer.status_code == 302
    work()
    page = client.get(answer.url).content.decode()
    assert "2016-06-30 → 2016-12-31" in page
    assert "总体变化" in page
