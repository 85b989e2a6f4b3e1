"""The room's job."""

from __future__ import annotations

from typing import Any

from bangfu.access.scope import scope_of, system_scope
from bangfu.access.session import scoped
from bangfu.documents import commands
from bangfu.documents.finding import Wanted
from bangfu.jobs import Progress, register
from bangfu.jobs.models import Job


@register(commands.KIND)
def make(job: Job, progress: Progress) -> dict[str, Any]:
    """Make the papers a person asked for, with that person's scope."""
    scope = scope_of(job.user) if job.user else system_scope(job.region_code)
    with scoped(scope):
        return commands.make(scope, Wanted(**job.params["wanted"]), commands.path(job.pk), progress)
