"""Writes of the room: keeping files, taking one back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from bangfu import audit
from bangfu.access.scope import Scope
from bangfu.evidence import looking, problems, queries, scanning, store
from bangfu.evidence.models import Attachment, Content
from bangfu.kernel import clock

MOST = 20  # files at once


@dataclass(frozen=True)
class Given:
    """A file as it came: its name and content."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Said:
    """What the person says of the files where the camera did not."""

    place: str = ""
    taken_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None


def attach(
    scope: Scope, subject: str, region_code: str, files: Sequence[Given], *, step: str = "",
    piece: str = "", said: Said | None = None,
) -> list[Attachment]:  # fmt: skip
    """Keep `files` as proof of `subject`: all of them, or on a refusal none.

    Raises Problem `access.out_of_scope`, `evidence.*`.
    """
    scope.narrowed(region_code)
    if not files:
        raise problems.EMPTY(name="—")
    if len(files) > MOST:
        raise problems.TOO_MANY(limit=MOST, found=len(files))
    looked = []
    for file in files:
        name = _plain(file.name)
        scanning.scan(name, file.data)
        looked.append((name, file.data, looking.look(name, file.data)))
    said = said or Said()
    detail = {"step": step, "piece": piece, "files": len(files)}
    with audit.event(
        "evidence.added", actor=scope.actor, subject=subject,
        region_code=region_code, detail=detail,
    ) as event:  # fmt: skip
        kept = [
            _keep(scope, (subject, step, piece), region_code, one, said, event.id) for one in looked
        ]
        event.detail["sha256"] = [a.content_id for a in kept]
    return kept


def _keep(
    scope: Scope, where: tuple[str, str, str], region_code: str,
    one: tuple[str, bytes, looking.Seen], said: Said, event_id: int,
) -> Attachment:  # fmt: skip
    name, data, seen = one
    subject, step, piece = where
    content, _new = Content.objects.get_or_create(
        sha256=store.keep(data, seen.served, seen.thumb),
        defaults={
            "media": seen.media, "shown_media": seen.served_media, "size": len(data),
            "width": seen.width, "height": seen.height, "pages": seen.pages,
            "kept_at": clock.now(),
        },
    )  # fmt: skip
    again = queries.attached(scope, subject, step, piece).filter(content=content).first()
    if again is not None:  # sent twice: once is enough
        return again
    return Attachment.objects.create(
        content=content, region_code=region_code, subject=subject, step=step, piece=piece,
        name=name, place=said.place[:200], taken_at=seen.taken_at or said.taken_at,
        latitude=seen.latitude if seen.latitude is not None else said.latitude,
        longitude=seen.longitude if seen.longitude is not None else said.longitude,
        by=scope.username, at=clock.now(), event_id=event_id,
    )  # fmt: skip


def _plain(name: str) -> str:
    """A file's name without folders and control characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(c for c in last if c.isprintable())[:200] or "file"


def withdraw(scope: Scope, number: int, *, in_use: bool) -> Attachment:
    """Take a file back that no record names yet; the store keeps its content.

    Raises Problem `evidence.not_found`, `evidence.in_use`.
    """
    found = queries.attachment(scope, number)
    if in_use:
        raise problems.IN_USE(name=found.name)
    with audit.event(
        "evidence.withdrawn", actor=scope.actor,
        subject=found.subject, region_code=found.region_code,
        detail={"attachment": found.pk, "sha256": found.content_id},
    ):  # fmt: skip
        found.withdrawn_at, found.withdrawn_by = clock.now(), scope.username
        found.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return found


def viewed(scope: Scope, found: Attachment) -> None:
    """Write down that somebody opened a file."""
    with audit.event(
        "evidence.viewed", actor=scope.actor, subject=found.subject,
        region_code=found.region_code, detail={"attachment": found.pk},
    ):  # fmt: skip
        pass
