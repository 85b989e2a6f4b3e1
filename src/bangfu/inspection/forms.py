"""The forms of a check, as data: `packs/<pack>/inspections.yaml`, one form per kind of subject."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from bangfu.inspection import problems
from bangfu.inspection.models import CheckForm
from bangfu.policy.loading import pack_path
from bangfu.policy.procedures import parts
from bangfu.policy.procedures.definition import Form
from bangfu.policy.reader import Reader
from bangfu.policy.source import parse


def kept(pack: str, subject: str) -> CheckForm:
    """The file's text, kept with a plan; kept now when it is new.

    Raises Problem `inspection.no_form` when the pack has no form for this kind of subject.
    """
    file = pack_path(pack) / "inspections.yaml"
    text = file.read_text("utf-8") if file.is_file() else ""
    if not text or subject not in read(text):
        raise problems.NO_FORM(pack=pack, subject=subject)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return CheckForm.objects.get_or_create(hash=digest, defaults={"text": text})[0]


def of(row: CheckForm, subject: str) -> Form:
    """The form of one kind of subject."""
    return read(row.text)[subject]


@lru_cache(maxsize=32)
def read(text: str) -> dict[str, Form]:
    """Forms by kind of subject. Raises ValueError for a text with faults."""
    reader, found = Reader(), {}
    for name, node in parse(text, "inspections.yaml").items():
        made = parts.form(reader, name, node)
        if made is not None:
            found[name] = made
    if reader.problems:
        raise ValueError("\n".join(p.show() for p in reader.problems))
    return found
