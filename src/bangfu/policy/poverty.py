"""Poverty and inequality of a population: headcount, gap and squared gap (Foster, Greer and
Thorbecke's P0, P1, P2) and the Gini coefficient, exactly.

Every person counts once and has the income per head of the household. A person is poor whose
income is below the line; at the line is not poor. An income below zero counts as zero in the
gaps and the Gini, as is usual; the headcount and the mean are not touched by it. The database
adds up whole numbers of fen; shares are fractions and are rounded only when shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb

PLACES = 6
# {source}: a relation of (place, income, line, persons), incomes and lines in fen a year.
_GAPS = """
SELECT place, line, sum(persons)::HUGEINT, coalesce(sum(persons) FILTER (income < line), 0)::HUGEINT,
       coalesce(sum(persons * (line - greatest(income, 0))::HUGEINT)
                FILTER (income < line), 0)::HUGEINT,
       coalesce(sum(persons * (line - greatest(income, 0))::HUGEINT
                            * (line - greatest(income, 0))::HUGEINT)
                FILTER (income < line), 0)::HUGEINT,
       sum(persons * income::HUGEINT)::HUGEINT
FROM {source} WHERE income IS NOT NULL AND persons > 0 GROUP BY place, line ORDER BY ALL
"""
_GINI = """
WITH level AS (
  SELECT place, greatest(income, 0)::HUGEINT AS income, sum(persons)::HUGEINT AS persons
  FROM {source} WHERE income IS NOT NULL AND persons > 0 GROUP BY ALL),
ranked AS (
  SELECT place, income, persons,
         sum(persons) OVER (PARTITION BY place ORDER BY income)::HUGEINT - persons AS before,
         sum(persons) OVER (PARTITION BY place)::HUGEINT AS everyone
  FROM level)
SELECT place, sum(persons * income)::HUGEINT,
       sum(persons * income * (2 * before + persons - everyone))::HUGEINT
FROM ranked GROUP BY place ORDER BY ALL
"""


@dataclass
class _Sums:
    """What the database added up for one population."""

    persons: int = 0
    poor: int = 0
    gap: Fraction = field(default_factory=Fraction)
    squared: Fraction = field(default_factory=Fraction)
    income: int = 0
    counted: int = 0
    weighted: int = 0


@dataclass(frozen=True)
class Poverty:
    """The measures of one population; shares lie in 0..1, None where there is nobody."""

    persons: int
    poor: int
    headcount: Fraction | None
    gap: Fraction | None
    squared_gap: Fraction | None
    gini: Fraction | None
    mean: Fraction | None  # yuan a head and year

    def as_dict(self) -> dict[str, Any]:
        """JSON-able: shares with six places, the mean in yuan with two."""
        return {
            "persons": self.persons, "poor": self.poor,
            "headcount": shown(self.headcount), "gap": shown(self.gap),
            "squared_gap": shown(self.squared_gap), "gini": shown(self.gini),
            "mean": shown(self.mean, 2),
        }  # fmt: skip


def shown(value: Fraction | None, places: int = PLACES) -> str | None:
    """A fraction as a decimal text, rounded half up; None for none."""
    if value is None:
        return None
    scaled = value * 10**places
    whole, rest = divmod(abs(scaled.numerator), scaled.denominator)
    whole += 2 * rest >= scaled.denominator
    return format(Decimal(whole if scaled >= 0 else -whole).scaleb(-places), f".{places}f")


def measured(database: duckdb.DuckDBPyConnection, source: str) -> dict[str, Poverty]:
    """The measures by place. `source` is the name of a relation of ours: place, income, line
    (fen a head and year, income NULL where it is not known), persons."""
    sums: dict[str, _Sums] = {}
    for place, line, persons, poor, gap, squared, income in _rows(database, _GAPS, source):
        found = sums.setdefault(place, _Sums())
        found.persons += persons
        found.poor += poor
        found.income += income
        if line:
            found.gap += Fraction(gap, line)
            found.squared += Fraction(squared, line * line)
    for place, counted, weighted in _rows(database, _GINI, source):
        sums[place].counted, sums[place].weighted = counted, weighted
    return {place: _finished(found) for place, found in sums.items()}


def _rows(
    database: duckdb.DuckDBPyConnection, query: str, source: str
) -> Iterable[tuple[Any, ...]]:
    return database.execute(query.format(source=source)).fetchall()


def _finished(found: _Sums) -> Poverty:
    everyone = found.persons
    gini = Fraction(found.weighted, everyone * found.counted) if found.counted else None
    return Poverty(
        everyone, found.poor, Fraction(found.poor, everyone), found.gap / everyone,
        found.squared / everyone, gini, Fraction(found.income, 100 * everyone),
    )  # fmt: skip
