"""The room's jobs. They run as the owner of the tables, so the scope of whoever asked is
checked here and in every command, not by the database."""

from __future__ import annotations

from typing import Any

from bangfu.access.scope import Scope, scope_of, system_scope
from bangfu.collect import commands
from bangfu.jobs import Progress, register
from bangfu.jobs.models import Job


def _scope(job: Job) -> Scope:
    return scope_of(job.user) if job.user else system_scope(job.region_code)


@register("import.check")
def check(job: Job, progress: Progress) -> dict[str, Any]:
    """Read, validate and stage a batch."""
    commands.sweep()
    batch = commands.check(_scope(job), job.params["batch"], progress)
    return {"batch": batch.pk, "counts": batch.counts}


@register("import.apply")
def apply(job: Job, progress: Progress) -> dict[str, Any]:
    """Write a staged batch."""
    batch = commands.apply(
        _scope(job), job.params["batch"], progress, only_valid=job.params.get("only_valid", False)
    )
    return {"batch": batch.pk, "event": batch.event_id}


@register("import.undo")
def undo(job: Job, progress: Progress) -> dict[str, Any]:
    """Take an applied batch back."""
    batch = commands.undo(_scope(job), job.params["batch"], job.params["reason"], progress)
    return {"batch": batch.pk, "event": batch.undo_event_id}


@register("import.sweep")
def sweep(job: Job, progress: Progress) -> dict[str, Any]:
    """Remove what is due."""
    _ = job, progress
    return {"cleared": commands.sweep()}
