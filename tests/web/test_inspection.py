"""The pages of inspection, used as people use them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from python_calamine import CalamineWorkbook

from bangfu.access.models import User
from bangfu.audit.models import Event
from bangfu.inspection.models import Finding, Order, Plan
from bangfu.kernel import clock
from bangfu.procedures.models import Batch
from tests import world
from tests.inspection import small
from tests.procedures import town

pytestmark = pytest.mark.django_db
Sign = Callable[[str], Client]


def text(answer: Any) -> str:
    return str(answer.content.decode())


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("照片.jpg", town.picture(), "image/jpeg")


def filled(**changes: Any) -> dict[str, Any]:
    form: dict[str, Any] = {f"i-{i}": "met" for i in town.ITEMS}
    form |= {"f-met_person": "head", "on": clock.today().isoformat(), "result": "sound"}
    return form | changes


def test_from_the_sample_to_the_accepted_order(signed_in: Sign) -> None:
    small.cases()
    inspector, clerk = signed_in("inspector"), signed_in("township_clerk")
    today = clock.today()
    form = {"batch": Batch.objects.get().pk, "title": "全市抽查", "kind": "spot_check",
            "method": "each", "number": "1", "per": "township", "after": "", "seed": "7",
            "starts_on": today.isoformat(), "ends_on": today.isoformat()}  # fmt: skip
    assert "贫困户脱贫摘帽" in text(inspector.get("/inspection/new/"))
    assert inspector.post("/inspection/new/", form | {"number": "0"}).status_code == 422
    assert inspector.post("/inspection/new/", form).status_code == 302
    plan = Plan.objects.get()
    page = text(inspector.get(f"/inspection/plans/{plan.pk}/?redraw=1"))
    assert "重抽结果与记录一致" in page
    assert "全市抽查" in text(inspector.get("/inspection/"))
    pool = text(inspector.get(f"/inspection/plans/{plan.pk}/pool/")).split("\n")
    assert len(pool) == plan.among == 3
    mine = plan.sample.get(region_code__startswith=world.GAOLING)
    where = f"/inspection/checks/{mine.pk}/"
    assert mine.subject in text(inspector.get("/inspection/checks/"))
    assert "有住房保障" in text(inspector.get(where))
    bad = inspector.post(where, filled(result="problem"))
    assert bad.status_code == 422
    assert "须写明情况" in text(bad)
    wrong = filled(result="problem", text="房屋漏雨", file=photo(), **{"i-housing": "not_met"})
    assert inspector.post(where, wrong).status_code == 302
    found = Finding.objects.get()
    assert len(found.evidence) == 1
    assert "房屋漏雨" in text(inspector.get("/inspection/findings/?result=problem"))
    assert inspector.get("/inspection/findings/export/").content[:2] == b"PK"
    assert "房屋漏雨" in text(clerk.get(f"/inspection/findings/{found.pk}/"))
    due = (today + timedelta(days=9)).isoformat()
    ask = {"duty": "township", "text": "修房", "due_on": due}
    assert inspector.post(f"/inspection/findings/{found.pk}/order/", ask).status_code == 302
    order = Order.objects.get()
    where = f"/inspection/orders/{order.pk}/"
    assert "修房" in text(clerk.get("/inspection/orders/?state=open"))
    assert "提交答复" in text(clerk.get(where))
    assert clerk.post(f"{where}answer/", {"text": "修好了", "seen": "1"}).status_code == 422
    done = {"text": "修好了", "seen": "1", "file": photo()}
    assert clerk.post(f"{where}answer/", done).status_code == 302
    assert inspector.post(f"{where}judge/", {"verdict": "back", "seen": "2"}).status_code == 422
    assert inspector.post(f"{where}judge/", {"verdict": "accept", "seen": "2"}).status_code == 302
    assert "验收通过" in text(inspector.get(where))
    assert clerk.get("/inspection/orders/export/").content[:2] == b"PK"


def test_who_answers_is_a_page_to_print(signed_in: Sign) -> None:
    (case_id, *_rest) = small.cases()
    town.to_county(case_id)
    page = text(signed_in("inspector").get(f"/inspection/responsible/{case_id}/"))
    assert "谁认定、谁审核、谁负责" in page
    assert "乡镇" in page
    assert page.count("2016-08-05") >= 1
    assert "韦大明" not in page


def test_one_of_the_team_sees_the_sample_and_nothing_else(signed_in: Sign) -> None:
    small.cases()
    plan, other = small.plan(), small.plan(seed="other", number=100)
    user = small.engage(plan)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    team = Client()
    team.force_login(user)
    assert team.get("/").url == "/inspection/checks/"
    page = text(team.get("/inspection/checks/"))
    mine = plan.sample.earliest("position")
    assert mine.subject in page
    where = f"/inspection/checks/{mine.pk}/"
    assert "原认定" not in text(team.get(where))
    assert team.post(where, filled(file=photo())).status_code == 302
    again = text(team.get(where))
    (number,) = [w for w in again.split('"') if w.startswith("/inspection/checks/photo/")][:1]
    assert team.get(number).status_code == 200
    foreign = other.sample.exclude(case__in=plan.sample.values("case")).get()
    for path, status in (
        (f"/inspection/checks/{foreign.pk}/", 404), ("/inspection/checks/photo/999/", 404),
        (f"/households/{world.FIRST}/", 403), ("/procedures/", 403), ("/inspection/", 403),
        ("/inspection/findings/", 403), ("/evidence/1/", 403),
    ):  # fmt: skip
        assert team.get(path).status_code == status, path
        kept = Event.objects.latest("chain_no")
        assert (kept.action, kept.actor, kept.source) == ("access.refused", "team1", path)
    small.over(user)
    late = team.get("/inspection/checks/")
    assert late.status_code == 403
    assert "临时授权" in text(late)


def test_a_team_is_engaged_and_dismissed_on_the_page(signed_in: Sign) -> None:
    small.cases()
    plan, inspector = small.plan(), signed_in("inspector")
    where = f"/inspection/plans/{plan.pk}/team/"
    today = clock.today().isoformat()
    form = {"username": "team9", "display_name": "评估员", "password": small.PASSWORD,
            "starts_on": today, "ends_on": today}  # fmt: skip
    assert inspector.post(where, form | {"password": "1"}).status_code == 422
    assert inspector.post(where, form).status_code == 302
    user = User.objects.get(username="team9")
    assert "team9" in text(inspector.get(f"/inspection/plans/{plan.pk}/"))
    assert inspector.post(f"{where}{user.grants.get().pk}/").status_code == 302
    assert user.grants.get().state == "revoked"


def test_every_list_narrows_sorts_and_is_a_file(signed_in: Sign) -> None:
    found = small.inspected()
    inspector = signed_in("inspector")
    plan = Plan.objects.get(pk=found["plan_id"])
    assert plan.title in text(inspector.get("/inspection/?kind=third_party&q=抽&sort=-drawn"))
    for nothing in ("kind=supervision", "q=没有这个", f"region={world.DUAN}&kind=spot_check"):
        assert "还没有督查抽查" in text(inspector.get(f"/inspection/?{nothing}")), nothing
    where = f"/inspection/plans/{plan.pk}/"
    subject = plan.sample.get().subject
    assert subject in text(inspector.get(f"{where}?result=problem&sort=-subject"))
    assert "没有符合条件的件" in text(inspector.get(f"{where}?result=todo"))
    assert "没有待核查的件" in text(inspector.get("/inspection/checks/"))
    assert subject in text(inspector.get(f"/inspection/checks/?result=all&plan={plan.pk}"))
    for path, holds in (
        ("/inspection/export/?kind=third_party", plan.title), (f"{where}export/", subject),
        ("/inspection/checks/export/?result=problem", subject),
        ("/inspection/findings/export/?sort=by", subject), ("/inspection/orders/export/", subject),
    ):  # fmt: skip
        answer = inspector.get(path)
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
        rows = book.get_sheet_by_index(0).to_python()
        assert len(rows) == 3, path
        assert holds in rows[2], path
    kept = Event.objects.filter(action="inspection.exported").count()
    assert kept == 5


def test_the_team_takes_a_list_of_its_sample_only(signed_in: Sign) -> None:
    small.cases()
    plan = small.plan()
    small.plan(seed="other", number=100)
    user = small.engage(plan)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    team = Client()
    team.force_login(user)
    answer = team.get("/inspection/checks/export/")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0)
    taken = {row[0] for row in rows.to_python()[2:]}
    assert taken == set(plan.sample.values_list("subject", flat=True))
    assert team.get(f"/inspection/plans/{plan.pk}/export/").status_code == 403
