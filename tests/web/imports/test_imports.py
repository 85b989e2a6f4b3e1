"""The import pages as a township clerk uses them, jobs included."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from bangfu.collect.models import Batch
from bangfu.jobs import commands as jobs
from bangfu.jobs.models import Job
from bangfu.registry.models import Household
from tests import world
from tests.collect.files import NEW_HOME, csv, head, home, xlsx

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def give(client: Client, *files: tuple[str, bytes], **form: Any) -> Any:
    """Post the upload form as the page's script does."""
    return client.post(
        "/imports/new/",
        {"file": [SimpleUploadedFile(n, c) for n, c in files], "year": "2016", **form},
        headers={"Accept": "application/json"},
    )


def work() -> None:
    """What the worker would do."""
    for job in Job.objects.filter(state="waiting").order_by("pk"):
        jobs.perform(job)


def uploaded(client: Client, *files: tuple[str, bytes]) -> str:
    """Address of a batch that has been checked."""
    answer = give(client, *files)
    assert answer.status_code == 200, answer.content
    work()
    return str(answer.json()["location"])


def test_empty_list_says_what_to_do(clerk: Client) -> None:
    page = clerk.get("/imports/").content.decode()
    assert "还没有导入过数据" in page
    assert 'href="/imports/new/"' in page


def test_upload_check_confirm_and_undo(clerk: Client) -> None:
    form = clerk.get("/imports/new/").content.decode()
    assert "高岭镇" in form
    assert "multiple" in form
    book = xlsx([home(), home(world.FIRST, cause_main="因残")], [head()])
    answer = give(clerk, ("定福村.xlsx", book))
    where = answer.json()["location"]
    waiting = clerk.get(where).content.decode()
    assert f"{where}live/" in waiting
    work()
    assert clerk.get(f"{where}live/", headers=HTMX)["HX-Refresh"] == "true"

    page = clerk.get(where).content.decode()
    assert "待确认" in page
    assert "因病" in page
    assert "因残" in page
    assert "韦国强" not in page  # masked
    assert "确认导入" in page
    assert clerk.post(f"{where}apply/").status_code == 302
    assert not Household.objects.filter(pk=NEW_HOME).exists()
    work()
    assert Household.objects.filter(pk=NEW_HOME).exists()
    page = clerk.get(where).content.decode()
    assert "已写入登记库" in page

    dialog = clerk.get(f"{where}undo/", headers=HTMX).content.decode()
    assert "将删除" in dialog
    answer = clerk.post(f"{where}undo/", {"reason": "年度选错"}, headers=HTMX)
    assert answer["HX-Redirect"] == where
    work()
    assert not Household.objects.filter(pk=NEW_HOME).exists()
    assert "已撤销" in clerk.get("/imports/").content.decode()


def test_refused_rows_are_listed_filtered_and_come_back(clerk: Client) -> None:
    where = uploaded(
        clerk,
        ("h.csv", csv("household", [home(), home(f"{world.DINGFU}000010", dwelling_area=-5)])),
    )
    page = clerk.get(where).content.decode()
    assert "第 3 行" in page
    assert "应在 0 至 2,000 之间" in page
    assert "只导入通过校验的行" in page
    some = clerk.get(f"{where}rows/?code=out_of_range", headers=HTMX).content.decode()
    assert "第 3 行" in some
    none = clerk.get(f"{where}rows/?entity=person", headers=HTMX).content.decode()
    assert "没有符合条件的行" in none
    answer = clerk.get(f"{where}marked/")
    assert "attachment" in answer["Content-Disposition"]
    assert "错误" in b"".join(answer.streaming_content).decode("utf-8-sig")

    answer = clerk.post(f"{where}apply/", headers=HTMX)  # without the tick
    assert answer.status_code == 409
    assert "未通过校验" in answer.content.decode()
    clerk.post(f"{where}apply/", {"only_valid": "yes"})
    work()
    assert Household.objects.filter(pk=NEW_HOME).exists()
    assert not Household.objects.filter(pk=f"{world.DINGFU}000010").exists()


def test_cancel(clerk: Client) -> None:
    where = uploaded(clerk, ("a.xlsx", xlsx([home()])))
    assert clerk.post(f"{where}cancel/").status_code == 302
    page = clerk.get(where).content.decode()
    assert "已取消" in page
    assert "确认导入" not in page
    work()
    assert Batch.objects.get().swept_at is not None


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", b"", "collect.damaged"), ("a.pdf", b"%PDF", "collect.wrong_kind"),
        ("a.xlsx", xlsx([home()])[:-300], None), ("a.csv", b"\0\0", "collect.wrong_kind"),
    ],
)  # fmt: skip
def test_bad_files_are_told(clerk: Client, name: str, content: bytes, code: str | None) -> None:
    answer = give(clerk, (name, content))
    if code:
        assert answer.json()["code"] == code
        assert answer.status_code in (415, 422)
        assert not Batch.objects.exists()
        return
    work()
    page = clerk.get(answer.json()["location"]).content.decode()
    assert "损坏" in page
    assert "collect.damaged" in page


def test_without_script_the_form_tells_too(clerk: Client) -> None:
    answer = clerk.post("/imports/new/", {"year": "2016"})
    assert "没有选择文件" in answer.content.decode()
    answer = clerk.post(
        "/imports/new/", {"file": SimpleUploadedFile("a.xlsx", xlsx([home()])), "year": "1999"}
    )
    assert "年度" in answer.content.decode()


def test_template(clerk: Client) -> None:
    content = b"".join([clerk.get("/imports/template/").content])
    assert load_workbook(io.BytesIO(content)).sheetnames[:2] == ["户信息", "人员信息"]


def test_list_filters(clerk: Client) -> None:
    where = uploaded(clerk, ("定福村.xlsx", xlsx([home()])))
    assert where in clerk.get("/imports/?text=定福").content.decode()
    assert where in clerk.get("/imports/?state=staged").content.decode()
    page = clerk.get("/imports/?state=applied").content.decode()
    assert where not in page
    assert "没有符合条件的批次" in page


def test_who_may(clerk: Client, signed_in: Callable[[str], Client]) -> None:
    where = uploaded(clerk, ("a.xlsx", xlsx([home(dwelling_area=-1)])))
    assert signed_in("village_officer").get("/imports/").status_code == 403
    inspector = signed_in("inspector")
    page = inspector.get(where).content.decode()
    assert "批次" in page
    assert "标注错误的文件" not in page
    assert inspector.get(f"{where}marked/").status_code == 403
    assert inspector.post(f"{where}apply/").status_code == 403
    assert inspector.get("/imports/new/").status_code == 403


def test_another_township_sees_nothing(clerk: Client) -> None:
    where = uploaded(clerk, ("a.xlsx", xlsx([home(dwelling_area=-1)])))
    other = Client()
    other.force_login(world.user("disu", "township_clerk", world.DISU))
    assert other.get(where).status_code == 404
    assert other.get(f"{where}marked/").status_code == 404
    assert other.post(f"{where}apply/").status_code == 404
    assert where not in other.get("/imports/").content.decode()


def test_busy_batches_are_left_alone(clerk: Client) -> None:
    where = uploaded(clerk, ("a.xlsx", xlsx([home()])))
    clerk.post(f"{where}apply/")
    for action in ("apply", "cancel"):
        answer = clerk.post(f"{where}{action}/", headers=HTMX)
        assert answer.status_code == 409, action


def test_english(clerk: Client) -> None:
    clerk.cookies["bangfu_language"] = "en"
    where = uploaded(clerk, ("a.xlsx", xlsx([home(dwelling_area=-1)])))
    page = clerk.get(where).content.decode()
    assert "Refused" in page
    assert "Dwelling area" in page
