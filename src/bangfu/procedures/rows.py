"""Records as rows and back, and the hash that chains the records of a case."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

from bangfu.kernel import clock
from bangfu.policy.procedures.trail import Action, Attached, Judged, Record, Signed
from bangfu.procedures.models import Case, StepRecord

COLUMNS = ("case_id", "seq", "act", "step", "outcome", "to_step", "on", "at", "by", "role",
           "actor_region", "late", "content")  # fmt: skip


def content_of(action: Action) -> dict[str, Any]:
    """What an act brought, as JSON that comes back from the database the same."""
    found = {
        "values": dict(action.values),
        "items": {k: [j.outcome, j.reason, j.engine, j.engine_reason]
                  for k, j in action.items.items()},
        "review": dict(action.review),
        "evidence": [[a.piece, a.sha256] for a in action.evidence],
        "signatures": [[s.party, s.signer, s.on.isoformat()] for s in action.signatures],
        "reason": action.reason,
        "ref": action.ref,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def row_of(case: Case, record: Record, event_id: int) -> StepRecord:
    """The row of a record that follows `case.last_hash`."""
    action = record.action
    row = StepRecord(
        case_id=case.pk, region_code=case.region_code, seq=record.seq, act=action.act,
        step=action.step, outcome=action.outcome, to_step=action.to, on=action.on, at=record.at,
        by=record.by, role=record.role, actor_region=record.region, late=record.late,
        content=content_of(action), event_id=event_id, prev_hash=case.last_hash,
    )  # fmt: skip
    row.hash = hash_of(row)
    return row


def hash_of(row: StepRecord) -> str:
    """What `row.hash` must be."""
    covered = [
        row.case_id, row.region_code, row.seq, row.act, row.step, row.outcome, row.to_step,
        row.on.isoformat(), row.at.astimezone(clock.SHANGHAI).isoformat(timespec="microseconds"),
        row.by, row.role, row.actor_region, row.late, row.content, row.event_id,
    ]  # fmt: skip
    body = json.dumps(covered, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((row.prev_hash + body).encode()).hexdigest()


def digest(hashes: Iterable[str]) -> str:
    """What an audit event keeps of its records: one digest of their hashes, in order."""
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


_KEPT = ("case_id", "region_code", "seq", "act", "step", "outcome", "to_step", "on", "at", "by",
         "role", "actor_region", "late", "content", "event_id", "prev_hash", "hash")  # fmt: skip
_INSERT = f"""
INSERT INTO procedures_steprecord ({", ".join(f'"{name}"' for name in _KEPT)})
SELECT {", ".join(f'v."{name}"' for name in _KEPT)}
FROM json_populate_recordset(NULL::procedures_steprecord, %s::json) v ORDER BY v.case_id, v.seq
RETURNING id, case_id, seq
"""


def insert(records: Sequence[StepRecord]) -> None:
    """Write new records and give them their ids, in one statement: the text of the whole is made
    once, where an insert of the ORM adapts every value of every row by itself."""
    if not records:
        return
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [as_json({n: getattr(r, n) for n in _KEPT} for r in records)])
        ids = {(case, seq): pk for pk, case, seq in cursor.fetchall()}
    for record in records:
        record.pk = ids[record.case_id, record.seq]
        record._state.adding, record._state.db = False, connection.alias


def as_json(rows: Iterable[dict[str, Any]]) -> str:
    """Rows for json_populate_recordset or json_to_recordset; days and moments in ISO."""
    return json.dumps(list(rows), ensure_ascii=False, default=lambda day: day.isoformat())


def record_of(values: tuple[Any, ...]) -> tuple[int, Record]:
    """(case id, record) of a row's COLUMNS."""
    case_id, seq, act, step, outcome, to, on, at, by, role, region, late, content = values
    action = Action(
        act, step, on, outcome, to,
        values=content.get("values", {}),
        items={k: Judged(*v) for k, v in content.get("items", {}).items()},
        review=content.get("review", {}),
        evidence=tuple(Attached(*a) for a in content.get("evidence", ())),
        signatures=tuple(
            Signed(p, s, date.fromisoformat(d)) for p, s, d in content.get("signatures", ())
        ),
        reason=content.get("reason", ""), ref=content.get("ref", 0),
    )  # fmt: skip
    return case_id, Record(seq, action, at, by, role, region, late)


def trails(case_ids: Iterable[int]) -> dict[int, list[Record]]:
    """Records of each case, in order."""
    found: dict[int, list[Record]] = {}
    rows = StepRecord.objects.filter(case_id__in=list(case_ids)).order_by("case_id", "seq")
    for values in rows.values_list(*COLUMNS):
        case_id, record = record_of(values)
        found.setdefault(case_id, []).append(record)
    return found


def moment(at: datetime) -> str:
    """A moment as people read it."""
    return at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M")


def write_hashes(records: list[StepRecord]) -> None:
    """Put the hash of a first record into its case."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procedures_case c SET last_hash = v.hash"
            " FROM unnest(%s::bigint[], %s::text[]) AS v(id, hash) WHERE c.id = v.id",
            [[r.case_id for r in records], [r.hash for r in records]],
        )
