"""Reads of the room."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from bangfu.access.models import ApiToken, User
from bangfu.access.scope import Scope


def users(scope: Scope, text: str = "", role: str = "") -> QuerySet[User]:
    """Accounts of the scope's region, by user name or display name and role."""
    found = User.objects.filter(scope.q("region_code"))
    if text:
        found = found.filter(Q(username__icontains=text) | Q(display_name__icontains=text))
    return found.filter(role=role) if role else found


def tokens(scope: Scope) -> QuerySet[ApiToken]:
    """The person's own tokens in force."""
    return ApiToken.objects.filter(user_id=scope.user_id, revoked_at=None).order_by("-created_at")
