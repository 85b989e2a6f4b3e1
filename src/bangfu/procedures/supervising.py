"""Who is late, and what falls due on which day: the reads of supervisors and of the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, Min, Q, QuerySet
from django.db.models.functions import Left

from bangfu.access.scope import Scope
from bangfu.kernel import clock
from bangfu.policy.procedures.definition import Procedure, Step
from bangfu.procedures.models import Batch, Case, Definition
from bangfu.procedures.queries import LENGTH, LEVELS, level_of
from bangfu.registry import divisions


@dataclass(frozen=True)
class Late:
    """Overdue cases of one region at one step of one batch. `days` counts from the earliest
    deadline; `escalated`: so long that the levels above are told."""

    place: str
    batch: Batch | None
    procedure: Procedure
    step: Step
    level: str
    count: int
    due_on: date
    days: int
    escalated: bool


@dataclass(frozen=True)
class LateFilter:
    """What the list of those who are late is narrowed by; empty values narrow nothing."""

    region_code: str = ""
    batch: int | None = None
    level: str = ""
    over: int = 0


SORTS = {
    "days": lambda one: one.days,
    "count": lambda one: one.count,
    "place": lambda one: one.place,
}


def late(scope: Scope, wanted: LateFilter, sort: str = "-days") -> list[Late]:
    """Who is late in the scope, longest first unless `sort` says otherwise.

    Raises Problem for a region outside the scope.
    """
    at = scope.narrowed(wanted.region_code)
    today = clock.today()
    found = Case.objects.filter(
        at.q("region_code"), ended=False, due_on__lt=today - timedelta(days=max(0, wanted.over))
    )
    if wanted.batch:
        found = found.filter(batch_id=wanted.batch)
    made: list[Late] = []
    for level in LEVELS:
        if wanted.level in ("", level):
            made += _late_at(found.filter(level=level), level, today)
    name = sort.lstrip("-")
    key = SORTS.get(name, SORTS["days"])
    made.sort(key=lambda one: (one.place, one.step.id))
    made.sort(key=key, reverse=sort.startswith("-") or name not in SORTS)
    return made


def _late_at(found: QuerySet[Case], level: str, today: date) -> list[Late]:
    rows: list[Any] = list(
        found.order_by()
        .values("batch_id", "definition_id", "step", place=Left("region_code", LENGTH[level]))
        .annotate(n=Count("id"), first=Min("due_on"))
    )
    batches, contents = _named(rows)
    return [
        Late(
            r["place"], batches.get(r["batch_id"]), contents[r["definition_id"]],
            contents[r["definition_id"]].steps[r["step"]], level, r["n"], r["first"],
            (today - r["first"]).days,
            (today - r["first"]).days > contents[r["definition_id"]].escalate_days,
        )
        for r in rows
    ]  # fmt: skip


def _named(listed: list[Any]) -> tuple[dict[int, Batch], dict[int, Procedure]]:
    batches = Batch.objects.select_related("definition").in_bulk(
        {r["batch_id"] for r in listed if r["batch_id"]}
    )
    definitions = Definition.objects.filter(pk__in={r["definition_id"] for r in listed})
    return batches, {d.pk: d.content for d in definitions}


@dataclass(frozen=True)
class Deadline:
    """Cases at one step of one batch that fall due on `day`; `mine`: this person's to do;
    `coming`: near enough to be told of; `escalated`: the levels above are told."""

    day: date
    batch: Batch | None
    procedure: Procedure
    step: Step
    count: int
    mine: bool
    overdue: bool
    coming: bool
    escalated: bool


def deadlines(
    scope: Scope, first: date, last: date, *, only_mine: bool = False
) -> dict[date, list[Deadline]]:
    """Deadlines of open cases from `first` to `last`, by day, this person's own first."""
    own = Q(level=level_of(scope), role=scope.role)
    found = Case.objects.filter(
        scope.q("region_code"), ended=False, due_on__range=(first, last)
    ).annotate(mine=ExpressionWrapper(own, output_field=BooleanField()))
    if only_mine:
        found = found.filter(own)
    rows: list[Any] = list(
        found.order_by().values("due_on", "batch_id", "definition_id", "step", "mine")
        .annotate(n=Count("id")).order_by("due_on", "-mine", "-n", "step")
    )  # fmt: skip
    batches, contents = _named(rows)
    today = clock.today()
    by_day: dict[date, list[Deadline]] = {}
    for r in rows:
        content = contents[r["definition_id"]]
        by_day.setdefault(r["due_on"], []).append(Deadline(
            r["due_on"], batches.get(r["batch_id"]), content, content.steps[r["step"]], r["n"],
            r["mine"], r["due_on"] < today,
            0 <= (r["due_on"] - today).days <= content.remind_days,
            (today - r["due_on"]).days > content.escalate_days,
        ))  # fmt: skip
    return by_day


def place_name(code: str) -> str:
    """The place of a `Late` in words, from its county down."""
    return divisions.full_name(code, from_level="city" if len(code) <= 4 else "county")
