"""Comparing the records of every case with their own chain, with the audit chain, and with
where the case is said to stand. Part of `bangfu audit verify`; must see everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from django.db import connection

from bangfu.policy.procedures.trail import BadTrail, fold
from bangfu.procedures import rows
from bangfu.procedures.models import Case, Definition, StepRecord

# The digest an event keeps is over the hashes of its records, in the order of the cases.
_BY_EVENT = """
SELECT coalesce(e.id, r.event_id)
FROM (SELECT event_id, encode(sha256(convert_to(
               string_agg(hash, '' ORDER BY case_id, seq), 'UTF8')), 'hex') AS found
      FROM procedures_steprecord GROUP BY event_id) r
FULL JOIN (SELECT id, detail->>'records' AS kept FROM audit_event
           WHERE detail ? 'records') e ON e.id = r.event_id
WHERE r.found IS DISTINCT FROM e.kept
ORDER BY 1 LIMIT 1
"""


def verify() -> str | None:
    """The first fault found, in Chinese; None when every case holds."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_EVENT)
        odd = cursor.fetchone()
    if odd:
        return f"事件 {odd[0]} 下的流程记录与审计链不符"
    definitions = {d.pk: d.content for d in Definition.objects.all()}
    cases = {c.pk: c for c in Case.objects.iterator(chunk_size=5000)}
    for case_id, records in _by_case():
        case = cases.pop(case_id)
        fault = _case(case, records)
        if fault is None and (case.origin_id or 0) != records[0].content.get("ref", 0):
            fault = "来源的流程件与记录不符"
        if fault is None:
            try:
                state = fold(
                    definitions[case.definition_id],
                    (rows.record_of(_values(r))[1] for r in records),
                )
            except BadTrail as bad:
                fault = f"第 {bad.seq} 条记录不合程序"
            else:
                if (state.step, state.ended, state.seq) != (case.step, case.ended, case.version):
                    fault = "所在步骤与记录不符"
        if fault:
            return f"流程件 {case_id}（{case.subject}）{fault}"
    if cases:
        return f"流程件 {next(iter(cases))} 没有任何记录"
    return None


def _by_case() -> Iterator[tuple[int, list[StepRecord]]]:
    found = StepRecord.objects.order_by("case_id", "seq").iterator(chunk_size=5000)
    for case_id, records in groupby(found, key=lambda r: r.case_id):
        yield case_id, list(records)


def _values(record: StepRecord) -> tuple[object, ...]:
    return tuple(getattr(record, name) for name in rows.COLUMNS)


def _case(case: Case, records: list[StepRecord]) -> str | None:
    last = ""
    for record in records:
        if record.prev_hash != last or record.hash != rows.hash_of(record):
            return f"第 {record.seq} 条记录被改动"
        last = record.hash
    return None if last == case.last_hash else "末条记录缺失"
