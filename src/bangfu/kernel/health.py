"""Health checks as data: `bangfu doctor` runs every one that is declared.

A room adds its own in `checks.py`: a function that looks and returns a Finding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """What a check saw, and what to do when it is not well."""

    state: State
    zh: str
    en: str
    do_zh: str = ""
    do_en: str = ""


@dataclass(frozen=True)
class Check:
    """One line of the doctor's report. `look` may raise; that counts as bad."""

    zh: str
    en: str
    look: Callable[[], Finding]


_CHECKS: list[Check] = []


def check(zh: str, en: str) -> Callable[[Callable[[], Finding]], Callable[[], Finding]]:
    """Decorator: declare a health check under a name in both languages."""

    def keep(look: Callable[[], Finding]) -> Callable[[], Finding]:
        _CHECKS.append(Check(zh, en, look))
        return look

    return keep


def all_checks() -> list[Check]:
    """Every declared check, in order of declaration."""
    return list(_CHECKS)


def ok(zh: str, en: str) -> Finding:
    """All is well."""
    return Finding("ok", zh, en)


def warn(zh: str, en: str, do_zh: str, do_en: str) -> Finding:
    """Works, but something is missing or near its limit."""
    return Finding("warn", zh, en, do_zh, do_en)


def bad(zh: str, en: str, do_zh: str, do_en: str) -> Finding:
    """Does not work until somebody acts."""
    return Finding("bad", zh, en, do_zh, do_en)
