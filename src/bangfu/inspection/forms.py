"""The forms of a check, as data: `packs/<pack>/inspections.yaml`, one form per kind of subject."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from bangfu.inspection import problems
from bangfu.inspection.models import CheckForm
from bangfu.policy.inspections.reading import FILE, Sheet
from bangfu.policy.inspections.reading import read as read_sheets
from bangfu.policy.loading import known_packs, pack_path
from bangfu.policy.procedures.definition import Form
from bangfu.policy.reader import Reader
from bangfu.policy.source import read as read_yaml


def offered(pack: str, region_code: str, subject: str) -> dict[str, Sheet]:
    """The sheets for this kind of subject by pack, that of the procedure's own pack first, then
    those of packs of a region above (a city may check by the autonomous region's sheet)."""
    above = [p for p in known_packs() if p != pack and region_code.startswith(_jurisdiction(p))]
    found = {name: read(_text(name)).get(subject) for name in (pack, *above)}
    return {name: sheet for name, sheet in found.items() if sheet is not None}


def kept(pack: str, subject: str) -> CheckForm:
    """The file's text, kept with a plan; kept now when it is new.

    Raises Problem `inspection.no_form` when the pack has no form for this kind of subject.
    """
    text = _text(pack)
    if subject not in read(text):
        raise problems.NO_FORM(pack=pack, subject=subject)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return CheckForm.objects.get_or_create(hash=digest, defaults={"text": text})[0]


def of(row: CheckForm, subject: str) -> Form:
    """The form of one kind of subject."""
    return read(row.text)[subject].form


def _text(pack: str) -> str:
    file = pack_path(pack) / FILE
    return file.read_text("utf-8") if file.is_file() else ""


def _jurisdiction(pack: str) -> str:
    """The region a pack speaks for; a word no code begins with for one that names none."""
    head = read_yaml(pack_path(pack) / "pack.yaml").get("jurisdiction")
    return str(head.value) if head is not None and head.value else "-"


@lru_cache(maxsize=32)
def read(text: str) -> dict[str, Sheet]:
    """Sheets by kind of subject. Raises ValueError for a text with faults."""
    if not text:
        return {}
    reader = Reader()
    found = read_sheets(text, FILE, reader)
    if reader.problems:
        raise ValueError("\n".join(p.show() for p in reader.problems))
    return found
