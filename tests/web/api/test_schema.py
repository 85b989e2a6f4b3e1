"""The OpenAPI document is true: whatever it allows is answered as it says (schemathesis)."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import schemathesis
import urllib3
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import world
from tests.findings import town as made

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip


def asked(case: Any, client: Client) -> requests.Response:
    """The case put to Django, its answer as `requests` would give it."""
    wanted = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    given = client.generic(
        case.method, wanted.path_url, **{f"HTTP_{k.upper().replace('-', '_')}": v
                                         for k, v in wanted.headers.items()
                                         if k.lower() not in ("authorization", "content-length")}
    )  # fmt: skip
    answer = requests.Response()
    answer.status_code, answer._content = given.status_code, given.content
    answer.headers.update(given.headers)
    answer.request, answer.url = wanted, wanted.url or ""
    answer.raw = urllib3.HTTPResponse(
        body=given.content,
        headers=dict(given.headers),
        status=given.status_code,
        preload_content=False,
    )
    return answer


@pytest.mark.django_db
def test_every_operation_answers_as_the_document_says(
    run: Any, program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings as django_settings

    from bangfu.web.api import door

    django_settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(door, "RATE", 10**9)
    client = Client(headers={"Authorization": f"Bearer {program('city_office').token}"})
    document = schemathesis.openapi.from_dict(client.get("/api/v1/openapi.json").json())
    put = 0
    known = {"household_no": made.READY, "code": world.DUAN, "rule": "HC2-E-129"}
    for result in document.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=12, deadline=None, derandomize=True, database=None,
            phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @schemathesis_given(operation)
        def check(case: Any) -> None:
            nonlocal put
            for where in (case.path_parameters, case.query):
                for name, value in known.items():
                    if where and name in where and put % 2:  # every other one is about somebody
                        where[name] = value
            put += 1
            case.validate_response(asked(case, client), checks=CHECKS)

        check()
    cache.clear()
    assert put > 150


def schemathesis_given(operation: Any) -> Any:
    """Hypothesis's `given` over the cases of an operation."""
    from hypothesis import given

    return given(case=operation.as_strategy())
