"""One household's rows as a snapshot would hold them: what the policy engine judges it by.

Five statements, since pages wait for them. Names of tables and columns come from the
dictionary.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from django.db import connection

from bangfu.access.scope import Scope
from bangfu.access.session import scoped
from bangfu.dictionary import entity
from bangfu.registry import problems

PLACES = ("household", "village", "county")
_PRESENT = (
    " JOIN registry_membership b ON b.person_no = m.person_no"
    " AND b.household_no = m.household_no AND b.ended_on IS NULL"
)
_NAMED = ("father_no", "mother_no", "spouse_no")


@dataclass(frozen=True)
class HouseholdRows:
    """A household's rows as a snapshot would hold them: dictionary names, no personal data.

    `kin` are members' fathers, mothers, spouses and children of other households of the county,
    where they were asked for; `withheld` the numbers of those outside the scope: the engine may
    use what is recorded of them, nobody is to be shown it.
    """

    year: int
    household: dict[str, Any]
    members: list[dict[str, Any]]
    village: dict[str, Any]
    county: dict[str, Any]
    kin: list[dict[str, Any]] = field(default_factory=list)
    withheld: frozenset[str] = frozenset()
    township: dict[str, Any] | None = None
    loans: list[dict[str, Any]] = field(default_factory=list)


def rows(scope: Scope, household_no: str, year: int, *, kin: bool = False) -> HouseholdRows:
    """What the policy engine needs to judge one household. Raises Problem outside the scope."""
    inside, bounds = scope.sql("h.village_code")
    found = _fetched(f"{_home_sql()} AND {inside}", [year, year, year, household_no, *bounds])
    if not found:
        raise problems.HOUSEHOLD_NOT_FOUND(household_no=household_no)
    home, village, county = _split(found[0])
    code = str(home["village_code"])
    village["village_code"], county["county_code"] = code, code[:6]
    inside, bounds = scope.sql("m.village_code")
    where = f"m.household_no = %s AND {inside} ORDER BY m.person_no"
    members = _people(where, [household_no, *bounds], year)
    relatives = _kin(scope, household_no, code[:6], members, year) if kin else []
    withheld = frozenset(p["person_no"] for p in relatives if not scope.covers(p["village_code"]))
    inside, bounds = scope.sql("m.region_code")
    loans = _kept("loan", f"m.household_no = %s AND {inside}", [household_no, *bounds])
    towns = _kept("township", "m.township_code = %s", [code[:9]])
    return HouseholdRows(
        year, home, members, village, county, relatives, withheld, towns[0] if towns else None,
        loans,
    )  # fmt: skip


def _kept(name: str, where: str, values: list[Any]) -> list[dict[str, Any]]:
    """Rows of an entity without yearly values."""
    columns = _columns(name, "m", "m")
    return _fetched(f"SELECT {columns} FROM registry_{name} m WHERE {where}", values)


def _kin(
    scope: Scope, household_no: str, county: str, members: list[dict[str, Any]], year: int
) -> list[dict[str, Any]]:
    """Relatives elsewhere in the county: as far as the batch looks, whoever asks."""
    mine = [p["person_no"] for p in members]
    named = {p[key] for p in members for key in _NAMED if p[key]} - {*mine, "none"}
    where = (
        "(m.person_no = ANY(%s) OR (m.father_no = ANY(%s) AND m.father_no < 'none')"
        " OR (m.mother_no = ANY(%s) AND m.mother_no < 'none'))"
        " AND m.household_no <> %s AND m.village_code >= %s AND m.village_code < %s"
    )
    wide = replace(scope, region_code=county)
    _inside, bounds = wide.sql("m.village_code")
    wall = nullcontext() if scope.covers(county) else scoped(wide)
    with wall:
        return _people(where, [sorted(named), mine, mine, household_no, *bounds], year)


def _people(where: str, values: list[Any], year: int) -> list[dict[str, Any]]:
    return _fetched(f"{_people_sql()} WHERE {where}", [year, *values])


def _fetched(sql: str, values: Iterable[Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values))
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _columns(name: str, main: str, annual: str, prefix: str = "") -> str:
    """The dictionary's fields of an entity, read from its table and its table of years."""
    return ", ".join(
        f'{annual if f.annual else main}."{f.name}" AS "{prefix}{f.name}"'
        for f in entity(name).select(pii=False)
    )


@cache
def _home_sql() -> str:
    """Household, village and county side by side, `village.` and `county.` before theirs."""
    columns = [_columns("household", "h", "hy"), _columns("village", "v", "vy", "village."),
               _columns("county", "c", "cy", "county.")]  # fmt: skip
    return (
        f"SELECT {', '.join(columns)} FROM registry_household h"
        " LEFT JOIN registry_household_year hy"
        " ON hy.household_no = h.household_no AND hy.year = %s"
        " LEFT JOIN registry_village v ON v.village_code = h.village_code"
        " LEFT JOIN registry_village_year vy"
        " ON vy.village_code = h.village_code AND vy.year = %s"
        " LEFT JOIN registry_county c ON c.county_code = left(h.village_code, 6)"
        " LEFT JOIN registry_county_year cy"
        " ON cy.county_code = left(h.village_code, 6) AND cy.year = %s"
        " WHERE h.household_no = %s"
    )


@cache
def _people_sql() -> str:
    return (
        f"SELECT {_columns('person', 'm', 'y')}, m.village_code FROM registry_person m{_PRESENT}"
        " LEFT JOIN registry_person_year y ON y.person_no = m.person_no AND y.year = %s"
    )


def _split(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Household, village and county out of a row of all three."""
    found: dict[str, dict[str, Any]] = {name: {} for name in PLACES}
    for name, value in row.items():
        place, _, own = name.rpartition(".")
        found[place or "household"][own] = value
    return [found[name] for name in PLACES]


def place_rows(
    scope: Scope, name: str, code: str, year: int
) -> dict[str, list[dict[str, Any]]]:  # fmt: skip
    """By entity, what a village or county (`name`) is judged by: its own row, those of the
    places it lies in, a county's villages. Empty lists where nothing is recorded."""
    inside, bounds = scope.sql("m.village_code")
    whole = "m.village_code" if name == "village" else "left(m.village_code, 6)"
    return {
        "village": _yearly("village", f"{whole} = %s AND {inside}", [code, *bounds], year),
        "township": _kept("township", "m.township_code = %s", [code[:9]]),
        "county": _yearly("county", "m.county_code = %s", [code[:6]], year),
    }


def _yearly(name: str, where: str, values: list[Any], year: int) -> list[dict[str, Any]]:
    """Rows of an entity with their values of a year, in the order of their codes."""
    key = f"{name}_code"
    return _fetched(
        f"SELECT {_columns(name, 'm', 'y')} FROM registry_{name} m"
        f" LEFT JOIN registry_{name}_year y ON y.{key} = m.{key} AND y.year = %s"
        f" WHERE {where} ORDER BY m.{key}",
        [year, *values],
    )
