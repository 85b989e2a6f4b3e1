"""The scored survey on the page and the comparison of a village: ticked, reckoned, put in order."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from bangfu import audit
from bangfu.policy.procedures.library import procedures
from bangfu.procedures import commands
from bangfu.procedures.models import Case, StepRecord
from tests import world
from tests.procedures import town
from tests.procedures.points import county_points

pytestmark = pytest.mark.django_db
__all__ = ["county_points"]
TODAY = date(2016, 5, 10)
SCORES = "/procedures/scores/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def applicants(world: None) -> list[int]:
    """Cases of three households that applied."""
    from tests import world as place

    numbers = [f"{place.DINGFU}00000{n}" for n in (7, 8, 9)]
    with audit.event("test.applicants", actor=place.ACTOR, region_code="45"):
        for n, number in enumerate(numbers):
            place.household(number, status="candidate")
            own = place.id_number(f"4527281966010112{n}")
            place.person(number, 1, f"罗阿{'甲乙丙'[n]}", own, relation="head")
    with town.day(TODAY):
        return [
            commands.open_case(
                town.VILLAGE, "hechi", "identification", subject=number,
                values={"applied_on": "2016-05-09", "grounds": "因病"},
            )
            for number in numbers
        ]  # fmt: skip


def survey(case_id: int, **answers: str) -> dict[str, Any]:
    """The survey of one household as the page sends it; by default the best answers."""
    form = procedures("hechi")["identification"].forms["survey"]
    assert form.scoring is not None
    best = {f.id: f.options[-1].value for f in form.fields if f.id in form.scoring.items}
    found: dict[str, Any] = {
        "act": "done", "step": "survey", "on": "2016-05-10", "outcome": "surveyed",
        "f-visited_on": "2016-05-10", "f-entered": "true", "f-cropland": "1.2",
        "f-net_income": "2100", "f-burden": "看病", "s-surveyor": ["甲", "乙"], "s-head": ["罗"],
        "seen": str(Case.objects.get(pk=case_id).version),
    }  # fmt: skip
    return found | {f"f-{k}": v for k, v in (best | answers).items()}


def photo(case_id: int) -> None:
    """A photo of the house waits as evidence of the case."""
    from bangfu.evidence.commands import Given, attach

    case = Case.objects.get(pk=case_id)
    with town.day(TODAY):
        given = [Given("房屋.jpg", town.picture())]
        attach(town.TOWN, f"case:{case_id}", case.region_code, given, step="survey", piece="house")


def surveyed(clerk: Client, case_id: int, **answers: str) -> Any:
    photo(case_id)
    with town.day(TODAY):
        return clerk.post(f"/procedures/cases/{case_id}/act/", survey(case_id, **answers))


def test_ticked_reckoned_and_compared(
    signed_in: Callable[[str], Client], county_points: None, applicants: list[int]
) -> None:
    clerk, first = signed_in("township_clerk"), applicants[0]
    with town.day(TODAY):
        page = text(clerk.get(f"/procedures/cases/{first}/"))
    assert 'name="f-house" value="dangerous" data-points="4.5"' in page
    assert "满分 100 分" in page
    assert "县级精准识别分数线 30" in page
    left = surveyed(clerk, first, house="")
    assert left.status_code == 422
    assert "未填“住房”" in text(left)
    with town.day(TODAY):
        typed = clerk.post(
            f"/procedures/cases/{first}/act/", survey(first, house="dangerous") | {"f-score": "99"}
        )
    assert typed.status_code == 302
    kept = StepRecord.objects.get(case_id=first, act="done").content["values"]
    assert kept["house"] == "dangerous"
    assert kept["score"] == "64.5"  # six items of ten and 4.5: what was typed counts for nothing
    poor = {
        "house": "none",
        "income": "below",
        "land": "none",
        "debts": "heavy",
        "services": "none",
    }
    assert surveyed(clerk, applicants[1], **poor).status_code == 302
    with town.day(TODAY):
        query = f"?procedure=hechi/identification&region={world.DINGFU}"
        listed = text(clerk.get(SCORES + query))
        numbers = [Case.objects.get(pk=n).subject for n in (applicants[1], first, applicants[2])]
        assert sorted(numbers, key=listed.index) == numbers  # poorest first, unsurveyed last
        assert "罗阿乙" not in listed
        turned = text(clerk.get(f"{SCORES}{query}&sort=-score"))
        assert turned.index(numbers[1]) < turned.index(numbers[0])
        sheet = load_workbook(io.BytesIO(clerk.get(f"{SCORES}export/{query}").content)).active
    assert sheet is not None
    rows = [list(r) for r in sheet.iter_rows(min_row=2, values_only=True)]
    head, body = rows[0], {r[1]: dict(zip(rows[0], r, strict=True)) for r in rows[1:]}
    assert head[:5] == ["名次", "对象", "户主", "所在地", "总分"]
    assert body[numbers[0]]["总分"] == 20
    assert body[numbers[0]]["分数线"] == "县级精准识别分数线"
    assert body[numbers[1]]["住房"] == "危房（4.5）"
    assert body[numbers[1]]["名次"] == 2
    assert body[numbers[2]]["总分"] is None


def test_until_the_county_sets_the_points_only_answers_count(
    signed_in: Callable[[str], Client], applicants: list[int]
) -> None:
    clerk, first = signed_in("township_clerk"), applicants[0]
    with town.day(TODAY):
        page = text(clerk.get(f"/procedures/cases/{first}/"))
    assert "分值由县（市、区）在参数中设定" in page
    assert 'data-points="' not in page
    assert surveyed(clerk, first).status_code == 302
    assert "score" not in StepRecord.objects.get(case_id=first, act="done").content["values"]
    with town.day(TODAY):
        listed = text(clerk.get(f"{SCORES}?procedure=hechi/identification"))
    assert "不计总分" in listed
    assert "稳固" in listed


def test_only_ones_own_region_and_only_scored_procedures(
    signed_in: Callable[[str], Client], applicants: list[int]
) -> None:
    clerk = signed_in("township_clerk")
    assert clerk.get(f"{SCORES}?procedure=hechi/complaint").status_code == 404
    assert clerk.get(f"{SCORES}?procedure=../x").status_code == 404
    away = clerk.get(f"{SCORES}?procedure=hechi/identification&region={world.DISU_VILLAGE}")
    assert away.status_code in (403, 404)
    empty = text(
        signed_in("village_officer").get(f"{SCORES}?procedure=hechi/identification&state=ended")
    )
    assert "没有可以比较的件" in empty


def test_a_villages_applicants_are_decided_together(
    signed_in: Callable[[str], Client], applicants: list[int]
) -> None:
    """Cases that stand alone: one meeting, one set of minutes, one notice for the village."""
    from bangfu.evidence.commands import Given, attach
    from bangfu.procedures.models import Notice

    clerk, village = signed_in("township_clerk"), signed_in("village_officer")
    for case_id in applicants:
        assert surveyed(clerk, case_id).status_code == 302
    together = "/procedures/cases/decide/?procedure=hechi/identification&step="
    with town.day(TODAY):
        listed = text(village.get("/procedures/cases/?procedure=identification&step=compare"))
        assert "/procedures/cases/decide/?procedure=hechi/identification" in listed
        page = text(village.get(together + "compare"))
        proof = f"group:hechi/identification:compare:{world.DINGFU}"
        assert proof in page
        assert "评议记录" in text(village.get("/evidence/panel/", {"subject": proof}))
        form: dict[str, Any] = {
            "act": "done", "step": "compare", "outcome": "proposed", "on": "2016-05-10",
            "f-house": "差", "f-income": "低", "f-assets": "少", "f-labour": "弱",
            "region": world.DINGFU, "case": [str(n) for n in applicants],
        }  # fmt: skip
        without = village.post(together + "compare", form)
        assert without.status_code == 422
        assert "缺少材料" in text(without)
        attach(town.VILLAGE, proof, world.DINGFU, [Given("记录.jpg", town.picture())],
               step="compare", piece="minutes")  # fmt: skip
        assert village.post(together + "compare", form).status_code == 302
        post = {"act": "post", "step": "first_notice", "on": "2016-05-10", "place": "公示栏",
                "region": world.DINGFU, "case": form["case"]}  # fmt: skip
        assert village.post(together + "first_notice", post).status_code == 302
    assert Notice.objects.get().cases == 3
    assert village.get(together + "survey").status_code == 404  # that is done one by one
    assert signed_in("inspector").get(together + "compare").status_code == 403
