"""Registration years and snapshot periods ('2016-12' or '2016')."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

_PERIOD = re.compile(r"^(\d{4})(?:-(0[1-9]|1[0-2]))?$")


@dataclass(frozen=True, order=True)
class Period:
    """A year (`month` None) or a month of it."""

    year: int
    month: int | None = None

    @classmethod
    def parse(cls, text: str) -> Period:
        """'2016' or '2016-12'. Raises ValueError on anything else."""
        found = _PERIOD.match(text)
        if not found:
            raise ValueError(f"not a period (YYYY or YYYY-MM): {text!r}")
        return cls(int(found[1]), int(found[2]) if found[2] else None)

    @property
    def last_day(self) -> date:
        """Last day of the period."""
        month = self.month or 12
        return date(self.year, month, calendar.monthrange(self.year, month)[1])

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}" if self.month else str(self.year)
