"""Cases that stand alone, begun in the browser: whom, which paper, and every refusal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from bangfu import audit
from bangfu.procedures.models import Case, StepRecord
from bangfu.procedures.verifying import verify
from tests import world
from tests.procedures import town

pytestmark = pytest.mark.django_db
NEW = "/procedures/new/"
TODAY = date(2016, 5, 10)
CANDIDATE = f"{world.DINGFU}000009"


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def candidate(world: None) -> str:
    """A household that may apply."""
    from tests import world as place

    with audit.event("test.candidate", actor=place.ACTOR, region_code="45"):
        place.household(CANDIDATE, status="candidate")
        number = place.id_number("45272819660101123")
        place.person(CANDIDATE, 1, "罗阿福", number, relation="head")
    return CANDIDATE


def test_the_county_begins_a_complaint(signed_in: Callable[[str], Client]) -> None:
    county = signed_in("county_office")
    with town.day(TODAY):
        assert "投诉举报办理" in text(county.get(NEW))
        asked = text(county.get(f"{NEW}?procedure=hechi/complaint"))
        assert "反映内容" in asked
        assert "系统认定" not in asked  # no indicators where the paper has none
        form = {"procedure": "hechi/complaint", "title": "来信反映名额", "region": world.GAOLING,
                "on": "2016-05-10", "f-received_on": "2016-05-09", "f-channel": "letter",
                "f-topic": "cadre", "f-content": "反映村干部"}  # fmt: skip
        high = county.post(NEW, form | {"region": ""})
        assert high.status_code == 422
        assert "地区要选到乡镇" in text(high)
        assert 'value="来信反映名额"' in text(high)  # what was filled in is still there
        assert "标题要写明" in text(county.post(NEW, form | {"title": " "}))
        assert "不在辖区" in text(county.post(NEW, form | {"region": "451221101"}))
        assert "未填“反映内容”" in text(county.post(NEW, form | {"f-content": ""}))
        assert "晚于今天" in text(county.post(NEW, form | {"on": "2016-05-11"}))
        assert not Case.objects.exists()
        assert county.post(NEW, form).status_code == 302
        case = Case.objects.get()
        shown = text(county.get(f"/procedures/cases/{case.pk}/"))
    assert (case.title, case.region_code, case.step) == ("来信反映名额", world.GAOLING, "accept")
    assert "来信" in shown
    assert "反映村干部" not in shown  # personal: sealed, shown masked
    kept = StepRecord.objects.get().content["values"]
    assert kept["channel"] == "letter"
    assert set(kept["content"]) == {"sealed"}
    assert verify() is None


def test_a_village_begins_identification_from_the_households_page(
    signed_in: Callable[[str], Client], candidate: str
) -> None:
    village = signed_in("village_officer")
    with town.day(TODAY):
        assert f"{NEW}?subject={candidate}" in text(village.get(f"/households/{candidate}/"))
        assert "贫困户精准识别" in text(village.get(f"{NEW}?subject={candidate}"))
        registered = text(village.get(f"{NEW}?subject={world.FIRST}"))
        assert "不符合纳入条件" in registered
        found = text(village.get(f"{NEW}?procedure=hechi/identification&q=罗阿福"))
        assert candidate in found
        assert "罗阿福" not in found.replace('value="罗阿福"', "")  # names are masked
        listed = text(village.get(f"{NEW}?procedure=hechi/identification"))
        assert world.FIRST not in listed  # it is registered already
        form = {"procedure": "hechi/identification", "subject": candidate, "on": "2016-05-10",
                "f-applied_on": "2016-05-08", "f-grounds": "因病致贫"}  # fmt: skip
        assert village.post(NEW, form).status_code == 302
        again = village.post(NEW, form)
        assert again.status_code == 422
        assert "已在办理中" in text(again)
        chosen = text(village.get(f"{NEW}?procedure=hechi/identification&subject={candidate}"))
        assert "看在办的件" in chosen
        other = village.post(NEW, form | {"subject": world.FOREIGN})
        assert "不在您的辖区" in text(other)
    case = Case.objects.get()
    assert case.step == "survey"
    assert "因病致贫" in text(village.get(f"/procedures/cases/{case.pk}/"))


def test_only_who_the_procedure_names(signed_in: Callable[[str], Client], candidate: str) -> None:
    clerk = signed_in("township_clerk")
    offered = text(clerk.get(NEW))
    assert "低保" in offered
    assert "贫困户精准识别" not in offered  # that is the village's to begin
    form = {"procedure": "hechi/identification", "subject": candidate, "f-grounds": "因病"}
    clerk.post(NEW, form)
    assert signed_in("inspector").get(NEW).status_code == 403
    assert not Case.objects.exists()


def test_a_person_and_a_place(signed_in: Callable[[str], Client]) -> None:
    county = signed_in("county_office")
    with town.day(TODAY):
        found = text(county.get(f"{NEW}?procedure=hechi/medical-one-stop&q={world.FIRST}"))
        assert f"{world.FIRST}01" in found
        form = {"procedure": "hechi/medical-one-stop", "subject": f"{world.FIRST}02",
                "on": "2016-05-10", "f-hospital": "县医院", "f-admitted_on": "2016-05-10",
                "f-diagnosis": "肺炎"}  # fmt: skip
        assert county.post(NEW, form).status_code == 302
        scheme = {"procedure": "hechi/relocation-scheme", "subject": world.DUAN}
        page = text(county.get(f"{NEW}?procedure=hechi/relocation-scheme"))
        assert "都安瑶族自治县" in page
        assert county.post(NEW, scheme | {"on": "2016-05-10"}).status_code == 302
    assert set(Case.objects.values_list("subject", flat=True)) == {f"{world.FIRST}02", world.DUAN}


def test_in_english(signed_in: Callable[[str], Client]) -> None:
    county = signed_in("county_office")
    county.post("/language/", {"language": "en"})
    assert "Handling of a complaint" in text(county.get(NEW))
    assert "Begin the case" in text(county.get(f"{NEW}?procedure=hechi/complaint"))
