"""A document joined with values: plain paragraphs and tables that any writer can put on paper.

Values come as texts by field name; one that is absent leaves its blank. Nothing here looks
anything up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bangfu.policy.documents import definition as d

Style = Literal["label", "heading", "line", "small", "text", "cell", "note"]
WHITE, TICKED = "□", "☑"
UNKNOWN = "undecided"


@dataclass(frozen=True)
class Run:
    """Words in one manner; `blank` underlined space for so many characters."""

    text: str = ""
    underline: bool = False
    bold: bool = False
    small: bool = False
    blank: int = 0


@dataclass(frozen=True)
class Para:
    """One paragraph. `stops`: each run but the first begins at such a share of the width."""

    runs: tuple[Run, ...]
    style: Style = "line"
    align: d.Align = "left"
    stops: tuple[float, ...] = ()


@dataclass(frozen=True)
class Cell:
    """One cell, over `span` columns."""

    paras: tuple[Para, ...]
    span: int = 1


@dataclass(frozen=True)
class Row:
    """One row; a header is repeated on every page. `height` is the least, in mm."""

    cells: tuple[Cell, ...]
    header: bool = False
    height: int = 0


@dataclass(frozen=True)
class Grid:
    """A bordered table; widths in mm."""

    widths: tuple[int, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Turn:
    """A new page."""


Piece = Para | Grid | Turn


@dataclass(frozen=True)
class Finding:
    """An indicator: what people found (met, not_met or '' not yet), why, and the engine's word."""

    outcome: str = ""
    reason: str = ""
    engine: str = ""


@dataclass(frozen=True)
class Values:
    """All that is known of one subject: texts by field, findings by rule and by item, and the
    rows of its roster, each a text by column field."""

    texts: Mapping[str, str]
    findings: Mapping[str, Finding] = field(default_factory=dict)
    roster: Sequence[Mapping[str, str]] = ()


ENGINE = {
    "met": "　数据比对：达标",
    "not_met": "　数据比对：未达标",
    UNKNOWN: "　数据比对：待定",
}


def fill(document: d.Document, values: Values) -> Iterator[Piece]:
    """The document's pieces in order."""
    own = {"copies": str(document.copies), "holders": "、".join(document.holders)}
    texts = {**values.texts, **own}
    for block in document.blocks:
        match block:
            case d.Break():
                yield Turn()
            case d.Table():
                yield _table(block, texts, values.findings)
            case d.Roster():
                yield from _roster(block, texts, values.roster)
            case d.Notes():
                yield from _notes(block, texts)
            case _:
                yield from _words(block, texts)


def _runs(
    words: d.Template, texts: Mapping[str, str], *, underline: bool = True
) -> tuple[Run, ...]:
    found = []
    for piece in words:
        if not piece.field:
            found.append(Run(piece.text))
        elif shown := texts.get(piece.field, ""):
            found.append(Run(f" {shown} " if underline else shown, underline))
        else:
            found.append(Run(underline=True, blank=piece.width))
    return tuple(found)


def _words(
    block: d.Label | d.Heading | d.Line | d.Paragraph | d.Seal, texts: Mapping[str, str]
) -> Iterator[Para]:
    match block:
        case d.Label():
            yield Para(_runs(block.words, texts, underline=False), "label")
        case d.Heading():
            yield Para(_runs(block.words, texts, underline=False), "heading", "center")
        case d.Line():
            style: Style = "small" if block.small else "line"
            yield Para(_runs(block.words, texts), style, block.align)
        case d.Paragraph():
            yield Para(_runs(block.words, texts, underline=False), "text", "justify")
        case d.Seal():
            yield from _seal(block, texts, "line")


def _date(blanks: int = 2) -> Run:
    return Run("　" * blanks + "年" + "　" * blanks + "月" + "　" * blanks + "日")


def _seal(block: d.Seal, texts: Mapping[str, str], style: Style) -> Iterator[Para]:
    yield Para((*_runs(block.by, texts, underline=False), Run("（盖章）")), style, block.align)
    if block.dated:
        yield Para((_date(),), style, block.align)


def _parts(parts: Sequence[d.BoxPart], texts: Mapping[str, str]) -> Iterator[Para]:
    for part in parts:
        match part:
            case d.Line():
                alone = len(part.words) == 1 and part.words[0].field
                blank = alone and not texts.get(part.words[0].field)
                runs = () if blank else _runs(part.words, texts, underline=False)
                yield Para(runs, "cell", part.align)
            case d.Seal():
                yield from _seal(part, texts, "cell")
            case d.Signs():
                labels = tuple(r for words in part.labels for r in _one(words, texts))
                stops = _stops(labels)
                yield Para(labels, "cell", stops=stops)
                if part.dated:
                    yield Para((), "cell")
                    yield Para(tuple(_date() for _ in labels), "cell", stops=stops)


def _stops(labels: tuple[Run, ...]) -> tuple[float, ...]:
    """Where each label but the first begins: by the length of those before, with room to sign."""
    lengths = [max(len(r.text) + 2, 9) for r in labels]
    return tuple(round(sum(lengths[:n]) / sum(lengths), 3) for n in range(1, len(labels)))


def _one(words: d.Template, texts: Mapping[str, str]) -> tuple[Run]:
    """A label as a single run, so that runs and tab stops go together."""
    return (Run("".join(r.text or "　" * r.blank for r in _runs(words, texts, underline=False))),)


def _cell(text: str, align: d.Align = "left", *, bold: bool = False, span: int = 1) -> Cell:
    return Cell((Para((Run(text, bold=bold),), "cell", align),), span)


def _table(table: d.Table, texts: Mapping[str, str], findings: Mapping[str, Finding]) -> Grid:
    rows = [Row(tuple(_cell(c.title, "center", bold=True) for c in table.columns), header=True)]
    number = 0
    for row in table.rows:
        if isinstance(row, d.BoxRow):
            name = _cell(row.label, "center", span=2)
            rows.append(Row((name, Cell(tuple(_parts(row.parts, texts)), 2)), height=row.height))
            continue
        number += 1
        finding = findings.get(row.item) or findings.get(row.rule) or Finding()
        rows.append(
            Row((
                _cell(str(number), "center"), _cell(row.title, "center"),
                _cell(row.standard, "justify"),
                Cell(tuple(_finding(row, finding, texts, engine=table.engine))),
            ))
        )  # fmt: skip
    return Grid(tuple(c.width for c in table.columns), tuple(rows))


def _finding(
    row: d.ItemRow, finding: Finding, texts: Mapping[str, str], *, engine: bool
) -> Iterator[Para]:
    met = TICKED if finding.outcome == "met" else WHITE
    not_met = TICKED if finding.outcome == "not_met" else WHITE
    told = (Run(ENGINE[finding.engine], small=True),) if engine and finding.engine in ENGINE else ()
    yield Para((Run(f"达标{met}，未达标{not_met}"), *told), "cell")
    if finding.outcome == "not_met" and finding.reason:
        reason: tuple[Run, ...] = (Run(finding.reason),)
    else:
        reason = _runs(row.reason, texts) or (Run(underline=True, blank=8),)
    yield Para((Run("（原因："), *reason, Run("）。")), "cell")


def _roster(
    roster: d.Roster, texts: Mapping[str, str], rows: Sequence[Mapping[str, str]]
) -> Iterator[Piece]:
    """Down the first block, then the next, page by page."""
    head = Row(
        tuple(_cell(c.title, "center", bold=True) for c in roster.columns) * roster.across,
        header=True,
    )
    page, lines = roster.rows * roster.across, []
    numbered = [{**row, "no": str(n)} for n, row in enumerate(rows, start=1)]
    for start in range(0, max(len(numbered), 1), page):
        block = numbered[start : start + page]
        for line in range(roster.rows):
            cells: list[Cell] = []
            for across in range(roster.across):
                at = across * roster.rows + line
                one = block[at] if at < len(block) else {}
                cells += [_cell(one.get(c.field, ""), "center") for c in roster.columns]
            lines.append(Row(tuple(cells), height=8))
    widths = tuple(c.width for c in roster.columns) * roster.across
    if roster.foot:
        lines.append(Row((Cell(tuple(_parts(roster.foot, texts)), len(widths)),), height=24))
    yield Grid(widths, (head, *lines))


def _notes(block: d.Notes, texts: Mapping[str, str]) -> Iterator[Para]:
    several = len(block.notes) > 1
    for n, words in enumerate(block.notes, start=1):
        lead = ("说明：" if n == 1 else "　　　") + (f"{n}．" if several else "")
        yield Para((Run(lead), *_runs(words, texts, underline=False)), "note", "left")
