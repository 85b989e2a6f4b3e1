"""Who may be put into a batch, and the states of many cases at once (for pages)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from bangfu.access.scope import Scope
from bangfu.findings import queries as findings
from bangfu.findings.models import HouseholdResult
from bangfu.policy.procedures.definition import Procedure
from bangfu.policy.procedures.trail import State, fold
from bangfu.procedures import rows
from bangfu.procedures.models import Batch, Case
from bangfu.registry.models import County, Household, Village


def candidates(scope: Scope, batch: Batch, *, ready: bool = True) -> QuerySet[Any]:
    """Subjects of the scope that meet the opening condition and are in no open case.

    `ready`: of households, only those that the current run finds to meet the exit standard.
    """
    content = batch.content
    open_ = Case.objects.filter(
        procedure=batch.procedure, pack=batch.pack, subject=OuterRef("pk"), ended=False
    )
    tables: dict[str, tuple[Any, str]] = {
        "household": (Household, "village_code"), "village": (Village, "village_code"),
        "county": (County, "county_code"),
    }  # fmt: skip
    if content.subject not in tables:
        return Household.objects.none()
    table, place = tables[content.subject]
    found = table.objects.filter(scope.q(place)).filter(~Exists(open_))
    for name, values in content.opening.only.tests:
        entity, _, field = name.partition(".")
        if entity == content.subject and hasattr(table, field):
            wanted = Q(**{f"{field}__in": [v for v in values if v is not None]})
            found = found.filter(wanted | Q(**{f"{field}__isnull": True}) if None in values
                                 else wanted)  # fmt: skip
    run = findings.current(scope) if content.subject == "household" and ready else None
    if run is not None:
        met = HouseholdResult.objects.filter(
            scope.q(), run=run, household_no=OuterRef("household_no"), ready=True
        )
        found = found.filter(Exists(met))
    ordered: QuerySet[Any] = found.order_by("pk")
    return ordered


def states(cases: Iterable[Case]) -> dict[int, State]:
    """Where each case stands, folded from its records."""
    listed = list(cases)
    trails = rows.trails(c.pk for c in listed)
    contents: dict[int, Procedure] = {}
    for case in listed:
        contents.setdefault(case.definition_id, case.content)
    return {c.pk: fold(contents[c.definition_id], trails[c.pk]) for c in listed}
