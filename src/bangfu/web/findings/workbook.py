"""The workbook of cells to fill in, in the import's own format: sheets 户信息 and 人员信息 with
dictionary labels as headings, the key and the missing columns only. A blank cell leaves what is
registered as it is, so it can be imported half filled."""

from __future__ import annotations

import io
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from bangfu.access import crypto, mask
from bangfu.collect.headers import NOTES_SHEET, SHEETS
from bangfu.dictionary import Field, entity
from bangfu.findings.collecting import ToCollect
from bangfu.registry import divisions

_ASKED = PatternFill("solid", fgColor="FFF2CC")
_IDLE = PatternFill("solid", fgColor="E7E9EC")
_HEAD = PatternFill("solid", fgColor="1D4F8C")


def to_fill(found: ToCollect) -> bytes:
    """The .xlsx file: yellow cells are to be filled in, grey ones are known."""
    book = Workbook()
    book.remove(book.active)
    _notes(book, found)
    for name in ("household", "person"):
        if found.cells[name]:
            _sheet(book, name, found)
    book.active = min(1, len(book.sheetnames) - 1)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book: Workbook, name: str, found: ToCollect) -> None:
    sheet = book.create_sheet(SHEETS[name])
    fields = found.fields(name)
    key = entity(name).fields[entity(name).key]
    keys = [key] if name == "household" else [key, entity(name).fields["household_no"]]
    sheet.append([f.zh for f in (*keys, *fields)])
    for at, spec in enumerate((*keys, *fields), start=1):
        cell = sheet.cell(1, at)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[get_column_letter(at)].width = max(14, 3 + 2 * len(spec.zh))
    for line, (number, wanted) in enumerate(found.cells[name].items(), start=2):
        own = [number] if name == "household" else [number, found.persons[number].household_no]
        for at, value in enumerate(own, start=1):
            cell = sheet.cell(line, at, value)
            cell.number_format = "@"
        for at, spec in enumerate(fields, start=len(own) + 1):
            cell = sheet.cell(line, at)
            cell.fill = _ASKED if spec.name in wanted else _IDLE
            cell.protection = Protection(locked=False)
            if spec.type == "str":
                cell.number_format = "@"
    sheet.freeze_panes = sheet.cell(2, len(keys) + 1)
    for at, spec in enumerate(fields, start=len(keys) + 1):
        _choices(sheet, at, spec, len(found.cells[name]) + 1)


def _choices(sheet: Any, at: int, spec: Field, last: int) -> None:
    """A drop-down of the values a cell takes."""
    values = ["是", "否"] if spec.type == "bool" else [spec.label_of(c) for c in spec.codes]
    listed = ",".join(values)
    if not values or spec.type == "codes" or len(listed) > 250:
        return
    rule = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)
    rule.error, rule.errorTitle = f"可填：{listed}", spec.zh
    rule.showErrorMessage = True
    letter = get_column_letter(at)
    rule.add(f"{letter}2:{letter}{last}")
    sheet.add_data_validation(rule)


def _notes(book: Workbook, found: ToCollect) -> None:
    """Who is who, masked, so that the clerk knows whom to ask."""
    sheet = book.create_sheet(NOTES_SHEET)
    for line in (
        f"待采集信息（{found.year} 年度）：共 {found.count} 个单元格。",
        "黄色单元格请填写，灰色单元格登记已有、不必填写；没有查清的留空即可，留空不改变原有信息。",
        "填好后在“数据导入”中上传本文件，核对预览后确认；再发起评估即可更新认定结果。",
        "",
    ):
        sheet.append([line])
    sheet.append(["户编号", "人编号", "姓名（隐去）", "所在村", "需填"])
    for number, wanted in found.cells["household"].items():
        home = found.households[number]
        sheet.append(
            [number, "", "", divisions.full_name(home.village_code), _named("household", wanted)]
        )
    for number, wanted in found.cells["person"].items():
        person: Any = found.persons[number]
        name = mask("name", crypto.unseal(person.name_sealed))
        place = divisions.full_name(person.village_code)
        sheet.append([person.household_no, number, name, place, _named("person", wanted)])
    for letter, width in zip("ABCDE", (22, 24, 14, 40, 60), strict=True):
        sheet.column_dimensions[letter].width = width


def _named(name: str, wanted: set[str]) -> str:
    return "、".join(f.zh for f in entity(name).fields.values() if f.name in wanted)
