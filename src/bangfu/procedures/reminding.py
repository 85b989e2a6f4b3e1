"""The day's reminders: what is due, overdue and escalated, told to each account once a day."""

from __future__ import annotations

from typing import Any

from bangfu import audit
from bangfu.access.models import User
from bangfu.access.roles import TEMPORARY
from bangfu.access.scope import Scope, scope_of
from bangfu.kernel import clock
from bangfu.procedures import queries
from bangfu.procedures.models import Reminder

TOLD = ("overdue", "today", "coming", "above")


def remind(scope: Scope) -> int:
    """Write today's reminder of every active account of the scope that has something due, and
    none yet today; how many were written. Run again, it writes none twice. Raises Problem."""
    scope.require("procedure.view")
    today = clock.today()
    done = set(Reminder.objects.filter(on=today).values_list("username", flat=True))
    people = User.objects.filter(scope.q("region_code"), is_active=True).exclude(role__in=TEMPORARY)
    made = []
    for user in people.order_by("pk").iterator():
        person = scope_of(user)
        if user.username in done or not person.has("procedure.view"):
            continue
        found = _of(person)
        if found is not None:
            made.append(found)
    if not made:
        return 0
    with audit.event(
        "procedure.reminded", actor=scope.actor, subject=str(today), region_code=scope.region_code,
        detail={"accounts": len(made), "cases": {n: sum(getattr(r, n) for r in made) for n in TOLD}},
    ):  # fmt: skip
        # Another run of this moment has told some of them: theirs stand.
        Reminder.objects.bulk_create(made, batch_size=500, ignore_conflicts=True)
    return len(made)


def _of(person: Scope) -> Reminder | None:
    """What there is to tell, None where nothing is due."""
    found = queries.inbox(person)
    counts = {name: sum(task.count for task in found[name]) for name in TOLD}
    if not any(counts.values()):
        return None
    lines: list[list[Any]] = [
        [name, task.procedure.title.zh, task.step.title.zh, task.batch.pk if task.batch else None,
         task.count, task.due_on.isoformat() if task.due_on else ""]
        for name in TOLD for task in found[name]
    ]  # fmt: skip
    return Reminder(username=person.username, region_code=person.region_code, on=clock.today(),
                    at=clock.now(), lines=lines[:100], **counts)  # fmt: skip


def latest(scope: Scope) -> Reminder | None:
    """The last reminder of the person, None where there was none."""
    mine = Reminder.objects.filter(scope.q("region_code"), username=scope.username)
    return mine.order_by("-on").first()
