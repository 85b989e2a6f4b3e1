"""Hashes of what the room records, and their comparison with the audit chain and the lot.
Part of `bangfu audit verify`; must see everything.
"""

from __future__ import annotations

import hashlib
import json

from bangfu.audit.models import Event
from bangfu.inspection.models import Finding, Order, OrderRecord, Plan
from bangfu.kernel import clock


def hash_of(row: Finding | OrderRecord) -> str:
    """What `row.hash` must be: over every column but the number and the hash itself."""
    covered = {}
    for field in row._meta.concrete_fields:
        if field.name not in ("id", "hash"):
            value = getattr(row, field.attname)
            if field.name == "at":
                value = value.astimezone(clock.SHANGHAI).isoformat(timespec="microseconds")
            covered[field.attname] = value
    text = json.dumps(covered, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def verify() -> str | None:
    """The first fault found, in Chinese; None when all is well."""
    from bangfu.inspection.planning import redrawn

    for plan in Plan.objects.iterator(chunk_size=20):
        told = Event.objects.filter(pk=plan.event_id).values_list("detail", flat=True).first() or {}
        if told.get("pool") != plan.pool_digest or not redrawn(plan):
            return f"督查抽查 {plan.pk} 的样本与种子、审计链不符"
    written: list[Finding | OrderRecord] = [
        *Finding.objects.iterator(),
        *OrderRecord.objects.iterator(),
    ]
    for row in written:
        kept = Event.objects.filter(pk=row.event_id).values_list("detail", flat=True).first() or {}
        if row.hash != hash_of(row) or kept.get("hash") != row.hash:
            return f"督查记录 {row._meta.model_name} {row.pk} 被改动"
    for order in Order.objects.iterator():
        last = OrderRecord.objects.filter(order=order).last()
        if last is None or (last.seq, STATES[last.act]) != (order.version, order.state):
            return f"整改通知 {order.pk} 的状态与记录不符"
    return None


STATES = {"issue": "open", "back": "open", "answer": "answered", "accept": "accepted"}
