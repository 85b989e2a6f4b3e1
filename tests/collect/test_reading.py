"""Good files in every spelling; broken and hostile files get a clear refusal and change nothing."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import Workbook

from bangfu.collect import guard
from bangfu.collect.headers import SHEETS
from bangfu.collect.reading import MARK, Sheet, sheets_of
from bangfu.dictionary import entity
from bangfu.kernel.problems import Problem
from tests.collect.files import NEW_HOME, csv, head, home, rezip, xlsx


def read(content: bytes, name: str = "book.xlsx", encoding: str = "auto") -> list[Sheet]:
    return sheets_of(0, name, lambda: io.BytesIO(content), encoding)  # type: ignore[arg-type,return-value]


def rows(sheet: Sheet) -> list[dict[str, Any]]:
    return [row for batch in sheet.batches() for row in batch.to_pylist()]


def refusal(content: bytes, name: str = "book.xlsx", encoding: str = "auto") -> Problem:
    with pytest.raises(Problem) as told:
        for sheet in read(content, name, encoding):
            rows(sheet)
    assert told.value.message("zh")
    assert told.value.advice("zh")
    assert "{" not in told.value.message("zh") + told.value.advice("en")
    return told.value


def test_workbook() -> None:
    sheets = read(xlsx([home(income_wages=0.1 + 0.2, dwelling_area=88)], [head()]))
    assert [s.entity for s in sheets] == ["household", "person"]
    (row,) = rows(sheets[0])
    assert row["row_no"] == 2
    assert row["income_wages"] == "0.3"
    assert row["dwelling_area"] == "88"
    assert row["household_no"] == NEW_HOME


def test_numbers_that_excel_cut_are_not_taken_for_whole() -> None:
    (sheet,) = read(xlsx([home() | {"household_no": 451228101201000009}]))
    assert "E+17" in rows(sheet)[0]["household_no"]


def test_errors_and_uncalculated_formulas_are_marked() -> None:
    def spoil(book: Workbook) -> None:
        book.worksheets[0]["C2"] = "=1+1"
        book.worksheets[0]["D2"] = "#REF!"

    (sheet,) = read(xlsx([home(income_wages=1, dwelling_area=2)], change=spoil))
    row = rows(sheet)[0]
    assert (row["income_wages"], row["dwelling_area"]) == (MARK + "=", MARK + "#REF!")


def test_formula_with_a_stored_value_is_its_value() -> None:
    content = xlsx([home(income_wages=1)])
    part = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    spoiled = part.replace(
        b'<c r="C2" t="n"><v>1</v></c>', b'<c r="C2"><f>600+60</f><v>660</v></c>'
    )
    assert spoiled != part
    (sheet,) = read(rezip(content, xl__worksheets__sheet1=spoiled))
    assert rows(sheet)[0]["income_wages"] == "660"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_encodings(encoding: str) -> None:
    content = csv("household", [home(hamlet_name="弄桃屯")], encoding)
    (sheet,) = read(content, "h.csv")
    assert rows(sheet)[0]["hamlet_name"] == "弄桃屯"


def test_csv_separators_quotes_and_line_ends() -> None:
    text = '户编号\t行政村代码\t自然村屯\n451228101201000009\t451228101201\t"弄\n桃"\n'
    (sheet,) = read(text.encode(), "h.txt")
    assert rows(sheet)[0]["hamlet_name"] == "弄\n桃"
    (sheet,) = read(text.replace("\t", ";").replace("\n弄", "").encode(), "h.csv")
    assert rows(sheet)[0]["village_code"] == "451228101201"


def test_csv_row_numbers_survive_empty_and_ragged_lines() -> None:
    lines = [
        "户编号,行政村代码",
        f"{NEW_HOME},451228101201",
        "",
        "只有一列",
        f"{NEW_HOME},451228101201",
    ]
    (sheet,) = read("\n".join(lines).encode(), "h.csv")
    for _again in range(2):
        assert [r["row_no"] for r in rows(sheet) if r["household_no"]] == [2, 5]
        assert sheet.ragged == [(4, 1)]


def test_dictionary_names_and_odd_spaces_in_headings() -> None:
    (sheet,) = read("household_no, 行政村 代码*,住房面积(含附属)\n1,2,3\n".encode(), "h.csv")
    assert sheet.columns == ["household_no", "village_code", "dwelling_area"]


def test_sheets_of_no_interest_are_left_alone() -> None:
    def more(book: Workbook) -> None:
        book.create_sheet("说明").append(["怎么填"])
        book.create_sheet("草稿").append(["随便", "写写"])

    assert [s.entity for s in read(xlsx([home()], [head()], more))] == ["household", "person"]


def test_data_that_begins_further_right_keeps_its_columns() -> None:
    def spoil(book: Workbook) -> None:
        book.worksheets[0].insert_cols(1)

    with pytest.raises(Problem, match="collect"):  # a blank first heading over blank cells is fine
        raise refusal(
            xlsx([home(hamlet_name="=")], change=lambda b: b.worksheets[0].insert_rows(1))
        )
    (sheet,) = read(xlsx([home()], change=spoil))
    assert rows(sheet)[0]["household_no"] == NEW_HOME


def _titled(book: Workbook) -> None:
    sheet = book.worksheets[0]
    sheet.insert_rows(1)
    sheet["A1"] = "二〇一六年度登记表"
    sheet.merge_cells("A1:C1")


BAD_BOOKS: list[tuple[str, Callable[[], bytes], str]] = [
    ("no rows", xlsx, "empty_file"),
    ("title above", lambda: xlsx([home(has_tv="是")], change=_titled), "merged_header"),
    ("merged", lambda: xlsx([home(has_tv="是")], change=lambda b: b.worksheets[0].merge_cells("B1:C1")),
     "merged_header"),
    ("duplicate", lambda: xlsx([home() | {"户编码": "1"}]), "duplicate_header"),
    ("unknown", lambda: xlsx([home() | {"住房面机": 1}]), "unknown_header"),
    ("no heading", lambda: xlsx([home()], change=lambda b: b.worksheets[0].delete_rows(1)), "no_header"),
    ("blank heading", lambda: xlsx([home(has_tv="是")],
                                   change=lambda b: b.worksheets[0].cell(1, 3, "")), "blank_header"),
    ("beyond headings", lambda: xlsx([home()], change=lambda b: b.worksheets[0].cell(2, 9, "x")),
     "blank_header"),
    ("no key", lambda: xlsx([{"village_code": "1", "has_tv": "是", "category": "1", "status": "1"}]),
     "no_key_column"),
    ("far cell", lambda: xlsx([home()], change=lambda b: b.worksheets[0].cell(1048576, 150, "x")),
     "too_long"),
    ("wide", lambda: xlsx([home()], change=lambda b: b.worksheets[0].cell(2, 16384, "x")), "too_wide"),
    ("truncated", lambda: xlsx([home()])[:-700], "damaged"),
    ("cut in the middle", lambda: xlsx([home()] * 50)[:2000], "damaged"),
    ("text as xlsx", lambda: b"hello", "damaged"),
    ("other zip", lambda: _zip({"a.txt": b"x"}), "wrong_kind"),
    ("broken sheet", lambda: rezip(xlsx([home()]), xl__worksheets__sheet1=b"<worksheet><sheetData><row"),
     "collect."),
    ("broken directory", lambda: rezip(xlsx([home()]), xl__workbook=b"<workbook"), "damaged"),
    ("entities", lambda: rezip(xlsx([home()]), xl__workbook=_BILLION), "damaged"),
    ("password", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "password_protected"),
]  # fmt: skip
_BILLION = (
    b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">&b;</workbook>'
)


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


@pytest.mark.parametrize(("make", "code"), [pytest.param(m, c, id=i) for i, m, c in BAD_BOOKS])
def test_bad_workbooks(make: Callable[[], bytes], code: str) -> None:
    assert code in refusal(make()).code


BAD_TEXTS: list[tuple[str, str, bytes, str]] = [
    ("empty", "h.csv", b"", "empty_file"),
    ("only bom", "h.csv", b"\xef\xbb\xbf", "empty_file"),
    ("prose", "h.csv", "今天天气很好\n明天也是\n".encode(), "no_header"),
    ("binary", "h.csv", b"\x00\x01\x02" * 50, "wrong_kind"),
    ("pdf", "h.csv", b"%PDF-1.7 ....", "wrong_kind"),
    ("zip as csv", "h.csv", xlsx(), "wrong_kind"),
    ("old excel", "h.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "wrong_kind"),
    ("no such kind", "h.docx", b"hello", "wrong_kind"),
    ("neither encoding", "h.csv", "户编号,行政村代码\n".encode() + b"\xff\xff\xff,1\n", "wrong_encoding"),
    ("200,000 columns", "h.csv", b",".join(b"c%d" % n for n in range(200_000)) + b"\n1\n", "too_wide"),
    ("open quote", "h.csv", ('户编号,行政村代码\n"' + "1,2\n" * 20).encode(), "collect."),
    ("suggestion", "h.csv", "户编号,行政村代马\n1,2\n".encode(), "unknown_header"),
    ("duplicate", "h.csv", "户编号,行政村代码,户编号\n1,2,3\n".encode(), "duplicate_header"),
    ("many ragged", "h.csv", ("户编号,行政村代码\n" + "1,2,3\n" * 1500).encode(), "ragged"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "code"), [pytest.param(n, b, c, id=i) for i, n, b, c in BAD_TEXTS]
)
def test_bad_texts(name: str, content: bytes, code: str) -> None:
    assert code in refusal(content, name).code


def test_a_wrong_heading_is_told_the_closest() -> None:
    assert "行政村代码" in refusal("户编号,行政村代马\n1,2\n".encode(), "h.csv").message("zh")


def test_zip_bomb_by_its_directory() -> None:
    bomb = rezip(xlsx([home()]), xl__worksheets__sheet1=b"<c>" + bytes(64 << 20))
    assert len(bomb) < 1 << 20
    assert refusal(bomb).code == "collect.zip_bomb"


def test_zip_bomb_that_lies_about_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory says little, the parts unpack to more: counted while unpacking."""
    monkeypatch.setattr(guard, "MAX_UNPACKED", 3 << 20)
    monkeypatch.setattr(guard, "check_directory", lambda name, stream: zipfile.ZipFile(stream))
    bomb = rezip(xlsx([home()]), xl__sharedStrings=bytes(5 << 20))
    assert refusal(bomb).code == "collect.zip_bomb"


def test_size_limits() -> None:
    with pytest.raises(Problem, match="collect.too_big"):
        guard.check_size("a.xlsx", "xlsx", guard.MAX_XLSX + 1)
    with pytest.raises(Problem, match="collect.empty_file"):
        guard.check_size("a.csv", "csv", 0)


def test_macros_and_links_are_ignored() -> None:
    content = rezip(
        xlsx([home()]), xl__externalLinks__externalLink1=b"<externalLink/>",
        xl__vbaProject=os.urandom(100),
    )  # fmt: skip
    (sheet,) = read(content, "book.xlsm")
    assert rows(sheet)[0]["household_no"] == NEW_HOME


def test_gb18030_read_as_utf8_when_told_so_is_refused() -> None:
    content = csv("household", [home(hamlet_name="弄桃屯")], "gb18030")
    assert refusal(content, "h.csv", "utf-8").code == "collect.wrong_encoding"


def test_template_is_read_back() -> None:
    """Nobody has filled it in: known headings, no rows."""
    from openpyxl import load_workbook

    from bangfu.collect import template

    content = template.workbook()
    sheets = read(content)
    assert [s.entity for s in sheets] == ["household", "person"]
    book = load_workbook(io.BytesIO(content))
    assert [s.title for s in book.worksheets][:3] == [*SHEETS.values(), "说明"]
    page = book[SHEETS["person"]]
    assert page.freeze_panes == "C2"
    assert {v.formula1 for v in page.data_validations.dataValidation} >= {'"男,女"', '"是,否"'}
    assert page["A1"].comment is not None
    assert page["A2"].number_format == "@"


def test_template_sets_apart_what_single_policies_ask() -> None:
    """Last columns, in a colour of their own, and told to be left alone where not needed."""
    from openpyxl import load_workbook

    from bangfu.collect import template

    page = load_workbook(io.BytesIO(template.workbook()))[SHEETS["household"]]
    head = {cell.value: cell for cell in page[1]}
    asked_last = [f.zh for f in entity("household").fields.values() if f.extra]
    told = [page.cell(1, n + 1).value for n in range(page.max_column)]
    assert told[-len(asked_last) :] == asked_last
    asked = head["扶贫小额信贷本金"]
    assert "没有的不填" in asked.comment.text
    assert "单位：元" in asked.comment.text
    assert asked.fill.fgColor.rgb != head["住房面积（含附属）"].fill.fgColor.rgb
