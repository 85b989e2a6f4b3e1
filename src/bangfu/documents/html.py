"""Papers as printable HTML: the same pieces, laid out by a style sheet for A4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils.html import escape

from bangfu.documents.paper import Paper
from bangfu.policy.documents import definition as d
from bangfu.policy.documents.filling import Grid, Para, Row, Run, Turn

STYLE = """
.sheet { background: #fff; color: #000; margin: 0 auto 8mm; box-sizing: border-box; width: 210mm;
  min-height: 297mm; font-family: "仿宋_GB2312", "仿宋", FangSong, "Noto Serif CJK SC", serif;
  box-shadow: 0 0 3mm #0003; overflow-wrap: anywhere }
.sheet.across { width: 297mm; min-height: 210mm }
.sheet p { margin: 0 }
.p-label { font: 16pt "黑体", SimHei, "Noto Sans CJK SC", sans-serif }
.p-heading { font: 22pt/1.5 "方正小标宋简体", "小标宋", "宋体", SimSun, "Noto Serif CJK SC", serif;
  margin-bottom: 6pt !important }
.form .p-heading { font-size: 18pt }
.p-line { font-size: 16pt; line-height: 28.9pt; min-height: 28.9pt }
.p-text { font-size: 16pt; line-height: 28.9pt; text-indent: 2em }
.p-small { font-size: 12pt; line-height: 20pt }
.p-cell { font-size: 10pt; line-height: 13pt; min-height: 13pt }
.p-note { font-size: 9pt; line-height: 12pt }
.sheet table { border-collapse: collapse; table-layout: fixed; margin: 0 auto }
.sheet td, .sheet th { border: 0.75pt solid #000; padding: 0.4mm 1.2mm; vertical-align: middle;
  font-weight: normal }
.sheet tr { break-inside: avoid }
.stops { display: grid; white-space: nowrap }
@media print {
  body { background: #fff }
  .sheet { box-shadow: none; margin: 0 !important; padding: 0 !important; width: auto;
    min-height: 0; break-after: page }
  main { overflow: visible !important }
  .no-print { display: none !important }
}
"""


def style(pages: Iterable[d.Page]) -> str:
    """The style sheet for papers on these pages: size, margins, page numbers at the foot."""
    rules = []
    for page in dict.fromkeys(pages):
        size = "A4 landscape" if page.landscape else "A4"
        rules.append(
            f"@page {_named(page)} {{ size: {size}; margin: {_margins(page)};"
            ' @bottom-center { content: "— " counter(page) " —" } }'
            f" .{_named(page)} {{ page: {_named(page)} }}"
            # Said outright: a browser would take the width of the first sheet for all.
            f" @media print {{ .{_named(page)} {{ width: {_width(page)}mm !important }} }}"
        )
    return STYLE + "\n".join(rules)


def _named(page: d.Page) -> str:
    across = "l" if page.landscape else "p"
    return f"pg-{across}-{page.top}-{page.right}-{page.bottom}-{page.left}"


def _width(page: d.Page) -> int:
    return (297 if page.landscape else 210) - page.left - page.right


def _margins(page: d.Page) -> str:
    return f"{page.top}mm {page.right}mm {page.bottom}mm {page.left}mm"


def sheets(papers: Iterable[Paper]) -> Iterator[str]:
    """Each paper as one or more sheets of safe HTML."""
    for paper in papers:
        yield _open(paper.page)
        for piece in paper.pieces:
            match piece:
                case Turn():
                    yield "</section>" + _open(paper.page)
                case Para():
                    yield _para(piece)
                case Grid():
                    yield _grid(piece)
        yield "</section>"


def _open(page: d.Page) -> str:
    kind = (
        f"sheet {_named(page)}"
        + (" across" if page.landscape else "")
        + (" form" if page.top < 30 else "")
    )
    return f'<section class="{kind}" style="padding:{_margins(page)}">'


def _para(para: Para) -> str:
    words = [_run(r) for r in para.runs]
    align = f"text-align:{para.align}"
    if para.stops:
        edges = (0.0, *para.stops, 1.0)
        columns = " ".join(f"{edges[n + 1] - edges[n]:.3f}fr" for n in range(len(edges) - 1))
        cells = "".join(f"<span>{w}</span>" for w in words)
        return (
            f'<p class="p-{para.style} stops" style="grid-template-columns:{columns}">{cells}</p>'
        )
    return f'<p class="p-{para.style}" style="{align}">{"".join(words)}</p>'


def _run(run: Run) -> str:
    text: str = escape("　" * run.blank or run.text)
    text = f"<u>{text}</u>" if run.underline else text
    text = f"<small>{text}</small>" if run.small else text
    return f"<b>{text}</b>" if run.bold else text


def _grid(grid: Grid) -> str:
    columns = "".join(f'<col style="width:{w}mm">' for w in grid.widths)
    head = "".join(_row(r) for r in grid.rows if r.header)
    body = "".join(_row(r) for r in grid.rows if not r.header)
    return (
        f'<table style="width:{sum(grid.widths)}mm"><colgroup>{columns}</colgroup>'
        f"<thead>{head}</thead><tbody>{body}</tbody></table>"
    )


def _row(row: Row) -> str:
    tag = "th" if row.header else "td"
    height = f' style="height:{row.height}mm"' if row.height else ""
    cells = "".join(
        f"<{tag}{f' colspan={c.span}' if c.span > 1 else ''}>"
        f"{''.join(_para(p) for p in c.paras)}</{tag}>"
        for c in row.cells
    )
    return f"<tr{height}>{cells}</tr>"
