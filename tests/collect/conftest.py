"""The import itself without the job around it. (Imports stand inside: Django is not up yet.)"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bangfu.collect.models import Batch
    from tests.collect.files import Rows


@pytest.fixture
def give(db: None, world: None) -> Callable[..., Batch]:
    """give(households, persons, scope=…): receive a workbook of these rows and check it."""
    return _give


def _give(
    households: Rows = (), persons: Rows = (), *, files: dict[str, bytes] | None = None,
    scope: Any = None, year: int = 2016,
) -> Batch:  # fmt: skip
    from bangfu.collect import commands
    from tests import world
    from tests.collect.files import quiet, xlsx

    scope = scope or world.scope(world.GAOLING)
    given = files or {"book.xlsx": xlsx(households, persons)}
    batch = commands.receive(
        scope, [commands.Given(name, [content]) for name, content in given.items()], year
    )
    return commands.check(scope, batch.pk, quiet)
