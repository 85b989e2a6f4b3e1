"""The workbook to fill in: a sheet per entity with headings, drop-downs and notes, and 说明.

Headings are the dictionary's labels, so what is downloaded here is what `headers` recognises.
"""

from __future__ import annotations

import io
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from bangfu.collect import rules
from bangfu.collect.headers import ENTITIES, NOTES_SHEET, SHEETS
from bangfu.dictionary import Field, entity

REQUIRED = {
    "household": ("household_no", "village_code"),
    "person": ("person_no", "household_no"),
}
WANTED = {"person": ("name", "id_number", "sex", "birth_date", "relation"), "household": ()}
ROWS = 5000  # rows that carry drop-downs and the text format
_LISTS = "选项"
_TEXT = ("household_no", "person_no", "village_code", "father_no", "mother_no", "spouse_no",
         "id_number", "phone", "bank_account", "ethnicity", "group_no")  # fmt: skip
_HEAD = Font(bold=True, color="FFFFFF")
_FILL = {"required": "9C2F1E", "wanted": "B7791F", "plain": "1D4F8C", "extra": "6B7280"}
_KINDS = {
    "required": "必填", "wanted": "请尽量填写", "plain": "按实际填写",
    "extra": "个别政策所需，没有的不填",
}  # fmt: skip
_UNITS = {
    "mu": "亩", "area": "平方米", "income": "元", "cost": "元", "loan": "元", "months": "月",
    "pension": "元", "reimbursed": "元", "insurance": "元", "share": "元", "days": "天",
    "width": "米",
}  # fmt: skip
_EXAMPLES = {
    "household_no": "451228100201000001", "village_code": "451228100201", "name": "韦明",
    "person_no": "45122810020100000101", "id_number": "452728196501010011", "phone": "13800000000",
    "ethnicity": "壮族（或 08）", "father_no": "45122810020100000101", "hamlet_name": "弄桃屯",
    "mother_no": "45122810020100000102", "spouse_no": "45122810020100000102", "group_no": "3",
    "bank_account": "6217000000000000000", "build_progress": "0.6",
}  # fmt: skip
_GUIDE = (
    (
        "怎么填",
        "在“户信息”“人员信息”两张表中从第二行起填写，一户一行、一人一行；可以只填其中一张。",
    ),
    ("表头", "不要改动第一行的字段名。不需要的列可以删除，列的顺序可以调整。"),
    ("颜色", "深红＝必填；黄褐＝请尽量填写；蓝色＝按实际填写；灰色＝个别政策所需，没有的不填。"),
    ("空白", "空白表示不改动已登记的内容；要清空一项，请填“（清空）”。"),
    ("选项", "有下拉列表的单元格请从列表中选择；多项用顿号“、”分隔。"),
    ("长数字", "编号、身份证号、银行账号的列已设为文本格式，请勿改成数值，否则末尾数字会丢失。"),
    ("日期", "如 2016-12-31。"),
    ("上传", "在“导入”页面上传。未通过校验的行会标红返回，更正后再传一次即可。"),
)


def workbook() -> bytes:
    """The template as .xlsx."""
    book = Workbook()
    book.remove(book.active)
    lists = _Lists(book)
    for name in ENTITIES:
        _sheet(book, name, lists)
    _guide(book)
    lists.finish()
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class _Lists:
    """A hidden sheet of the longer lists: Excel takes at most 255 characters in the cell."""

    def __init__(self, book: Workbook) -> None:
        self._columns: dict[tuple[str, ...], str] = {}
        self._book = book

    def formula(self, values: tuple[str, ...]) -> str:
        """What a drop-down's source is called."""
        inline = ",".join(values)
        if len(inline) <= 250 and not any("," in v for v in values):
            return f'"{inline}"'
        letter = self._columns.setdefault(values, get_column_letter(len(self._columns) + 1))
        return f"'{_LISTS}'!${letter}$1:${letter}${len(values)}"

    def finish(self) -> None:
        """Write the sheet, when some list needed it."""
        if not self._columns:
            return
        page = self._book.create_sheet(_LISTS)
        page.sheet_state = "hidden"
        for values, letter in self._columns.items():
            for row, value in enumerate(values, start=1):
                page[f"{letter}{row}"] = value


def _sheet(book: Workbook, name: str, lists: _Lists) -> None:
    page = book.create_sheet(SHEETS[name])
    page.freeze_panes = "C2"
    page.row_dimensions[1].height = 34
    for at, field in enumerate(entity(name).fields.values(), start=1):
        letter = get_column_letter(at)
        cell = page.cell(1, at, field.zh)
        kind = _kind(name, field)
        cell.font, cell.fill = _HEAD, PatternFill("solid", fgColor=_FILL[kind])
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
        cell.comment = Comment(note(name, field), "bangfu", height=120, width=280)
        column = page.column_dimensions[letter]
        column.width = 23 if field.name in _TEXT[:7] else max(10, min(20, 2 * len(field.zh) + 2))
        if field.name in _TEXT:
            column.number_format = "@"
            for row in range(2, 202):
                page.cell(row, at).number_format = "@"
        _validate(page, field, letter, lists)


def _kind(name: str, field: Field) -> str:
    if field.name in REQUIRED[name]:
        return "required"
    if field.extra:
        return "extra"
    return "wanted" if field.name in WANTED[name] else "plain"


def choices(field: Field) -> tuple[str, ...]:
    """Values of a drop-down, empty where there is none."""
    if field.type == "bool":
        return ("是", "否")
    return field.zh_values or field.codes if field.type == "code" else ()


def _validate(page: Any, field: Field, letter: str, lists: _Lists) -> None:
    values = choices(field)
    if not values:
        return
    rule = DataValidation(type="list", formula1=lists.formula(values), allow_blank=True)
    rule.errorStyle, rule.showErrorMessage = "warning", True  # （清空） must stay possible
    rule.errorTitle, rule.error = field.zh, "请从下拉列表中选择"
    rule.add(f"{letter}2:{letter}{ROWS}")
    page.add_data_validation(rule)


def note(name: str, field: Field) -> str:
    """The comment on a heading: required or not, what may stand here, unit, example."""
    lines = [f"{field.zh}（{_KINDS[_kind(name, field)]}）", rules.expected(field)]
    unit = next((u for word, u in _UNITS.items() if word in field.name), "")
    if unit and field.type == "decimal":
        lines.append(f"单位：{unit}")
    if field.annual:
        lines.append("年度数据：按所选年度保存")
    if field.name in _EXAMPLES:
        lines.append(f"例：{_EXAMPLES[field.name]}")
    lines.append(f"字段名：{field.name}")
    return "\n".join(lines)


def _guide(book: Workbook) -> None:
    page = book.create_sheet(NOTES_SHEET)
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 14, 90
    for row, (head, text) in enumerate(_GUIDE, start=1):
        page.cell(row, 1, head).font = Font(bold=True)
        page.cell(row, 2, text).alignment = Alignment(wrap_text=True)
