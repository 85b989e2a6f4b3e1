"""Starting Django for a command or a server: settings first, then the database, then apps.

Commands that need no database (`bangfu policy …`) never call it, so they start fast.
"""

from __future__ import annotations

import os
from typing import Any

_server: Any = None


def django(*, database: bool = True) -> None:
    """Set Django up once; with `database`, start or join the embedded server when it is ours.

    Raises Problem `config.*`.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.config.settings")
    import django as framework
    from django.apps import apps

    if database:
        ensure_database()
    if not apps.ready:
        framework.setup()


def ensure_database() -> None:
    """Start or join the embedded server, unless DATABASE_URL names another one."""
    global _server
    from django.conf import settings

    if settings.BANGFU_EMBEDDED and _server is None:
        from bangfu.config.postgres import EmbeddedServer

        _server = EmbeddedServer(settings.BANGFU_VAR / "pg").start()
