"""What an accepted act brings with it: signatures, notices, objections, checks, and what the
registry is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from bangfu.access import crypto
from bangfu.access.scope import Scope
from bangfu.kernel import region
from bangfu.policy.procedures.definition import Procedure, Step
from bangfu.policy.procedures.trail import UPHELD
from bangfu.procedures.models import Case, Lot, Notice, Objection, Signature
from bangfu.registry import commands as registry

if TYPE_CHECKING:
    from bangfu.procedures.acting import Asked, Done

_LENGTH = {name: length for length, name in region.LEVELS.items()}


def follow(scope: Scope, asked: Asked, done: Sequence[Done]) -> None:
    """Write what belongs to the act, inside its audit event."""
    _signatures(asked, done)
    by_definition: dict[int, list[Done]] = {}
    for one in done:
        by_definition.setdefault(one.case.definition_id, []).append(one)
    for group in by_definition.values():
        content = group[0].case.content
        step = content.steps[asked.step]
        match asked.act:
            case "post":
                _post(scope, content, step, asked, group)
            case "object":
                _object(asked, group)
            case "recheck":
                _recheck(asked, group)
            case "check":
                Lot.objects.filter(case_id__in=[d.case.pk for d in group]).update(checked=True)
            case "done":
                _registry(scope, step, asked, group)
        if asked.act in ("object", "recheck"):
            _prolong(group)


def _signatures(asked: Asked, done: Sequence[Done]) -> None:
    signed = [s for s in asked.signatures if s[1].strip()]
    Signature.objects.bulk_create(
        (
            Signature(
                record=one.row, region_code=one.case.region_code, party=party,
                name_sealed=crypto.seal(name.strip()),
                name_blind=crypto.blind("name", name.strip()), on=on,
            )
            for one in done for party, name, on in signed
        ),
        batch_size=2000,
    )  # fmt: skip


def _post(
    scope: Scope, content: Procedure, step: Step, asked: Asked, group: Sequence[Done]
) -> None:
    """One notice for each region of the notice's level and batch."""
    assert step.notice is not None
    length = _LENGTH[step.notice.level]
    by_place: dict[tuple[int | None, str], list[Done]] = {}
    for one in group:
        key = (one.case.batch_id, one.case.region_code[:length])
        by_place.setdefault(key, []).append(one)
    for (batch, place), cases in by_place.items():
        notice = Notice.objects.create(
            batch_id=batch, procedure=content.id, step=step.id, region_code=place,
            title=step.notice.title.zh, place=str(asked.values.get("place", ""))[:200],
            phone=str(asked.values.get("phone", ""))[:60], posted_on=asked.on,
            ends_on=cases[0].case.notice_ends or asked.on, posted_by=scope.username,
            cases=len(cases),
        )  # fmt: skip
        Case.objects.filter(pk__in=[d.case.pk for d in cases]).update(notice=notice)


def _object(asked: Asked, group: Sequence[Done]) -> None:
    person, phone = asked.person.strip(), asked.phone.strip()
    Objection.objects.bulk_create(
        Objection(
            case=one.case, notice_id=one.case.notice_id, region_code=one.case.region_code,
            seq=one.record.seq, name_sealed=crypto.seal(person) if person else None,
            phone_sealed=crypto.seal(phone) if phone else None,
            text=asked.reason.strip()[:2000], filed_on=asked.on,
        )
        for one in group
    )  # fmt: skip


def _recheck(asked: Asked, group: Sequence[Done]) -> None:
    for one in group:
        Objection.objects.filter(case=one.case, seq=asked.ref).update(
            settled_on=asked.on, upheld=asked.outcome == UPHELD,
            finding=asked.reason.strip()[:2000],
        )  # fmt: skip


def _prolong(group: Sequence[Done]) -> None:
    """A notice hangs until the last of its cases may be closed."""
    for one in group:
        if one.case.notice_id and one.case.notice_ends:
            Notice.objects.filter(pk=one.case.notice_id, ends_on__lt=one.case.notice_ends).update(
                ends_on=one.case.notice_ends
            )


def _registry(scope: Scope, step: Step, asked: Asked, group: Sequence[Done]) -> None:
    """Tell the registry what the outcome says; those of whom the same is told, in one go."""
    outcome = step.outcome(asked.outcome)
    told: dict[tuple[str, tuple[tuple[str, Any], ...]], list[str]] = {}
    for one in group:
        values: dict[str, list[tuple[str, Any]]] = {}
        for effect in outcome.effects if outcome else ():
            entity, _dot, field = effect.field.partition(".")
            value = _told(effect.value, asked.on, one)
            if value is not None:
                values.setdefault(entity, []).append((field, value))
        for entity, pairs in values.items():
            told.setdefault((entity, tuple(pairs)), []).append(one.case.subject)
    for (entity, same), subjects in told.items():
        registry.set_by_procedure(scope, entity, subjects, dict(same))


def _told(value: str, on: date, one: Done) -> Any:
    """A constant, the day ('$on') or an answer of the case ('$survey.score'); None where that
    was never given, which leaves the registry as it is."""
    if value == "$on":
        return on
    return one.state.answers.get(value[1:]) if value.startswith("$") else value
