"""The small world, recorded and judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bangfu.access.models import User
    from bangfu.findings.models import Run


@pytest.fixture
def judged(staff: dict[str, User]) -> Run:
    """The families with their records, evaluated; one account of each role."""
    from bangfu.findings import commands
    from tests.findings import town

    town.record()
    return commands.start(town.system(), period=town.PERIOD, now=True)
