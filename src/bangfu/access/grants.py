"""Temporary access of people from outside: one thing, from day to day, ending by itself.

A grant opens nothing here. `Scope` covers no region under it, `session.scoped` enters a database
role that no policy of the regions names, and the room that gave it says, in policies of its own
for that role, which rows are the grant's.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import QuerySet

from bangfu import audit
from bangfu.access import problems
from bangfu.access.commands import add_account
from bangfu.access.models import Grant, User
from bangfu.access.scope import Granted, Scope
from bangfu.kernel import clock

LONGEST = 90  # days


def in_force(user: User) -> Granted:
    """What lets `user` in today; number 0 when nothing does."""
    today = clock.today()
    found = (
        Grant.objects.filter(
            user_id=user.pk, revoked_at=None, starts_on__lte=today, ends_on__gte=today
        ).order_by("-id").first()
    )  # fmt: skip
    return Granted(found.pk, found.subject, found.ends_on) if found else Granted()


def of_subject(scope: Scope, subject: str) -> QuerySet[Grant]:
    """Grants of one thing in the scope, newest first."""
    found = Grant.objects.filter(scope.q("region_code"), subject=subject)
    return found.select_related("user").order_by("-id")


def give(
    scope: Scope, subject: str, *, username: str, display_name: str, password: str,
    starts_on: date, ends_on: date, region_code: str,
) -> Grant:  # fmt: skip
    """Make an account that sees `subject` and nothing else, from day to day. The room that calls
    has asked for the right. Raises Problem `access.bad_grant`, `access.bad_account`."""
    scope.narrowed(region_code)
    today = clock.today()
    if not today <= ends_on or ends_on < starts_on or ends_on - starts_on > timedelta(LONGEST):
        raise problems.BAD_GRANT(
            what=f"止日不得早于今天和起日，最长 {LONGEST} 天",
            what_en=f"the last day must not lie before today or the first, {LONGEST} days at most",
        )
    with audit.event(
        "grant.given", actor=scope.actor, subject=username, region_code=region_code,
        detail={"for": subject, "from": starts_on.isoformat(), "until": ends_on.isoformat()},
    ):  # fmt: skip
        user = add_account(scope, username, display_name, "evaluator", region_code, password)
        return Grant.objects.create(
            user=user, subject=subject, region_code=region_code, starts_on=starts_on,
            ends_on=ends_on, made_by=scope.username, made_at=clock.now(),
        )  # fmt: skip


def revoke(scope: Scope, subject: str, grant_id: int) -> Grant:
    """End a grant of `subject` at once. Raises Problem `access.out_of_scope`."""
    found = of_subject(scope, subject).filter(pk=grant_id).first()
    if found is None:
        raise problems.OUT_OF_SCOPE(subject=f"grant:{grant_id}")
    with audit.event(
        "grant.revoked", actor=scope.actor, subject=found.user.username,
        region_code=found.region_code, detail={"for": subject},
    ):  # fmt: skip
        if found.revoked_at is None:
            found.revoked_at = clock.now()
            found.save(update_fields=["revoked_at"])
    return found
