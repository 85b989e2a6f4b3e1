"""Papers of cases for which no document prescribes a layout: forms and notices, filled or blank."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import quote

import docx
import pytest
from django.test import Client

from bangfu import audit
from bangfu.audit.models import Event
from bangfu.policy.procedures.library import procedures
from bangfu.procedures import commands
from bangfu.procedures.acting import Asked
from tests import world
from tests.procedures import town

pytestmark = pytest.mark.django_db
TODAY = date(2016, 5, 10)
NUMBER = f"{world.DINGFU}000009"
NAME = "罗阿福"


def text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.fixture
def applicant(world: None) -> int:
    """The case of a household that applied for identification."""
    from tests import world as place

    with audit.event("test.applicant", actor=place.ACTOR, region_code="45"):
        place.household(NUMBER, status="candidate", group_no="三组")
        own = place.id_number("45272819660101123")
        place.person(NUMBER, 1, NAME, own, relation="head")
    with town.day(TODAY):
        return commands.open_case(
            town.VILLAGE, "hechi", "identification", subject=NUMBER,
            values={"applied_on": "2016-05-09", "grounds": "因病致贫"},
        )  # fmt: skip


def at(case_id: int, paper: str, how: str = "print") -> str:
    return f"/documents/case/{case_id}/{how}/?paper={quote(paper)}"


def words(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
    return "\n".join([p.text for p in document.paragraphs] + cells)


def test_the_survey_blank_and_filled(signed_in: Callable[[str], Client], applicant: int) -> None:
    clerk = signed_in("township_clerk")
    offer = text(clerk.get(f"/documents/offer/?case={applicant}"))
    assert "入户调查表" in offer
    assert "拟识别贫困户第一次公示" in offer
    applied = text(clerk.get(at(applicant, "form:open")))
    assert "因病致贫" in applied
    assert NAME in applied  # the clerk may see names in full
    blank = text(clerk.get(at(applicant, "form:survey")))
    assert "□危房" in blank
    assert "☑" not in blank
    assert blank.count("签名：") == 3  # two surveyors and the head
    form = procedures("hechi")["identification"].forms["survey"]
    assert form.scoring is not None
    ticked = {f.id: f.options[1].value for f in form.fields if f.id in form.scoring.items}
    with town.day(TODAY):
        from bangfu.evidence.commands import Given, attach

        (kept,) = attach(town.TOWN, f"case:{applicant}", world.DINGFU,
                         [Given("房.jpg", town.picture())], step="survey", piece="house")  # fmt: skip
        commands.act(town.TOWN, applicant, Asked(
            "done", "survey", TODAY, "surveyed",
            values={"visited_on": "2016-05-10", "entered": True, "cropland": "1.2",
                    "net_income": "2100", "burden": "看病", **ticked},
            evidence=(("house", str(kept.content_id)),),
            signatures=(("surveyor", "甲", TODAY), ("surveyor", "乙", TODAY), ("head", "罗", TODAY)),
        ))  # fmt: skip
    filled = clerk.get(at(applicant, "form:survey", "word"))
    assert filled["Content-Type"].endswith("wordprocessingml.document")
    told = words(filled.content)
    assert "☑危房" in told
    assert "2100元" in told
    assert "精准识别评分合计" in told
    assert Event.objects.filter(action="document.made", subject=f"case:{applicant}").count() == 3


def test_a_notice_hides_names_and_says_who_hears_objections(
    signed_in: Callable[[str], Client], applicant: int
) -> None:
    page = text(signed_in("village_officer").get(at(applicant, "notice:first_notice")))
    assert "拟识别贫困户第一次公示" in page
    assert "公示期7天" in page
    assert "乡镇人民政府（识别工作队）反映" in page
    assert NAME not in page
    assert "三组" in page
    assert "（盖章）" in page


def test_papers_of_dibao_and_zaozhuang(signed_in: Callable[[str], Client], world: None) -> None:
    from tests import world as place

    clerk, village = signed_in("township_clerk"), signed_in("village_officer")
    with town.day(TODAY):
        dibao = commands.open_case(
            town.TOWN, "hechi", "dibao-application", subject=place.FIRST,
            values={"applied_on": "2016-05-09", "consent": True, "kin_of_staff": False},
        )  # fmt: skip
        village_exit = commands.open_case(
            town.VILLAGE, "zaozhuang", "village-exit", subject=place.DINGFU,
            values={"applied_on": "2016-05-09"},
        )  # fmt: skip
    for client, case_id, pack, name in (
        (clerk, dibao, "hechi", "dibao-application"),
        (village, village_exit, "zaozhuang", "village-exit"),
    ):
        procedure = procedures(pack)[name]
        notices = [s for s in procedure.steps.values() if s.notice]
        assert notices
        for step in notices:
            assert step.notice is not None
            page = text(client.get(at(case_id, f"notice:{step.id}")))
            assert step.notice.title.zh in page
            assert f"{step.notice.span.days}" in page
        forms = [s for s in procedure.steps.values() if s.form]
        for step in forms:
            page = text(client.get(at(case_id, f"form:{step.id}")))
            assert procedure.forms[step.form].title.zh in page


def test_not_what_a_layout_prescribes_nor_anothers(
    signed_in: Callable[[str], Client], applicant: int
) -> None:
    clerk = signed_in("township_clerk")
    assert clerk.get(at(applicant, "form:nowhere")).status_code == 404
    made = town.batch()
    (exit_case,) = town.enrolled(made)
    assert clerk.get(at(exit_case, "form:verify")).status_code == 404  # that is annex 1
    assert clerk.get(at(exit_case, "notice:publish")).status_code == 404  # and that annex 2
    away = Client()
    away.force_login(world.user("elsewhere", "township_clerk", world.DISU))
    assert away.get(at(applicant, "form:survey")).status_code == 404
