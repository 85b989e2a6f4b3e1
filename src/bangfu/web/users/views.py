"""Accounts of one's region. What one may do to an account is decided by `access.commands`."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark
from django.views.decorators.debug import sensitive_post_parameters

from bangfu import audit
from bangfu.access import DEPARTMENTS, RIGHTS, ROLES, Scope, commands, problems, queries, trail
from bangfu.access.models import User
from bangfu.kernel import clock, region
from bangfu.kernel.problems import Problem
from bangfu.registry import divisions, paging
from bangfu.web.http import is_htmx, page, route
from bangfu.web.language import current
from bangfu.web.listing import Column, Listing, excel_response, workbook
from bangfu.web.regions import cascade
from bangfu.web.templatetags.bangfu import moment

STATES = {"active": mark("启用"), "disabled": mark("停用"), "locked": mark("已锁定")}
# Easily read aloud and typed: no 0/O, 1/l/I.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def role_label(role: str) -> str:
    """A role's name in the page's language."""
    if role not in ROLES:
        return role
    zh, en, _levels, _rights = ROLES[role]
    return zh if current() == "zh" else en


USERS = Listing(
    "users",
    [
        Column("username", mark("用户名"), lambda u: u.username, sort="username", lead=True),
        Column("display_name", mark("姓名"), lambda u: u.display_name, sort="display_name"),
        Column("role", mark("角色"), lambda u: role_label(u.role), sort="role"),
        Column("region", mark("辖区"), lambda u: divisions.full_name(
            u.region_code, from_level="city"), sort="region_code"),
        Column("department", mark("部门"), lambda u: u.department, usual=False),
        Column("state", mark("状态"), lambda u: _(STATES[u.state])),
        Column("last_login", mark("最近登录"), lambda u: moment(u.last_login), sort="last_login"),
        Column("created_at", mark("建立时间"), lambda u: moment(u.created_at), usual=False,
               sort="created_at"),
    ],
)  # fmt: skip


def found(scope: Scope, request: HttpRequest) -> QuerySet[User]:
    """The accounts that the URL asks for."""
    asked = request.GET
    return queries.users(
        scope, asked.get("q", "").strip()[:64],
        asked.get("role", "") if asked.get("role") in ROLES else "",
        region_code=asked.get("region", ""), state=asked.get("state", ""),
    )  # fmt: skip


@route("user.manage")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The list of accounts."""
    sort = USERS.sort_of(request) or "region_code"
    listed = paging.paged(
        found(scope, request), key="id", sort=sort,
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    context = {
        "page": listed, "columns": USERS.chosen(request), "all_columns": USERS.columns.values(),
        "sort": sort, "asked": request.GET, "states": STATES, "export_query": query.urlencode(),
        "roles": [(name, role_label(name)) for name in ROLES],
        "cascade": cascade(scope, request.GET.get("region", "")),
    }  # fmt: skip
    name = "users/_list.html" if is_htmx(request) else "users/list.html"
    return USERS.remember(request, page(request, name, context))


@route("user.manage")
def export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The list as Excel, with the columns that are seen."""
    rows = found(scope, request)
    columns = USERS.chosen(request)
    with audit.event(
        "user.exported", actor=scope.actor, region_code=scope.region_code,
        detail={"rows": rows.count(), "columns": [c.name for c in columns]},
    ):  # fmt: skip
        content = workbook(
            _("用户名单"), [_(c.label) for c in columns],
            ([c.value(u) for c in columns] for u in rows.iterator()),
            note=f"{scope.username} {clock.now():%Y-%m-%d %H:%M}",
        )  # fmt: skip
    return excel_response(content, f"{_('用户名单')}-{clock.today():%Y%m%d}")


@route("user.manage")
def roles(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Which role may do what, and where."""
    table = [
        {
            "name": name,
            "label": role_label(name),
            "levels": "、".join(_(region.LEVEL_ZH[x]) for x in levels),
            "holds": [right in rights for right in RIGHTS],
            "count": queries.users(scope, role=name).count(),
        }
        for name, (_zh, _en, levels, rights) in ROLES.items()
    ]
    context = {"table": table, "rights": [_(label) for label in RIGHTS.values()]}
    return page(request, "users/roles.html", context)


def _form(
    request: HttpRequest, scope: Scope, given: dict[str, Any], user: User | None = None,
    problem: Problem | None = None,
) -> HttpResponse:  # fmt: skip
    may = [r for r in ROLES if r != "administrator" or scope.role == "administrator"]
    own = scope.region_code
    reach = [
        r for r in may if any(n >= len(own) for n, lv in region.LEVELS.items() if lv in ROLES[r][2])
    ]
    chosen = given["region_code"]
    context = {
        "given": given, "user": user, "departments": DEPARTMENTS,
        "roles": [(r, role_label(r), "、".join(_(region.LEVEL_ZH[x]) for x in ROLES[r][2]))
                  for r in reach],
        "cascade": cascade(scope, chosen if scope.covers(chosen) else ""),
        "own": divisions.full_name(own, from_level="city"),
        "problem": problem.as_dict(current()) if problem else None,
    }  # fmt: skip
    return page(request, "users/form.html", context, status=problem.kind.status if problem else 200)


def _given(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    names = ("username", "display_name", "role", "department")
    sent: dict[str, Any] = {name: request.POST.get(name, "").strip() for name in names}
    return sent | {"region_code": request.POST.get("region", "").strip() or scope.region_code}


def _first_password() -> str:
    """Ten letters of 31: 49 bits; replaced at the first sign-in."""
    return "".join(secrets.choice(_LETTERS) for _n in range(10))


@sensitive_post_parameters("password")
@route("user.manage", methods=("GET", "POST"))
def new(request: HttpRequest, scope: Scope) -> HttpResponse:
    """A new account with a first password, shown once."""
    if request.method == "GET":
        given: dict[str, Any] = {"username": "", "display_name": "", "role": "", "department": "",
                 "region_code": scope.region_code}  # fmt: skip
        return _form(request, scope, given)
    given = _given(request, scope)
    if User.objects.filter(username=given["username"]).exists():
        taken = problems.BAD_ACCOUNT(what=f"用户名“{given['username']}”已被使用")
        return _form(request, scope, given, problem=taken)
    first = _first_password()
    try:
        user = commands.save_user(scope, **given, password=first, must_change_password=True)
    except Problem as problem:
        return _form(request, scope, given, problem=problem)
    request.session["first_password"] = [user.pk, first]
    messages.success(request, _("账号已建立。"))
    return redirect("users:show", user.pk)


@route("user.manage")
def show(request: HttpRequest, scope: Scope, user_id: int) -> HttpResponse:
    """One account, what can be done to it, and what it did lately."""
    user = queries.user(scope, user_id)
    told = request.session.get("first_password")
    first = None
    if told and told[0] == user.pk:
        first = request.session.pop("first_password")[1]
    recent = (
        trail.events(scope, trail.EventFilter()).filter(actor=user.username)[:20]
        if scope.has("audit.view")
        else None
    )
    context = {
        "user": user, "label": role_label(user.role), "state": _(STATES[user.state]),
        "region": divisions.full_name(user.region_code, from_level="city"), "first": first,
        "rights": [_(RIGHTS[r]) for r in RIGHTS if r in ROLES[user.role][3]],
        "recent": recent, "mine": user.pk == scope.user_id,
        "fixed": user.role == "administrator" and scope.role != "administrator",
    }  # fmt: skip
    return page(request, "users/show.html", context)


@route("user.manage", methods=("GET", "POST"))
def edit(request: HttpRequest, scope: Scope, user_id: int) -> HttpResponse:
    """Change name, role, region or department."""
    user = queries.user(scope, user_id)
    if request.method == "GET":
        names = ("username", "display_name", "role", "department", "region_code")
        return _form(request, scope, {n: getattr(user, n) for n in names}, user)
    given = _given(request, scope) | {"username": user.username}
    try:
        commands.save_user(scope, **given, is_active=user.is_active)
    except Problem as problem:
        return _form(request, scope, given, user, problem)
    messages.success(request, _("账号已更改。"))
    return redirect("users:show", user.pk)


def _as_it_is(user: User) -> dict[str, Any]:
    names = ("username", "display_name", "role", "region_code", "department")
    return {name: getattr(user, name) for name in names}


@route("user.manage", methods=("POST",))
def active(request: HttpRequest, scope: Scope, user_id: int) -> HttpResponse:
    """Disable an account, or enable it again. Its tokens end when it is disabled."""
    user = queries.user(scope, user_id)
    on = request.POST.get("on") == "1"
    commands.save_user(scope, **_as_it_is(user), is_active=on)
    messages.success(request, _("账号已启用。") if on else _("账号已停用，其接口令牌同时失效。"))
    return redirect("users:show", user.pk)


@route("user.manage", methods=("POST",))
def unlock(request: HttpRequest, scope: Scope, user_id: int) -> HttpResponse:
    """End the lock that wrong passwords set."""
    commands.unlock_user(scope, queries.user(scope, user_id))
    messages.success(request, _("账号已解锁。"))
    return redirect("users:show", user_id)


@route("user.manage", methods=("POST",))
def password(request: HttpRequest, scope: Scope, user_id: int) -> HttpResponse:
    """A new first password, shown once; the person must replace it."""
    user = queries.user(scope, user_id)
    first = _first_password()
    commands.save_user(
        scope, **_as_it_is(user), is_active=user.is_active, password=first,
        must_change_password=True,
    )  # fmt: skip
    request.session["first_password"] = [user.pk, first]
    messages.success(request, _("密码已重置。"))
    return redirect("users:show", user_id)
