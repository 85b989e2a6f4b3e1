"""Facts of the registry that a procedure's conditions name, and the engine's findings that
stand beside the indicators of its forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from bangfu import dictionary
from bangfu.access.scope import Scope
from bangfu.findings import explaining
from bangfu.kernel.problems import Problem
from bangfu.policy.loading import load_pack, pack_path
from bangfu.policy.procedures import awarding, scoring
from bangfu.policy.procedures.definition import Condition, Form, Procedure
from bangfu.policy.procedures.needs import Engine
from bangfu.procedures import places
from bangfu.registry.models import (
    County,
    CountyYear,
    Household,
    HouseholdYear,
    Village,
    VillageYear,
)

_TABLES: dict[str, tuple[Any, Any, int]] = {
    "household": (Household, HouseholdYear, 18),
    "village": (Village, VillageYear, 12),
    "county": (County, CountyYear, 6),
}


def _conditions(procedure: Procedure) -> Iterator[Condition]:
    yield procedure.opening.only
    for form in procedure.forms.values():
        yield from (blank.when for blank in form.fields)
    for step in procedure.steps.values():
        yield from (piece.when for piece in step.evidence)
        yield from (s.unless for s in step.signatures if s.unless)
        yield from (branch.when for outcome in step.outcomes for branch in outcome.to)


@lru_cache(maxsize=64)
def _wanted(hash_: str, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name in names:
        entity, _, field = name.partition(".")
        if entity in _TABLES and field not in found.setdefault(entity, []):
            found[entity].append(field)
    return {entity: tuple(fields) for entity, fields in found.items()}


def facts(
    procedure: Procedure, subjects: Iterable[tuple[str, str]], year: int
) -> dict[str, dict[str, Any]]:
    """By subject, the registry's values that the procedure's conditions name; absent = not
    recorded. `subjects` are (subject, region code)."""
    names = tuple(n for c in _conditions(procedure) for n, _values in c.tests)
    names += tuple(f.award.plan for f in procedure.forms.values() if f.award)
    wanted = _wanted(procedure.hash, names)
    pairs = list(subjects)
    found: dict[str, dict[str, Any]] = {subject: {} for subject, _region in pairs}
    for entity, fields in wanted.items():
        keys = {s: _key(entity, procedure.subject, s, place) for s, place in pairs}
        values = _values(entity, fields, set(filter(None, keys.values())), year)
        for subject, key in keys.items():
            found[subject] |= values.get(key, {})
    return found


def _key(entity: str, kind: str, subject: str, place: str) -> str:
    """Which row of `entity` a subject has: its own, or that of the place it lies in."""
    if entity == kind:
        return subject
    length = _TABLES[entity][2]
    return place[:length] if entity != "household" and len(place) >= length else ""


def _values(
    entity: str, fields: tuple[str, ...], keys: set[str], year: int
) -> dict[str, dict[str, Any]]:
    table, annual, _length = _TABLES[entity]
    spec = dictionary.entity(entity)
    found: dict[str, dict[str, Any]] = {}
    for model, of_year in ((table, False), (annual, True)):
        mine = [f for f in fields if spec.fields[f].annual == of_year and not spec.fields[f].pii]
        if not mine:
            continue
        rows = model.objects.filter(**{f"{spec.key}__in": keys})
        if of_year:
            rows = rows.filter(year=year)
        for key, *values in rows.values_list(spec.key, *mine):
            told = {f"{entity}.{f}": v for f, v in zip(mine, values, strict=True) if v is not None}
            found.setdefault(key, {}).update(told)
    return found


def points(
    procedure: Procedure, form: Form | None, place: str, on: date
) -> dict[str, Decimal]:  # fmt: skip
    """Values of the parameters that the scoring table or award of `form` names, in force at `place` on
    `on`; those a county has yet to set are absent."""
    names = [*scoring.parameters(form), *awarding.parameters(form)] if form else []
    if not names:
        return {}
    known = load_pack(pack_path(procedure.pack)).parameters
    kind = (
        County.objects.filter(county_code=place[:6]).values_list("county_kind", flat=True).first()
    )
    found = {n: scoring.in_force(known[n], place, on, kind or "") for n in names if n in known}
    return {name: value for name, value in found.items() if value is not None}


def engine(scope: Scope, procedure: Procedure, form: Form, subject: str) -> dict[str, Engine]:
    """What the engine finds of each indicator of `form`, with its reason: of a household now,
    of a village or county in the current run; nothing where the subject cannot be judged."""
    if procedure.subject in places.PLACES:
        return places.engine(scope, procedure, form, subject)
    if procedure.subject != "household" or not any(i.rule for i in form.items):
        return {}
    told = _explained(scope, procedure, subject)
    by_id = {r.id: r for r in told.found if r.entity == "household"} if told else {}
    return {
        item.id: Engine(rule.outcome, places.said(rule.conditions))
        for item in form.items
        if (rule := by_id.get(item.rule)) and rule.outcome in ("met", "not_met", "undecided")
    }


def prefill(scope: Scope, procedure: Procedure, form: Form, subject: str) -> dict[str, Any]:
    """Values offered for the blanks of `form`."""
    if procedure.subject in places.PLACES:
        return places.prefill(scope, procedure, form, subject)
    wanted = {b.id: b.prefill.partition(".") for b in form.fields if b.prefill}
    if procedure.subject != "household" or not wanted:
        return {}
    told = _explained(scope, procedure, subject)
    if told is None:
        return {}
    variables = {v.name: v.value for v in told.derived}
    row = Household.objects.filter(scope.q(), household_no=subject).first()
    found = {}
    for blank, (_entity, _dot, name) in wanted.items():
        value = variables.get(name, getattr(row, name, None))
        if value is not None:
            found[blank] = str(value)
    return found


def _explained(scope: Scope, procedure: Procedure, subject: str) -> Any:
    try:
        return explaining.explanation(scope, subject, pack=procedure.pack)
    except Problem:
        return None


def days_of_exit(entity: str, keys: Iterable[str]) -> dict[str, date]:
    """The day of exit of those of the entity's rows that have exited, by key."""
    table, _annual, _length = _TABLES[entity]
    key = dictionary.entity(entity).key
    rows = table.objects.filter(**{f"{key}__in": list(keys)}, exited_on__isnull=False)
    return dict(rows.values_list(key, "exited_on"))
