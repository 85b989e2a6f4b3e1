"""The tables of a simulation as an Excel workbook: a sheet a table."""

from __future__ import annotations

import io
from collections.abc import Iterable
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from bangfu.findings.reports import words
from bangfu.findings.reports.tables import Cell, Table

_HEAD = PatternFill("solid", fgColor="1D4F8C")
_FORMATS = {
    "count": "#,##0", "change": "+#,##0;-#,##0;0", "money": "#,##0.00",
    "change_money": "+#,##0.00;-#,##0.00;0.00", "share": "0.0000",
    "change_share": "+0.0000;-0.0000;0.0000",
}  # fmt: skip


def workbook(title: str, about: Iterable[str], tables: Iterable[Table]) -> bytes:
    """The .xlsx file: every sheet opens with the title and what it is about."""
    book = Workbook(write_only=True)
    lines = list(about)
    for table in tables:
        _sheet(book, title, lines, table)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book: Workbook, title: str, about: list[str], table: Table) -> None:
    sheet = book.create_sheet(_sheet_name(table.title))
    sheet.freeze_panes = f"A{len(about) + 3}"
    for at, head in enumerate(table.heads, start=1):
        wide = max([len(head), *(len(str(r.cells[at - 1].value)) for r in table.rows[:50])])
        sheet.column_dimensions[get_column_letter(at)].width = max(10, min(42, 3 + 2 * wide))
    head = WriteOnlyCell(sheet, f"{title}　{table.title}")
    head.font = Font(bold=True, size=13)
    sheet.append([head])
    for line in about:
        sheet.append([_text(sheet, line)])
    sheet.append([_heading(sheet, label) for label in table.heads])
    for row in table.rows:
        sheet.append([_cell(sheet, cell) for cell in row.cells])
    sheet.append([])
    for note in table.notes:
        sheet.append([_text(sheet, note)])


def _sheet_name(title: str) -> str:
    return "".join("－" if c in "[]:*?/\\" else c for c in title)[:31]


def _heading(sheet: object, label: str) -> WriteOnlyCell:
    cell = _text(sheet, label)
    cell.font = Font(bold=True, color="FFFFFF")
    cell.fill = _HEAD
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


def _text(sheet: object, value: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"  # never a formula, whatever it begins with
    return cell


def _cell(sheet: object, cell: Cell) -> WriteOnlyCell:
    if cell.withheld:
        found = _text(sheet, words.WITHHELD)
        found.alignment = Alignment(horizontal="right")
        return found
    if not isinstance(cell.value, int | Decimal):
        return _text(sheet, str(cell.value))
    number = WriteOnlyCell(sheet, cell.value)
    number.number_format = _FORMATS.get(cell.kind, "General")
    return number
