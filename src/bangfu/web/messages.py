"""English texts of the pages: msgids are the Chinese texts. `locale/en` holds the English of
the frame, `<subject>/en.po` that of a subject; all are compiled into one catalogue.

Compiled with Babel when the application starts and a source differs, so that no gettext
tools are needed on the machine. `python -m bangfu.web.messages` lists texts without English.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bangfu.access import RIGHTS

HERE = Path(__file__).parent
PO = HERE / "locale" / "en" / "LC_MESSAGES" / "django.po"
KEYWORDS = {"_": None, "gettext": None, "gettext_lazy": None, "mark": None}
_TAG = re.compile(r"""\{%-?\s*(?:trans|translate)\s+(?:"([^"]*)"|'([^']*)')""")
_CALL = re.compile(r"""_\((?:"([^"]*)"|'([^']*)')\)""")
_BLOCK = re.compile(
    r"\{%\s*blocktrans(?:late)?\b[^%]*%\}(.*?)\{%\s*endblocktrans(?:late)?\s*%\}", re.DOTALL
)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
log = logging.getLogger(__name__)


def compile_if_stale() -> None:
    """Write `django.mo` beside `django.po` unless it was made from just these sources.

    The sources' digest stands in its header: times say nothing after a fresh checkout.
    """
    target = PO.with_suffix(".mo")
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in sources())).hexdigest()
    if target.exists() and digest.encode() in target.read_bytes():
        return
    part = target.with_suffix(f".{os.getpid()}.part")
    try:
        with part.open("wb") as out:
            write_mo(out, catalogue(digest))
        part.replace(target)
    except OSError as fault:
        log.warning("English texts could not be compiled: %s", fault)


def sources() -> list[Path]:
    """The files that hold English: the frame's and each subject's."""
    return [PO, *sorted(HERE.glob("*/en.po"))]


def catalogue(version: str = "") -> Catalog:
    """All of them as one. Where two give the same text, the frame's stands."""
    whole = Catalog(locale="en", project="bangfu", version=version)
    for file in reversed(sources()):
        with file.open("rb") as source:
            for message in read_po(source, locale="en"):
                if message.id and message.string:
                    whole[message.id] = message
    return whole


def used() -> Iterator[tuple[str, Path]]:
    """(msgid, file) of every text in the room's templates and Python files."""
    for file in sorted(HERE.rglob("*.html")):
        yield from ((text, file) for text in _in_template(file.read_text(encoding="utf-8")))
    for file in sorted(HERE.rglob("*.py")):
        with file.open("rb") as source:
            for _, found, _, _ in extract("python", source, keywords=KEYWORDS):
                text = found if isinstance(found, str) else found[0]
                if _CHINESE.search(text):  # not the keys of tables of texts
                    yield text, file
    from bangfu.jobs.models import Job

    for text in (*RIGHTS.values(), *(label for _state, label in Job.STATES)):
        yield text, HERE / "messages.py"


def _in_template(source: str) -> Iterator[str]:
    for pattern in (_TAG, _CALL):
        yield from (a or b for a, b in pattern.findall(source))
    for body in _BLOCK.findall(source):
        trimmed = " ".join(line.strip() for line in body.splitlines() if line.strip())
        yield re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", trimmed)


def missing() -> list[tuple[str, str]]:
    """Texts in use that have no English, each with the first file that uses it."""
    english = {str(m.id): m.string for m in catalogue() if m.id}
    seen: dict[str, str] = {}
    for text, file in used():
        if text and not english.get(text):
            seen.setdefault(text, str(file.relative_to(HERE)))
    return list(seen.items())


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.config.settings")
    django.setup()
    for text, where in missing():
        sys.stdout.write(f'#: {where}\nmsgid "{text}"\nmsgstr ""\n\n')
