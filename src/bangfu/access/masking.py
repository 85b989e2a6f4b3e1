"""Masking of personal data as it is shown in lists (GB/T 37964 style partial masking)."""

from __future__ import annotations


def mask(kind: str, text: str | None) -> str:
    """`text` masked for field `kind`: name 韦*明, id_number 4527**********1234, phone 199****0001."""
    if not text:
        return ""
    if kind == "name":
        return text[0] + "*" if len(text) == 2 else text[0] + "*" * (len(text) - 2) + text[-1:]
    if kind == "id_number":
        return text[:4] + "*" * max(len(text) - 8, 0) + text[-4:]
    if kind == "phone":
        return text[:3] + "****" + text[-4:]
    return "*" * max(len(text) - 4, 0) + text[-4:]
