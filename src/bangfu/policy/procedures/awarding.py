"""The award of an exit: what follows from the rolling plan and the year, typed by nobody.

award:
  plan: village.planned_exit_year      # the year the rolling plan sets
  on_time: param.village_award         # yuan of whoever exits in that year or before
  early: param.village_award_early     # yuan added before that year
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bangfu.policy.pack import Text

if TYPE_CHECKING:
    from bangfu.policy.procedures.definition import Form

PLANNED, SCHEDULE, AMOUNT = "planned_year", "schedule", "award"
SCHEDULES = {
    "on_time": Text("如期", "On time"), "early": Text("提前", "Early"),
    "late": Text("晚于计划", "Later than planned"),
    "unplanned": Text("未登记计划年度", "No planned year recorded"),
}  # fmt: skip


@dataclass(frozen=True)
class Award:
    """Where the planned year is recorded, and the parameters that give the yuan."""

    plan: str
    on_time: str
    early: str


@dataclass(frozen=True)
class Reckoned:
    """The planned year, how the exit keeps to it (on_time, early, late, unplanned), and the
    yuan; None where the planned year or the parameter is not known."""

    planned: int | None
    schedule: str
    amount: Decimal | None


def parameters(form: Form) -> Iterator[str]:
    """Names of the parameters that the award of `form` is read from."""
    if form.award:
        yield from (form.award.on_time, form.award.early)


def reckon(award: Award, planned: int | None, year: int, given: Mapping[str, Decimal]) -> Reckoned:
    """What an exit of `year` earns against the planned year; `given` are the parameters. Who is
    early has the award of those on time too, and the extra beside it (line 1073)."""
    if planned is None:
        return Reckoned(None, "unplanned", None)
    if year > planned:
        return Reckoned(planned, "late", Decimal(0))
    base = given.get(award.on_time)
    if year == planned:
        return Reckoned(planned, "on_time", base)
    extra = given.get(award.early)
    whole = None if base is None or extra is None else base + extra
    return Reckoned(planned, "early", whole)


def awarded(
    form: Form, values: Mapping[str, Any], facts: Mapping[str, Any], year: int,
    given: Mapping[str, Decimal],
) -> dict[str, Any]:  # fmt: skip
    """`values` with the award that follows, whatever award they brought."""
    assert form.award is not None
    found = {n: v for n, v in values.items() if n not in (PLANNED, SCHEDULE, AMOUNT)}
    reckoned = reckon(form.award, facts.get(form.award.plan), year, given)
    found[SCHEDULE] = reckoned.schedule
    if reckoned.planned is not None:
        found[PLANNED] = reckoned.planned
    if reckoned.amount is not None:
        found[AMOUNT] = str(reckoned.amount)
    return found
