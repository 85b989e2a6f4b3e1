"""Reads of the room."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from bangfu.access.scope import Scope
from bangfu.evidence import problems, store
from bangfu.evidence.models import Attachment


def attached(
    scope: Scope, subject: str, step: str = "", piece: str = ""
) -> QuerySet[Attachment]:  # fmt: skip
    """What proves something of `subject`, oldest first; withdrawn files left out."""
    found = Attachment.objects.filter(
        scope.q("region_code"), subject=subject, withdrawn_at=None
    ).select_related("content")
    if step:
        found = found.filter(step=step)
    return found.filter(piece=piece) if piece else found


def by_hash(scope: Scope, hashes: Iterable[str]) -> QuerySet[Attachment]:
    """Attachments of the scope with these contents, oldest first; withdrawn ones left out."""
    return Attachment.objects.filter(
        scope.q("region_code"), content__in=list(hashes), withdrawn_at=None
    ).select_related("content")


def attachment(scope: Scope, number: int) -> Attachment:
    """One attachment. Raises Problem `evidence.not_found` outside the scope."""
    found = (
        Attachment.objects.filter(scope.q("region_code"), pk=number)
        .select_related("content")
        .first()
    )
    if found is None:
        raise problems.NOT_FOUND(file=number)
    return found


def shown(scope: Scope, number: int) -> tuple[Attachment, bytes]:
    """What may be served of one. Raises Problem `evidence.not_found`, `evidence.lost`."""
    found = attachment(scope, number)
    return found, store.read(found.content_id, store.SHOWN)


def small(scope: Scope, number: int) -> bytes:
    """Its thumbnail, a JPEG. Raises as `shown`."""
    return store.read(attachment(scope, number).content_id, store.SMALL)
