"""A batch of four households of one county, and a sample of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bangfu.access import scope_of
from bangfu.access.models import Grant, User
from bangfu.access.scope import Scope
from bangfu.evidence.commands import Given
from bangfu.evidence.models import Attachment
from bangfu.inspection import planning, recording
from bangfu.inspection.models import Finding, Plan, Sampled
from bangfu.inspection.planning import Wanted
from bangfu.inspection.recording import Seen
from bangfu.kernel import clock
from tests import world
from tests.procedures import town

INSPECTOR = world.scope(world.CITY, "inspector", username="inspector")
ITEMS = dict.fromkeys(town.ITEMS, "met")
PASSWORD = "a long first word 7"


def cases() -> list[int]:
    """Cases of every household of the county, enrolled by their townships."""
    made = town.batch()
    ours = [n for n, *_ in world.FAMILIES[:3] if n != world.SECOND]
    return [
        *town.enrolled(made, *ours),
        *town.enrolled(made, world.FOREIGN, scope=town.OTHER_TOWN),
    ]


def plan(scope: Scope = INSPECTOR, **changes: Any) -> Plan:
    """Half of the batch, drawn today, to be checked from today on."""
    from bangfu.procedures.models import Batch

    today = clock.today()
    asked: dict[str, Any] = {
        "title": "抽查", "kind": "third_party", "method": "share", "number": 50, "seed": "seven",
        "starts_on": today, "ends_on": today + timedelta(days=10), "approval": "桂扶领〔2016〕1号",
    }  # fmt: skip
    return planning.plan(scope, Batch.objects.get().pk, Wanted(**asked | changes))


def engage(found: Plan, **changes: Any) -> User:
    """One of the team."""
    asked: dict[str, Any] = {
        "username": "team1", "display_name": "评估员一", "password": PASSWORD,
    }  # fmt: skip
    return planning.engage(INSPECTOR, found, **asked | changes).user


def evaluator(found: Plan) -> Scope:
    """The scope of one of the team, as a page would get it."""
    return scope_of(engage(found))


def seen(**changes: Any) -> Seen:
    """A complete check."""
    made: dict[str, Any] = {
        "result": "sound", "on": clock.today(), "values": {"met_person": "head"}, "items": ITEMS,
    }  # fmt: skip
    return Seen(**made | changes)


def problem(scope: Scope = INSPECTOR, plan_: Plan | None = None) -> Finding:
    """A finding that something is wrong."""
    first = Sampled.objects.filter(plan=plan_ or plan()).earliest("position")
    given = [Given("房屋.jpg", town.picture())]
    items = {**ITEMS, "housing": "not_met"}
    return recording.record(
        scope, first.pk, seen(result="problem", items=items, text="房屋漏雨", files=given)
    )


def over(user: User) -> None:
    """The user's grant ended yesterday."""
    from bangfu import audit

    yesterday = clock.today() - timedelta(days=1)
    with audit.event("test.over", actor=world.ACTOR):
        Grant.objects.filter(user=user).update(starts_on=yesterday, ends_on=yesterday)


def inspected() -> dict[str, int]:
    """An inspection of Disu's only case, what it found and ordered: ids by the URLs' words."""
    today = clock.today()
    batch_id = town.batch().pk
    with town.day(town.MAY):
        town.commands.enrol(town.OTHER_TOWN, batch_id, [world.FOREIGN])
    county = town.COUNTY
    asked = Wanted("抽查", "third_party", "share", 100, today, today, approval="1")
    made = planning.plan(county, batch_id, asked)
    grant = planning.engage(
        county, made, username="far-team", display_name="组员", password=PASSWORD
    )
    check = made.sample.get()
    told = problem(county, made)
    order = recording.issue(
        county, told.pk, level="township", text="改", due_on=today + timedelta(days=3)
    )
    photo = Attachment.objects.get(subject=f"check:{check.pk}")
    return {"plan_id": made.pk, "grant_id": grant.pk, "check_id": check.pk, "photo_id": photo.pk,
            "finding_id": told.pk, "order_id": order.pk}  # fmt: skip
