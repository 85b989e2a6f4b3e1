"""One household's rows out of a snapshot, for `bangfu explain --snapshot`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from bangfu import lake
from bangfu.policy import problems
from bangfu.policy.views import view_of


@dataclass(frozen=True)
class HouseholdRows:
    """What `explain` takes."""

    household: dict[str, Any]
    members: list[dict[str, Any]]
    village: dict[str, Any] | None
    county: dict[str, Any] | None


def household_rows(snapshot_dir: Path | str, household_no: str) -> HouseholdRows:
    """The rows of one household. Raises SNAPSHOT_HOUSEHOLD_UNKNOWN and the lake's problems."""
    snapshot = lake.Snapshot.open(snapshot_dir)
    county, village = household_no[:6], household_no[:12]
    if county not in snapshot.counties:
        raise problems.SNAPSHOT_HOUSEHOLD_UNKNOWN(household=household_no)

    def rows(entity: str, column: str, value: str) -> list[dict[str, Any]]:
        view = view_of(snapshot, entity, [county], snapshot.columns(entity))
        cursor = connection.execute(
            f'SELECT * FROM ({view}) WHERE "{column}" = ?',  # names: ours
            [value],
        )
        names = [part[0] for part in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    with duckdb.connect() as connection:
        found = rows("household", "household_no", household_no)
        if not found:
            raise problems.SNAPSHOT_HOUSEHOLD_UNKNOWN(household=household_no)
        village = str(found[0].get("village_code") or village)
        places, seats = (
            rows("village", "village_code", village),
            rows("county", "county_code", county),
        )
        return HouseholdRows(
            found[0], rows("person", "household_no", household_no),
            places[0] if places else None, seats[0] if seats else None,
        )  # fmt: skip
