"""The one door of every page: login, right, scope, transaction, and refusals told plainly.

    @route("household.view")
    def show(request, scope, household_no): ...

A view gets the person's `Scope`, runs inside the transaction that shows only that scope's
rows, and may raise `Problem`; the door turns it into a page, a fragment or JSON.
"""

from __future__ import annotations

import functools
import logging
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from bangfu.access import RIGHTS, ROLES, Scope, scope_of
from bangfu.access.commands import log_refusal
from bangfu.access.session import scoped
from bangfu.kernel.problems import Problem
from bangfu.web import language, problems
from bangfu.web.nav import menu

log = logging.getLogger(__name__)
T = TypeVar("T")
OPEN = "open"  # routes that need no login: sign-in, language switch
IDLE_SECONDS = 2 * 3600  # a PC left alone is signed out
SELF = "self"  # routes that need a login and no more: one's own account
ROUTES: dict[str, str] = {}  # dotted view -> right, for the test that none lacks one


def route(right: str, *, methods: tuple[str, ...] = ("GET",)) -> Callable[..., Any]:
    """Declare a view and the right it needs (`RIGHTS`, or SELF). The view gets the scope."""
    if right not in RIGHTS and right != SELF:
        raise ValueError(f"no such right: {right}")

    def declare(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                _check_method(request, methods)
                turned_away = _unready(request, right)
                if turned_away is not None:
                    return turned_away
                return _private(_enter(view, right, request, args, kwargs))
            except Problem as problem:
                return _private(refuse(request, problem))

        return _register(door, view, right)

    return declare


def open_route(*, methods: tuple[str, ...] = ("GET",)) -> Callable[..., Any]:
    """Declare a view that needs no login; it gets no scope."""

    def declare(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                _check_method(request, methods)
                return view(request, *args, **kwargs)
            except Problem as problem:
                return refuse(request, problem)

        return _register(door, view, OPEN)

    return declare


def _register(
    door: Callable[..., HttpResponse], view: Callable[..., HttpResponse], right: str
) -> Callable[..., HttpResponse]:
    ROUTES[f"{view.__module__}.{view.__qualname__}"] = right
    door.right = right  # type: ignore[attr-defined]
    return door


def _check_method(request: HttpRequest, methods: tuple[str, ...]) -> None:
    if request.method not in (*methods, "HEAD" if "GET" in methods else ""):
        raise problems.WRONG_METHOD(method=request.method)


def _unready(request: HttpRequest, right: str) -> HttpResponse | None:
    """Where to go first: to sign in, or to replace the first password."""
    _end_idle(request)
    if not request.user.is_authenticated:
        if is_htmx(request):
            response = HttpResponse(status=401)
            response["HX-Redirect"] = sign_in_url(request.headers.get("HX-Current-URL", "/"))
            return response
        if wants_json(request):
            raise problems.NOT_SIGNED_IN()
        return HttpResponseRedirect(sign_in_url(request.get_full_path()))
    if getattr(request.user, "must_change_password", False) and right != SELF:
        return HttpResponseRedirect(reverse("session:password"))
    return None


def _end_idle(request: HttpRequest) -> None:
    """Sign out a session that nobody used for IDLE_SECONDS; note its use, once a minute."""
    if not request.user.is_authenticated:
        return
    now, seen = int(time.time()), request.session.get("seen", 0)
    if seen and now - seen > IDLE_SECONDS:
        logout(request)
    elif now - seen > 60:
        request.session["seen"] = now


def _enter(
    view: Callable[..., HttpResponse],
    right: str,
    request: HttpRequest,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> HttpResponse:
    scope = scope_of(request.user)  # type: ignore[arg-type]
    request.scope = scope  # type: ignore[attr-defined]
    if request.path == "/" and scope.grant is not None and scope.grant.number:
        return HttpResponseRedirect(reverse("inspection:checks"))  # all there is for them
    return guarded(request, scope, right, lambda: view(request, scope, *args, **kwargs))


def guarded(request: HttpRequest, scope: Scope, right: str, act: Callable[[], T]) -> T:
    """What `act` gives, done with the right held and behind the wall of the scope; asking for
    what is not one's own is kept. Pages and the API both pass here."""
    with refusals_kept(request, scope, right):
        _check_text(request)
        if right != SELF:
            scope.require(right)
        with scoped(scope):
            return act()


@contextmanager
def refusals_kept(request: HttpRequest, scope: Scope, right: str) -> Iterator[None]:
    """Write into the log what is refused inside: a missing right, or what is not one's own."""
    try:
        yield
    except Http404:
        raise problems.NOT_FOUND() from None
    except Problem as problem:
        if problem.kind.status in (403, 404):
            subject = next((str(v) for v in problem.details.values()), right)
            if problem.code == "access.no_right":
                subject = right
            log_refusal(scope, subject, request.path)
        raise


def _check_text(request: HttpRequest) -> None:
    """PostgreSQL holds no NUL character; a browser never sends one."""
    given = (v for q in (request.GET, request.POST) for _k, vs in q.lists() for v in vs)
    sent = (request.path, *given)
    if any("\0" in text for text in sent):
        raise problems.BAD_REQUEST(what="NUL")


def _private(response: HttpResponse) -> HttpResponse:
    """Pages about people are kept by no cache and no back button of a shared PC."""
    response.headers.setdefault("Cache-Control", "no-store, private")
    return response


def sign_in_url(target: str) -> str:
    """The sign-in page that afterwards goes on to `target`."""
    return f"{settings.LOGIN_URL}?{urlencode({'next': target})}"


def safe_next(request: HttpRequest, fallback: str = "/") -> str:
    """Where the form says to go on to, when that is on this site; else `fallback`."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure())
    return target if allowed else fallback


def is_htmx(request: HttpRequest) -> bool:
    """Whether a fragment is asked for, not a page."""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers


def wants_json(request: HttpRequest) -> bool:
    """Whether a program asks (scripts of ours, or the API)."""
    accept = request.headers.get("Accept", "")
    return "application/json" in accept and "text/html" not in accept


def page(
    request: HttpRequest, name: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page or fragment: `page(request, "households/list.html", {...})` renders
    `web/households/templates/list.html` with the frame's own values added."""
    folder, _, file = name.partition("/")
    template = f"{folder}/templates/{file}" if file else name
    return render(request, template, {**_frame(request), **(context or {})}, status=status)


def _frame(request: HttpRequest) -> dict[str, Any]:
    scope: Scope | None = getattr(request, "scope", None)
    lang = language.current()
    frame: dict[str, Any] = {"lang": lang, "scope": scope}
    if scope is not None and not is_htmx(request):
        role = ROLES.get(scope.role)
        frame["menu"] = menu(scope, request.path)
        frame["tabs"] = [i for g in frame["menu"] for i in g["items"] if i["tab"]]
        frame["role_label"] = role[0 if lang == "zh" else 1] if role else scope.role
    return frame


def refuse(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as JSON, as a notice in the corner of an open page, or as a page."""
    lang = language.current()
    status = problem.kind.status
    if wants_json(request):
        return JsonResponse(
            {**problem.as_dict(lang), "details": {k: str(v) for k, v in problem.details.items()}},
            status=status,
        )
    told = {"code": problem.code, "status": status, "message": problem.message(lang),
            "advice": problem.advice(lang)}  # fmt: skip
    if is_htmx(request):
        response = render(request, "parts/refusal_toast.html", told, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "beforeend"
        return response
    return page(request, "error.html", told, status=status)


def done(*, location: str = "", refresh: bool = False) -> HttpResponse:
    """Answer to an HTMX form that succeeded: close the dialog, then go to `location` or reload.

    What to tell the person goes into Django's messages; the next page shows it.
    """
    response = HttpResponse(status=204)
    if location:
        response["HX-Redirect"] = location
    elif refresh:
        response["HX-Refresh"] = "true"
    response["HX-Trigger"] = "closeDialog"
    return response


# Django's own error doors (named in the root urls).


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a suspicious or malformed request."""
    return refuse(request, problems.BAD_REQUEST(what=type(exception).__name__))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form that did not come from one of our pages, or came too late."""
    log.info("form refused: %s %s", request.path, reason)
    return refuse(request, problems.STALE_FORM())


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 raised by Django itself."""
    log.info("forbidden: %s %s", request.path, exception)
    return refuse(request, problems.STALE_FORM())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such address; with the menu, for whoever is signed in."""
    del exception
    if request.user.is_authenticated:
        request.scope = scope_of(request.user)  # type: ignore[attr-defined]
    return refuse(request, problems.NOT_FOUND())


def server_error(request: HttpRequest) -> HttpResponse:
    """500: said plainly, with a number that stands in the log beside the traceback."""
    number = secrets.token_hex(4)
    log.error("fault %s at %s", number, request.path, exc_info=sys.exc_info())
    return refuse(request, problems.FAULT(number=number))
