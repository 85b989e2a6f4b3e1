"""Writes of the room: accounts, passwords, tokens, sign-in counting, reveals."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import F

from bangfu import audit
from bangfu.access import problems
from bangfu.access.masking import mask
from bangfu.access.models import ApiToken, User
from bangfu.access.roles import DEPARTMENTS, ROLES, TEMPORARY
from bangfu.access.scope import Scope
from bangfu.access.throttle import tally
from bangfu.audit import Actor
from bangfu.kernel import clock, identity, region

_USERNAME = re.compile(r"[\w.@-]{2,64}")
MAX_FAILURES = 5
LOCK_MINUTES = 15
MAX_ADDRESS_FAILURES = 50  # in LOCK_MINUTES


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
    scope.require("user.manage")
    _check(role, region_code, department)
    if not scope.covers(region_code):
        raise problems.OUT_OF_SCOPE(subject=region_code)
    if not _USERNAME.fullmatch(username):
        raise problems.BAD_ACCOUNT(what="用户名应为 2 至 64 个字母、数字、汉字或 . _ - @")
    if not 0 < len(display_name) <= 64:
        raise problems.BAD_ACCOUNT(what="姓名应为 1 至 64 个字")
    user = User.objects.filter(username=username).first()
    if user is not None and not scope.covers(user.region_code):
        raise problems.BAD_ACCOUNT(what=f"用户名“{username}”已被使用")
    _guard_administrators(scope, role, user, is_active)
    is_new = user is None
    if user is None:
        if not password:
            raise problems.BAD_ACCOUNT(what="初始密码不能为空")
        user = User(username=username)
    before = {} if is_new else _public(user)
    user.display_name, user.role, user.region_code = display_name, role, region_code
    user.department = department if role == "county_department" else ""
    user.is_active = is_active
    if password:
        _set_password(user, password)
        user.must_change_password = must_change_password
    action = "user.created" if is_new else "user.changed"
    with audit.event(action, actor=scope.actor, subject=username, region_code=region_code) as event:
        event.detail = {"before": before, "after": _public(user), "password_set": bool(password)}
        user.save()
        if not is_active:
            user.tokens.filter(revoked_at=None).update(revoked_at=clock.now())
    return user


def add_account(
    scope: Scope, username: str, display_name: str, role: str, region_code: str, password: str
) -> User:
    """A new account of a temporary role with a first password to be replaced, inside an event of
    the caller's, who has asked for the right. Raises Problem `access.bad_account`."""
    _check(role, region_code, "")
    if role not in TEMPORARY or not scope.covers(region_code):
        raise problems.OUT_OF_SCOPE(subject=region_code)
    if not _USERNAME.fullmatch(username) or User.objects.filter(username=username).exists():
        raise problems.BAD_ACCOUNT(
            what="用户名已被使用，或不是 2 至 64 个字母、数字、汉字或 . _ - @"
        )
    if not 0 < len(display_name) <= 64:
        raise problems.BAD_ACCOUNT(what="姓名应为 1 至 64 个字")
    user = User(username=username, display_name=display_name, role=role, region_code=region_code)
    _set_password(user, password)
    user.must_change_password = True
    user.save()
    return user


def _guard_administrators(scope: Scope, role: str, user: User | None, is_active: bool) -> None:
    """Whoever may make accounts must not become an administrator by way of one: neither by
    making one nor by setting the password of one. Nobody shuts themselves out."""
    if scope.role not in ("administrator", "system"):
        if role == "administrator":
            raise problems.BAD_ACCOUNT(what="只有管理员能设置管理员")
        if user is not None and user.role == "administrator":
            raise problems.BAD_ACCOUNT(what="只有管理员能修改管理员账号")
    if user is not None and user.pk == scope.user_id and (role != user.role or not is_active):
        raise problems.BAD_ACCOUNT(what="不能停用本人账号或更改本人角色")


def unlock_user(scope: Scope, user: User) -> None:
    """End the lock that wrong passwords set. Raises Problem."""
    scope.require("user.manage")
    if not scope.covers(user.region_code):
        raise problems.OUT_OF_SCOPE(subject=user.username)
    _guard_administrators(scope, user.role, user, user.is_active)
    with audit.event(
        "user.unlocked", actor=scope.actor, subject=user.username, region_code=user.region_code
    ):
        User.objects.filter(pk=user.pk).update(failed_sign_ins=0, locked_until=None)


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
    """The user these belong to; failures are counted, logged, and lock the account for a while;
    many of them, the address (offices share one, so that many more are let pass).

    Raises Problem `access.sign_in_failed`, `access.locked` or `access.address_locked`.
    """
    if address and tally("sign_in", address, LOCK_MINUTES * 60, add=0) >= MAX_ADDRESS_FAILURES:
        raise problems.ADDRESS_LOCKED(minutes=LOCK_MINUTES)
    username = username.replace("\0", "")
    user = User.objects.filter(username=username, is_active=True).first()
    if user and user.locked_until and user.locked_until > clock.now():
        raise problems.LOCKED(minutes=LOCK_MINUTES)
    if user is None:
        make_password(password)  # takes as long as a check, so that time does not tell who exists
    if user is None or not user.check_password(password):
        _count_failure(user, username, address)
        if address:
            tally("sign_in", address, LOCK_MINUTES * 60)
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
    now = clock.now()
    found = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest, revoked_at=None, expires_at__gt=now, user__is_active=True)
        .first()
    )
    if found is None:
        raise problems.BAD_TOKEN()
    if found.last_used_at is None or now - found.last_used_at > timedelta(minutes=1):
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found.user


def log_refusal(scope: Scope, subject: str, path: str) -> None:
    """Keep that somebody asked for what is not theirs; an identity number typed into an
    address stays out of the log."""
    with audit.event(
        "access.refused", actor=scope.actor, subject=_masked(subject), source=_masked(path),
        region_code=scope.region_code,
    ):  # fmt: skip
        pass


def _masked(text: str) -> str:
    def hidden(found: re.Match[str]) -> str:
        return mask("id_number", found[0]) if identity.fault(found[0].upper()) is None else found[0]

    return re.sub(r"(?<!\d)\d{17}[\dXx](?!\d)", hidden, text)
