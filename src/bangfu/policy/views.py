"""Views `src_<entity>` over a snapshot's files; without rows where it has no such table.

A column the snapshot lacks (older dictionary) is NULL, so what needs it is undecided. Plain
text, so that evaluating a kept program does without the SQL writer.
"""

from __future__ import annotations

from collections.abc import Iterable

from bangfu import dictionary
from bangfu.lake import Snapshot
from bangfu.policy.script import literal

# Columns beside the fields: the divisions that a row lies in.
LINKS: dict[str, tuple[str, ...]] = {
    entity: tuple(f"_{place}" for place in dictionary.places(entity))
    for entity in dictionary.ENTITIES
}
_DIGITS = {"_village": 12, "_township": 9, "_county": 6}


def view_of(
    snapshot: Snapshot, entity: str, counties: Iterable[str], present: Iterable[str]
) -> str:
    """A SELECT over the files of some counties with every dictionary column and the links."""
    files = [file for county in counties for file in snapshot.files(entity, county)]
    have = set(present) if files else set()
    columns = []
    for field in dictionary.snapshot_columns(entity):
        known = f'"{field.name}"' if field.name in have else f"CAST(NULL AS {field.duckdb_type})"
        columns.append(f'{known} AS "{field.name}"')
    code = dictionary.PLACE_COLUMN.get(entity, "")
    for link in LINKS[entity]:
        whole = link == "_village" or link == f"_{entity}"
        value = f'"{code}"' if whole else f'LEFT("{code}", {_DIGITS[link]})'
        columns.append(f'{value if files else "CAST(NULL AS VARCHAR)"} AS "{link}"')
    if not files:
        return f"SELECT {', '.join(columns)} WHERE FALSE"
    listed = ", ".join(literal(file) for file in files)
    return f"SELECT {', '.join(columns)} FROM READ_PARQUET([{listed}], hive_partitioning = FALSE)"
