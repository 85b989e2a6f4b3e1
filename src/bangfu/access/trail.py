"""Reading the audit log inside a scope: what happened in one's region, and what the people of
one's region did.

Above a county everything is seen, since what no region is written on (sign-ins of unknown
names, work at the command line) is the city's to look after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q, QuerySet

from bangfu.access import problems
from bangfu.access.models import User
from bangfu.access.scope import Scope
from bangfu.audit.models import Change, Event
from bangfu.kernel import clock


@dataclass(frozen=True)
class EventFilter:
    """What the log is narrowed by. Empty values narrow nothing; `until` is included."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    region_code: str = ""
    since: date | None = None
    until: date | None = None


def events(scope: Scope, f: EventFilter) -> QuerySet[Event]:
    """Events one may see, newest first. Raises Problem (no right, region outside)."""
    scope.require("audit.view")
    found = Event.objects.filter(_mine(scope))
    if f.region_code:
        found = found.filter(scope.narrowed(f.region_code).q("region_code"))
    if f.actor:
        found = found.filter(actor__icontains=f.actor)
    if f.action:
        found = found.filter(action=f.action)
    if f.subject:
        found = found.filter(subject__startswith=f.subject)
    if f.since:
        found = found.filter(at__gte=_midnight(f.since))
    if f.until:
        found = found.filter(at__lt=_midnight(f.until + timedelta(days=1)))
    return found.order_by("-chain_no")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.SHANGHAI)


def _mine(scope: Scope) -> Q:
    if len(scope.region_code) <= 4:
        return Q()
    people = User.objects.filter(scope.q("region_code")).values("username")
    return scope.q("region_code") | Q(region_code="", actor__in=people)


def event(scope: Scope, event_id: int) -> Event:
    """One event. Raises Problem `access.out_of_scope`."""
    found = events(scope, EventFilter()).filter(pk=event_id).first()
    if found is None:
        raise problems.OUT_OF_SCOPE(subject=f"event:{event_id}")
    return found


def changes(scope: Scope, event_id: int) -> QuerySet[Change]:
    """Row changes of an event inside the scope, in order. Raises Problem."""
    event(scope, event_id)
    return Change.objects.filter(scope.q("region_code"), event_id=event_id).order_by("id")


def change_counts(scope: Scope, event_id: int) -> list[tuple[str, str, int]]:
    """(entity, op, rows) of an event inside the scope."""
    found = changes(scope, event_id).order_by().values_list("entity", "op")
    return [(e, o, n) for e, o, n in found.annotate(n=Count("id")).order_by("entity", "op")]
