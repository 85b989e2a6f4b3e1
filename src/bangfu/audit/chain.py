"""Checking that nobody altered, removed or inserted an event or a row change."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

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


def verify() -> ChainReport:
    """Walk the chain from its first link; digests of row changes are recomputed too."""
    from bangfu.audit.models import Event  # apps are loaded only after this module is

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
        if row.changes and (row.changes, row.change_digest) != _digest(row.id):
            return ChainReport(number - 1, f"第 {number} 号事件下的数据变更记录被改动")
        prev = row.hash
    return ChainReport(number)


def _digest(event_id: int) -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(DIGEST_SQL, [event_id])
        count, digest = cursor.fetchone()
    return int(count), str(digest)
