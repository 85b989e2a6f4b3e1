"""Runs on pages: history, starting with a confirmation, progress, stopping, what went wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from bangfu.findings import commands, loading
from bangfu.findings.models import Run
from bangfu.jobs.commands import perform
from tests.findings import town

SignIn = Callable[[str], Client]
HTMX = {"HX-Request": "true"}


def test_without_runs_the_page_says_what_a_run_does(clerk: Client) -> None:
    page = clerk.get("/runs/").content.decode()
    assert "还没有评估" in page
    assert "发起评估" in page


def test_a_clerk_starts_follows_and_reads_a_run(judged: Run, clerk: Client) -> None:
    form = clerk.get("/runs/start/", headers=HTMX).content.decode()
    assert "确认并开始" in form
    assert 'name="as_of"' not in form
    answer = clerk.post("/runs/start/", headers=HTMX)
    run = Run.objects.latest("id")
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/runs/{run.pk}/")
    assert run.started_by == "township_clerk"
    page = clerk.get(f"/runs/{run.pk}/").content.decode()
    assert f'hx-get="/runs/{run.pk}/progress/"' in page
    assert "取消评估" in page
    fragment = clerk.get(f"/runs/{run.pk}/progress/", headers=HTMX)
    assert "HX-Refresh" not in fragment
    assert run.job is not None
    perform(run.job, reraise=True)
    assert clerk.get(f"/runs/{run.pk}/progress/", headers=HTMX)["HX-Refresh"] == "true"
    run.refresh_from_db()
    page = clerk.get(f"/runs/{run.pk}/").content.decode()
    for shown in (run.pack_hash, run.snapshot_digest, run.digest, "HC3-C-19", "当前结果"):
        assert shown in page
    listed = clerk.get("/runs/?state=superseded").content.decode()
    assert f"/runs/{judged.pk}/" in listed
    assert f"/runs/{run.pk}/" not in listed


def test_the_city_chooses_period_and_day(judged: Run, signed_in: SignIn) -> None:
    city = signed_in("city_office")
    assert 'name="as_of"' in city.get("/runs/start/").content.decode()
    refused = city.post(
        "/runs/start/", {"pack": "hechi", "period": "2016-12", "as_of": "2015-01-01"}
    )
    assert "policy.as_of_outside_pack" not in refused.content.decode()
    assert "施行期" in refused.content.decode()
    refused = city.post("/runs/start/", {"pack": "hechi", "period": "1-2", "as_of": "2016-12-31"})
    assert "应写作 2016-12" in refused.content.decode()
    city.post("/runs/start/", {"pack": "hechi", "period": "2016-06", "as_of": "2016-06-30"})
    run = Run.objects.latest("id")
    assert (run.period, str(run.as_of)) == ("2016-06", "2016-06-30")


def test_a_second_start_is_refused_in_the_form(judged: Run, clerk: Client) -> None:
    clerk.post("/runs/start/")
    answer = clerk.post("/runs/start/", headers=HTMX)
    assert answer.status_code == 200
    assert "已有一次评估正在进行" in answer.content.decode()
    assert Run.objects.count() == 2


def test_stopping_keeps_the_old_findings(judged: Run, clerk: Client) -> None:
    clerk.post("/runs/start/")
    run = Run.objects.latest("id")
    clerk.post(f"/runs/{run.pk}/stop/")
    run.refresh_from_db()
    assert run.state == "stopped"
    assert "已取消" in clerk.get(f"/runs/{run.pk}/").content.decode()
    judged.refresh_from_db()
    assert judged.is_current


def test_a_failed_run_says_why_and_what_to_do(
    judged: Run, clerk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_a: object) -> None:
        raise OSError(28, "No space left on device")

    clerk.post("/runs/start/")
    run = Run.objects.latest("id")
    monkeypatch.setattr(loading, "_copy", full)
    assert run.job is not None
    perform(run.job)
    page = clerk.get(f"/runs/{run.pk}/").content.decode()
    assert "findings.disk_full" in page
    assert "磁盘" in page
    judged.refresh_from_db()
    assert judged.is_current


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("village_officer", 403),
        ("county_department", 200),
        ("inspector", 200),
        ("administrator", 200),
    ],
)
def test_who_may_see_runs(judged: Run, signed_in: SignIn, role: str, status: int) -> None:
    client = signed_in(role)
    assert client.get("/runs/").status_code == status
    assert client.get(f"/runs/{judged.pk}/").status_code == status


def test_a_department_sees_no_sums_in_a_run(judged: Run, signed_in: SignIn) -> None:
    page = signed_in("county_department").get(f"/runs/{judged.pk}/").content.decode()
    assert "HC2-E-129" in page
    assert "HC3-C-19" not in page
    assert "有应享受政策" not in page


@pytest.mark.parametrize("role", ["inspector", "county_department", "village_officer"])
def test_who_may_not_start_or_stop(judged: Run, signed_in: SignIn, role: str) -> None:
    client = signed_in(role)
    assert client.post("/runs/start/").status_code == 403
    assert client.post(f"/runs/{judged.pk}/stop/").status_code == 403
    assert client.post(f"/runs/{judged.pk}/reload/").status_code == 403


def test_the_city_brings_an_older_run_back(judged: Run, signed_in: SignIn) -> None:
    commands.start(town.system(), now=True)
    city = signed_in("city_office")
    assert "恢复为当前结果" in city.get(f"/runs/{judged.pk}/").content.decode()
    city.post(f"/runs/{judged.pk}/reload/")
    judged.refresh_from_db()
    assert judged.job is not None
    perform(judged.job, reraise=True)
    judged.refresh_from_db()
    assert judged.is_current
