"""The pages of procedures, used as people use them: open, put in, act, be refused, decide many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from bangfu.procedures.models import Batch, Case, StepRecord
from tests import world
from tests.procedures import town

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_from_the_plan_to_the_village_in_the_browser(signed_in: Callable[[str], Client]) -> None:
    county, clerk = signed_in("county_office"), signed_in("township_clerk")
    with town.day(town.MAY):
        new = {"procedure": "hechi/household-exit", "year": "2016", "calendar": "first",
               "on": "2016-05-01", f"{world.GAOLING}-households": "3"}  # fmt: skip
        asked = county.get("/procedures/batches/new/?procedure=hechi/household-exit")
        assert "高岭镇" in text(asked)
        empty = county.post("/procedures/batches/new/", new | {f"{world.GAOLING}-households": ""})
        assert "没有填写计划" in text(empty)
        assert county.post("/procedures/batches/new/", new).status_code == 302
        batch = Batch.objects.get()
        assert world.FIRST in text(clerk.get(f"/procedures/batches/{batch.pk}/enrol/?ready=0"))
        put = clerk.post(f"/procedures/batches/{batch.pk}/enrol/", {"subject": [world.FIRST]})
        assert put.status_code == 302
        case = Case.objects.get()
        assert "可以办理" in text(clerk.get("/procedures/"))
        page = text(clerk.get(f"/procedures/cases/{case.pk}/"))
        assert "有住房保障" in page
        assert "验收人" in page
        form = _verification(case)
        bad = clerk.post(f"/procedures/cases/{case.pk}/act/", form | {"s-verifier": ["甲"]})
        assert bad.status_code == 422
        assert "缺少签名“验收人”：需 2 人，现有 1 人" in text(bad)
        assert 'value="3100"' in text(bad)  # what was filled in is still there
        assert clerk.post(f"/procedures/cases/{case.pk}/act/", form).status_code == 302
        late = clerk.post(f"/procedures/cases/{case.pk}/act/", form)
        assert late.status_code == 409
    case.refresh_from_db()
    assert case.step == "appraise"
    with town.day(date(2016, 8, 20)):
        above = text(county.get("/procedures/"))
        assert "下级逾期" in above
        board = text(county.get(f"/procedures/batches/{batch.pk}/"))
        assert "卡在" in board
        assert "村级评议" in board
    for path in ("/procedures/cases/export/", "/procedures/notices/export/"):
        assert county.get(path)["Content-Type"].startswith("application/vnd.openxml")


def _verification(case: Case) -> dict[str, Any]:
    found: dict[str, Any] = {
        "act": "done", "step": "verify", "on": "2016-05-10", "outcome": "listed",
        "seen": str(case.version), "f-visited_on": "2016-05-10", "f-net_income": "3100",
        "f-helper_present": "true", "f-absent": "false", "s-head": ["韦大明"],
        "s-helper": ["陈帮扶"], "s-verifier": ["甲", "乙"], "d-verifier": ["2016-05-10"] * 2,
    }  # fmt: skip
    for name in town.ITEMS:
        found |= {f"i-{name}": "met", f"r-{name}": "已核实"}
    return found


def test_the_county_decides_many_with_each_item(signed_in: Callable[[str], Client]) -> None:
    made = town.batch()
    (first,) = town.enrolled(made)
    town.to_county(first)
    county = signed_in("county_office")
    path = f"/procedures/batches/{made.pk}/decide/"
    with town.day(date(2016, 8, 20)):
        page = text(county.get(path + "?step=determine"))
        assert "有住房保障" in page
        form = {"act": "done", "step": "determine", "outcome": "approved", "on": "2016-08-20",
                "region": "", "case": [str(first)],
                f"seen-{first}": str(town.case(first).version)}  # fmt: skip
        told = county.post(path, form)
        assert "未逐项审核" in text(told)
        told = county.post(path, form | {"reviewed": "yes", f"x-{first}-road": "1"})
        assert "审核不同意“有路通村屯”" in text(told)
        assert county.post(path, form | {"reviewed": "yes"}).status_code == 302
    assert town.case(first).step == "announce"
    assert StepRecord.objects.filter(case_id=first, act="done").count() == 4


def test_pages_in_english(signed_in: Callable[[str], Client]) -> None:
    made = town.batch()
    (first,) = town.enrolled(made)
    clerk = signed_in("township_clerk")
    clerk.post("/language/", {"language": "en"})
    page = text(clerk.get(f"/procedures/cases/{first}/"))
    assert "Household verification" in page
    assert "Verifiers" in page
