"""Reads of the registry. Each takes the scope first; nothing here returns what lies outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from bangfu.access import crypto
from bangfu.access.scope import Scope
from bangfu.audit.models import Change, Event
from bangfu.dictionary import entity
from bangfu.kernel import identity
from bangfu.registry import divisions, judged, problems
from bangfu.registry.models import (
    Household,
    HouseholdYear,
    Membership,
    Person,
)

HouseholdRows = judged.HouseholdRows
rows = judged.rows
place_rows = judged.place_rows


@dataclass(frozen=True)
class HouseholdFilter:
    """What a household list is narrowed by. Empty values narrow nothing.

    `text` is a household number (or its beginning), an identity number, a phone, or the full
    name of any member. `missing` names a dictionary field that is not recorded.
    """

    region_code: str = ""
    text: str = ""
    status: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    cause: tuple[str, ...] = ()
    relocation: tuple[str, ...] = ()
    missing: str = ""
    year: int | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


def households(scope: Scope, f: HouseholdFilter) -> QuerySet[Household]:
    """Households of the scope that pass the filter, ordered by number.

    Raises Problem for a region outside the scope or one that does not exist.
    """
    if f.region_code and f.region_code not in divisions.names():
        raise problems.UNKNOWN_REGION(code=f.region_code[:12])
    found = Household.objects.filter(scope.narrowed(f.region_code).q())
    for name, values in (
        ("status", f.status),
        ("category", f.category),
        ("cause_main", f.cause),
        ("relocation", f.relocation),
    ):
        if values:
            found = found.filter(**{f"{name}__in": values})
    if f.text:
        found = found.filter(_matching(f.text.strip()))
    if f.missing:
        found = _missing(found, f.missing, f.year)
    return found.order_by("household_no")


def annotated(found: QuerySet[Household]) -> QuerySet[Household]:
    """`found` with `head_sealed` and `persons`; apply to one page, not before counting."""
    present = Membership.objects.filter(
        person_no=OuterRef("person_no"), household_no=OuterRef("household_no"), ended_on=None
    )
    members = Person.objects.filter(Exists(present), household_no=OuterRef("household_no"))
    return found.annotate(
        head_sealed=Subquery(members.filter(relation="head").values("name_sealed")[:1]),
        persons=Subquery(
            members.order_by().values("household_no").annotate(n=Count("person_no")).values("n")
        ),
    )


def _matching(text: str) -> Q:
    number = text.upper()
    if len(number) == 18 and identity.fault(number) is None:
        # A household number may happen to be a valid identity number, so it is tried as both.
        return _of_person("id_number", number) | Q(household_no=number)
    if text.isascii() and text.isdigit() and len(text) <= 18:
        if len(text) == 11 and text.startswith("1"):
            return Q(phone_blind=crypto.blind("phone", text))
        return Q(household_no__startswith=text)
    return _of_person("name", text)


def _of_person(kind: str, value: str) -> Q:
    people = Person.objects.filter(**{f"{kind}_blind": crypto.blind(kind, value)})
    return Q(household_no__in=people.values("household_no"))


def _missing(found: QuerySet[Household], name: str, year: int | None) -> QuerySet[Household]:
    spec = entity("household").fields.get(name)
    if spec is None:
        raise problems.UNKNOWN_FIELD(field=name[:40])
    if spec.pii:
        return found.filter(**{f"{name}_blind": None})
    if not spec.annual:
        return found.filter(**{name: None})
    # As EXISTS, so that it is an anti-join: NOT IN would hash the whole city for every page.
    recorded = HouseholdYear.objects.filter(
        household_no=OuterRef("household_no"), year=year or latest_year() or 0,
        **{f"{name}__isnull": False},
    )  # fmt: skip
    return found.filter(~Exists(recorded))


def latest_year() -> int | None:
    """The newest registration year that holds household values."""
    newest = HouseholdYear.objects.order_by("-year").values_list("year", flat=True).first()
    return int(newest) if newest is not None else None


def years(scope: Scope, household_no: str) -> list[int]:
    """Registration years recorded for a household, newest first."""
    found = HouseholdYear.objects.filter(scope.q(), household_no=household_no)
    return list(found.order_by("-year").values_list("year", flat=True))


def household(scope: Scope, household_no: str) -> Household:
    """One household. Raises Problem `registry.household_not_found` (404) outside the scope."""
    found = Household.objects.filter(scope.q(), household_no=household_no).first()
    if found is None:
        raise problems.HOUSEHOLD_NOT_FOUND(household_no=household_no)
    return found


def members(scope: Scope, household_no: str) -> QuerySet[Person]:
    """Present members, head first."""
    present = Membership.objects.filter(household_no=household_no, ended_on=None)
    return Person.objects.filter(
        scope.q(), household_no=household_no, person_no__in=present.values("person_no")
    ).order_by("person_no")


def _plain(row: Any, name: str, *, annual: bool) -> dict[str, Any]:
    return {f.name: getattr(row, f.name) for f in entity(name).select(annual=annual, pii=False)}


@dataclass(frozen=True)
class HistoryEntry:
    """One act on a household or its members: who, when, from what, and each changed column."""

    event: Event
    changes: list[Change]


def history(scope: Scope, household_no: str, limit: int = 100) -> list[HistoryEntry]:
    """Acts on a household and its members, newest first. Raises Problem outside the scope."""
    household(scope, household_no)
    changes = list(
        Change.objects.filter(scope.q("region_code"), _keys_of(household_no, scope)).order_by(
            "-id"
        )[: limit * 20]
    )
    events = Event.objects.in_bulk({c.event_id for c in changes})
    grouped: dict[int, list[Change]] = {}
    for change in changes:
        grouped.setdefault(change.event_id, []).append(change)
    return [HistoryEntry(events[e], rows) for e, rows in grouped.items() if e in events][:limit]


def _keys_of(household_no: str, scope: Scope) -> Q:
    # Persons keep their number when they move, so membership, not the number's head, says who.
    people = Membership.objects.filter(scope.q(), household_no=household_no)
    mine = Q(key__startswith=household_no)
    for person_no in people.values_list("person_no", flat=True).distinct():
        if not person_no.startswith(household_no):
            mine |= Q(key__startswith=person_no)
    return mine


def as_of(scope: Scope, household_no: str, day: date) -> dict[str, Any]:
    """The household's own columns as they stood at the end of `day` (dictionary names).

    Empty when it was not registered yet. Raises Problem outside the scope.
    """
    state = _plain(household(scope, household_no), "household", annual=False)
    there = True
    later = Change.objects.filter(
        scope.q("region_code"), entity="household", key=household_no, at__date__gt=day
    )
    for change in later.order_by("-id"):
        there = change.op != "insert"
        earlier = (change.before or {}).items()
        state |= {k: _typed(k, v) for k, v in earlier if k in state}
    return state if there else {}


def _typed(name: str, value: Any) -> Any:
    """A value out of history, as the column holds it."""
    column: Any = Household._meta.get_field(name)
    return column.to_python(value)


def people_by_id_number(scope: Scope, number: str) -> QuerySet[Person]:
    """Persons with exactly this identity number, inside the scope."""
    return Person.objects.filter(scope.q(), id_number_blind=crypto.blind("id_number", number))


def annual_of(scope: Scope, numbers: list[str], year: int) -> dict[str, dict[str, Any]]:
    """Values of `year` of these households, by number (dictionary names)."""
    found = HouseholdYear.objects.filter(scope.q(), year=year, household_no__in=numbers)
    return {row.household_no: _plain(row, "household", annual=True) for row in found}
