"""Views `src_person`, `src_household`, `src_village`, `src_county` over a snapshot's files.

A column the snapshot lacks (older dictionary) is NULL, so what needs it is undecided. Plain
text, so that evaluating a kept program does without the SQL writer.
"""

from __future__ import annotations

from collections.abc import Iterable

from bangfu import dictionary
from bangfu.lake import Snapshot
from bangfu.policy.script import literal

LINKS: dict[str, tuple[str, ...]] = {
    "person": (), "household": ("_village", "_county"), "village": ("_village", "_county"),
    "county": ("_county",),
}  # fmt: skip


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
    code = "village_code" if entity in ("household", "village") else "county_code"
    for link in LINKS[entity]:
        value = f'LEFT("{code}", 6)' if link == "_county" else f'"{code}"'
        columns.append(f'{value if files else "CAST(NULL AS VARCHAR)"} AS "{link}"')
    if not files:
        return f"SELECT {', '.join(columns)} WHERE FALSE"
    listed = ", ".join(literal(file) for file in files)
    return f"SELECT {', '.join(columns)} FROM READ_PARQUET([{listed}], hive_partitioning = FALSE)"
