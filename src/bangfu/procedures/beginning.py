"""Writing cases with their first record, and beginning anew what the end of another hands on.

An end with `restart` hands its subject to another procedure: the case is begun at once, in the
event of the act that ended the first, standing alone or in the open batch of its region. Where
that cannot be (no batch is open, or the subject does not meet the conditions) the ended case
waits: `queries.waiting` lists it until somebody puts the subject in, and then they are linked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from bangfu.access.scope import Scope
from bangfu.kernel import clock, region
from bangfu.kernel.problems import Problem
from bangfu.policy.procedures import machine
from bangfu.policy.procedures.definition import Procedure
from bangfu.policy.procedures.library import procedures, text_of
from bangfu.policy.procedures.machine import Case as Facts
from bangfu.policy.procedures.machine import Who
from bangfu.policy.procedures.trail import Record, fold
from bangfu.procedures import facts, problems, rows
from bangfu.procedures.models import Batch, Case, Definition, StepRecord


def kept(found: Procedure) -> Definition:
    """The kept text of a procedure; kept now when it is new."""
    row, _new = Definition.objects.get_or_create(
        hash=found.hash,
        defaults={"pack": found.pack, "procedure": found.id, "text": text_of(found)},
    )
    return row


def today(pack: str, name: str) -> Procedure | None:
    """The procedure as the pack has it today, None where it no longer has it."""
    try:
        return procedures(pack).get(name)
    except Problem:
        return None


def write(
    definition: Definition, batch: Batch | None, first: Record, places: Mapping[str, str],
    event_id: int, *, title: str = "",
) -> list[StepRecord]:  # fmt: skip
    """Cases of the subjects in `places` (with their regions), inside the event; their records.

    Who comes from another case is linked to it. Raises IntegrityError where a case is open,
    Problem `procedures.batch_closed`.
    """
    found, on = definition.content, first.action.on
    if batch:
        _still_open(batch)
    origins = _origins(found, places)
    state = fold(found, [first])
    year, calendar = (batch.year, batch.calendar) if batch else (on.year, "")
    actor = found.actor_of(found.first)
    made = [
        Case(
            batch=batch, definition=definition, pack=found.pack, procedure=found.id,
            subject=number, title=title, region_code=place, year=year, calendar=calendar,
            step=found.first, level=actor.level, role=actor.roles[0], since=on, version=1,
            last_on=on, last_hash="", origin_id=origins.get(number),
            due_on=machine.due_on(found, state, Facts(place, calendar, year)),
        )
        for number, place in places.items()
    ]  # fmt: skip
    with transaction.atomic():
        Case.objects.bulk_create(made, batch_size=1000)
    records = [rows.row_of(case, _with_origin(first, case.origin_id), event_id) for case in made]
    rows.insert(records)
    rows.write_hashes(records)
    return records


def _still_open(batch: Batch) -> None:
    """Hold the batch open until this is committed: whoever closes it waits for its key, which
    its foreign keys would take at the commit only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT closed_at IS NULL FROM procedures_batch WHERE id = %s FOR KEY SHARE",
            [batch.pk],
        )
        if not cursor.fetchone()[0]:
            raise problems.BATCH_CLOSED()


def _with_origin(first: Record, origin: int | None) -> Record:
    return replace(first, action=replace(first.action, ref=origin)) if origin else first


def waiting() -> QuerySet[Case]:
    """Ended cases whose subject is still to begin the procedure that their end names."""
    later = Case.objects.filter(
        subject=OuterRef("subject"), pack=OuterRef("pack"), procedure=OuterRef("restarts")
    ).filter(Q(ended=False) | Q(last_on__gte=OuterRef("last_on")))
    return Case.objects.exclude(restarts="").filter(~Exists(later), ended=True)


def _origins(found: Procedure, numbers: Iterable[str]) -> dict[str, int]:
    """By subject, the case that waits for it to begin `found`."""
    there = waiting().filter(pack=found.pack, restarts=found.id, subject__in=list(numbers))
    return dict(there.order_by("pk").values_list("subject", "pk"))


def restart(
    scope: Scope, person: Who, on: date, event_id: int, ended: Sequence[Case]
) -> list[StepRecord]:
    """Begin anew, inside the event, what the ends of these cases hand on; the first records of
    the cases begun. Who cannot begin now waits."""
    groups: dict[tuple[str, str, int | None], list[Case]] = {}
    for case in ended:
        if case.restarts:
            batch = _batch(case, on)
            key = (case.pack, case.restarts, batch.pk if batch else None)
            groups.setdefault(key, []).append(case)
    records: list[StepRecord] = []
    for (pack, name, batch_id), cases in groups.items():
        chosen = Batch.objects.select_related("definition").filter(pk=batch_id or 0).first()
        definition = chosen.definition if chosen else _alone(pack, name)
        if definition is None:
            continue
        found = definition.content
        places = _eligible(found, cases, chosen.year if chosen else on.year)
        first = machine.opened(found, person, on, clock.now())
        try:
            with transaction.atomic():
                records += write(definition, chosen, first, places, event_id) if places else []
        except IntegrityError:
            continue  # somebody began one of them this moment
    return sorted(records, key=lambda r: r.case_id)


def _batch(case: Case, on: date) -> Batch | None:
    """The open batch of the procedure to begin, of the narrowest region that holds the case."""
    above = region.ancestors(case.region_code)
    there = Batch.objects.filter(
        pack=case.pack, procedure=case.restarts, closed_at=None, opened_on__lte=on,
        region_code__in=[*above, case.region_code],
    )  # fmt: skip
    return max(there, key=lambda b: (len(b.region_code), b.pk), default=None)


def _alone(pack: str, name: str) -> Definition | None:
    """What a case that stands alone begins under; None where the procedure goes by batches, or
    the pack no longer has it."""
    found = today(pack, name)
    return kept(found) if found and not found.opening.batched else None


def _eligible(found: Procedure, cases: Sequence[Case], year: int) -> dict[str, str]:
    """Subjects, with their regions, that meet the opening condition and have no open case."""
    places = {c.subject: c.region_code for c in cases}
    open_ = Case.objects.filter(
        procedure=found.id, pack=found.pack, subject__in=places, ended=False
    ).values_list("subject", flat=True)
    busy = set(open_)
    known = facts.facts(found, places.items(), year)
    only = found.opening.only
    return {
        number: place for number, place in places.items()
        if number not in busy and (not only.tests or only.holds(known[number]))
    }  # fmt: skip


__all__ = ["kept", "restart", "today", "waiting", "write"]
