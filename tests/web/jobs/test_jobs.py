"""The page of one's tasks: progress, stopping, files, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from tests import world as made

if TYPE_CHECKING:
    from bangfu.access.models import User

pytestmark = pytest.mark.django_db


def job_of(user: User, **values: Any) -> Any:
    from bangfu.jobs.models import Job

    common = {"kind": "export.households", "title": "导出农户名单", "region_code": user.region_code}
    return Job.objects.create(user=user, **common | values)


def body(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_nothing_yet(clerk: Client) -> None:
    assert "没有后台任务" in body(clerk, "/jobs/")


def test_one_s_own_tasks_with_progress(clerk: Client, staff: dict[str, User]) -> None:
    mine = job_of(staff["township_clerk"], state="waiting", done=0, total=0)
    job_of(staff["county_office"], title="别人的任务")
    page = body(clerk, "/jobs/")
    assert "导出农户名单" in page
    assert "别人的任务" not in page
    line = body(clerk, f"/jobs/{mine.pk}/progress/")
    assert "every 1s" in line
    type(mine).objects.filter(pk=mine.pk).update(state="failed", problem={
        "code": "jobs.fault", "message": "后台任务意外中断", "advice": "请稍后重试"})  # fmt: skip
    line = body(clerk, f"/jobs/{mine.pk}/progress/")
    assert "请稍后重试" in line
    assert "every 1s" not in line


def test_a_dead_process_s_task_is_said_to_have_failed(
    clerk: Client, staff: dict[str, User]
) -> None:
    job_of(staff["township_clerk"], state="running", done=1, total=2)
    assert "任务所在的进程已中断" in body(clerk, "/jobs/")


def test_stopping(clerk: Client, staff: dict[str, User]) -> None:
    mine = job_of(staff["township_clerk"])
    assert clerk.post(f"/jobs/{mine.pk}/stop/").status_code == 302
    mine.refresh_from_db()
    assert mine.state == "stopped"


def test_the_file_is_for_whoever_asked(clerk: Client, staff: dict[str, User]) -> None:
    stored = default_storage.save("exports/test.xlsx", ContentFile(b"rows"))
    done = {"state": "done", "result": {"file": stored, "name": "名单.xlsx"}}
    mine, other = job_of(staff["township_clerk"], **done), job_of(staff["county_office"], **done)
    answer = clerk.get(f"/jobs/{mine.pk}/file/")
    assert b"".join(answer.streaming_content) == b"rows"
    assert "attachment" in answer["Content-Disposition"]
    for path in ("file/", "progress/"):
        assert clerk.get(f"/jobs/{other.pk}/{path}").status_code == 404
    assert clerk.post(f"/jobs/{other.pk}/stop/").status_code == 404
    default_storage.delete(stored)
    assert clerk.get(f"/jobs/{mine.pk}/file/").status_code in (404, 410)


def test_an_evaluation_of_the_region_is_seen_and_not_stopped_by_others(
    clerk: Client, staff: dict[str, User]
) -> None:
    shared = job_of(staff["county_office"], kind="evaluate", region_code=made.GAOLING)
    assert clerk.get(f"/jobs/{shared.pk}/progress/").status_code == 200
    assert clerk.post(f"/jobs/{shared.pk}/stop/").status_code == 404
