"""The library's pages: found by words, read by every role, linked to the lists behind, exported."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import unescape

from django.test import Client
from python_calamine import CalamineWorkbook

from bangfu import audit
from bangfu.audit.models import Event
from bangfu.registry.models import PersonYear
from tests import world
from tests.findings import town

SignIn = Callable[[str], Client]


def _text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return unescape(answer.content.decode())


def _sheet(client: Client, path: str) -> list[list[object]]:
    answer = client.get(path)
    assert answer.status_code == 200, path
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return book.get_sheet_by_index(0).to_python()


def test_every_role_reads_the_library_before_any_run(signed_in: SignIn) -> None:
    for role in ("village_officer", "county_department", "inspector", "administrator"):
        client = signed_in(role)
        assert "河池市脱贫攻坚政策包" in _text(client, "/policies/")
    for path in ("duties/", "contradictions/", "groups/"):
        _text(client, f"/policies/{path}")
    # Findings are not the administrator's; the policy itself is.
    assert client.get("/policies/doubles/").status_code == 403
    assert "还没有认定结果" in _text(signed_in("village_officer"), "/policies/doubles/")

    found = _text(client, "/policies/?q=寄宿生活补助&pack=hechi")
    assert "HC2-E-129" in found
    assert "HC1-D-111" not in found
    assert "没有符合条件的条款" in _text(client, "/policies/?q=甲乙丙丁查无此词")
    of_day = "/policies/?pack=guangxi&q=GX17-R-112&on="
    assert "guangxi/GX17-R-112/" not in _text(client, of_day + "2017-03-21")
    assert "guangxi/GX17-R-112/" in _text(client, of_day + "2017-03-20")


def test_a_list_exports_what_it_shows(signed_in: SignIn) -> None:
    client = signed_in("inspector")
    rows = _sheet(client, "/policies/export/clauses/?q=寄宿&pack=hechi&cols=rule&cols=title")
    assert rows[1] == ["编号", "名称"]
    assert ["HC2-E-129", "小学寄宿生活补助"] in rows
    duties = _sheet(client, "/policies/export/duties/?department=民政局")
    assert len(duties) > 20
    assert all("民政局" in str(row[2]) for row in duties[2:])
    assert "责任单位" in duties[1]
    assert len(_sheet(client, "/policies/export/contradictions/?pack=hechi")) == 2 + 29
    assert len(_sheet(client, "/policies/export/groups/?kind=stacking&pack=hechi")) == 2 + 8
    assert Event.objects.filter(action="policy.exported").count() == 4
    assert client.get("/policies/export/nothing/").status_code == 404


def test_a_rule_page_tells_it_all(signed_in: SignIn) -> None:
    client = signed_in("village_officer")
    text = _text(client, "/policies/guangxi/GX17-R-111/")
    for told in ("自主培训取证奖励", "2017-03-21", "certificate_award", "800", "GX17-R-112",
                 "GX-O-01", "GX-X-06", "脱贫攻坚8个实施方案"):  # fmt: skip
        assert told in text, told
    cases = _text(client, "/policies/guangxi/GX17-R-111/cases/")
    assert "通过" in cases
    assert "不符</span>" not in cases
    duty = _text(client, "/policies/hechi/HC2-D-105/")
    assert "2019年底前" in duty
    assert "市民政局" in duty
    assert client.get("/policies/hechi/HC9-9/").status_code == 404
    english = client
    english.cookies["bangfu_language"] = "en"
    assert "Versions" in _text(english, "/policies/guangxi/GX17-R-111/")


def test_double_claims_lead_to_the_household(signed_in: SignIn) -> None:
    from bangfu.findings import commands

    town.record()
    with audit.event("test.records", actor=world.ACTOR, region_code="45"):
        PersonYear.objects.filter(person_no=town.CHILD).update(
            school_stage="secondary_vocational", aspiration_class=True, school_year=1
        )
    commands.start(town.system(), period=town.PERIOD, now=True)
    client = signed_in("county_office")
    text = _text(client, "/policies/doubles/")
    assert "励志班与普通雨露补助" in text
    one = _text(client, f"/policies/doubles/?group=HC-O-03&region={world.GAOLING}")
    assert town.READY in one
    assert "3,000" in one
    rows = _sheet(client, "/policies/doubles/export/?group=HC-O-03")
    assert rows[2][0] == town.READY
    assert rows[2][-1] == 3000
    page = _text(client, f"/findings/household/{town.READY}/")
    assert "重复享受" in page
    assert "励志班与普通雨露补助" in page
    # How many the rule touches now, and the list of that length.
    rule = _text(client, "/policies/hechi/HC2-E-135/")
    assert "现在涉及" in rule
    assert "/findings/entitled/?rule=HC2-E-135" in rule
    elsewhere = signed_in("village_officer")
    assert town.FAR not in _text(elsewhere, "/policies/doubles/?group=HC-O-03")
    assert elsewhere.get("/policies/doubles/?group=HC-O-99").status_code == 404


def test_every_number_of_a_rule_page_is_the_length_of_its_list(signed_in: SignIn) -> None:
    """Rules about villages, counties, townships, loans and the other records too."""
    from bangfu.findings import commands, totals

    town.record()
    commands.start(town.system(), period=town.PERIOD, now=True)
    client, scope = signed_in("city_office"), town.system()
    # Of each entity the rule that touches most.
    seen: dict[str, tuple[int, str]] = {}
    for c in totals.by_rule(scope):
        found = (c.positive.subjects + c.of("undecided").subjects, c.rule.id)
        seen[c.rule.entity] = max(seen.get(c.rule.entity, (0, "")), found)
    assert set(seen) == {
        "person", "household", "village", "county", "township", "loan", "enterprise",
        "cooperative", "project",
    }  # fmt: skip
    numbers = []
    for _most, rule_id in seen.values():
        text = _text(client, f"/policies/hechi/{rule_id}/")
        stats = text[text.index("现在涉及") : text.index("依据与责任")]
        links = re.findall(r'<a[^>]*href="([^"]+)"[^>]*>(.*?)</a>', stats, re.DOTALL)
        assert links, rule_id
        for href, inside in links:
            shown = int(re.search(r"[\d,]+", re.sub("<[^>]+>", " ", inside))[0].replace(",", ""))  # type: ignore[index]
            listed = re.search(r"共 ([\d,]+) [条户]", _text(client, href))
            assert listed, href
            assert int(listed[1].replace(",", "")) == shown, (rule_id, href)
            numbers.append((href.split("?")[0], shown))
    assert any(path == "/findings/open/" and n for path, n in numbers)

    # Whom it cannot be decided for, with what is not known, also as Excel.
    client = signed_in("county_office")
    open_rule = next(c.rule for c in totals.by_rule(scope)
                if c.rule.entity == "village" and c.of("undecided").subjects)  # fmt: skip
    text = _text(client, f"/findings/open/?rule={open_rule.id}")
    assert "缺少的信息" in text
    rows = _sheet(client, f"/findings/export/open/?rule={open_rule.id}")
    assert "缺少的信息" in rows[1]
    assert "村：" in str(rows[2])
    # Narrowed to a township, the page stays with the rule, whatever its kind.
    assert f'<option value="{open_rule.id}" selected>' in text
    assert client.get("/findings/open/?rule=HC9-9").status_code == 404
