"""Masking of personal data as it is shown in lists (GB/T 37964 style partial masking)."""

from __future__ import annotations


def mask(kind: str, text: str | None) -> str:
    """`text` masked for field `kind`: name 韦*明, id_number 4527**********1234, phone 199****0001."""
    if not text:
        return ""
    if kind == "name":
        return _keep(text, 1, 1 if len(text) > 2 else 0)
    if kind == "id_number":
        return _keep(text, 4, 4)
    if kind == "phone":
        return _keep(text, 3, 4)
    return _keep(text, 0, 4)


def _keep(text: str, head: int, tail: int) -> str:
    """Only the ends stay, and of a value too short for that (a wrong number, a name of one
    character) nothing."""
    hidden = len(text) - head - tail
    if hidden < max(1, (head + tail) // 2):
        return "*" * max(len(text), 2)
    return text[:head] + "*" * hidden + text[len(text) - tail :]
