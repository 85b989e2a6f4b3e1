"""Checking that nobody altered, removed or inserted an event or a row change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count

from bangfu.audit import checks
from bangfu.audit.events import DIGEST_SQL, content_of, event_hash


@dataclass(frozen=True)
class ChainReport:
    """How many events were checked, and the first fault found (None when the chain holds)."""

    checked: int
    fault: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the chain holds."""
        return self.fault is None


def verify(progress: Callable[[int, int], None] | None = None) -> ChainReport:
    """Walk the chain from its first link; digests of row changes are recomputed too.

    Must see everything: not inside `access.session.scoped`. `progress(done, total)`.
    """
    from bangfu.audit.models import Change, Event  # apps are loaded only after this module is

    total = Event.objects.count()
    counted: dict[int, int] = dict(Change.objects.values_list("event_id").annotate(n=Count("id")))
    prev, number = "", 0
    for row in Event.objects.order_by("chain_no").iterator(chunk_size=2000):
        number += 1
        if row.chain_no != number:
            return ChainReport(number - 1, f"第 {number} 号事件缺失（下一条为 {row.chain_no}）")
        content = content_of(
            id=row.id, chain_no=row.chain_no, at=row.at, actor=row.actor, role=row.role,
            action=row.action, subject=row.subject, region_code=row.region_code,
            source=row.source, detail=row.detail, changes=row.changes,
            change_digest=row.change_digest,
        )  # fmt: skip
        if row.prev_hash != prev or row.hash != event_hash(prev, content):
            return ChainReport(number - 1, f"第 {number} 号事件的内容与其摘要不符")
        found = _digest(row.id) if counted.pop(row.id, 0) else (0, "")
        if found != (row.changes, row.change_digest):
            return ChainReport(number - 1, f"第 {number} 号事件下的数据变更记录被改动")
        prev = row.hash
        if progress and number % 500 == 0:
            progress(number, total)
    return ChainReport(number, _fault_at_end(number, prev, counted) or checks.first_fault())


def _fault_at_end(number: int, last_hash: str, left: dict[int, int]) -> str | None:
    from bangfu.audit.models import Head

    head = Head.objects.filter(pk=1).first()
    if (head.chain_no, head.hash) != (number, last_hash) if head else number:
        return f"第 {number} 号事件之后的记录缺失（链尾应为第 {head.chain_no if head else '—'} 号）"
    if left:
        return f"有 {sum(left.values())} 条数据变更记录不属于任何事件"
    return None


def _digest(event_id: int) -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(DIGEST_SQL, [event_id])
        count, digest = cursor.fetchone()
    return int(count), str(digest)
