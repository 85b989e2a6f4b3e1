"""Reads a snapshot: files by table and county, rows, columns, and the proof that none changed.

Called by policy (evaluation), figures and the command line. Opening checks that every
listed file is there in its recorded size; `verify` checks the hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from bangfu import dictionary
from bangfu.lake import manifest, problems
from bangfu.lake.schema import ENTITIES, arrow_schema, dictionary_hash

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Snapshot:
    """One period on disk. Open it with `Snapshot.open`."""

    path: Path
    manifest: manifest.Manifest

    @classmethod
    def open(cls, path: Path | str) -> Snapshot:
        """The snapshot at `path`.

        Raises NOT_FOUND, MANIFEST_DAMAGED, FORMAT_UNKNOWN, and FILE_MISSING or FILE_DAMAGED
        naming the first listed file that is absent or has another size.
        """
        root = Path(path)
        snapshot = cls(root, manifest.load(root))
        for entry in snapshot.manifest.entries():
            file = root / entry.file
            if not file.is_file():
                raise problems.FILE_MISSING(file=str(file))
            if (size := file.stat().st_size) != entry.bytes:
                raise problems.FILE_DAMAGED(file=str(file), detail=f"{size} ≠ {entry.bytes} bytes")
        return snapshot

    @property
    def period(self) -> str:
        """Period, '2016-12'."""
        return self.manifest.period

    @property
    def digest(self) -> str:
        """Hash of the content: findings keep it to say what they were computed from."""
        return self.manifest.digest

    @cached_property
    def counties(self) -> tuple[str, ...]:
        """County codes present in any table, ascending."""
        return tuple(sorted({code for files in self.manifest.tables.values() for code in files}))

    def files(self, entity: str, county: str | None = None) -> list[Path]:
        """Files of one table, of one county or all; empty when a county has no such table."""
        listed = self.manifest.tables[entity]
        codes = sorted(listed) if county is None else [c for c in (county,) if c in listed]
        return [self.path / listed[code].file for code in codes]

    def row_count(self, entity: str, county: str | None = None) -> int:
        """Rows of one table by the manifest."""
        listed = self.manifest.tables[entity]
        return sum(e.rows for code, e in listed.items() if county in (None, code))

    def schema(self, entity: str) -> pa.Schema:
        """Schema found in the files of a table; the dictionary's where there is none."""
        found = self.files(entity)
        return _read_schema(found[0]) if found else arrow_schema(entity)

    def columns(self, entity: str) -> list[str]:
        """Columns that every file of a table has and the dictionary knows, in its order."""
        return self._present[entity]

    @cached_property
    def _present(self) -> dict[str, list[str]]:
        names = {e: [field.name for field in dictionary.snapshot_columns(e)] for e in ENTITIES}
        if self.manifest.dictionary == dictionary_hash():
            return names  # written whole: no need to open thousands of files for their headers
        with duckdb.connect() as database:
            for entity in ENTITIES:
                present = [_names(database, file) for file in self.files(entity)]
                names[entity] = [n for n in names[entity] if all(n in one for one in present)]
        return names

    def missing_columns(self, entity: str) -> list[str]:
        """Dictionary columns that some file lacks: rules that read them come out undecided."""
        present = set(self.columns(entity))
        return [f.name for f in dictionary.snapshot_columns(entity) if f.name not in present]

    def read(
        self, entity: str, county: str | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Rows of one county, or of all (mind the memory), in dictionary types."""
        import pyarrow as pa

        tables = list(self._tables(entity, county, columns))
        schema = arrow_schema(entity)
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns])
        return pa.concat_tables([schema.empty_table(), *tables])

    def _tables(
        self, entity: str, county: str | None, columns: Sequence[str] | None
    ) -> Iterator[pa.Table]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        wanted = list(columns) if columns is not None else arrow_schema(entity).names
        for path in self.files(entity, county):
            with pq.ParquetFile(path) as file:
                present = set(file.schema_arrow.names)
                table = file.read(columns=[name for name in wanted if name in present])
            arrays = [
                table[name].cast(arrow_schema(entity).field(name).type)
                if name in present
                else pa.nulls(table.num_rows, arrow_schema(entity).field(name).type)
                for name in wanted
            ]
            yield pa.table(arrays, names=wanted)

    def verify_counties(self, counties: Iterable[str]) -> None:
        """Check the hashes of some counties' tables: for a reader that goes county by county.

        About 30 ms of a processor for a million persons. Raises FILE_DAMAGED or FILE_MISSING
        naming the file.
        """
        chosen = set(counties)
        for files in self.manifest.tables.values():
            for county in chosen & files.keys():
                entry = files[county]
                _same(self.path / entry.file, entry)

    def verify(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Check every hash and row count.

        Raises FILE_DAMAGED or FILE_MISSING naming the file, FILE_UNLISTED for a Parquet file
        in the tables' directories that the manifest does not know. `progress(done, total)`.
        """
        entries = self.manifest.entries()
        listed = {self.path / entry.file for entry in entries}
        for entity in ENTITIES:
            for file in sorted((self.path / entity).rglob("*.parquet")):
                if file not in listed:
                    raise problems.FILE_UNLISTED(file=str(file))
        for done, entry in enumerate(entries, start=1):
            _verify(self.path / entry.file, entry)
            if progress:
                progress(done, len(entries))


def _same(file: Path, entry: manifest.FileEntry) -> None:
    if not file.is_file():
        raise problems.FILE_MISSING(file=str(file))
    if manifest.sha256_of(file) != entry.sha256:
        raise problems.FILE_DAMAGED(file=str(file), detail="sha256")


def _verify(file: Path, entry: manifest.FileEntry) -> None:
    _same(file, entry)
    if file.suffix == ".parquet" and (rows := _row_count(file)) != entry.rows:
        raise problems.FILE_DAMAGED(file=str(file), detail=f"{rows} ≠ {entry.rows} rows")


def _names(database: duckdb.DuckDBPyConnection, file: Path) -> set[str]:
    """Names in a file's schema, read without pyarrow, which takes longer to start than to read."""
    quoted = str(file).replace("'", "''")
    try:
        rows = database.execute(f"SELECT name FROM parquet_schema('{quoted}')").fetchall()
    except duckdb.Error as error:
        raise problems.FILE_DAMAGED(file=str(file), detail=str(error).split("\n")[0]) from error
    return {str(name) for (name,) in rows}


def _row_count(file: Path) -> int:
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as opened:
        return int(opened.metadata.num_rows)


def _read_schema(file: Path) -> pa.Schema:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_schema(file)
    except pa.ArrowInvalid as error:
        raise problems.FILE_DAMAGED(file=str(file), detail=str(error)) from error
