"""Reads of the room."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from bangfu.access import problems
from bangfu.access.models import ApiToken, User
from bangfu.access.scope import Scope
from bangfu.kernel import clock

STATES = ("active", "disabled", "locked")


def users(
    scope: Scope, text: str = "", role: str = "", *, region_code: str = "", state: str = ""
) -> QuerySet[User]:
    """Accounts of the scope's region, by user name or display name, role, and one of STATES.

    Raises Problem for a region outside the scope.
    """
    found = User.objects.filter(scope.narrowed(region_code).q("region_code"))
    if text:
        found = found.filter(Q(username__icontains=text) | Q(display_name__icontains=text))
    if state in ("active", "disabled"):
        found = found.filter(is_active=state == "active")
    if state == "locked":
        found = found.filter(locked_until__gt=clock.now())
    return found.filter(role=role) if role else found


def user(scope: Scope, user_id: int) -> User:
    """One account of the scope's region. Raises Problem `access.out_of_scope`."""
    found = users(scope).filter(pk=user_id).first()
    if found is None:
        raise problems.OUT_OF_SCOPE(subject=f"user:{user_id}")
    return found


def tokens(scope: Scope) -> QuerySet[ApiToken]:
    """The person's own tokens in force."""
    return ApiToken.objects.filter(user_id=scope.user_id or 0, revoked_at=None).order_by(
        "-created_at"
    )
