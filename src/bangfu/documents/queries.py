"""Reads of the room: what can be made, and what was."""

from __future__ import annotations

from dataclasses import dataclass

from bangfu.access.scope import Scope
from bangfu.documents import commands
from bangfu.findings import packs
from bangfu.jobs import queries as jobs
from bangfu.jobs.models import Job
from bangfu.policy.documents import definition as d
from bangfu.policy.documents.checking import load


@dataclass(frozen=True)
class Made:
    """A file that was made or is being made."""

    job: Job
    there: bool


def offered(scope: Scope, pack: str, procedure: str = "", step: str = "") -> list[d.Document]:
    """Documents of a pack that this person may make, in order of number: all, or those of a
    procedure, or those that belong to one of its steps."""
    found = [
        document
        for document in load(packs.get(pack)).values()
        if (not procedure or document.procedure == procedure)
        and (not step or step in document.steps)
        and (document.personal == "masked" or scope.has("household.reveal"))
        and (document.about != "county" or len(scope.region_code) <= 6)
    ]
    return sorted(found, key=lambda x: x.id)


def made(scope: Scope, batch: int | None = None, limit: int = 50) -> list[Made]:
    """One's own files, newest first; of one batch where it is named."""
    found = jobs.jobs(scope, commands.KIND).order_by("-pk")
    if batch:
        found = found.filter(params__wanted__batch=batch)
    return [
        Made(job, job.state == "done" and commands.path(job.pk).exists()) for job in found[:limit]
    ]
