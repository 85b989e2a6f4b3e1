"""The list of one's tasks, the progress line that pages poll, stopping, downloading."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.jobs import commands, queries
from bangfu.jobs.models import Job
from bangfu.registry import paging
from bangfu.web import problems
from bangfu.web.http import page, route


@route("home.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """My tasks, newest first."""
    commands.fail_abandoned()
    found = paging.paged(
        queries.jobs(scope).filter(user=scope.user_id), key="id", sort="-created_at",
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    return page(request, "jobs/list.html", {"page": found})


def _fragment(request: HttpRequest, job: Job) -> HttpResponse:
    return page(request, "jobs/_job.html", {"job": job})


@route("home.view")
def progress(request: HttpRequest, scope: Scope, job_id: int) -> HttpResponse:
    """One task's row, polled while it is open."""
    return _fragment(request, queries.job(scope, job_id))


@route("home.view", methods=("POST",))
def stop(request: HttpRequest, scope: Scope, job_id: int) -> HttpResponse:
    """Ask one of my tasks to stop."""
    job = _mine(scope, job_id)
    commands.stop(scope, job)
    messages.success(request, _("已要求取消任务。"))
    return redirect("jobs:list")


def _mine(scope: Scope, job_id: int) -> Job:
    job = queries.job(scope, job_id)
    if job.user_id != scope.user_id:
        raise problems.NOT_FOUND()
    return job


@route("home.view")
def download(_request: HttpRequest, scope: Scope, job_id: int) -> Any:
    """The file that a task of mine made."""
    job = _mine(scope, job_id)
    stored = job.result.get("file", "")
    if not stored or not default_storage.exists(stored):
        raise problems.FILE_GONE()
    response = FileResponse(default_storage.open(stored), as_attachment=True)
    name = quote(str(job.result.get("name", "bangfu.xlsx")))
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response
