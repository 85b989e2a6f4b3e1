"""English texts of the pages: msgids are the Chinese texts, `locale/en` holds the English.

Compiled with Babel when the application starts and the source is newer, so that no gettext
tools are needed on the machine. `python -m bangfu.web.messages` lists texts without English.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

HERE = Path(__file__).parent
PO = HERE / "locale" / "en" / "LC_MESSAGES" / "django.po"
KEYWORDS = {"_": None, "gettext": None, "gettext_lazy": None, "mark": None}
_TAG = re.compile(r"""\{%-?\s*(?:trans|translate)\s+(?:"([^"]*)"|'([^']*)')""")
_CALL = re.compile(r"""_\((?:"([^"]*)"|'([^']*)')\)""")
_BLOCK = re.compile(
    r"\{%\s*blocktrans(?:late)?\b[^%]*%\}(.*?)\{%\s*endblocktrans(?:late)?\s*%\}", re.S
)
log = logging.getLogger(__name__)


def compile_if_stale() -> None:
    """Write `django.mo` beside `django.po` when it is missing or older."""
    target = PO.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime >= PO.stat().st_mtime:
        return
    part = target.with_suffix(f".{os.getpid()}.part")
    try:
        with PO.open("rb") as source, part.open("wb") as out:
            write_mo(out, read_po(source, locale="en"))
        part.replace(target)
    except OSError as fault:
        log.warning("English texts could not be compiled: %s", fault)


def used() -> Iterator[tuple[str, Path]]:
    """(msgid, file) of every text in the room's templates and Python files."""
    for file in sorted(HERE.rglob("*.html")):
        yield from ((text, file) for text in _in_template(file.read_text(encoding="utf-8")))
    for file in sorted(HERE.rglob("*.py")):
        with file.open("rb") as source:
            for _, found, _, _ in extract("python", source, keywords=KEYWORDS):
                yield (found if isinstance(found, str) else found[0]), file


def _in_template(source: str) -> Iterator[str]:
    for pattern in (_TAG, _CALL):
        yield from (a or b for a, b in pattern.findall(source))
    for body in _BLOCK.findall(source):
        trimmed = " ".join(line.strip() for line in body.splitlines() if line.strip())
        yield re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", trimmed)


def missing() -> list[tuple[str, str]]:
    """Texts in use that have no English, each with the first file that uses it."""
    with PO.open("rb") as source:
        english = {str(m.id): m.string for m in read_po(source, locale="en") if m.id}
    seen: dict[str, str] = {}
    for text, file in used():
        if text and not english.get(text):
            seen.setdefault(text, str(file.relative_to(HERE)))
    return list(seen.items())


if __name__ == "__main__":
    for text, where in missing():
        print(f'#: {where}\nmsgid "{text}"\nmsgstr ""\n')
