"""The small world, recorded, with a snapshot to simulate on; nothing evaluated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bangfu.access.models import User


@pytest.fixture
def recorded(staff: dict[str, User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The families with their records and a snapshot; one account of each role."""
    from bangfu.registry import snapshot
    from tests.findings import small, town

    small.put(tmp_path, monkeypatch)
    town.record()
    snapshot.take(town.system(), town.PERIOD)
