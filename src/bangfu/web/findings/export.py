"""Excel files of the findings lists: at once when small, by the worker when large, with the same
scope, filters and columns as the page that asked."""

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
from bangfu.web.findings.lists import LISTS, FindingList
from bangfu.web.language import CODES
from bangfu.web.listing import opened_filters, workbook

KIND = "export.findings"
CHUNK = 1000


def pieces(
    scope: Scope, found: FindingList, query: QueryDict, progress: Progress | None
) -> Iterator[list[Any]]:
    """The list's rows in its order, `CHUNK` at a time."""
    wanted = found.found(scope, query)
    total, done, last = found.total(scope, query) if progress else 0, 0, ""
    while True:
        chunk = list(wanted.filter(**{f"{found.key}__gt": last}).order_by(found.key)[:CHUNK])
        if not chunk:
            return
        yield found.rows(scope, chunk)
        last = getattr(chunk[-1], found.key)
        done += len(chunk)
        if progress:
            progress(done, total, _("正在生成名单"))


def table(
    scope: Scope, found: FindingList, query: QueryDict, names: list[str],
    progress: Progress | None = None,
) -> bytes:  # fmt: skip
    """The workbook's bytes."""
    columns = found.listing.named(names)
    rows = (
        [column.value(row) for column in columns]
        for piece in pieces(scope, found, query, progress)
        for row in piece
    )
    note = f"{scope.username} {clock.now():%Y-%m-%d %H:%M}"
    return workbook(_(found.title), [_(c.label) for c in columns], rows, note=note)


@register(KIND)
def run(job: Job, progress: Progress) -> dict[str, Any]:
    """The worker's part; the result names the stored file and what to call it."""
    assert job.user is not None
    scope = scope_of(job.user)
    found = LISTS[job.params["list"]]
    with translation.override(CODES[job.params.get("language", "zh")]), scoped(scope):
        query = opened_filters(job.params["query"])
        content = table(scope, found, query, job.params["columns"], progress)
        name = f"{_(found.title)}-{clock.today():%Y%m%d}.xlsx"
    stored = default_storage.save(f"exports/{job.pk}.xlsx", ContentFile(content))
    return {"file": stored, "name": name, "bytes": len(content)}
