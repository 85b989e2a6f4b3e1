"""The rolling plan: which village (or county) is to exit in which year, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from bangfu.access.scope import Scope
from bangfu.kernel import clock
from bangfu.procedures.models import Case
from bangfu.registry import divisions
from bangfu.registry.models import County, Village

STATES = ("exited", "working", "late", "due", "later", "unplanned")
SORTS = ("place", "planned", "exited", "state")


@dataclass(frozen=True)
class Planned:
    """One village or county of the plan. `state`: exited, working (a case is open), late (the
    planned year is over), due (this year), later, unplanned (no year recorded). `late`: its
    planned year is over without an exit or a case of that year."""

    code: str
    county: str
    planned: int | None
    exited_on: date | None
    case: int | None
    state: str
    late: bool

    @property
    def place(self) -> str:
        """Its name from the county on."""
        return divisions.full_name(self.code, from_level="county")


@dataclass(frozen=True)
class Tally:
    """One county's plan of one year in numbers."""

    county: str
    year: int | None
    planned: int
    exited: int
    working: int
    late: int

    @property
    def place(self) -> str:
        """The county's name."""
        return divisions.names().get(self.county, self.county)


@dataclass(frozen=True)
class PlanFilter:
    """What the plan is narrowed by; empty values narrow nothing."""

    region_code: str = ""
    year: int | None = None
    state: str = ""


def plan(scope: Scope, entity: str, wanted: PlanFilter, sort: str = "") -> list[Planned]:
    """Poverty villages of the scope (or counties with a planned year or an exit), narrowed and
    sorted (place, planned, exited, state; '-' falling). `late` as a state takes in those that
    are late with a case open. Raises Problem for a region outside the scope."""
    rows = _rows(scope.narrowed(wanted.region_code), entity)
    if wanted.year is not None:
        rows = [r for r in rows if r.planned == wanted.year]
    if wanted.state in STATES:
        rows = [r for r in rows if r.state == wanted.state or (wanted.state == "late" and r.late)]
    name = sort.lstrip("-")
    far = date.max
    keys: dict[str, Any] = {
        "planned": lambda r: (r.planned or 9999, r.code), "place": lambda r: r.code,
        "exited": lambda r: (r.exited_on or far, r.code),
        "state": lambda r: (STATES.index(r.state), r.planned or 9999, r.code),
    }  # fmt: skip
    return sorted(rows, key=keys.get(name, keys["planned"]), reverse=sort.startswith("-"))


def tallies(rows: Iterable[Planned]) -> list[Tally]:
    """The rows in numbers, by county and planned year."""
    found: dict[tuple[str, int | None], list[Planned]] = {}
    for row in rows:
        found.setdefault((row.county, row.planned), []).append(row)
    return [
        Tally(
            county, year, len(those), sum(r.state == "exited" for r in those),
            sum(r.state == "working" for r in those), sum(r.late for r in those),
        )
        for (county, year), those in sorted(
            found.items(), key=lambda pair: (pair[0][0], pair[0][1] or 9999)
        )
    ]  # fmt: skip


def _rows(scope: Scope, entity: str) -> list[Planned]:
    key = f"{entity}_code"
    table: Any = Village if entity == "village" else County
    found = table.objects.filter(scope.q(key)).order_by(key)
    if entity == "village":
        found = found.filter(is_poverty_village=True)
    told = list(found.values_list(key, "planned_exit_year", "exited_on"))
    if entity == "county":
        told = [row for row in told if row[1] or row[2]]
    open_ = Case.objects.filter(
        scope.q("region_code"), procedure=f"{entity}-exit", ended=False
    ).order_by("pk")
    cases = {subject: (pk, of) for subject, pk, of in open_.values_list("subject", "pk", "year")}
    year = clock.today().year
    return [_planned(code, planned, out, cases.get(code), year) for code, planned, out in told]


def _planned(
    code: str, planned: int | None, out: date | None, case: tuple[int, int] | None, year: int
) -> Planned:  # fmt: skip
    # The batch of a year goes on into the next: who is in it in time is not late.
    in_time = case is not None and planned is not None and case[1] <= planned
    late = out is None and planned is not None and planned < year and not in_time
    if out is not None:
        state = "exited"
    elif case is not None:
        state = "working"
    elif planned is None:
        state = "unplanned"
    else:
        state = "late" if late else "due" if planned == year else "later"
    return Planned(code, code[:6], planned, out, case[0] if case else None, state, late)
