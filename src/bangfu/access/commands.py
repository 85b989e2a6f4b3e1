"""Writes of the room: accounts, passwords, tokens, sign-in counting, reveals."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import F

from bangfu import audit
from bangfu.access import problems
from bangfu.access.models import ApiToken, User
from bangfu.access.roles import DEPARTMENTS, ROLES
from bangfu.access.scope import Scope
from bangfu.audit import Actor
from bangfu.kernel import clock, region

MAX_FAILURES = 5
LOCK_MINUTES = 15


def _check(role: str, region_code: str, department: str) -> None:
    if role not in ROLES:
        raise problems.BAD_ACCOUNT(what=f"没有“{role}”这个角色")
    try:
        level = region.level(region_code)
    except ValueError:
        raise problems.BAD_ACCOUNT(what=f"辖区代码“{region_code}”不是区划代码") from None
    if level not in ROLES[role][2]:
        wanted = "、".join(region.LEVEL_ZH[x] for x in ROLES[role][2])
        raise problems.BAD_ACCOUNT(what=f"{ROLES[role][0]}的辖区应为{wanted}")
    if role == "county_department" and department not in DEPARTMENTS:
        raise problems.BAD_ACCOUNT(what="行业部门账号须选择部门")


def save_user(
    scope: Scope,
    *,
    username: str,
    display_name: str,
    role: str,
    region_code: str,
    department: str = "",
    password: str | None = None,
    is_active: bool = True,
    must_change_password: bool = False,
) -> User:
    """Make or change an account inside one's own region. Raises Problem.

    Nobody gives an account wider than their own region; only an administrator (or the
    operator) makes administrators.
    """
    _check(role, region_code, department)
    if not scope.covers(region_code):
        raise problems.OUT_OF_SCOPE(subject=region_code)
    if role == "administrator" and scope.role not in ("administrator", "system"):
        raise problems.BAD_ACCOUNT(what="只有管理员能设置管理员")
    user = User.objects.filter(username=username).first()
    if user is not None and not scope.covers(user.region_code):
        raise problems.BAD_ACCOUNT(what=f"用户名“{username}”已被使用")
    is_new = user is None
    if user is None:
        if not username or not display_name or not password:
            raise problems.BAD_ACCOUNT(what="用户名、姓名和初始密码不能为空")
        user = User(username=username)
    before = {} if is_new else _public(user)
    user.display_name, user.role, user.region_code = display_name, role, region_code
    user.department, user.is_active = department, is_active
    if password:
        _set_password(user, password)
        user.must_change_password = must_change_password
    action = "user.created" if is_new else "user.changed"
    with audit.event(action, actor=scope.actor, subject=username, region_code=region_code) as event:
        event.detail = {"before": before, "after": _public(user), "password_set": bool(password)}
        user.save()
    return user


def _public(user: User) -> dict[str, Any]:
    fields = ("display_name", "role", "region_code", "department", "is_active")
    return {name: getattr(user, name) for name in fields}


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as fault:
        raise problems.BAD_ACCOUNT(what="；".join(fault.messages)) from None
    user.set_password(password)


def change_password(user: User, old: str, new: str) -> None:
    """One's own password. Raises Problem when `old` is wrong or `new` too weak."""
    if not user.check_password(old):
        raise problems.BAD_ACCOUNT(what="原密码不正确")
    _set_password(user, new)
    user.must_change_password = False
    actor = Actor(user.username, user.role)
    with audit.event("user.password_changed", actor=actor, subject=user.username):
        user.save()


def sign_in(username: str, password: str, address: str) -> User:
    """The user these belong to; failures are counted, logged, and lock the account for a while.

    Raises Problem `access.sign_in_failed` or `access.locked`.
    """
    user = User.objects.filter(username=username, is_active=True).first()
    if user and user.locked_until and user.locked_until > clock.now():
        raise problems.LOCKED(minutes=LOCK_MINUTES)
    if user is None or not user.check_password(password):
        _count_failure(user, username, address)
        raise problems.SIGN_IN_FAILED(limit=MAX_FAILURES, minutes=LOCK_MINUTES)
    actor = Actor(user.username, user.role)
    with audit.event("user.signed_in", actor=actor, subject=username, source=address):
        User.objects.filter(pk=user.pk).update(failed_sign_ins=0, locked_until=None)
    return user


def _count_failure(user: User | None, username: str, address: str) -> None:
    actor = Actor(username[:64], user.role if user else "unknown")
    with audit.event(
        "user.sign_in_failed", actor=actor, subject=username[:64], source=address
    ) as event:
        if user is None:
            return
        User.objects.filter(pk=user.pk).update(failed_sign_ins=F("failed_sign_ins") + 1)
        user.refresh_from_db(fields=["failed_sign_ins"])
        if user.failed_sign_ins >= MAX_FAILURES:
            until = clock.now() + timedelta(minutes=LOCK_MINUTES)
            User.objects.filter(pk=user.pk).update(failed_sign_ins=0, locked_until=until)
            event.detail = {"locked_until": until.isoformat()}


def make_token(user: User, label: str, days: int = 90) -> str:
    """A new API token of `user`, shown once; kept only as a hash."""
    token = "bf_" + secrets.token_urlsafe(32)
    actor = Actor(user.username, user.role)
    with audit.event("token.created", actor=actor, subject=user.username, detail={"label": label}):
        ApiToken.objects.create(
            user=user,
            label=label,
            digest=hashlib.sha256(token.encode()).hexdigest(),
            expires_at=clock.now() + timedelta(days=days),
        )
    return token


def revoke_token(user: User, token_id: int) -> None:
    """End one of one's own tokens. Raises Problem when it is not one's own."""
    actor = Actor(user.username, user.role)
    with audit.event("token.revoked", actor=actor, subject=user.username):
        if not user.tokens.filter(pk=token_id, revoked_at=None).update(revoked_at=clock.now()):
            raise problems.OUT_OF_SCOPE(subject=token_id)


def user_of_token(token: str) -> User:
    """The account a token belongs to. Raises Problem `access.bad_token`."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    found = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest, revoked_at=None, expires_at__gt=clock.now(), user__is_active=True)
        .first()
    )
    if found is None:
        raise problems.BAD_TOKEN()
    ApiToken.objects.filter(pk=found.pk).update(last_used_at=clock.now())
    return found.user


def log_refusal(scope: Scope, subject: str, path: str) -> None:
    """Keep that somebody asked for what is not theirs."""
    with audit.event(
        "access.refused", actor=scope.actor, subject=subject[:120], source=path[:200],
        region_code=scope.region_code,
    ):  # fmt: skip
        pass
