"""What other rooms check when the log is verified: records they keep beside it.

A room that keeps append-only records puts their digest into its events and registers here how
to compare the two; `audit.verify` runs it after the chain itself holds.
"""

from __future__ import annotations

from collections.abc import Callable

Check = Callable[[], str | None]  # the first fault, None when all is well
_CHECKS: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Have `check` run with every verification; a second of the same name replaces it."""
    _CHECKS[name] = check


def first_fault() -> str | None:
    """The first fault any check finds."""
    return next((fault for check in _CHECKS.values() if (fault := check())), None)
