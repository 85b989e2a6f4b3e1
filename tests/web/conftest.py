"""Accounts of every role in the small world, and clients signed in as them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import Client

if TYPE_CHECKING:
    from bangfu.access.models import User


@pytest.fixture(scope="session", autouse=True)
def _static_folder() -> None:
    """`bangfu serve` collects files into it; tests serve them where they stand."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def staff(world: None) -> dict[str, User]:
    """One account of each role, by role."""
    from tests.world import staff

    return staff()


@pytest.fixture
def signed_in(staff: dict[str, User]) -> Callable[[str], Client]:
    """A client signed in as whoever holds a role."""

    def sign_in(role: str) -> Client:
        client = Client()
        client.force_login(staff[role])
        return client

    return sign_in


@pytest.fixture
def clerk(signed_in: Callable[[str], Client]) -> Client:
    """A client signed in as the clerk of Gaoling township."""
    return signed_in("township_clerk")
