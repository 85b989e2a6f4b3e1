"""Papers as a Word file.

python-docx makes the frame (styles, page, footer); the body is written as it comes, so that a
township's thousands of forms in one file never stand in memory together. Sizes and margins of
letters follow GB/T 9704: title 小标宋 22 pt, text 仿宋 16 pt, 28.9 pt to a line.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import IO, Any
from xml.sax.saxutils import escape

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from bangfu.documents.paper import Paper
from bangfu.policy.documents import definition as d
from bangfu.policy.documents.filling import Grid, Para, Row, Run, Turn

MEDIA = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TITLE, BLACK, SONG, LATIN = "方正小标宋简体", "黑体", "仿宋_GB2312", "Times New Roman"
# What to use where a machine lacks the official fonts.
_INSTEAD = {TITLE: "小标宋,宋体,SimSun,Noto Serif CJK SC", BLACK: "SimHei,Noto Sans CJK SC",
            SONG: "仿宋,FangSong,宋体,Noto Serif CJK SC"}  # fmt: skip
# style: (font, points, exact line spacing in points or 0)
STYLES: dict[str, tuple[str, float, float]] = {
    "label": (BLACK, 16, 0), "heading": (TITLE, 22, 0), "line": (SONG, 16, 28.9),
    "text": (SONG, 16, 28.9), "small": (SONG, 12, 20),
    "cell": (SONG, 10, 13), "note": (SONG, 9, 12),
}  # fmt: skip
FORM_HEADING = 18  # points: a form's title leaves room for the form
_JC = {"left": "left", "center": "center", "right": "right", "justify": "both"}
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_BODY = "word/document.xml"


def twips(millimetres: float) -> int:
    """Twentieths of a point."""
    return round(millimetres * 1440 / 25.4)


def write(out: IO[bytes], papers: Iterable[Paper], title: str = "") -> int:
    """Write the papers into `out`; how many there were. Memory stays that of one paper."""
    frame = io.BytesIO()
    _frame(title).save(frame)
    with zipfile.ZipFile(frame) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        footers = _footers(parts.read(_BODY).decode())
        for name in parts.namelist():
            if name == "word/fontTable.xml":
                file.writestr(name, _font_table())
            elif name != _BODY:
                file.writestr(name, parts.read(name))
        with file.open(_BODY, "w", force_zip64=True) as body:
            return _Body(body, footers).write(papers)


# --- the frame -----------------------------------------------------------------------


def _frame(title: str) -> Any:
    document = docx.Document()
    document.core_properties.title = title
    document.core_properties.author = document.core_properties.comments = ""
    document.settings.odd_and_even_pages_header_footer = True
    normal = document.styles["Normal"]
    _font(normal, SONG, 10.5)
    for name, (font, points, exact) in STYLES.items():
        style = document.styles.add_style(f"bf-{name}", WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = normal
        _font(style, font, points)
        spacing = style.paragraph_format
        spacing.space_before = spacing.space_after = Pt(0)
        if exact:
            spacing.line_spacing_rule, spacing.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(exact)
    form = document.styles.add_style("bf-form-heading", WD_STYLE_TYPE.PARAGRAPH)
    form.base_style = document.styles["bf-heading"]
    _font(form, TITLE, FORM_HEADING)
    for name in ("bf-heading", "bf-form-heading"):
        document.styles[name].paragraph_format.space_after = Pt(6)
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    for footer, side in ((section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
                         (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT)):  # fmt: skip
        _number(footer.paragraphs[0], side)
    return document


def _font(style: Any, name: str, points: float) -> None:
    style.font.name, style.font.size = LATIN, Pt(points)
    style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)


def _number(paragraph: Any, side: Any) -> None:
    """— 1 —, right on odd pages and left on even ones, 14 pt 宋体."""
    paragraph.alignment = side
    for kind, text in ((None, "— "), ("begin", ""), ("code", "PAGE"), ("end", ""), (None, " —")):
        run = paragraph.add_run(text if kind is None else "")
        run.font.size, run.font.name = Pt(14), "宋体"
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "宋体")
        if kind == "code":
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = f" {text} "
            run._element.append(code)
        elif kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._element.append(mark)


def _footers(body: str) -> str:
    """The references to the footers, as they stand in the frame's own section."""
    start = body.index("<w:sectPr")
    section = body[start : body.index("</w:sectPr>", start)]
    return "".join(
        "<w:footerReference" + part.split("/>")[0] + "/>"
        for part in section.split("<w:footerReference")[1:]
    )


def _font_table() -> str:
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{instead}"/><w:charset w:val="86"/></w:font>'
        for name, instead in _INSTEAD.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><w:fonts {_W}>{fonts}</w:fonts>'


# --- the body --------------------------------------------------------------------------


class _Body:
    """Writes document.xml piece by piece."""

    def __init__(self, out: IO[bytes], footers: str) -> None:
        self.out, self.footers = out, footers
        self.turn = False  # the next paragraph begins a page
        self.page = d.Page()

    def put(self, xml: str) -> None:
        self.out.write(xml.encode())

    def write(self, papers: Iterable[Paper]) -> int:
        self.put(f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document {_W} {_R}>')
        self.put("<w:body>")
        count = 0
        for paper in papers:
            if count and paper.page != self.page:
                self.put(f"<w:p><w:pPr>{self.section()}</w:pPr></w:p>")
            elif count:
                self.turn = True
            self.page = paper.page
            for piece in paper.pieces:
                self.piece(piece)
            count += 1
        self.put(f"{self.section()}</w:body></w:document>")
        return count

    def section(self) -> str:
        """The properties of the section that ends here."""
        page = self.page
        width, height = (297, 210) if page.landscape else (210, 297)
        orient = ' w:orient="landscape"' if page.landscape else ""
        return (
            f'<w:sectPr>{self.footers}<w:type w:val="nextPage"/>'
            f'<w:pgSz w:w="{twips(width)}" w:h="{twips(height)}"{orient}/>'
            f'<w:pgMar w:top="{twips(page.top)}" w:right="{twips(page.right)}"'
            f' w:bottom="{twips(page.bottom)}" w:left="{twips(page.left)}" w:header="567"'
            f' w:footer="{twips(max(page.bottom / 2, 8))}" w:gutter="0"/></w:sectPr>'
        )

    def piece(self, piece: Para | Grid | Turn) -> None:
        match piece:
            case Para():
                width = (297 if self.page.landscape else 210) - self.page.left - self.page.right
                heading = piece.style == "heading" and self.page.top < 30
                self.put(paragraph(piece, width, turn=self.turn, form_heading=heading))
                self.turn = False
            case Grid():
                if self.turn:
                    self.put(paragraph(Para((), "note"), 0, turn=True))
                    self.turn = False
                self.put(grid(piece))
            case Turn():
                self.turn = True


def paragraph(
    para: Para, width: float, *, turn: bool = False, form_heading: bool = False
) -> str:  # fmt: skip
    """A paragraph's XML; `width` (mm) is what its tab stops divide."""
    style = "bf-form-heading" if form_heading else f"bf-{para.style}"
    about = [f'<w:pStyle w:val="{style}"/>']
    if turn:
        about.append("<w:pageBreakBefore/>")
    runs = [run(r) for r in para.runs]
    if para.stops:
        stops = "".join(f'<w:tab w:val="left" w:pos="{twips(width * n)}"/>' for n in para.stops)
        about.append(f"<w:tabs>{stops}</w:tabs>")
        runs = ["<w:r><w:tab/></w:r>".join(runs)]
    if para.style == "text":
        about.append('<w:ind w:firstLineChars="200" w:firstLine="640"/>')
    about.append(f'<w:jc w:val="{_JC[para.align]}"/>')
    return f"<w:p><w:pPr>{''.join(about)}</w:pPr>{''.join(runs)}</w:p>"


def run(words: Run) -> str:
    """A run's XML; control characters that XML cannot hold are left out."""
    about = "<w:b/>" if words.bold else ""
    about += '<w:sz w:val="17"/>' if words.small else ""  # half points
    about += '<w:u w:val="single"/>' if words.underline else ""
    text = "　" * words.blank or "".join(c for c in words.text if c >= " " or c == "\t")
    return (
        f"<w:r>{f'<w:rPr>{about}</w:rPr>' if about else ''}"
        f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    )


_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="6" w:space="0" w:color="000000"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


def grid(table: Grid) -> str:
    """A table's XML."""
    columns = "".join(f'<w:gridCol w:w="{twips(w)}"/>' for w in table.widths)
    head = (
        f'<w:tbl><w:tblPr><w:tblW w:w="{twips(sum(table.widths))}" w:type="dxa"/>'
        f'<w:jc w:val="center"/><w:tblBorders>{_BORDERS}</w:tblBorders>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar>'
        '<w:top w:w="20" w:type="dxa"/><w:left w:w="70" w:type="dxa"/>'
        '<w:bottom w:w="20" w:type="dxa"/>'
        '<w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{columns}</w:tblGrid>"
    )
    return head + "".join(_row(row, table.widths) for row in table.rows) + "</w:tbl>"


def _row(row: Row, widths: tuple[int, ...]) -> str:
    about = "<w:cantSplit/>"
    if row.height:
        about += f'<w:trHeight w:val="{twips(row.height)}" w:hRule="atLeast"/>'
    if row.header:
        about += "<w:tblHeader/>"
    cells, at = [], 0
    for cell in row.cells:
        width = sum(widths[at : at + cell.span])
        at += cell.span
        span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
        words = "".join(paragraph(p, width - 3) for p in cell.paras) or "<w:p/>"
        cells.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{twips(width)}" w:type="dxa"/>{span}'
            f'<w:vAlign w:val="center"/></w:tcPr>{words}</w:tc>'
        )
    return f"<w:tr><w:trPr>{about}</w:trPr>{''.join(cells)}</w:tr>"
