"""Looking at a file before anything parses it: kind, size, zip bombs, oversized sheets.

An .xlsx is a zip of XML. Parsers trust its numbers and make a dense table of them, so one cell
at XFD1048576 costs hundreds of gigabytes; every part is therefore unpacked here once, counted
against limits and thrown away, and formulas without a stored value are noted by cell.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from bangfu.collect import problems

MAX_XLSX = 80 << 20
MAX_CSV = 500 << 20  # about a million and a half persons
MAX_UNPACKED = 1 << 30
MAX_RATIO = 200  # of parts above _SMALL; real sheets reach 20 to 40
MAX_COLUMNS = 200
MAX_CELLS = 12_000_000
MAX_PARTS = 5_000
_SMALL = 20 << 20
_STEP = 1 << 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_REF = re.compile(rb"""\sr=["']([A-Z]{1,7})(\d{1,10})["']""")
_CELL = re.compile(rb"""<(?:\w+:)?c\s([^>]*[^/>])>(.*?)</(?:\w+:)?c>""", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_VALUE = re.compile(rb"<(?:\w+:)?v>[^<]|<(?:\w+:)?is>")
_ERROR = re.compile(rb"""\st=["']e["']""")
_MAYBE = re.compile(rb"""<(?:\w+:)?f[\s/>]|\st=["']e["']""")
_TEXT = re.compile(rb"<(?:\w+:)?v>([^<]*)")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


@dataclass
class SheetScan:
    """What one sheet's XML says: its extent, and by (row, column), counted from 1, the cells
    that hold no value: '=' for a formula never calculated, or the error's name."""

    rows: int = 0
    columns: int = 0
    faults: dict[tuple[int, int], str] = field(default_factory=dict)


def kind_of(name: str, head: bytes) -> str:
    """'xlsx' or 'csv' by content and name. Raises Problem for anything else."""
    suffix = name.rpartition(".")[2].lower()
    if head.startswith(_OLE):
        if suffix in ("xlsx", "xlsm") or b"E\0n\0c\0r\0y\0p\0t\0e\0d" in head:
            raise problems.LOCKED_FILE(name=name)
        raise problems.WRONG_KIND(name=name, what="旧版 .xls 格式")
    if head.startswith(b"PK\x03\x04"):
        if suffix not in ("xlsx", "xlsm"):
            raise problems.WRONG_KIND(name=name, what=f"内容是压缩包，扩展名却是 .{suffix}")
        return "xlsx"
    if suffix in ("xlsx", "xlsm"):
        raise problems.DAMAGED(name=name, what="内容不是 Excel 工作簿")
    if suffix not in ("csv", "txt"):
        raise problems.WRONG_KIND(name=name, what=f"不支持 .{suffix} 文件")
    if head.startswith((b"%PDF", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"{\\rtf")):
        raise problems.WRONG_KIND(name=name, what="内容不是文本")
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise problems.WRONG_KIND(name=name, what="内容不是文本")
    return "csv"


def check_size(name: str, kind: str, size: int) -> None:
    """Raises Problem `collect.too_big` or `collect.empty_file`."""
    limit = MAX_XLSX if kind == "xlsx" else MAX_CSV
    if size > limit:
        raise problems.TOO_BIG(name=name, size=_megabytes(size), limit=_megabytes(limit))
    if size == 0:
        raise problems.EMPTY(name=name)


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):.0f} MB"


def check_directory(name: str, stream: BinaryIO) -> zipfile.ZipFile:
    """The zip, its directory found harmless. Raises Problem."""
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError, OSError) as fault:
        raise problems.DAMAGED(name=name, what="压缩目录不完整") from fault
    parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        raise problems.ZIP_BOMB(name=name, what=f"含 {len(parts)} 个部件")
    total = sum(p.file_size for p in parts)
    if total > MAX_UNPACKED:
        raise problems.ZIP_BOMB(name=name, what=_megabytes(total))
    for part in parts:
        if part.file_size > _SMALL and part.file_size > MAX_RATIO * max(part.compress_size, 1):
            ratio = part.file_size // max(part.compress_size, 1)
            raise problems.ZIP_BOMB(name=name, what=f"压缩比 {ratio}:1")
        if part.flag_bits & 1:
            raise problems.LOCKED_FILE(name=name)
    if "xl/workbook.xml" not in archive.namelist():
        raise problems.WRONG_KIND(name=name, what="压缩包里没有 Excel 工作簿")
    return archive


def scan(name: str, stream: BinaryIO) -> dict[str, SheetScan]:
    """Unpack every part once within limits; extents and formulas of each sheet by its title.

    Raises Problem (zip bomb, damaged, too wide, too long).
    """
    archive = check_directory(name, stream)
    try:
        titles = _titles(archive)
        found: dict[str, SheetScan] = {}
        left = MAX_UNPACKED
        for part in archive.infolist():
            seen = SheetScan()
            for block, size in _blocks(archive, part):
                left -= size
                if left < 0:
                    raise problems.ZIP_BOMB(name=name, what=f"超过 {_megabytes(MAX_UNPACKED)}")
                if part.filename in titles:
                    _look(name, seen, block)
            if part.filename in titles:
                found[titles[part.filename]] = seen
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError) as fault:
        raise problems.DAMAGED(name=name, what="内容校验不符") from fault
    except (ParseError, DefusedXmlException) as fault:
        raise problems.DAMAGED(name=name, what="工作簿目录无法读取") from fault
    return found


def _titles(archive: zipfile.ZipFile) -> dict[str, str]:
    """Title of each worksheet by the name of its part."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    rels = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {r.get("Id"): r.get("Target", "") for r in rels}
    titles = {}
    for sheet in book.iter(f"{_MAIN}sheet"):
        target = targets.get(sheet.get(f"{_RELS}id"), "")
        titles[target.lstrip("/") if target.startswith("/") else f"xl/{target}"] = str(
            sheet.get("name")
        )
    return titles


def _blocks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[tuple[bytes, int]]:
    """(text, bytes newly read): each block ends after a whole cell."""
    rest = b""
    with archive.open(part) as stream:
        while data := stream.read(_STEP):
            if part.filename.startswith("xl/") and data[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise zipfile.BadZipFile("UTF-16")
            block = rest + data
            cut = block.rfind(b"c>") + 2  # the end of a cell, where there is one
            if cut < 2:
                cut = max(0, len(block) - 4096) if len(block) > 4 * _STEP else 0
            yield block[:cut], len(data)
            rest = block[cut:]
    yield rest, 0


def _look(name: str, seen: SheetScan, block: bytes) -> None:
    for letters, digits in _REF.findall(block):
        column, row = column_number(letters.decode()), int(digits)
        seen.columns = max(seen.columns, column)
        seen.rows = max(seen.rows, row)
    if seen.columns > MAX_COLUMNS:
        raise problems.TOO_WIDE(name=name, found=seen.columns, limit=MAX_COLUMNS)
    if seen.columns * seen.rows > MAX_CELLS:
        raise problems.TOO_LONG(
            name=name, found=f"{seen.columns * seen.rows:,}", limit=f"{MAX_CELLS:,}"
        )
    if _MAYBE.search(block) is None:
        return
    for attributes, content in _CELL.findall(block):
        ref = _REF.search(b" " + attributes)
        if ref is None:
            continue
        at = (int(ref[2]), column_number(ref[1].decode()))
        if _ERROR.search(b" " + attributes):
            value = _TEXT.search(content)
            seen.faults[at] = value[1].decode("utf-8", "replace") if value else "#"
        elif _FORMULA.search(content) and not _VALUE.search(content):
            seen.faults[at] = "="


def column_number(letters: str) -> int:
    """'A' -> 1, 'AA' -> 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
