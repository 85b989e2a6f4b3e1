"""The installation that the tests of the command line share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.config.place import Place


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One installation for the session, its database kept running between commands."""
    from bangfu.config.postgres import EmbeddedServer

    found = Place(tmp_path_factory.mktemp("place") / "var")
    server = EmbeddedServer(found.var / "pg", throwaway=True).start()
    for step in ("key", "migrate"):
        done = found.run(step)
        assert done.returncode == 0, done.stdout + done.stderr
    yield found
    server.leave()
