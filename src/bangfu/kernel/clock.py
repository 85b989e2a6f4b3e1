"""The one clock: Asia/Shanghai, replaceable in tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_source: Callable[[], datetime] | None = None


def now() -> datetime:
    """Now, aware, in Asia/Shanghai."""
    return _source() if _source else datetime.now(SHANGHAI)


def today() -> date:
    """Today's date in Asia/Shanghai."""
    return now().date()


def use(source: Callable[[], datetime] | None) -> None:
    """Replace the clock (tests), None to restore it."""
    global _source
    _source = source
