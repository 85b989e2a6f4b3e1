"""The judged town, and programs that ask with a token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client


class Program:
    """Asks /api/v1 with an account's token; gives the answer."""

    def __init__(self, user: Any) -> None:
        from bangfu.access.commands import make_token

        self.token = make_token(user, "测试")

    def __call__(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        return Client().get(f"/api/v1{path}", query or {}, headers=headers)


@pytest.fixture
def town(db: None) -> Iterator[None]:
    """The town of tests/findings, not judged yet."""
    from bangfu.registry import divisions
    from tests.findings import town as made

    cache.clear()
    made.build()
    yield
    divisions._names.cache_clear()


@pytest.fixture
def run(town: None) -> Any:
    """The town's evaluation."""
    from tests.findings import town as made

    return made.commands.start(made.system(), period=made.PERIOD, now=True)


@pytest.fixture
def program(town: None) -> Callable[[str], Program]:
    """A program of whoever holds a role."""
    from tests import world

    staff = world.staff()
    return lambda role: Program(staff[role])
