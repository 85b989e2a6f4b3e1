"""Building the files that people upload, good and bad."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from openpyxl import Workbook

from bangfu.collect.headers import SHEETS
from bangfu.dictionary import entity
from tests import world

Rows = Sequence[dict[str, Any]]
NEW_HOME = f"{world.DINGFU}000009"
GOOD_ID = world.id_number("45272819750101123")  # male, born 1975-01-01


def quiet(done: int, total: int, message: str = "") -> None:
    """Progress that nobody watches."""


def home(number: str = NEW_HOME, **values: Any) -> dict[str, Any]:
    """A household row that passes."""
    return {"household_no": number, "village_code": number[:12]} | values


def head(number: str = NEW_HOME, serial: int = 1, **values: Any) -> dict[str, Any]:
    """A head of household row that passes."""
    return {
        "person_no": f"{number}{serial:02d}", "household_no": number, "name": "韦国强",
        "id_number": GOOD_ID, "sex": "男", "birth_date": "1975-01-01", "relation": "户主",
    } | values  # fmt: skip


def columns(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Every key of the rows, in order of appearance."""
    found: dict[str, None] = {}
    for row in rows:
        found |= dict.fromkeys(row)
    return list(found)


def label(name: str, field: str) -> str:
    """Heading of a field; an unknown one stays as it is."""
    fields = entity(name).fields
    return fields[field].zh if field in fields else field


def table(name: str, rows: Rows) -> list[list[Any]]:
    """Heading row and value rows."""
    names = columns(rows)
    return [[label(name, n) for n in names], *([row.get(n) for n in names] for row in rows)]


def xlsx(
    households: Rows = (), persons: Rows = (), change: Callable[[Workbook], None] | None = None
) -> bytes:
    """A workbook with the sheets that have rows; `change` may spoil it before it is saved."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in (("household", households), ("person", persons)):
        if rows:
            sheet = book.create_sheet(SHEETS[name])
            for line in table(name, rows):
                sheet.append(line)
    if not book.worksheets:
        book.create_sheet("空")
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv(name: str, rows: Rows, encoding: str = "utf-8") -> bytes:
    """A CSV file of one entity."""
    lines = [",".join("" if v is None else str(v) for v in line) for line in table(name, rows)]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def rezip(content: bytes, **parts: bytes) -> bytes:
    """A workbook with some parts replaced (names with / written as __)."""
    wanted = {name.replace("__", "/") + ".xml": body for name, body in parts.items()}
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            new.writestr(info.filename, wanted.pop(info.filename, None) or old.read(info.filename))
        for name, body in wanted.items():
            new.writestr(name, body)
    return out.getvalue()
