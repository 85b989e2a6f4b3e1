"""Writes the demo city out: a snapshot, CSV files or a workbook; each appears whole or not at all.

Called by `bangfu demo-data`, tests and benches. CSV and workbook carry made-up personal data,
as an import would; the snapshot carries none.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from openpyxl import Workbook

from bangfu import dictionary, lake
from bangfu.demo import problems
from bangfu.demo.city import CountyPart, city
from bangfu.demo.defects import NOT_IN_SNAPSHOT, SCHEMA
from bangfu.demo.labels import labelled
from bangfu.demo.summary import Summary

PERIOD = "2016-12"
FORMATS = ("snapshot", "csv", "xlsx")
MOST_IN_WORKBOOK = 50_000
SHEETS = {"household": "户信息", "person": "人员信息"}
Progress = Callable[[int, int, str], None]  # counties done, counties in all, what


def write(
    persons: int,
    out: Path,
    *,
    seed: int = 1,
    format: str = "snapshot",
    replace: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """A city of `persons` persons at `out` in `format`; what it holds.

    Raises FORMAT_UNKNOWN, TOO_SMALL, BAD_SEED, TOO_LARGE_FOR_WORKBOOK and the lake's
    TARGET_TAKEN, TARGET_BUSY, NO_SPACE.
    """
    writers = {"snapshot": _snapshot, "csv": _csv, "xlsx": _workbook}
    if format not in writers:
        raise problems.FORMAT_UNKNOWN(format=format)
    if format == "xlsx" and persons > MOST_IN_WORKBOOK:
        raise problems.TOO_LARGE_FOR_WORKBOOK(persons=persons, most=MOST_IN_WORKBOOK)
    summary = Summary(persons, seed)
    parts = _watched(city(persons, seed), summary, progress)
    writers[format](parts, out, summary, replace)
    return summary


def _watched(
    parts: Iterator[CountyPart], summary: Summary, progress: Progress | None
) -> Iterator[CountyPart]:
    for part in parts:
        summary.add(part)
        yield part
        if progress:
            progress(summary.counties, 11, part.county_code)


def _snapshot(parts: Iterator[CountyPart], out: Path, summary: Summary, replace: bool) -> None:
    planted = []
    source = f"bangfu demo-data --persons {summary.asked} --seed {summary.seed}"
    with lake.SnapshotWriter(out, PERIOD, source, replace=replace) as writer:
        for part in parts:
            for entity in dictionary.ENTITIES:
                writer.write(entity, part.county_code, part.without_pii(entity))
            hidden = pc.is_in(part.defects["kind"], pa.array(NOT_IN_SNAPSHOT))
            hidden = pc.or_(hidden, pc.equal(part.defects["field"], "phone"))
            planted.append(part.defects.filter(pc.invert(hidden)))
        defects = pa.concat_tables([SCHEMA.empty_table(), *planted])
        writer.attach("defects.csv", _csv_bytes(defects))
        counts = defects["kind"].value_counts().to_pylist()
        writer.notes["defects"] = {row["values"]: row["counts"] for row in counts}
        writer.notes["figures"] = summary.figures()


def _csv(parts: Iterator[CountyPart], out: Path, _summary: Summary, replace: bool) -> None:
    planted = []
    with lake.staged_directory(out, replace=replace) as folder, ExitStack() as stack:
        writers = {}
        for entity in SHEETS:
            headers = [field.zh for field in dictionary.entity(entity).fields.values()]
            schema = pa.schema([(header, pa.string()) for header in headers])
            path = str(folder / f"{entity}s.csv")
            writers[entity] = stack.enter_context(pacsv.CSVWriter(path, schema, write_options=_CSV))
        for part in parts:
            for entity, writer in writers.items():
                writer.write_table(labelled(entity, part.table(entity)))
            planted.append(part.defects)
        (folder / "defects.csv").write_bytes(_csv_bytes(pa.concat_tables(planted)))


def _workbook(parts: Iterator[CountyPart], out: Path, summary: Summary, replace: bool) -> None:
    book = Workbook(write_only=True)
    sheets = {entity: book.create_sheet(title) for entity, title in SHEETS.items()}
    planted = []
    with lake.staged_directory(out, replace=replace) as folder:
        for part in parts:
            for entity, sheet in sheets.items():
                table = labelled(entity, part.table(entity))
                if summary.counties == 1:
                    sheet.append(table.column_names)
                columns = [column.to_pylist() for column in table.columns]
                for row in zip(*columns, strict=True):
                    sheet.append(row)
            planted.append(part.defects)
        book.save(folder / "registry.xlsx")
        (folder / "defects.csv").write_bytes(_csv_bytes(pa.concat_tables(planted)))


_CSV = pacsv.WriteOptions(quoting_style="needed")


def _csv_bytes(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pacsv.write_csv(table, buffer, _CSV)
    return buffer.getvalue()
