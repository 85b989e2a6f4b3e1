"""The documents pages: what is offered to whom, files of one's own, printing, evidence served."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bangfu.audit.models import Event
from bangfu.documents import commands
from bangfu.evidence.models import Attachment
from bangfu.jobs import commands as jobs
from bangfu.jobs.models import Job
from bangfu.procedures.models import Notice
from bangfu.web.evidence import proofs
from tests import world
from tests.evidence.test_store import photo, scan
from tests.procedures import town

SignIn = Callable[[str], Client]


def test_offered_by_role(signed_in: SignIn) -> None:
    page = signed_in("township_clerk").get("/documents/").content.decode()
    assert "附件1 贫困户脱贫摘帽“双认定”验收表" in page
    assert "附件2 脱贫户名单公示" in page
    assert "附件7" in signed_in("county_office").get("/documents/").content.decode()
    department = signed_in("county_department").get("/documents/").content.decode()
    assert "附件1 " not in department  # names in full need the right to see them
    assert "附件2 " in department
    assert signed_in("administrator").get("/documents/").status_code == 403


def test_word_and_print_of_one_household(clerk: Client) -> None:
    query = {"document": "annex-1", "subject": world.FIRST, "year": "2016"}
    word = clerk.get("/documents/word/", query)
    assert word["Content-Type"].endswith("wordprocessingml.document")
    assert "attachment" in word["Content-Disposition"]
    form = docx.Document(io.BytesIO(word.content))
    assert any("韦大明" in p.text for p in form.paragraphs)
    page = clerk.get("/documents/print/", query).content.decode()
    assert "韦大明" in page
    assert "@page" in page
    foreign = clerk.get("/documents/word/", {**query, "subject": world.FOREIGN})
    assert foreign.status_code == 404
    assert Event.objects.filter(action="document.made").count() == 2


def test_file_is_made_and_is_ones_own(signed_in: SignIn, clerk: Client) -> None:
    asked = {"document": "annex-1", "region": world.GAOLING, "year": "2016"}
    back = clerk.post("/documents/make/", asked)
    assert back.status_code == 302
    job = Job.objects.get(kind=commands.KIND)
    assert "生成" in clerk.get("/documents/files/").content.decode()
    jobs.perform(job, reraise=True)
    assert "下载" in clerk.get("/documents/files/").content.decode()
    got = clerk.get(f"/documents/file/{job.pk}/")
    form = docx.Document(io.BytesIO(b"".join(got.streaming_content)))
    assert len(form.tables) == 2  # registered households of Gaoling; one is observed
    assert signed_in("county_office").get(f"/documents/file/{job.pk}/").status_code == 404
    assert clerk.post("/documents/make/", {**asked, "region": world.DISU}).status_code in (403, 404)


def _case() -> int:
    (case,) = town.enrolled(town.batch(), world.FIRST)
    return case


def test_evidence_of_a_case(signed_in: SignIn, clerk: Client) -> None:
    case = _case()
    panel = f"/evidence/panel/?subject=case:{case}"
    assert "村民小组证明" in clerk.get(panel).content.decode()
    sent = {"subject": f"case:{case}", "piece": "certificate", "next": "/jobs/",
            "file": SimpleUploadedFile("证明.jpg", photo(), "text/html")}  # fmt: skip
    answer = clerk.post("/evidence/attach/", sent, headers={"Accept": "application/json"})
    assert answer.json() == {"location": "/jobs/"}
    found = Attachment.objects.get()
    assert (found.step, found.piece, found.name) == ("verify", "certificate", "证明.jpg")
    page = clerk.get(panel).content.decode()
    assert "证明.jpg" in page
    shown = clerk.get(f"/evidence/{found.pk}/")
    assert shown["Content-Type"] == "image/jpeg"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown["Content-Security-Policy"]
    assert b"Planted" not in shown.content
    assert clerk.get(f"/evidence/{found.pk}/small/").status_code == 200
    assert Event.objects.filter(action="evidence.viewed").count() == 1
    assert signed_in("inspector").get(f"/evidence/{found.pk}/").status_code == 200
    assert proofs.waiting(town.TOWN, f"case:{case}", "verify") == (
        ("certificate", found.content_id),
    )
    offer = clerk.get("/documents/offer/", {"case": str(case)}).content.decode()
    assert "附件1" in offer
    assert f"subject={world.FIRST}" in offer
    other = Client()
    other.force_login(world.user("disu", "township_clerk", world.DISU))
    for path in (f"/evidence/{found.pk}/", f"/evidence/{found.pk}/small/", panel):
        assert other.get(path).status_code == 404
    assert other.post(f"/evidence/{found.pk}/withdraw/").status_code == 404


def test_wrong_file_is_told(clerk: Client) -> None:
    case = _case()
    sent = {"subject": f"case:{case}", "file": SimpleUploadedFile("a.jpg", b"MZ\0\0", "image/jpeg")}
    answer = clerk.post("/evidence/attach/", sent, headers={"Accept": "application/json"})
    assert answer.status_code == 415
    assert answer.json()["code"] == "evidence.wrong_kind"
    assert not Attachment.objects.exists()


def test_what_a_record_names_stays(clerk: Client) -> None:
    case = _case()
    for name in ("certificate", "study"):
        sent = {"subject": f"case:{case}", "piece": name,
                "file": SimpleUploadedFile(f"{name}.jpg", photo(), "image/jpeg")}  # fmt: skip
        clerk.post("/evidence/attach/", sent)
    kept = proofs.waiting(town.TOWN, f"case:{case}", "verify")
    values = {"visited_on": town.MAY.isoformat(), "net_income": "3100", "helper_present": "是",
              "absent": "是", "absent_note": "长期在外"}  # fmt: skip
    town.do(town.TOWN, case, town.verified(values=values, evidence=kept))
    used = Attachment.objects.first()
    assert used is not None
    assert proofs.waiting(town.TOWN, f"case:{case}", "verify") == ()
    answer = clerk.post(f"/evidence/{used.pk}/withdraw/")
    assert answer.status_code == 409
    used.refresh_from_db()
    assert used.withdrawn_at is None


@pytest.mark.parametrize(
    "subject",
    [
        "case:0",
        "case:x",
        "case:²",
        "case:99999999999999999999",
        "notice:1",
        "place:45",
        "",
        "group:1:2:3",
    ],
)
def test_nothing_there(clerk: Client, subject: str) -> None:
    assert clerk.get("/evidence/panel/", {"subject": subject}).status_code in (403, 404)


def test_notice_shows_its_proof_and_takes_its_names_down(clerk: Client) -> None:
    case = _case()
    town.to_notice(case)
    notice = Notice.objects.get()
    path = f"/evidence/notice/{notice.pk}/"
    with town.day(notice.ends_on):
        assert "韦*明" in clerk.get(path).content.decode()
        assert path in clerk.get(f"/procedures/cases/{case}/").content.decode()
        assert "还没有照片" in clerk.get("/procedures/notices/").content.decode()
        sent = {"subject": f"notice:{notice.pk}", "piece": "posting", "place": "村委会公告栏",
                "file": SimpleUploadedFile("张贴.jpg", photo(), "image/jpeg")}  # fmt: skip
        for wrong in (
            {"place": " "},
            {"taken_at": "2016-07-31T10:00"},
            {"taken_at": "2099-01-01T10:00"},
        ):
            file = SimpleUploadedFile("张贴.jpg", photo(), "image/jpeg")
            answer = clerk.post("/evidence/attach/", sent | wrong | {"file": file})
            assert answer.status_code == 422
            assert "张贴证明不完整" in answer.content.decode()
        clerk.post("/evidence/attach/", sent)
        assert "有照片" in clerk.get("/procedures/notices/").content.decode()
    proof = Attachment.objects.get(piece="posting")
    assert proof.place == "村委会公告栏"
    assert proof.taken_at is not None
    assert proof.latitude is not None
    with town.day(notice.ends_on + timedelta(days=1), hour=0):
        page = clerk.get(path).content.decode()
    assert "名单已撤下" in page
    assert "韦*明" not in page
    other = Client()
    other.force_login(world.user("disu", "township_clerk", world.DISU))
    assert other.get(path).status_code == 404


def test_minutes_of_a_village_serve_all_its_cases(signed_in: SignIn) -> None:
    """Attached once to the group, named by each record, seen on each case, kept for good."""
    made = town.batch()
    cases = town.enrolled(made, world.FIRST)
    town.do(town.TOWN, cases[0], town.verified())
    officer = signed_in("village_officer")
    subject = f"group:{made.pk}:appraise:{world.DINGFU}"
    assert "会议记录" in officer.get("/evidence/panel/", {"subject": subject}).content.decode()
    sent = {"subject": subject, "piece": "minutes",
            "file": SimpleUploadedFile("记录.pdf", scan(), "application/pdf")}  # fmt: skip
    officer.post("/evidence/attach/", sent)
    kept = proofs.waiting(town.VILLAGE, subject, "appraise")
    assert [piece for piece, _sha in kept] == ["minutes"]
    on = date(2016, 7, 1)
    town.do(town.VILLAGE, cases[0], town.appraised(on, evidence=kept))
    assert proofs.waiting(town.VILLAGE, subject, "appraise") == ()
    look = {"subject": f"case:{cases[0]}", "look": "1"}
    assert "记录.pdf" in officer.get("/evidence/panel/", look).content.decode()
    found = Attachment.objects.get(name="记录.pdf")
    shown = officer.get(f"/evidence/{found.pk}/")
    assert shown["Content-Type"] == "application/pdf"
    assert shown["Content-Disposition"].startswith("attachment")
    assert officer.post(f"/evidence/{found.pk}/withdraw/").status_code == 409


@pytest.mark.parametrize(
    "query",
    ["batch=²", "batch=99999999999999999999", "year=²", "year=9999999999", "document=..%2F..",
     "region=abc", "subject=%27", "phone=" + "9" * 500, "pack=nothing"],
)  # fmt: skip
def test_hostile_addresses_are_refused_plainly(clerk: Client, query: str) -> None:
    for path in ("/documents/", "/documents/word/", "/documents/print/", "/documents/files/",
                 "/documents/offer/"):  # fmt: skip
        assert clerk.get(f"{path}?document=annex-1&{query}").status_code < 500, path
