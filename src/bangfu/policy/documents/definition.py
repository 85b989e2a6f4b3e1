"""A document's layout as frozen objects. Lengths are millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bangfu.policy.pack import Cite, Place, Text

ABOUT = ("household", "village", "county")
ALIGNS = ("left", "center", "right", "justify")
PERSONAL = ("full", "masked")
Align = Literal["left", "center", "right", "justify"]


@dataclass(frozen=True)
class Piece:
    """Fixed words, or a field to fill in. A field without a value stays a blank `width` wide
    (counted in Chinese characters)."""

    text: str = ""
    field: str = ""
    width: int = 4


Template = tuple[Piece, ...]


@dataclass(frozen=True)
class Label:
    """The number of the annex, above everything, at the left margin."""

    words: Template


@dataclass(frozen=True)
class Heading:
    """The paper's name, centred."""

    words: Template


@dataclass(frozen=True)
class Line:
    """A line of its own; `small` in the size of a table's text."""

    words: Template
    align: Align = "left"
    small: bool = False


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a letter: two characters indented."""

    words: Template


@dataclass(frozen=True)
class Seal:
    """Who sets the seal, and below it the date to be written in."""

    by: Template
    dated: bool = True
    align: Align = "right"


@dataclass(frozen=True)
class Signs:
    """Signatures side by side, each with a date below."""

    labels: tuple[Template, ...]
    dated: bool = True


BoxPart = Line | Seal | Signs


@dataclass(frozen=True)
class ItemRow:
    """One indicator: found met or not by people, and by the engine (`rule`). `item` is the
    indicator's id on the form of the procedure. `reason` stands behind 未达标."""

    title: str
    standard: str
    item: str = ""
    rule: str = ""
    reason: Template = ()


@dataclass(frozen=True)
class BoxRow:
    """An opinion: its name in the first columns, everything else in one wide cell."""

    label: str
    parts: tuple[BoxPart, ...]
    height: int = 20


@dataclass(frozen=True)
class Column:
    """One column of a table or roster; `field` is what a roster shows in it."""

    title: str
    width: int
    field: str = ""


@dataclass(frozen=True)
class Table:
    """Indicators and opinions. `engine` = say the engine's finding under the people's."""

    columns: tuple[Column, ...]
    rows: tuple[ItemRow | BoxRow, ...]
    engine: bool = True


@dataclass(frozen=True)
class Roster:
    """A list of households, `across` blocks side by side, `rows` to a page; blank lines fill
    the last page."""

    columns: tuple[Column, ...]
    across: int = 1
    rows: int = 18
    foot: tuple[BoxPart, ...] = ()


@dataclass(frozen=True)
class Notes:
    """Footnotes below, numbered where there are several."""

    notes: tuple[Template, ...]


@dataclass(frozen=True)
class Break:
    """A new page."""


Block = Label | Heading | Line | Paragraph | Seal | Table | Roster | Notes | Break


@dataclass(frozen=True)
class Page:
    """A4 upright or across, with margins. The usual ones are those of official letters."""

    landscape: bool = False
    top: int = 37
    bottom: int = 35
    left: int = 28
    right: int = 26


@dataclass(frozen=True)
class Document:
    """One paper. `about` is what it is made for, one each; `since` names the step from which on
    a case stands in its list, `steps` the steps whose pages offer it, `attach` documents about
    the same that follow it."""

    id: str
    pack: str
    no: str
    title: Text
    about: str
    blocks: tuple[Block, ...]
    place: Place
    cite: Cite
    personal: str = "full"
    copies: int = 1
    holders: tuple[str, ...] = ()
    page: Page = Page()
    procedure: str = ""
    form: str = ""
    since: str = ""
    steps: tuple[str, ...] = ()
    attach: tuple[str, ...] = ()
    hash: str = ""

    @property
    def rules(self) -> tuple[str, ...]:
        """Rules whose findings it shows."""
        tables = (b for b in self.blocks if isinstance(b, Table))
        return tuple(r.rule for t in tables for r in t.rows if isinstance(r, ItemRow) and r.rule)

    @property
    def has_roster(self) -> bool:
        """Whether it lists households."""
        return any(isinstance(b, Roster) for b in self.blocks)
