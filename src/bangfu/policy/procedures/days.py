"""Days of a procedure: deadlines, terms of notices, earliest ends of waits.

A day is whole and ends at midnight in Asia/Shanghai; the day a period begins on does not
count (民法典 第二百零一条), so a notice of 3 days posted on the 1st may be closed on the 5th.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date, timedelta

from bangfu.kernel.workdays import add_workdays, is_workday
from bangfu.policy.procedures.definition import Span, YearDay

Stop = tuple[date, date | None]  # an objection: filed, settled


def add_months(day: date, months: int) -> date:
    """The same day `months` later, the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def ends(span: Span, start: date) -> date:
    """The last day of `span` counted from `start`."""
    if span.working:
        day = add_workdays(start, span.days)
    else:
        day = add_months(start, span.months) + timedelta(days=span.days)
    return month_end(day) if span.month_end else day


def in_year(limit: YearDay, year: int) -> date:
    """The day of the batch year `year`; 29 February is the 28th where there is none."""
    last = calendar.monthrange(year + limit.year, limit.month)[1]
    return date(year + limit.year, limit.month, min(limit.day or last, last))


def term_ends(span: Span, posted: date, stops: Iterable[Stop], today: date) -> date:
    """The last day of a notice posted on `posted`. Days on which an objection stood open, from
    the one it was filed on to the one before it was settled, do not count; an open one is
    taken to stand until `today`."""
    if span.months or span.month_end:
        return ends(span, posted)
    still = [(filed, settled or today + timedelta(days=1)) for filed, settled in stops]
    day, left = posted, span.days
    while left > 0:
        day += timedelta(days=1)
        counts = not any(filed <= day < settled for filed, settled in still)
        left -= counts and (not span.working or is_workday(day))
    return day
