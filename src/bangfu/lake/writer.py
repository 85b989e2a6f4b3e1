"""Writes a snapshot: one Parquet file per table and county, then the manifest, then the rename.

Called by the registry (closing a period) and the demo city. Streams: it holds one row
group at a time. It refuses personal data, unknown columns and unsorted or repeated keys.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bangfu import dictionary
from bangfu.kernel import clock
from bangfu.kernel.period import Period
from bangfu.kernel.problems import Problem
from bangfu.lake import manifest, problems
from bangfu.lake.schema import ENTITIES, arrow_schema
from bangfu.lake.staging import staged_directory

# Small enough that one county's file feeds several readers, large enough to compress well.
ROW_GROUP = 40_960


class SnapshotWriter:
    """Context manager: a clean exit publishes the snapshot at `out`, an error leaves nothing.

    `period` is '2016-12' or '2016', `source` says where the rows come from. `notes` may be
    filled while writing and is kept in the manifest. Raises TARGET_TAKEN, TARGET_BUSY,
    NO_SPACE, and ValueError when `period` is none.
    """

    def __init__(self, out: Path, period: str, source: str, *, replace: bool = False) -> None:
        self.out = Path(out)
        self.period = str(Period.parse(period))
        self.source = source
        self.notes: dict[str, Any] = {}
        self._replace = replace
        self._stack = ExitStack()
        self._temp: Path | None = None
        self._tables: dict[str, dict[str, manifest.FileEntry]] = {name: {} for name in ENTITIES}
        self._attachments: dict[str, manifest.FileEntry] = {}

    def __enter__(self) -> Self:
        self._temp = self._stack.enter_context(staged_directory(self.out, replace=self._replace))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            try:
                self._close()
            except BaseException as failure:
                self._stack.__exit__(type(failure), failure, failure.__traceback__)
                raise
        self._stack.__exit__(kind, error, trace)

    def write(
        self, entity: str, county_code: str, rows: pa.Table | Iterable[pa.RecordBatch]
    ) -> int:
        """Write one county's table; gives the row count.

        A Table is sorted by its key here; batches must come sorted. Columns the rows lack
        are written empty (unknown). Raises COUNTY_REFUSED, WRITTEN_TWICE, COLUMN_REFUSED,
        KEY_REFUSED, NO_SPACE; KeyError for an unknown entity.
        """
        if len(county_code) != 6 or not county_code.isascii() or not county_code.isdigit():
            raise problems.COUNTY_REFUSED(county=county_code)
        if county_code in self._tables[entity]:
            raise problems.WRITTEN_TWICE(entity=entity, county=county_code)
        root = self._root()
        path = root / entity / f"county_code={county_code}" / "part-0.parquet"
        path.parent.mkdir(parents=True)
        try:
            count = _write_file(path, entity, county_code, rows)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise problems.NO_SPACE(path=str(self.out)) from error
            raise
        self._tables[entity][county_code] = manifest.entry_of(root, path, count)
        return count

    def attach(self, name: str, content: bytes) -> None:
        """Keep a small file beside the tables, listed and hashed (a defect list, a report)."""
        if Path(name).name != name or name == manifest.NAME:
            raise ValueError(f"not a plain file name: {name!r}")
        path = self._root() / name
        path.write_bytes(content)
        self._attachments[name] = manifest.entry_of(self._root(), path, 0)

    def _root(self) -> Path:
        if self._temp is None:
            raise RuntimeError("SnapshotWriter is a context manager: use `with`")
        return self._temp

    def _close(self) -> None:
        manifest.Manifest(
            period=self.period,
            source=self.source,
            created=clock.now().isoformat(timespec="seconds"),
            tables={name: dict(sorted(files.items())) for name, files in self._tables.items()},
            attachments=self._attachments,
            notes=self.notes,
        ).save(self._root())


def _write_file(
    path: Path, entity: str, county_code: str, rows: pa.Table | Iterable[pa.RecordBatch]
) -> int:
    key = dictionary.entity(entity).key
    if isinstance(rows, pa.Table):
        tables: Iterator[pa.Table] = iter([_conform(entity, rows).sort_by(key)])
    else:
        tables = (_conform(entity, pa.Table.from_batches([batch])) for batch in rows)
    count, last = 0, ""
    with pq.ParquetWriter(
        path, arrow_schema(entity), compression="snappy", store_decimal_as_integer=True
    ) as writer:
        for table in tables:
            last = _check_keys(entity, county_code, key, table[key].combine_chunks(), last)
            writer.write_table(table, row_group_size=ROW_GROUP)
            count += table.num_rows
    return count


def _check_keys(entity: str, county_code: str, key: str, keys: pa.Array, last: str) -> str:
    """The last key, once every key is known to be present, ascending and in this county."""

    def refuse(value: Any) -> Problem:
        return problems.KEY_REFUSED(entity=entity, county=county_code, key=key, value=value)

    if len(keys) == 0:
        return last
    if keys.null_count:
        raise refuse(None)
    if isinstance(keys, pa.ChunkedArray):
        keys = pa.concat_arrays(keys.chunks)
    if keys[0].as_py() <= last:
        raise refuse(keys[0].as_py())
    bad = pc.less_equal(keys[1:], keys[:-1])
    if pc.any(bad).as_py():
        raise refuse(keys[pc.index(bad, True).as_py() + 1].as_py())
    foreign = pc.invert(pc.starts_with(keys, county_code))
    if pc.any(foreign).as_py():
        raise refuse(keys[pc.index(foreign, True).as_py()].as_py())
    return str(keys[-1].as_py())


def _conform(entity: str, table: pa.Table) -> pa.Table:
    """`table` in the dictionary's columns, order and types."""
    known = dictionary.entity(entity).fields
    for name in table.column_names:
        if name not in known:
            raise problems.COLUMN_REFUSED(entity=entity, column=name, detail="不在数据字典中")
        if known[name].pii:
            raise problems.COLUMN_REFUSED(entity=entity, column=name, detail="个人隐私")
    columns = []
    for field in arrow_schema(entity):
        if field.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, field.type))
            continue
        column = table[field.name]
        try:
            columns.append(column if column.type == field.type else column.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise problems.COLUMN_REFUSED(
                entity=entity, column=field.name, detail=str(error)
            ) from error
    return pa.Table.from_arrays(columns, schema=arrow_schema(entity))
