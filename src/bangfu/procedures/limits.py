"""How many days before a deadline a case is "coming", and how many after it the levels above are
told: each procedure says so itself (`remind_days`, `escalate_days`), as the text that the case
goes by has it."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from django.db.models import Q

from bangfu.procedures.models import Definition


@lru_cache(maxsize=4096)
def _days(hash_: str) -> tuple[int, int]:
    """(remind, escalate) of a kept text, which nothing can alter."""
    content = Definition.objects.get(hash=hash_).content
    return content.remind_days, content.escalate_days


def _by_days(position: int) -> dict[int, list[int]]:
    """Ids of definitions by their number of days."""
    found: dict[int, list[int]] = {}
    for pk, hash_ in Definition.objects.values_list("pk", "hash"):
        found.setdefault(_days(hash_)[position], []).append(pk)
    return found


def soon(today: date) -> Q:
    """Cases whose deadline is near enough to be told of, today's and past ones included."""
    near = Q(pk__in=[])
    for days, definitions in _by_days(0).items():
        near |= Q(definition_id__in=definitions, due_on__lte=today + timedelta(days=days))
    return near


def escalated(today: date) -> Q:
    """Cases so long overdue that the levels above are told."""
    late = Q(pk__in=[])
    for days, definitions in _by_days(1).items():
        late |= Q(definition_id__in=definitions, due_on__lt=today - timedelta(days=days))
    return late
