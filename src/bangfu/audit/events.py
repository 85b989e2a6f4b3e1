"""Opening an event: the only door through which protected tables can be written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from bangfu.audit.actor import Actor
from bangfu.kernel import clock

# Appending to the chain is serialised with this advisory lock, taken only at the end
# of an event so that long imports do not hold up other people's events.
CHAIN_LOCK = 0x62616E67

# Parts stand apart (E'\x1f'), so that nothing can be moved from one to its neighbour.
DIGEST_SQL = r"""
SELECT count(*), coalesce(encode(sha256(string_agg(
         sha256(convert_to(concat_ws(E'\x1f', entity, op, key, region_code,
                                     extract(epoch FROM at)::text, coalesce(before::text, '-'),
                                     coalesce(after::text, '-')), 'UTF8')),
         ''::bytea ORDER BY id)), 'hex'), '')
FROM audit_change WHERE event_id = %s
"""
_APPEND = """
INSERT INTO audit_event (id, chain_no, at, actor, role, action, subject, region_code, source,
                         detail, changes, change_digest, prev_hash, hash)
VALUES (%(id)s, %(chain_no)s, %(at)s, %(actor)s, %(role)s, %(action)s, %(subject)s,
        %(region_code)s, %(source)s, %(detail)s, %(changes)s, %(change_digest)s,
        %(prev_hash)s, %(hash)s)
"""
# The end of the chain stands apart, so that removing the newest events shows.
_HEAD = """
INSERT INTO audit_head (id, chain_no, hash) VALUES (1, %(chain_no)s, %(hash)s)
ON CONFLICT (id) DO UPDATE SET chain_no = excluded.chain_no, hash = excluded.hash
"""


@dataclass
class OpenEvent:
    """An event under way: `detail` may be filled until it closes."""

    id: int
    action: str
    detail: dict[str, Any] = field(default_factory=dict)


def event_hash(prev_hash: str, content: dict[str, Any]) -> str:
    """Hash of one link: the previous hash and the event's canonical JSON."""
    body = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((prev_hash + body).encode()).hexdigest()


def content_of(
    *,
    id: int,
    chain_no: int,
    at: datetime,
    actor: str,
    role: str,
    action: str,
    subject: str,
    region_code: str,
    source: str,
    detail: dict[str, Any],
    changes: int,
    change_digest: str,
) -> dict[str, Any]:
    """What a link's hash covers, as plain JSON values."""
    return {
        "id": id,
        "chain_no": chain_no,
        "at": at.astimezone(clock.SHANGHAI).isoformat(timespec="microseconds"),
        "actor": actor,
        "role": role,
        "action": action,
        "subject": subject,
        "region_code": region_code,
        "source": source,
        "detail": detail,
        "changes": changes,
        "change_digest": change_digest,
    }


@contextmanager
def event(
    action: str,
    *,
    actor: Actor,
    subject: str = "",
    region_code: str = "",
    detail: dict[str, Any] | None = None,
    source: str = "",
) -> Iterator[OpenEvent]:
    """One transaction, one act: writes inside are kept under this event or not at all.

    `action` is a word of the shared list (`household.corrected`); `source` says where the
    data came from (file name, form). Events may nest; the inner one owns its own rows.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval('audit_event_no'), coalesce(current_setting('bangfu.event_id', true), '')"
        )
        event_id, outer = cursor.fetchone()
        cursor.execute("SELECT set_config('bangfu.event_id', %s, true)", [str(event_id)])
        opened = OpenEvent(event_id, action, dict(detail or {}))
        yield opened
        cursor.execute("SELECT set_config('bangfu.event_id', %s, true)", [outer])
        cursor.execute(DIGEST_SQL, [event_id])
        changes, digest = cursor.fetchone()
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
        cursor.execute("SELECT chain_no, hash FROM audit_event ORDER BY chain_no DESC LIMIT 1")
        last_no, last_hash = cursor.fetchone() or (0, "")
        content = content_of(
            id=event_id,
            chain_no=last_no + 1,
            at=clock.now(),
            actor=_text(actor.username, 150),
            role=_text(actor.role, 32),
            action=action,
            subject=_text(subject, 120),
            region_code=region_code,
            source=_text(source, 200),
            detail=_plain(opened.detail),
            changes=changes,
            change_digest=digest,
        )
        row = {**content, "prev_hash": last_hash, "hash": event_hash(last_hash, content)}
        row["detail"] = json.dumps(content["detail"], ensure_ascii=False)
        cursor.execute(_APPEND, row)
        cursor.execute(_HEAD, row)


def _text(value: str, limit: int) -> str:
    """What people typed, as the table can hold it: a long file name must not stop an import."""
    return value.replace("\0", "\ufffd")[:limit]


def _plain(detail: dict[str, Any]) -> dict[str, Any]:
    """`detail` as JSON that comes back from the database the same, number for number."""
    text = json.dumps(detail, ensure_ascii=False, default=str).replace("\\u0000", "\ufffd")
    found: dict[str, Any] = json.loads(text, parse_float=_number, parse_constant=str)
    return found


def _number(text: str) -> float | str:
    # JSONB writes 1e+16 as 10000000000000000, which would come back an integer.
    return text if "e" in text else float(text)
