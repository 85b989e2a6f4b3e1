"""Reads of the room."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from bangfu.access import problems
from bangfu.access.scope import Scope
from bangfu.jobs.models import Job


def jobs(scope: Scope, kind: str = "") -> QuerySet[Job]:
    """Jobs one may see: one's own, and those of one's region for people who may see runs."""
    mine = Q(user_id=scope.user_id)
    if scope.has("run.view"):
        mine |= scope.q("region_code") & Q(kind="evaluate")
    found = Job.objects.filter(mine).select_related("user")
    return found.filter(kind=kind) if kind else found


def job(scope: Scope, job_id: int) -> Job:
    """One job. Raises Problem `access.out_of_scope`."""
    found = jobs(scope).filter(pk=job_id).first()
    if found is None:
        raise problems.OUT_OF_SCOPE(subject=job_id)
    return found
