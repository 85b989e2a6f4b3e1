"""The lake: one registration period as Parquet files by county, with a manifest that proves them.

`SnapshotWriter` makes a snapshot (registry, demo city, imports from elsewhere), `Snapshot`
reads one (policy, figures). No names, identity numbers, phones or accounts ever come here.
"""

from bangfu.lake.reader import Snapshot
from bangfu.lake.schema import ENTITIES, arrow_schema
from bangfu.lake.staging import staged_directory
from bangfu.lake.writer import SnapshotWriter

__all__ = ["ENTITIES", "Snapshot", "SnapshotWriter", "arrow_schema", "staged_directory"]
