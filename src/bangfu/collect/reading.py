"""Files to sheets: each sheet one entity, its cells as text in Arrow batches with row numbers.

CSV streams through pyarrow; workbooks through calamine. What a cell cannot be (an error value,
a formula that was never calculated) comes as a text beginning with MARK, which validation
refuses by cell.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import python_calamine

from bangfu.collect import guard, headers, problems
from bangfu.kernel.problems import Problem

MARK = "\x01"
_ROWS = 20_000
_BLOCK = 32 << 20
_MAX_RAGGED = 1000


@dataclass
class Sheet:
    """One entity's rows. `batches()` gives tables: row_no (int32) and a string column for each
    field in `columns`; it may be called again to read anew."""

    entity: str
    name: str
    file: int
    kind: str
    headings: list[str]
    columns: list[str]
    batches: Callable[[], Iterator[pa.Table]]
    rows: int = 0
    encoding: str = ""
    ragged: list[tuple[int, int]] = field(default_factory=list)


def sheets_of(
    index: int, name: str, open_file: Callable[[], BinaryIO], encoding: str = "auto"
) -> list[Sheet]:
    """The sheets of one file. Raises Problem when it cannot be read."""
    with open_file() as stream:
        head = stream.read(4096)
    kind = guard.kind_of(name, head)
    if kind == "csv":
        return [_csv(index, name, open_file, encoding)]
    with open_file() as stream:
        content = stream.read()
    return _workbook(index, name, content)


# CSV


def detect(name: str, open_file: Callable[[], BinaryIO], encoding: str) -> str:
    """The encoding of a text file. Raises Problem `collect.wrong_encoding`."""
    with open_file() as stream:
        head = stream.read(4)
    if head.startswith(codecs.BOM_UTF8):
        wanted: tuple[str, ...] = ("utf-8-sig",)
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        wanted = ("utf-16",)
    elif encoding != "auto":
        wanted = (encoding,)
    else:
        wanted = ("utf-8", "gb18030")
    for candidate in wanted:
        if _decodes(open_file, candidate):
            return candidate
    raise problems.ENCODING(name=name, what="既不是 UTF-8 也不是 GB18030")


def _decodes(open_file: Callable[[], BinaryIO], encoding: str) -> bool:
    try:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        with open_file() as stream:
            while data := stream.read(_BLOCK):
                decoder.decode(data)
        decoder.decode(b"", final=True)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


class _Utf8(io.RawIOBase):
    """A text file of any encoding as a UTF-8 stream without byte order mark."""

    def __init__(self, source: BinaryIO, encoding: str) -> None:
        self._source, self._waiting = source, b""
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._first = True

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        view = memoryview(target)
        while not self._waiting:
            data = self._source.read(1 << 20)
            text = self._decoder.decode(data, final=not data)
            if self._first and text:
                text, self._first = text.removeprefix("\ufeff"), False
            self._waiting = text.encode()
            if not data and not self._waiting:
                return 0
        taken = self._waiting[: len(view)]
        view[: len(taken)] = taken
        self._waiting = self._waiting[len(taken) :]
        return len(taken)

    def close(self) -> None:
        self._source.close()
        super().close()


def _csv(index: int, name: str, open_file: Callable[[], BinaryIO], encoding: str) -> Sheet:
    encoding = detect(name, open_file, encoding)

    def stream() -> BinaryIO:
        if encoding not in ("utf-8", "utf-8-sig"):
            return io.BufferedReader(_Utf8(open_file(), encoding), 1 << 20)
        opened = open_file()
        if encoding == "utf-8-sig":
            opened.read(len(codecs.BOM_UTF8))
        return opened

    with stream() as opened:
        first = opened.readline(1 << 20)
    line = first.decode("utf-8", "replace")
    delimiter = max(",\t;", key=line.count)
    if line.count(delimiter) >= guard.MAX_COLUMNS or len(first) >= 1 << 20:
        found = line.count(delimiter) + 1
        raise problems.TOO_WIDE(name=name, found=found, limit=guard.MAX_COLUMNS)
    if not line.strip():
        raise problems.EMPTY(name=name)
    headings = _headings(name, line, delimiter)
    entity = headers.entity_of(headings)
    if entity is None:
        raise problems.NO_HEADER(name=name)
    sheet = Sheet(entity, name, index, "csv", headings, [], lambda: iter(()), encoding=encoding)
    sheet.columns = headers.columns(entity, name, headings, [True] * len(headings))
    sheet.batches = lambda: _csv_batches(sheet, stream(), delimiter)
    return sheet


def _headings(name: str, line: str, delimiter: str) -> list[str]:
    import csv

    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        raise problems.NO_HEADER(name=name) from None


def _csv_batches(sheet: Sheet, stream: BinaryIO, delimiter: str) -> Iterator[pa.Table]:
    """Batches with true row numbers: rows of another width are left out and remembered."""
    skipped: list[int] = []
    sheet.ragged.clear()
    names = [f"c{i}" for i in range(len(sheet.columns))]

    def odd(row: Any) -> str:
        skipped.append(row.number)
        if row.text.strip():
            sheet.ragged.append((row.number, row.actual_columns))
        open_quote = "\n" in row.text and row.text.count('"') % 2
        return "error" if open_quote or len(sheet.ragged) > _MAX_RAGGED else "skip"

    try:
        reader = pa_csv.open_csv(
            stream,
            read_options=pa_csv.ReadOptions(
                column_names=names, skip_rows=1, block_size=_BLOCK, use_threads=False
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False,
                invalid_row_handler=odd,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True,
                null_values=[""], quoted_strings_can_be_null=True,
            ),
        )  # fmt: skip
        at = 2
        for batch in reader:
            table = pa.Table.from_batches([batch])
            numbers, at = _numbers(at, table.num_rows, skipped)
            yield _named(sheet, table, numbers)
    except pa.ArrowInvalid as fault:
        if "Empty CSV" in str(fault):
            return
        if len(sheet.ragged) > _MAX_RAGGED:
            raise _ragged(sheet) from fault
        raise problems.DAMAGED(name=sheet.name, what=_reason(str(fault))) from fault
    except UnicodeDecodeError as fault:
        raise problems.ENCODING(name=sheet.name, what=str(fault)) from fault
    finally:
        stream.close()


def _reason(fault: str) -> str:
    if "straddling" in fault or "Expected" in fault:
        return "引号没有成对，后面的内容连成了一个单元格"
    return fault[:80]


def _ragged(sheet: Sheet) -> Problem:
    row, found = sheet.ragged[0]
    return problems.RAGGED(
        name=sheet.name, count=len(sheet.ragged), row=row, found=found, expected=len(sheet.headings)
    )


def _numbers(at: int, count: int, skipped: list[int]) -> tuple[pa.Array, int]:
    """Row numbers of the next `count` rows from `at` on, and the number after them."""
    inside = sorted(n for n in skipped if n >= at)
    if not inside:
        return pa.array(np.arange(at, at + count, dtype=np.int32)), at + count
    odd, number = set(inside), at
    numbers: list[int] = []
    while len(numbers) < count:
        if number not in odd:
            numbers.append(number)
        number += 1
    return pa.array(numbers, pa.int32()), number


def _named(sheet: Sheet, table: pa.Table, numbers: pa.Array) -> pa.Table:
    columns = {"row_no": numbers}
    for position, name in enumerate(sheet.columns):
        if name:
            columns[name] = table.column(position)
    return pa.table(columns)


# workbooks


def _workbook(index: int, name: str, content: bytes) -> list[Sheet]:
    scans = guard.scan(name, io.BytesIO(content))
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    except python_calamine.PasswordError:
        raise problems.LOCKED_FILE(name=name) from None
    except Exception as fault:
        raise problems.DAMAGED(name=name, what=str(fault)[:80]) from fault
    found: list[Sheet] = []
    for title in book.sheet_names:
        if title == headers.NOTES_SHEET or title not in scans:
            continue
        try:
            sheet = _sheet(index, name, title, book, scans[title])
        except python_calamine.CalamineError as fault:
            raise problems.DAMAGED(name=f"{name}：{title}", what=str(fault)[:80]) from fault
        if sheet is not None:
            found.append(sheet)
    if not found:
        raise problems.EMPTY(name=name)
    return found


def _sheet(index: int, file: str, title: str, book: Any, seen: guard.SheetScan) -> Sheet | None:
    source = book.get_sheet_by_name(title)
    if source.start is None:
        return None
    where = f"{file}：{title}"
    rows = _cells(source)
    first = next(rows, [])
    headings = [_text(v) or "" for v in first]
    merged = [r for r in source.merged_cell_ranges or [] if r[0][0] == 0]
    if merged and (len(merged) > 0 and headers.entity_of(headings) is not None):
        raise problems.MERGED_HEADER(name=where, cells="、".join(map(_range, merged)))
    entity = headers.entity_of(headings)
    if entity is None:
        known = {v: k for k, v in headers.SHEETS.items()}
        if merged:
            raise problems.MERGED_HEADER(name=where, cells="、".join(map(_range, merged)))
        if title in known or len(book.sheet_names) == 1:
            raise problems.NO_HEADER(name=where)
        return None
    while headings and not headings[-1].strip():
        headings.pop()
    width = len(headings)
    filled = [False] * max(width, 1)
    for row in islice(rows, 2000):
        for at, value in enumerate(row):
            if value not in ("", None):
                if at >= width:
                    raise problems.BLANK_HEADER(name=where, column=at + 1)
                filled[at] = True
    sheet = Sheet(entity, where, index, "xlsx", headings, [], lambda: iter(()), rows=seen.rows)
    sheet.columns = headers.columns(entity, where, headings, filled)
    sheet.batches = lambda: _sheet_batches(sheet, source, seen)
    return sheet


def _range(cells: Any) -> str:
    (_, left), (_, right) = cells
    return f"第 {left + 1} 至 {right + 1} 列"


def _cells(source: Any) -> Iterator[list[Any]]:
    """Rows from the first row of the sheet on, from its first column on."""
    lead = [""] * source.start[1]
    for row in source.iter_rows():
        yield lead + row if lead else row


def _sheet_batches(sheet: Sheet, source: Any, seen: guard.SheetScan) -> Iterator[pa.Table]:
    rows = enumerate(_cells(source), start=1)
    next(rows, None)
    by_row: dict[int, list[tuple[int, str]]] = {}
    for (row_no, column), fault in seen.faults.items():
        by_row.setdefault(row_no, []).append((column - 1, fault))
    width = len(sheet.columns)
    while part := list(islice(rows, _ROWS)):
        columns: dict[str, Any] = {"row_no": pa.array([n for n, _ in part], pa.int32())}
        for at, name in enumerate(sheet.columns):
            if name:
                texts = [_text(row[at]) if at < len(row) else None for _, row in part]
                columns[name] = texts
        for offset, (row_no, _) in enumerate(part):
            for at, fault in by_row.get(row_no, ()):
                if at < width and sheet.columns[at]:
                    columns[sheet.columns[at]][offset] = MARK + fault
        yield pa.table(
            {n: c if n == "row_no" else pa.array(c, pa.string()) for n, c in columns.items()}
        )


def _text(value: Any) -> str | None:
    """A cell as the text a person would have typed. Whole numbers lose Excel's '.0'; numbers
    beyond 15 digits keep their exponent, because Excel has already lost the rest."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float | int):
        return _number(float(value))
    if isinstance(value, datetime):
        return value.isoformat(" ") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def _number(value: float) -> str:
    if abs(value) >= 1e15:
        return f"{value:.14E}"
    if value == int(value):
        return str(int(value))
    text = f"{value:.15g}"
    return f"{value:.10f}".rstrip("0") if "e" in text else text
