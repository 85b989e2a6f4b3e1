"""The large Excel file of the household list, made by the worker with the same scope, filters
and columns as the page that asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from bangfu.access import Scope, scope_of
from bangfu.access.session import scoped
from bangfu.jobs import Progress, register
from bangfu.jobs.models import Job
from bangfu.kernel import clock
from bangfu.web.households import listing
from bangfu.web.language import CODES
from bangfu.web.listing import Column, opened_filters, workbook

KIND = "export.households"
CHUNK = 1000


def pieces(
    scope: Scope, query: QueryDict, progress: Progress | None = None
) -> Iterator[list[listing.Row]]:
    """The list's rows in its order, `CHUNK` at a time."""
    found = listing.found(scope, query)
    total = found.order_by().count() if progress else 0
    done, last = 0, ""
    while True:
        chunk = list(found.filter(household_no__gt=last).order_by("household_no")[:CHUNK])
        if not chunk:
            return
        yield listing.rows_of(scope, chunk)
        last = chunk[-1].household_no
        done += len(chunk)
        if progress:
            progress(done, total, _("正在生成名单"))


def table(
    scope: Scope, query: QueryDict, columns: list[Column], progress: Progress | None = None
) -> bytes:
    """The workbook's bytes."""
    rows = (
        [column.value(row) for column in columns]
        for piece in pieces(scope, query, progress)
        for row in piece
    )
    note = f"{scope.username} {clock.now():%Y-%m-%d %H:%M}"
    return workbook(_("农户名单"), [_(c.label) for c in columns], rows, note=note)


@register(KIND)
def run(job: Job, progress: Progress) -> dict[str, Any]:
    """The worker's part; the result names the stored file and what to call it."""
    assert job.user is not None
    scope = scope_of(job.user)
    columns = listing.HOUSEHOLDS.named(job.params["columns"])
    with translation.override(CODES[job.params.get("language", "zh")]), scoped(scope):
        content = table(scope, opened_filters(job.params["query"]), columns, progress)
        name = f"{_('农户名单')}-{clock.today():%Y%m%d}.xlsx"
    stored = default_storage.save(f"exports/{job.pk}.xlsx", ContentFile(content))
    return {"file": stored, "name": name, "bytes": len(content)}
