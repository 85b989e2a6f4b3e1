"""Every text of the pages has its English, and the English keeps the text's places."""

from __future__ import annotations

import re

from django.utils import translation

from bangfu.web import messages


def test_every_text_has_english() -> None:
    """`python -m bangfu.web.messages` lists what is missing."""
    assert messages.missing() == []


def test_english_keeps_the_places() -> None:
    """%(name)s in the Chinese stands in the English too, no more and no fewer."""
    for message in messages.catalogue():
        if message.id:
            wanted = sorted(re.findall(r"%\((\w+)\)", str(message.id)))
            assert sorted(re.findall(r"%\((\w+)\)", str(message.string))) == wanted, message.id


def test_english_is_compiled() -> None:
    """The application compiles it at its start."""
    messages.compile_if_stale()
    with translation.override("en"):
        assert translation.gettext("农户") == "Households"
    with translation.override("zh-hans"):
        assert translation.gettext("农户") == "农户"


def test_no_icon_is_missing() -> None:
    """Every icon a template names is in the sprite's sources."""
    from pathlib import Path

    folder = Path(__file__).parents[2] / "frontend" / "icons"
    known = {f.stem for f in folder.glob("*.svg")}
    used = {
        name
        for file in messages.HERE.rglob("*.html")
        for name in re.findall(r'{% icon "([\w-]+)"', file.read_text(encoding="utf-8"))
    }
    assert len(used) > 20
    assert used - known == set()
