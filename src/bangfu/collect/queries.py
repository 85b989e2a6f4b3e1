"""Reads of the room: batches of one's region, their refused rows, what undoing would do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO

from django.db.models import QuerySet

from bangfu.access import crypto, mask
from bangfu.access.scope import Scope
from bangfu.collect import headers, problems, rules, storage
from bangfu.collect.models import Batch, RowIssue
from bangfu.collect.workbench import text_of
from bangfu.dictionary import entity
from bangfu.jobs.models import Job
from bangfu.kernel import clock
from bangfu.registry.undo import UndoPreview
from bangfu.registry.undo import preview as registry_preview

_LONGEST = timedelta(hours=6)


def batches(scope: Scope, state: str = "", text: str = "", mine: bool = False) -> QuerySet[Batch]:
    """Batches of the scope's region, newest first."""
    found = Batch.objects.filter(scope.q("region_code"))
    if state:
        found = found.filter(state=state)
    if text:
        found = found.filter(files__icontains=text) | found.filter(username__icontains=text)
    return found.filter(username=scope.username) if mine else found


def batch(scope: Scope, batch_id: int) -> Batch:
    """One batch. Raises Problem `collect.batch_not_found` (404) outside the scope."""
    found = Batch.objects.filter(scope.q("region_code"), pk=batch_id).first()
    if found is None:
        raise problems.BATCH_NOT_FOUND(batch=batch_id)
    settle(found)
    return found


def job_of(found: Batch) -> Job | None:
    """The job that last worked on the batch."""
    return Job.objects.filter(pk=found.job_id).first() if found.job_id else None


def settle(found: Batch) -> None:
    """A batch whose checking ended without a word (killed, stopped) is failed, and says so."""
    if found.state != "checking":
        return
    job = job_of(found)
    if job is None and clock.now() - found.created_at < _LONGEST:
        return  # checked at the command line, which keeps no job
    if job is not None and (job.is_open or job.state == "done"):
        return
    told = problems.INTERRUPTED()
    found.state, found.ended_at = "failed", clock.now()
    found.problem = {
        "code": told.code,
        "zh": [told.message("zh"), told.advice("zh")],
        "en": [told.message("en"), told.advice("en")],
    }
    Batch.objects.filter(pk=found.pk, state="checking").update(
        state="failed", ended_at=found.ended_at, problem=found.problem
    )


@dataclass(frozen=True)
class Fault:
    """One fault of one row, in words. `value` is masked where it is personal."""

    field: str
    zh: str
    value: str
    text: str
    advice: str
    warning: bool


@dataclass(frozen=True)
class RefusedRow:
    """A refused (or doubtful) row with its faults."""

    id: int
    sheet: str
    row_no: int
    entity: str
    key: str
    level: str
    faults: tuple[Fault, ...]


def issues(
    scope: Scope, found: Batch, *, level: str = "", entity_name: str = "", code: str = ""
) -> QuerySet[RowIssue]:
    """Rows of a batch that were refused or warned about, by level, entity and fault."""
    rows = RowIssue.objects.filter(scope.q("region_code"), batch=found)
    if level:
        rows = rows.filter(level=level)
    if entity_name:
        rows = rows.filter(entity=entity_name)
    return rows.filter(codes__contains=[code]) if code else rows


def issues_of(found: Batch) -> QuerySet[RowIssue]:
    """The refused rows of a batch one already holds."""
    return RowIssue.objects.filter(batch=found, level="error")


def opened(issue: RowIssue) -> RefusedRow:
    """A row's faults unsealed, personal values masked."""
    faults: list[dict[str, str]] = json.loads(crypto.unseal(issue.sealed) or "[]")
    return RefusedRow(
        issue.pk, issue.sheet.rpartition("：")[2], issue.row_no, issue.entity, issue.key, issue.level,
        tuple(_fault(issue.entity, f) for f in faults),
    )  # fmt: skip


def _fault(name: str, raw: dict[str, str]) -> Fault:
    field = entity(name).fields.get(raw["field"])
    value = raw["value"].removeprefix("\x01")
    if field is not None:
        value = mask(field.name, value) if field.pii else text_of(field, value or None)
    return Fault(
        raw["field"], headers.label(name, raw["field"]), value,
        rules.message(raw["code"], name, raw["field"], raw["note"]), rules.advice(raw["code"]),
        rules.every()[raw["code"]].level == "warning",
    )  # fmt: skip


def summary(found: Batch) -> list[dict[str, Any]]:
    """Faults by kind, most frequent first, in words."""
    return [
        {**line, "zh": headers.label(line["entity"], line["field"]),
         "text": rules.message(line["code"], line["entity"], line["field"], "…")}
        for line in found.summary
    ]  # fmt: skip


def marked_file(scope: Scope, batch_id: int) -> tuple[str, str, BinaryIO]:
    """(name, kind, content) of the marked file. Raises Problem when there is none any more."""
    found = batch(scope, batch_id)
    path = storage.root() / found.folder / "marked.file"
    if not found.marked or not path.exists():
        raise problems.EXPIRED()
    stem = str(found.files[0]["name"]).rpartition(".")[0] if found.files else "import"
    return f"{stem}-错误标注.{found.marked}", found.marked, storage.read(path)


def undo_preview(scope: Scope, found: Batch) -> UndoPreview:
    """What undoing an applied batch would put back. Raises Problem."""
    if found.event_id is None:
        raise problems.WRONG_STATE(batch=found.pk, state=found.get_state_display(), action="撤销")
    return registry_preview(scope, found.event_id)


def default_year() -> int:
    """The registration year an import belongs to unless said otherwise: the newest recorded."""
    from bangfu.registry.queries import latest_year

    return latest_year() or clock.today().year
