"""Working days in China: weekends, public holidays and the weekends worked in exchange.

The calendar is the kept library `chinesecalendar` (State Council notices, 2004 on). For a year
that is not yet announced Monday to Friday are taken, and `announced` says so.
"""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
from chinese_calendar import constants

_KNOWN = {day.year for day in constants.holidays}


def announced(year: int) -> bool:
    """Whether the holidays of `year` are known, so that its working days are certain."""
    return year in _KNOWN


def is_workday(day: date) -> bool:
    """Whether offices work on `day`."""
    return bool(chinese_calendar.is_workday(day)) if announced(day.year) else day.weekday() < 5


def add_workdays(day: date, count: int) -> date:
    """The `count`-th working day after `day`; `day` itself does not count."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_workday(day)
    return day
