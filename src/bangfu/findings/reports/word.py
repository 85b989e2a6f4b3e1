"""The tables of a simulation as a Word report, as an office files it: A4 landscape, a heading
and a ruled table each, the notes below."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from bangfu.findings.reports.tables import Table, shown

_MOST = 400  # rows of one table; beyond that the Excel file is the place


def document(title: str, about: Iterable[str], tables: Iterable[Table]) -> bytes:
    """The .docx file."""
    paper = Document()
    _page(paper)
    heading = paper.add_heading(title, level=0)
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for line in about:
        paper.add_paragraph(line)
    for table in tables:
        _table(paper, table)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def _page(paper: Any) -> None:
    section = paper.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, Cm(1.8))
    normal = paper.styles["Normal"]
    normal.font.name, normal.font.size = "Times New Roman", Pt(10.5)
    for style in ("Normal", "Title", "Heading 1"):
        fonts = paper.styles[style].element.get_or_add_rPr().get_or_add_rFonts()
        fonts.set(qn("w:eastAsia"), "仿宋" if style == "Normal" else "黑体")


def _table(paper: Any, table: Table) -> None:
    paper.add_heading(table.title, level=1)
    rows = table.rows[:_MOST]
    grid = paper.add_table(rows=1 + len(rows), cols=len(table.heads))
    grid.style = "Table Grid"
    size = Pt(9) if len(table.heads) <= 8 else Pt(7)
    # Cells are fetched once: asking the table for each is slow beyond a few hundred.
    lines = [row.cells for row in grid.rows]
    for cell, head in zip(lines[0], table.heads, strict=True):
        _write(cell, head, size, bold=True)
    for line, row in zip(lines[1:], rows, strict=True):
        for place, cell in zip(line, row.cells, strict=True):
            _write(place, shown(cell), size, right=cell.numeric)
    _repeat(grid.rows[0])
    for note in table.notes:
        paper.add_paragraph(note).runs[0].font.size = Pt(9)


def _write(cell: Any, text: str, size: Any, *, bold: bool = False, right: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(text)
    run.font.size, run.bold = size, bold
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _repeat(row: Any) -> None:
    """The headings again on every page."""
    properties = row._tr.get_or_add_trPr()
    mark = properties.makeelement(qn("w:tblHeader"), {qn("w:val"): "true"})
    properties.append(mark)
