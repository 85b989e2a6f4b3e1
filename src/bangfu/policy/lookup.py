"""One household's rows out of a snapshot, for `bangfu explain --snapshot`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from bangfu import lake
from bangfu.policy import problems
from bangfu.policy.plan import PARENTS
from bangfu.policy.views import view_of


@dataclass(frozen=True)
class HouseholdRows:
    """What `explain` takes."""

    household: dict[str, Any]
    members: list[dict[str, Any]]
    village: dict[str, Any] | None
    county: dict[str, Any] | None
    kin: list[dict[str, Any]] = field(default_factory=list)
    township: dict[str, Any] | None = None
    loans: list[dict[str, Any]] = field(default_factory=list)


def household_rows(snapshot_dir: Path | str, household_no: str) -> HouseholdRows:
    """The rows of one household. Raises SNAPSHOT_HOUSEHOLD_UNKNOWN and the lake's problems."""
    snapshot = lake.Snapshot.open(snapshot_dir)
    county, village = household_no[:6], household_no[:12]
    if county not in snapshot.counties:
        raise problems.SNAPSHOT_HOUSEHOLD_UNKNOWN(household=household_no)

    def rows(entity: str, where: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        view = view_of(snapshot, entity, [county], snapshot.columns(entity))
        cursor = connection.execute(f"SELECT * FROM ({view}) WHERE {where}", values)  # ours
        names = [part[0] for part in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    with duckdb.connect() as connection:
        own = {"no": household_no}
        found = rows("household", "household_no = $no", own)
        if not found:
            raise problems.SNAPSHOT_HOUSEHOLD_UNKNOWN(household=household_no)
        village = str(found[0].get("village_code") or village)
        places = rows("village", "village_code = $code", {"code": village})
        seats = rows("county", "county_code = $code", {"code": county})
        towns = rows("township", "township_code = $code", {"code": village[:9]})
        members = rows("person", "household_no = $no", own)
        return HouseholdRows(
            found[0], members, places[0] if places else None, seats[0] if seats else None,
            rows("person", _KIN, own | relatives(members)), towns[0] if towns else None,
            rows("loan", "household_no = $no", own),
        )  # fmt: skip


_KIN = (
    "household_no <> $no AND (list_contains($named, person_no)"
    " OR list_contains($members, father_no) OR list_contains($members, mother_no))"
)


def relatives(members: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Numbers of the members, and of those they name as father, mother or spouse."""
    people = list(members)
    named = (str(p[key]) for p in people for key in PARENTS.values() if p[key])
    return {"members": [str(p["person_no"]) for p in people], "named": list(dict.fromkeys(named))}
