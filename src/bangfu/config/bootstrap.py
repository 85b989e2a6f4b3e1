"""Starting Django for a command or a server: settings first, then the database, then apps.

Commands that need no database (`bangfu policy …`) never call it, so they start fast.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from bangfu.config.environment import Environment

_server: Any = None


def django(*, database: bool = True) -> None:
    """Set Django up once; with `database`, start or join the embedded server when it is ours.

    Raises Problem `config.*`.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.config.settings")
    import django as framework
    from django.apps import apps
    from django.conf import settings
    from django.utils import translation

    if database:
        ensure_database()
    if not apps.ready:
        framework.setup()
        translation.activate(settings.LANGUAGE_CODE)


def ensure_database() -> None:
    """Start or join the embedded server, unless DATABASE_URL names another one."""
    global _server
    from django.conf import settings

    if settings.BANGFU_EMBEDDED and _server is None:
        from bangfu.config.postgres import EmbeddedServer

        _server = EmbeddedServer(settings.BANGFU_VAR / "pg").start()


def waiting_migrations() -> list[str]:
    """Names of the migrations that the database lacks."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{step.app_label}.{step.name}" for step, _backwards in plan]


def migrate() -> int:
    """Bring the database up to date; how many migrations ran."""
    from django.core.management import call_command

    waiting = waiting_migrations()
    call_command("migrate", interactive=False, verbosity=0)
    return len(waiting)


def require_key() -> None:
    """Raises Problem `access.no_key` when there is no data key."""
    from django.conf import settings

    if not settings.BANGFU_KEY:
        from bangfu.access import problems

        raise problems.NO_KEY()


def make_key(env: Environment) -> Path:
    """Write a new random data key, readable by this user only; gives its path."""
    env.var.mkdir(parents=True, exist_ok=True)
    handle = os.open(env.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
    return env.key_file
