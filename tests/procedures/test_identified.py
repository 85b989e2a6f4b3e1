"""Identification walked to its end: the score of the survey comes into the registry with it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bangfu import audit
from bangfu.access.scope import Scope
from bangfu.evidence.commands import Given, attach
from bangfu.policy.procedures.definition import Form, Procedure, Step
from bangfu.policy.procedures.library import procedures
from bangfu.procedures import commands
from bangfu.procedures.acting import Asked
from bangfu.procedures.models import Case
from bangfu.procedures.verifying import verify
from bangfu.registry.models import Household
from tests import world as place
from tests.procedures import town
from tests.procedures.points import county_points

pytestmark = pytest.mark.django_db
__all__ = ["county_points"]
NUMBER = f"{place.DINGFU}000009"
PEOPLE = {"village": town.VILLAGE, "township": town.TOWN, "county": town.COUNTY}


def answers(form: Form | None, on: date) -> dict[str, Any]:
    """Every blank filled in that nobody reckons."""
    usual = {"date": on.isoformat(), "bool": True, "int": "20", "decimal": "1.5"}
    return {
        b.id: b.options[0].value if b.options else usual.get(b.type, "已记录")
        for b in (form.fields if form else ()) if not b.computed and not b.when.tests
    }  # fmt: skip


def photos(scope: Scope, case_id: int, step: Step, on: date) -> tuple[tuple[str, str], ...]:
    kept = []
    with town.day(on):
        for piece in step.evidence:
            (one,) = attach(scope, f"case:{case_id}", place.DINGFU,
                            [Given("照片.jpg", town.picture())], step=step.id, piece=piece.id)  # fmt: skip
            kept.append((piece.id, str(one.content_id)))
    return tuple(kept)


def walk(procedure: Procedure, case_id: int, on: date) -> date:
    """From step to step by the first outcome of each; the day it ended."""
    while not (case := Case.objects.get(pk=case_id)).ended:
        step = procedure.steps[case.step]
        scope = PEOPLE[procedure.actor_of(step.id).level]
        if step.notice:
            town.do(scope, case_id, Asked("post", step.id, on, values={"place": "公告栏"}))
            on += timedelta(days=step.notice.span.days + 1)
        signed = tuple((s.id, f"签名{n}", on) for s in step.signatures for n in range(s.minimum))
        town.do(scope, case_id, Asked(
            "done", step.id, on, step.outcomes[0].id,
            values=answers(procedure.forms.get(step.form), on),
            evidence=photos(scope, case_id, step, on), signatures=signed,
        ))  # fmt: skip
        on += timedelta(days=1)
    return on


def identified() -> Household:
    """A candidate, applied for and walked to the register."""
    on = date(2016, 3, 1)
    with audit.event("test.candidate", actor=place.ACTOR, region_code="45"):
        place.household(NUMBER, status="candidate")
    with town.day(on):
        case_id = commands.open_case(
            town.VILLAGE, "hechi", "identification", subject=NUMBER,
            values={"applied_on": on.isoformat(), "grounds": "因病"},
        )  # fmt: skip
    walk(procedures("hechi")["identification"], case_id, on)
    assert verify() is None
    return Household.objects.get(pk=NUMBER)


def test_the_registry_is_told_the_score(world: None, county_points: None) -> None:
    found = identified()
    assert found.status == "registered"
    assert found.poverty_score == Decimal(0)  # the poorest answer to each item


def test_without_points_the_registry_keeps_what_it_has(world: None) -> None:
    found = identified()
    assert found.status == "registered"
    assert found.poverty_score is None
