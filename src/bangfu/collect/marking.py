"""The file a clerk gets back: the same workbook with wrong cells red and annotated and a
column 错误 at the end; for CSV, and for workbooks too large to redo, the refused rows with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from bangfu.collect import headers, rules, storage
from bangfu.collect.reading import MARK, Sheet
from bangfu.collect.workbench import Bench

IN_PLACE = 400_000  # cells; larger workbooks come back as their refused rows only
MOST_ROWS = 100_000
RED = PatternFill("solid", fgColor="F8CBAD")
AMBER = PatternFill("solid", fgColor="FFE699")
_INK = Font(color="9C2F1E")
_FORMULA_START = ("=", "+", "@", "-")


@dataclass(frozen=True)
class Mark:
    """One fault of a row: field, text, whether it refuses the row."""

    field: str
    text: str
    refuses: bool


Marks = dict[int, list[Mark]]


def marks(bench: Bench, name: str) -> Marks:
    """Faults of each refused or doubtful row of an entity."""
    refused = bench.run(
        "SELECT row_no, field, code, coalesce(note, ''), code NOT IN (SELECT code FROM warning)"
        f" FROM fault WHERE entity = ? AND row_no IN (SELECT row_no FROM fault WHERE entity = ?"
        f" ORDER BY code IN (SELECT code FROM warning), row_no LIMIT {MOST_ROWS})"
        " ORDER BY row_no",
        name, name,
    ).fetchall()  # fmt: skip
    found: Marks = {}
    for row_no, field, code, note, refuses in refused:
        text = f"{rules.message(code, name, field, note)}。{rules.advice(code)}"
        found.setdefault(row_no, []).append(Mark(field, text, bool(refuses)))
    return found


def write(bench: Bench, sheets: list[Sheet], sources: list[Path], out: Path) -> str:
    """Seal the marked file(s) into `out`: 'xlsx', 'csv' or 'zip' says what it is."""
    by_sheet = [(sheet, marks(bench, sheet.entity)) for sheet in sheets]
    kinds = {s.kind for s in sheets}
    if kinds == {"xlsx"} and len({s.file for s in sheets}) == 1:
        cells = sum(s.rows * len(s.columns) for s in sheets)
        if cells <= IN_PLACE:
            content = _in_place(storage.read_all(sources[sheets[0].file]), by_sheet)
        else:
            content = _only_refused(by_sheet)
        storage.write(out, [content])
        return "xlsx"
    if len(sheets) == 1:
        storage.write(out, _csv(*by_sheet[0]))
        return "csv"
    storage.write(out, [_zip(by_sheet)])
    return "zip"


def _said(found: list[Mark], labels: dict[str, str]) -> str:
    return "；".join(
        (f"【{labels[m.field]}】" if m.field in labels else "")
        + ("" if m.refuses else "提醒：")
        + m.text
        for m in found
    )


def _labels(sheet: Sheet) -> dict[str, str]:
    return {name: headers.label(sheet.entity, name) for name in sheet.columns if name}


def _in_place(content: bytes, by_sheet: list[tuple[Sheet, Marks]]) -> bytes:
    book = load_workbook(io.BytesIO(content), keep_links=False)
    for sheet, found in by_sheet:
        page = book[sheet.name.rpartition("：")[2]]
        at = {name: i for i, name in enumerate(sheet.columns, start=1) if name}
        plain = [headers.plain(h) for h in sheet.headings]
        said = (
            plain.index(headers.ERROR_COLUMN) + 1
            if headers.ERROR_COLUMN in plain
            else len(plain) + 1
        )
        heading = page.cell(1, said, headers.ERROR_COLUMN)
        heading.font, heading.fill = Font(bold=True, color="9C2F1E"), RED
        page.column_dimensions[get_column_letter(said)].width = 60
        for row_no in range(2, page.max_row + 1):
            if page.cell(row_no, said).value is not None:
                page.cell(row_no, said).value = None  # from the round before
        labels = _labels(sheet)
        for row_no, row in found.items():
            _mark_row(page, row_no, row, at)
            cell = page.cell(row_no, said)
            cell.value, cell.font, cell.data_type = _said(row, labels), _INK, "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _mark_row(page: Any, row_no: int, found: list[Mark], at: dict[str, int]) -> None:
    for mark in sorted(found, key=lambda m: m.refuses):
        if mark.field not in at:
            continue
        cell = page.cell(row_no, at[mark.field])
        cell.fill = RED if mark.refuses else AMBER
        cell.comment = Comment(mark.text, "bangfu", height=90, width=260)


def _rows(sheet: Sheet, found: Marks) -> Iterator[tuple[int, list[str]]]:
    """Refused rows as they stand in the file."""
    names = [name for name in sheet.columns if name]
    wanted = {row_no for row_no, row in found.items() if any(m.refuses for m in row)}
    for batch in sheet.batches():
        numbers = batch.column("row_no").to_pylist()
        here = [i for i, number in enumerate(numbers) if number in wanted]
        if not here:
            continue
        taken = batch.take(here)
        columns = [taken.column(name).to_pylist() for name in names]
        for offset, position in enumerate(here):
            yield numbers[position], [_plain(column[offset]) for column in columns]


def _plain(value: str | None) -> str:
    return (value or "").removeprefix(MARK)


def _only_refused(by_sheet: list[tuple[Sheet, Marks]]) -> bytes:
    book = Workbook(write_only=True)
    for sheet, found in by_sheet:
        page = book.create_sheet(headers.SHEETS[sheet.entity])
        labels = _labels(sheet)
        page.append([*labels.values(), headers.ERROR_COLUMN])
        for row_no, values in _rows(sheet, found):
            wrong = {m.field: m for m in found[row_no]}
            page.append(
                [_cell(page, v, wrong.get(n)) for n, v in zip(labels, values, strict=True)]
                + [_cell(page, _said(found[row_no], labels), None)]
            )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(page: Any, value: str, mark: Mark | None) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, value or None)
    if value:
        cell.data_type = "s"  # what begins with "=" stays text
    if mark is not None:
        cell.fill = RED if mark.refuses else AMBER
        cell.comment = Comment(mark.text, "bangfu", height=90, width=260)
    return cell


def _csv(sheet: Sheet, found: Marks) -> Iterator[bytes]:
    labels = _labels(sheet)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*labels.values(), headers.ERROR_COLUMN])
    yield b"\xef\xbb\xbf"
    for row_no, values in _rows(sheet, found):
        writer.writerow([*map(_harmless, values), _said(found[row_no], labels)])
        if out.tell() > 1 << 20:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _harmless(value: str) -> str:
    """Excel must not run what a hostile cell says; numbers stay numbers."""
    if value.startswith(_FORMULA_START) and not value[1:].replace(".", "", 1).isdigit():
        return "'" + value
    return value


def _zip(by_sheet: list[tuple[Sheet, Marks]]) -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for sheet, found in by_sheet:
            archive.writestr(
                f"{headers.SHEETS[sheet.entity]}-错误.csv", b"".join(_csv(sheet, found))
            )
    return out.getvalue()
