"""Double claims of the current run: who is entitled several times to what a group gives once.

Scope first everywhere; people of a department see the groups that hold one of its rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Substr

from bangfu.access.scope import Scope
from bangfu.findings import packs, problems, queries
from bangfu.findings.models import DoubleClaim, Run
from bangfu.findings.totals import level_below
from bangfu.policy.declared import Overlap


@dataclass(frozen=True)
class GroupCount:
    """One group in a region: subjects that claim twice, their households, yuan beyond it."""

    group: Overlap
    subjects: int
    households: int
    excess: Decimal


def groups(scope: Scope) -> dict[str, Overlap]:
    """Groups of the current run's pack that this person may see, by id; empty without a run."""
    at = queries.current(scope)
    if at is None:
        return {}
    seen = queries.rules(scope, at).by_id
    mine = scope.department is None
    return {
        g.id: g
        for g in packs.get(at.pack).overlaps
        if mine or any(rule in seen for rule in g.rules)
    }


def found(scope: Scope, group: str = "", region_code: str = "") -> QuerySet[DoubleClaim]:
    """Who claims twice, ordered by subject. Page it with key="subject" within one group.

    Raises Problem for no run, a region outside the scope, an unknown group.
    """
    at = queries.require_current(scope)
    known = groups(scope)
    if group and group not in known:
        raise problems.UNKNOWN_GROUP(group=group)
    wanted = Q(group=group) if group else Q(group__in=list(known))
    return _rows(scope, at, region_code).filter(wanted).order_by("subject")


def _rows(scope: Scope, at: Run, region_code: str) -> QuerySet[DoubleClaim]:
    return DoubleClaim.objects.filter(scope.narrowed(region_code).q(), run=at)


def by_group(scope: Scope, region_code: str = "") -> list[GroupCount]:
    """Every group that is reported on, with its counts in a region, in pack order."""
    at = queries.current(scope)
    if at is None:
        return []
    counted: dict[str, dict[str, Any]] = {
        row["group"]: dict(row)
        for row in _rows(scope, at, region_code)
        .values("group")
        .annotate(n=Count("subject"), h=Count("household_no", distinct=True), e=Sum("excess"))
        .order_by()
    }
    none: dict[str, Any] = {"n": 0, "h": 0, "e": Decimal(0)}
    return [
        GroupCount(g, row["n"], row["h"], row["e"] or Decimal(0))
        for g in groups(scope).values() if g.kind != "stacking"
        for row in (counted.get(g.id, none),)
    ]  # fmt: skip


def by_place(
    scope: Scope, group: str, region_code: str = ""
) -> list[tuple[str, int, int, Decimal]]:
    """(division code, subjects, households, excess) one level below the region."""
    narrow = scope.narrowed(region_code)
    rows = (
        found(scope, group, region_code)
        .order_by()
        .values(code=Substr("village_code", 1, level_below(narrow.region_code)))
        .annotate(n=Count("subject"), h=Count("household_no", distinct=True), e=Sum("excess"))
        .order_by("code")
    )
    return [(r["code"], r["n"], r["h"], r["e"] or Decimal(0)) for r in rows]


def of_household(scope: Scope, household_no: str) -> list[tuple[Overlap, DoubleClaim]]:
    """Double claims of one household and its members; empty without a run."""
    at = queries.current(scope)
    known = groups(scope)
    if at is None or not known:
        return []
    rows = DoubleClaim.objects.filter(
        scope.q(), run=at, household_no=household_no, group__in=list(known)
    ).order_by("group", "subject")
    return [(known[row.group], row) for row in rows]
