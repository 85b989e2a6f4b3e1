"""Awards of villages and counties that exit, by the rolling plan: what the next entry will
record, and a batch's list of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bangfu.access.scope import Scope
from bangfu.kernel import clock
from bangfu.policy.loading import load_pack, pack_path
from bangfu.policy.procedures import awarding
from bangfu.policy.procedures.awarding import AMOUNT, PLANNED, SCHEDULE, Reckoned
from bangfu.policy.procedures.definition import Form, Procedure, Step
from bangfu.policy.showing import citation
from bangfu.procedures import facts
from bangfu.procedures.models import Batch, Case, StepRecord
from bangfu.registry import divisions


@dataclass(frozen=True)
class Clause:
    """A parameter that an award is made of: its title, yuan at the place and day, citation."""

    name: str
    title: str
    title_en: str
    amount: Decimal | None
    cite: dict[str, Any]


@dataclass(frozen=True)
class Award:
    """One village's or county's award. `recorded`: entered, else what the entry would record
    today; a case that failed has none (`amount` None, `failed`)."""

    case: Case
    place: str
    planned: int | None
    year: int
    exited_on: date | None
    schedule: str
    amount: Decimal | None
    recorded: bool
    failed: bool


def entry_of(procedure: Procedure) -> tuple[Step, Form] | None:
    """The step whose form reckons the award, None where the procedure has none."""
    for step in procedure.steps.values():
        form = procedure.forms.get(step.form)
        if form is not None and form.award is not None:
            return step, form
    return None


def reckoned(case: Case, form: Form, on: date) -> tuple[Reckoned, list[Clause]]:
    """What the entry of `case` would record on `on`, and what it is made of."""
    assert form.award is not None
    content = case.content
    known = facts.facts(content, [(case.subject, case.region_code)], case.year)[case.subject]
    given = facts.points(content, form, case.region_code, on)
    found = awarding.reckon(form.award, known.get(form.award.plan), case.year, given)
    used = {"on_time": 1, "early": 2}.get(found.schedule, 0)
    return found, _clauses(content, form, given)[:used]


def _clauses(content: Procedure, form: Form, given: dict[str, Decimal]) -> list[Clause]:
    pack = load_pack(pack_path(content.pack))
    found = []
    for name in awarding.parameters(form):
        parameter = pack.parameters[name]
        found.append(Clause(name, parameter.title.zh, parameter.title.show("en"), given.get(name),
                            citation(pack, parameter.cite)))  # fmt: skip
    return found


def of_batch(scope: Scope, batch: Batch, region_code: str = "") -> list[Award]:
    """The awards of a batch's villages or counties, in the order of their codes; empty where its
    procedure reckons none."""
    content = batch.content
    at = entry_of(content)
    if at is None:
        return []
    step, form = at
    assert form.award is not None
    inside = scope.narrowed(region_code).q("region_code")
    cases = list(Case.objects.filter(inside, batch=batch).order_by("region_code", "subject"))
    entered = dict(
        StepRecord.objects.filter(case__in=cases, act="done", step=step.id)
        .order_by("seq").values_list("case_id", "content")
    )  # fmt: skip
    known = facts.facts(content, [(c.subject, c.region_code) for c in cases], batch.year)
    out = facts.days_of_exit(content.subject, [c.subject for c in cases])
    today, by_county = clock.today(), {}
    found = []
    for case in cases:
        county = case.region_code[:6]
        if county not in by_county:
            by_county[county] = facts.points(content, form, case.region_code, today)
        planned = known[case.subject].get(form.award.plan)
        told = awarding.reckon(form.award, planned, case.year, by_county[county])
        values = entered.get(case.pk, {}).get("values", {})
        recorded = SCHEDULE in values
        failed = bool(case.ended) and content.ends[case.step].tone == "fail"
        if recorded:
            amount = Decimal(values[AMOUNT]) if AMOUNT in values else None
            told = Reckoned(values.get(PLANNED), values[SCHEDULE], amount)
        elif failed:
            told = Reckoned(planned, "", None)
        found.append(Award(
            case, divisions.full_name(case.region_code, from_level="county"), told.planned,
            case.year, out.get(case.subject), told.schedule, told.amount, recorded, failed,
        ))  # fmt: skip
    return found
