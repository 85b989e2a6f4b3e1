"""Signing in and out, one's own account, password, tokens, language.

Counting failures, locking and logging belong to `access.commands`; here is only the form.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from bangfu import audit
from bangfu.access import RIGHTS, Scope, commands, queries
from bangfu.kernel.problems import Problem
from bangfu.registry import divisions
from bangfu.web.http import SELF, open_route, page, refuse, route, safe_next, wants_json
from bangfu.web.language import CODES, COOKIE, current

YEAR = 365 * 24 * 3600


@sensitive_post_parameters("password")
@open_route(methods=("GET", "POST"))
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page; on success goes on to where the person wanted to be."""
    target = safe_next(request)
    if request.method == "GET":
        if request.user.is_authenticated:
            return HttpResponseRedirect(target)
        return page(request, "session/sign_in.html", {"next": target})
    username = request.POST.get("username", "").strip()
    try:
        user = commands.sign_in(
            username, request.POST.get("password", ""), request.META.get("REMOTE_ADDR", "")
        )
    except Problem as problem:
        if wants_json(request):
            return refuse(request, problem)
        context = {"next": target, "username": username, "problem": problem.as_dict(current())}
        return page(request, "session/sign_in.html", context, status=problem.kind.status)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect(target)


@open_route(methods=("POST",))
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; the next person on a shared PC starts clean."""
    user = request.user
    if user.is_authenticated:
        actor = audit.Actor(user.get_username(), getattr(user, "role", ""))
        with audit.event("user.signed_out", actor=actor, subject=user.get_username()):
            logout(request)
    return redirect("session:sign_in")


@open_route(methods=("POST",))
def language(request: HttpRequest) -> HttpResponse:
    """Switch between Chinese and English, and come back."""
    chosen = request.POST.get("language", "zh")
    response = HttpResponseRedirect(safe_next(request))
    if chosen in CODES:
        response.set_cookie(
            COOKIE, chosen, max_age=YEAR, samesite="Lax", httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return response


@route(SELF)
def account(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Who I am here: role, area, what I may do, my API tokens."""
    context = {
        "region": divisions.full_name(scope.region_code, from_level="city"),
        "rights": [_(RIGHTS[name]) for name in RIGHTS if name in scope.rights],
        "tokens": queries.tokens(scope) if scope.has("token.manage") else None,
        "new_token": request.session.pop("new_token", None),
    }
    return page(request, "session/account.html", context)


@sensitive_post_parameters("old", "new", "again")
@route(SELF, methods=("GET", "POST"))
def password(request: HttpRequest, _scope: Scope) -> HttpResponse:
    """Change one's own password."""
    if request.method == "GET":
        return page(request, "session/password.html")
    old, new, again = (request.POST.get(name, "") for name in ("old", "new", "again"))
    if new != again:
        told = {"message": _("两次输入的新密码不一致。"), "advice": _("请重新输入。")}
        return page(request, "session/password.html", {"problem": told}, status=422)
    try:
        commands.change_password(request.user, old, new)  # type: ignore[arg-type]
    except Problem as problem:
        context = {"problem": problem.as_dict(current())}
        return page(request, "session/password.html", context, status=problem.kind.status)
    update_session_auth_hash(request, request.user)  # type: ignore[arg-type]
    messages.success(request, _("密码已修改。"))
    return redirect("session:account")


@route("token.manage", methods=("POST",))
def make_token(request: HttpRequest, _scope: Scope) -> HttpResponse:
    """A new API token, shown once on the next page."""
    label = request.POST.get("label", "").strip()[:80] or _("未命名")
    request.session["new_token"] = commands.make_token(request.user, label)  # type: ignore[arg-type]
    return redirect("session:account")


@route("token.manage", methods=("POST",))
def revoke_token(request: HttpRequest, _scope: Scope, token_id: int) -> HttpResponse:
    """End one of one's tokens."""
    commands.revoke_token(request.user, token_id)  # type: ignore[arg-type]
    messages.success(request, _("令牌已停用。"))
    return redirect("session:account")
