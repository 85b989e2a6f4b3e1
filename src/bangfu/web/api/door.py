"""The door of every operation: token, right, scope, transaction, and refusals in one shape.

@operation(router, "/households/{household_no}", "household.view", answer=Household)
def household(request, scope, household_no: str): ...
"""

from __future__ import annotations

import functools
import inspect
import logging
import secrets
import typing
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from ninja import NinjaAPI, Router, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer
from pydantic import Field

from bangfu.access import RIGHTS, Scope, scope_of
from bangfu.access.commands import user_of_token
from bangfu.access.throttle import tally
from bangfu.kernel.problems import Problem
from bangfu.web import language
from bangfu.web import problems as web_problems
from bangfu.web.api import problems
from bangfu.web.http import ROUTES, guarded, refusals_kept

log = logging.getLogger(__name__)
RATE = 600  # requests a minute for one account


class Refusal(Schema):
    """Every refusal: a stable code, what is wrong, what to do next."""

    code: str = Field(examples=["registry.household_not_found"])
    message: str
    advice: str
    details: dict[str, str]


class Token(HttpBearer):
    """`Authorization: Bearer bf_…`: a token of one's own account, made under 我的账号."""

    def __init__(self, right: str) -> None:
        super().__init__()
        self.right = right

    def authenticate(self, request: HttpRequest, token: str) -> Scope:
        """The scope of the token's account. Raises Problem, also without the right: before
        anything else about the request is looked at."""
        user = user_of_token(token)
        _count(user.pk)
        if user.must_change_password:
            raise problems.PASSWORD_FIRST()
        scope = scope_of(user)
        with refusals_kept(request, scope, self.right):
            scope.require(self.right)
        return scope


def _count(user_id: int) -> None:
    if tally("api", str(user_id), 60) > RATE:
        raise problems.TOO_MANY(limit=RATE)


api = NinjaAPI(
    title="bangfu 帮扶 API",
    version="1",
    description="登记库与认定结果，只读；个人信息一律脱敏。见 docs/api.md。",
    urls_namespace="api",
    docs_url="/docs",
    openapi_url="/openapi.json",
)
_REFUSALS = dict.fromkeys((400, 401, 403, 404, 422, 429), Refusal)


def operation(
    router: Router, path: str, right: str, *, answer: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a GET operation and the right it needs. The view gets the scope second and must
    give plain data or schemas: the wall stands only while it runs."""
    if right not in RIGHTS:
        raise ValueError(f"no such right: {right}")

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            scope: Scope = request.auth  # type: ignore[attr-defined]
            return guarded(request, scope, right, lambda: view(request, scope, *args, **kwargs))

        # ninja reads the parameters off the signature, where the scope has no place.
        hints = typing.get_type_hints(view, include_extras=True)
        kept = [
            p.replace(annotation=hints.get(p.name, p.annotation))
            for p in inspect.signature(view).parameters.values()
            if p.name != "scope"
        ]
        door.__signature__ = inspect.Signature(kept)  # type: ignore[attr-defined]
        door.right = right  # type: ignore[attr-defined]
        ROUTES[f"{view.__module__}.{view.__qualname__}"] = right
        text = inspect.cleandoc(view.__doc__ or "")
        add = router.get(
            path, auth=Token(right), response={200: answer, **_REFUSALS}, operation_id=view.__name__,
            summary=text.splitlines()[0], description=f"{text}\n\n权限：{RIGHTS[right]}（{right}）",
        )  # fmt: skip
        add(door)
        return door

    return declare


# refusals


def _lang(request: HttpRequest) -> str:
    asked = request.headers.get("Accept-Language", "").lower()
    if asked.startswith(("en", "zh")):
        return asked[:2]
    return language.current()


def _refuse(request: HttpRequest, problem: Problem) -> HttpResponse:
    told = problem.as_dict(_lang(request))
    told["details"] = {k: str(v) for k, v in problem.details.items()}
    response = JsonResponse(
        told, status=problem.kind.status, json_dumps_params={"ensure_ascii": False}
    )
    if problem.kind.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if problem.kind.status == 429:
        response["Retry-After"] = "60"
    return response


@api.exception_handler(Problem)
def _problem(request: HttpRequest, fault: Problem) -> HttpResponse:
    return _refuse(request, fault)


@api.exception_handler(AuthenticationError)
def _no_token(request: HttpRequest, fault: AuthenticationError) -> HttpResponse:
    del fault
    return _refuse(request, problems.TOKEN_NEEDED())


@api.exception_handler(ValidationError)
def _bad_parameter(request: HttpRequest, fault: ValidationError) -> HttpResponse:
    told = [f"{'.'.join(map(str, e.get('loc', ())[1:]))}: {e.get('msg', '')}" for e in fault.errors]
    return _refuse(request, problems.BAD_PARAMETER(what="; ".join(told)[:500]))


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, fault: HttpError) -> HttpResponse:
    return _refuse(request, web_problems.BAD_REQUEST(what=str(fault)))


@api.exception_handler(Exception)
def _fault(request: HttpRequest, fault: Exception) -> HttpResponse:
    number = secrets.token_hex(4)
    log.error("fault %s at %s", number, request.path, exc_info=fault)
    if transaction.get_connection().in_atomic_block:
        transaction.set_rollback(True)
    return _refuse(request, web_problems.FAULT(number=number))


def told_alike(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A ninja path view whose wrong-method answer has the one shape; nothing is cached."""

    @functools.wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if isinstance(response, HttpResponseNotAllowed):
            allowed = response.headers["Allow"]
            response = _refuse(request, web_problems.WRONG_METHOD(method=request.method))
            response["Allow"] = allowed
        response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    return answered


def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """404: no such address under the API."""
    del rest
    return _refuse(request, web_problems.NOT_FOUND())
