"""The lake: one registration period as Parquet files by county, with a manifest that proves them.

`SnapshotWriter` makes a snapshot (registry, demo city, imports from elsewhere), `Snapshot`
reads one (policy, figures). No names, identity numbers, phones or accounts ever come here.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bangfu.lake.reader import Snapshot
from bangfu.lake.schema import ENTITIES, arrow_schema
from bangfu.lake.staging import staged_directory

if TYPE_CHECKING:
    from bangfu.lake.writer import SnapshotWriter


def __getattr__(name: str) -> Any:  # writing needs pyarrow, which reading a manifest does not
    if name != "SnapshotWriter":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("bangfu.lake.writer").SnapshotWriter


__all__ = ["ENTITIES", "Snapshot", "SnapshotWriter", "arrow_schema", "staged_directory"]
