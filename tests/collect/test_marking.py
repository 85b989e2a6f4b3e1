"""The workbook that comes back: the same one, wrong cells red and annotated, ready to be corrected."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from openpyxl import Workbook, load_workbook

from bangfu.collect import commands, marking, queries
from bangfu.collect.models import Batch
from bangfu.registry.models import Household
from tests import world
from tests.collect.files import NEW_HOME, csv, head, home, quiet, xlsx

CLERK = world.scope(world.GAOLING)


def marked(batch: Batch) -> tuple[str, bytes]:
    name, _kind, content = queries.marked_file(CLERK, batch.pk)
    with content:
        return name, content.read()


def test_marked_workbook_can_be_corrected_and_given_again(give: Any) -> None:
    def more(book: Workbook) -> None:
        book.create_sheet("说明")["A1"] = "我的备注"

    files = {"定福村.xlsx": xlsx([home(), home(f"{world.DINGFU}000010", dwelling_area=-5)],
                               [head(disability_kind="肢体")], more)}  # fmt: skip
    batch = give(files=files)
    name, content = marked(batch)
    assert name == "定福村-错误标注.xlsx"
    book = load_workbook(io.BytesIO(content))
    assert book["说明"]["A1"].value == "我的备注"
    page = book["户信息"]
    assert [c.value for c in page[1]] == ["户编号", "行政村代码", "住房面积（含附属）", "错误"]
    wrong = page["C3"]
    assert wrong.value == -5
    assert wrong.fill.fgColor.rgb == "00F8CBAD"
    assert "0 至 2,000" in wrong.comment.text
    assert page["D3"].value.startswith("【住房面积（含附属）】应在")
    assert page["D2"].value is None
    assert page["C2"].comment is None
    assert "提醒" in book["人员信息"]["I2"].value

    wrong.value = 50
    out = io.BytesIO()
    book.save(out)
    again = give(files={"定福村-错误标注.xlsx": out.getvalue()})
    assert again.state == "staged", again.summary
    commands.apply(CLERK, again.pk, quiet)
    assert Household.objects.get(pk=f"{world.DINGFU}000010").dwelling_area == 50
    _, second = marked(again)  # only the warning is left
    assert load_workbook(io.BytesIO(second))["户信息"]["D3"].value is None


def test_marked_csv_holds_the_refused_rows(give: Any) -> None:
    rows = [home(), home(f"{world.DINGFU}000010", dwelling_area=-5, hamlet_name="=1+1")]
    batch = give(files={"h.csv": csv("household", rows)})
    name, content = marked(batch)
    assert name == "h-错误标注.csv"
    assert content.startswith(b"\xef\xbb\xbf")
    lines = content.decode("utf-8-sig").splitlines()
    assert lines[0] == "户编号,行政村代码,住房面积（含附属）,自然村屯,错误"
    assert len(lines) == 2
    assert "-5,'=1+1,\"【" in lines[1]  # a number stays a number, a formula does not run


def test_two_csv_files_come_back_zipped(give: Any) -> None:
    files = {"h.csv": csv("household", [home(dwelling_area=-5)]), "p.csv": csv("person", [head()])}
    _, content = marked(give(files=files))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert sorted(archive.namelist()) == ["人员信息-错误.csv", "户信息-错误.csv"]
        assert "所在户未通过校验" in archive.read("人员信息-错误.csv").decode("utf-8-sig")


def test_large_workbooks_come_back_as_refused_rows(give: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(marking, "IN_PLACE", 1)
    _, content = marked(give([home(), home(f"{world.DINGFU}000010", dwelling_area=-5)]))
    book = load_workbook(io.BytesIO(content))
    rows = [[c.value for c in row] for row in book["户信息"].iter_rows()]
    assert len(rows) == 2
    assert rows[1][0] == f"{world.DINGFU}000010"
    assert rows[1][-1].startswith("【住房面积")


def test_formulas_do_not_come_alive(give: Any) -> None:
    rows = [home(hamlet_name="=HYPERLINK(1)") | {"household_no": NEW_HOME}]
    batch = give(files={"h.xlsx": xlsx(rows, change=_as_text)})
    _, content = marked(batch)
    assert load_workbook(io.BytesIO(content))["户信息"]["C2"].data_type == "s"


def _as_text(book: Workbook) -> None:
    book.worksheets[0]["C2"].data_type = "s"
