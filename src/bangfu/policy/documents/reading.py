"""A document file as `Document`s; every fault is noted with its line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bangfu.policy.documents import definition as d
from bangfu.policy.pack import Pack
from bangfu.policy.reader import Reader, place
from bangfu.policy.source import Node, SourceError, parse

_KEYS = ("id", "no", "title", "about", "procedure", "form", "since", "steps", "personal", "copies",
         "holders", "attach", "page", "cite", "note", "body")  # fmt: skip
_BLOCKS = ("label", "heading", "line", "text", "seal", "table", "roster", "notes", "break")
_PAGE = ("orientation", "top", "bottom", "left", "right")
_FIELD = re.compile(r"\{([a-z_][A-Za-z0-9_.-]*)(?::([0-9]{1,2}))?\}")
WIDEST = 297


def files(root: Path) -> list[Path]:
    """Document files of the pack at `root`."""
    return sorted((root / "documents").glob("*.yaml"))


def template(text: str) -> d.Template:
    """Words with {field} or {field:width} in them."""
    found: list[d.Piece] = []
    at = 0
    for match in _FIELD.finditer(text):
        if match.start() > at:
            found.append(d.Piece(text[at : match.start()]))
        found.append(d.Piece(field=match[1], width=int(match[2] or 4)))
        at = match.end()
    if at < len(text):
        found.append(d.Piece(text[at:]))
    return tuple(found)


def read(text: str, shown: str, pack: Pack, reader: Reader) -> d.Document | None:
    """The document in `text` (from the file `shown`); problems go to `reader`."""
    try:
        node = parse(text, shown)
    except SourceError as fault:
        reader.problems.append(fault.problem)
        return None
    if not reader.mapping(node, _KEYS, ("id", "title", "about", "body")):
        return None
    name = reader.string(node, "id")
    reader.rule = name
    found = d.Document(
        id=name, pack=pack.id, no=reader.string(node, "no"), title=reader.text(node, "title"),
        about=reader.choice(node, "about", d.ABOUT, d.ABOUT[0]),
        blocks=tuple(_blocks(reader, node.get("body"))), place=place(node),
        cite=reader.cite(node, pack.documents),
        personal=reader.choice(node, "personal", d.PERSONAL, "full"),
        copies=_whole(reader, node, "copies", 1), holders=_words(reader, node, "holders"),
        page=_page(reader, node.get("page")), procedure=reader.string(node, "procedure"),
        form=reader.string(node, "form"), since=reader.string(node, "since"),
        steps=_words(reader, node, "steps"), attach=_words(reader, node, "attach"),
        hash=hashlib.sha256(text.encode()).hexdigest(),
    )  # fmt: skip
    reader.rule = None
    return found


def _whole(reader: Reader, node: Node, key: str, default: int, most: int = WIDEST) -> int:
    child = node.get(key)
    if child is None:
        return default
    value = child.value
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        reader.refuse(child, "bad_value", key=key, want=f"1 至 {most} 的整数",
                      want_en=f"a whole number from 1 to {most}", got=str(value)[:40])  # fmt: skip
        return default
    return value


def _words(reader: Reader, node: Node, key: str) -> tuple[str, ...]:
    child = node.get(key)
    if child is not None and isinstance(child.value, str):
        return (child.value,)
    return tuple(str(c.value) for c in reader.children(child))


def _page(reader: Reader, node: Node | None) -> d.Page:
    if node is None or not reader.mapping(node, _PAGE):
        return d.Page()
    usual = d.Page()
    across = reader.choice(node, "orientation", ("portrait", "landscape"), "portrait")
    return d.Page(
        across == "landscape",
        *(
            _whole(reader, node, k, getattr(usual, k), 80)
            for k in ("top", "bottom", "left", "right")
        ),
    )


def _blocks(reader: Reader, node: Node | None) -> Iterator[d.Block]:
    for child in reader.children(node):
        if not child.is_map or len(child.value) != 1:
            reader.refuse(child, "document_block", known="、".join(_BLOCKS))
            continue
        kind, inner = next(child.items())
        if kind not in _BLOCKS:
            reader.refuse(child, "document_block", known="、".join(_BLOCKS))
            continue
        block = _block(reader, kind, inner)
        if block is not None:
            yield block


def _block(reader: Reader, kind: str, node: Node) -> d.Block | None:
    match kind:
        case "label":
            return d.Label(_template(reader, node))
        case "heading":
            return d.Heading(_template(reader, node))
        case "text":
            return d.Paragraph(_template(reader, node))
        case "line":
            return _line(reader, node)
        case "seal":
            return _seal(reader, node)
        case "table":
            return _table(reader, node)
        case "roster":
            return _roster(reader, node)
        case "notes":
            return d.Notes(tuple(_template(reader, n) for n in reader.children(node)))
    return d.Break()


def _template(reader: Reader, node: Node) -> d.Template:
    if node.is_map or node.is_list:
        reader.refuse(node, "bad_value", key="text", want="文本", want_en="text", got="…")
        return ()
    return template(str(node.value))


def _line(reader: Reader, node: Node) -> d.Line:
    if not node.is_map:
        return d.Line(_template(reader, node))
    reader.mapping(node, ("text", "align", "small"), ("text",))
    align: Any = reader.choice(node, "align", d.ALIGNS, "left")
    return d.Line(template(reader.string(node, "text")), align, reader.flag(node, "small"))


def _seal(reader: Reader, node: Node) -> d.Seal:
    if not node.is_map:
        return d.Seal(_template(reader, node))
    reader.mapping(node, ("by", "dated", "align"), ("by",))
    align: Any = reader.choice(node, "align", d.ALIGNS, "right")
    dated = reader.flag(node, "dated") if node.get("dated") else True
    return d.Seal(template(reader.string(node, "by")), dated, align)


def _columns(reader: Reader, node: Node) -> tuple[d.Column, ...]:
    found = []
    for child in reader.children(node.get("columns")):
        if reader.mapping(child, ("title", "width", "field"), ("title", "width")):
            found.append(
                d.Column(
                    reader.string(child, "title"),
                    _whole(reader, child, "width", 20),
                    reader.string(child, "field"),
                )
            )
    return tuple(found)


def _table(reader: Reader, node: Node) -> d.Table | None:
    if not reader.mapping(node, ("columns", "rows", "engine"), ("columns", "rows")):
        return None
    columns = _columns(reader, node)
    if len(columns) != 4:
        reader.refuse(node, "document_columns")
    rows: list[d.ItemRow | d.BoxRow] = []
    for child in reader.children(node.get("rows")):
        if child.get("box") is not None:
            if reader.mapping(child, ("box", "parts", "height"), ("parts",)):
                rows.append(
                    d.BoxRow(
                        reader.string(child, "box"),
                        tuple(_parts(reader, child.get("parts"))),
                        _whole(reader, child, "height", 20),
                    )
                )
        elif reader.mapping(child, ("item", "rule", "title", "standard", "reason"), ("title",)):
            rows.append(
                d.ItemRow(
                    reader.string(child, "title"),
                    reader.string(child, "standard"),
                    reader.string(child, "item"),
                    reader.string(child, "rule"),
                    template(reader.string(child, "reason")),
                )
            )
    engine = reader.flag(node, "engine") if node.get("engine") is not None else True
    return d.Table(columns, tuple(rows), engine)


def _parts(reader: Reader, node: Node | None) -> Iterator[d.BoxPart]:
    for child in reader.children(node):
        if child.get("seal") is not None:
            yield _seal(reader, child.value["seal"])
        elif child.get("sign") is not None:
            reader.mapping(child, ("sign", "dated"))
            labels = tuple(_template(reader, n) for n in reader.children(child.get("sign")))
            yield d.Signs(labels, reader.flag(child, "dated") if child.get("dated") else True)
        else:
            yield _line(reader, child)


def _roster(reader: Reader, node: Node) -> d.Roster | None:
    if not reader.mapping(node, ("columns", "across", "rows", "foot"), ("columns",)):
        return None
    return d.Roster(
        _columns(reader, node), _whole(reader, node, "across", 1, 4),
        _whole(reader, node, "rows", 18, 60), tuple(_parts(reader, node.get("foot"))),
    )  # fmt: skip
