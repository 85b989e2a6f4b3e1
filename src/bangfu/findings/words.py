"""Chinese text as words for PostgreSQL's full-text search: jieba's cut, as `tsvector` and
`tsquery`. The database keeps and compares words; it never has to know Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

_WORD = re.compile(r"[0-9A-Za-z\u3400-\u9fff]")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*[A-Za-z0-9]|[A-Za-z0-9]")
_POSITIONS = 16_000  # PostgreSQL keeps no more


@cache
def _jieba() -> object:
    import rjieba

    return rjieba.Jieba()


def words(text: str) -> list[str]:
    """Every word of a text and the shorter words inside it, in order, in small letters; ids
    such as HC2-E-127 stay whole too."""
    cut: list[str] = _jieba().cut_for_search(text)  # type: ignore[attr-defined]
    found = [word.strip().lower() for word in cut if _WORD.search(word)]
    return found + [code.lower() for code in _CODE.findall(text) if "-" in code or "_" in code]


def vector(parts: Iterable[tuple[str, str]]) -> str:
    """The `tsvector` of some texts, each with its weight A (most) to D."""
    places: dict[str, list[str]] = {}
    position = 0
    for text, weight in parts:
        for word in words(text):
            position += 1
            if position < _POSITIONS and len(marks := places.setdefault(word, [])) < 200:
                marks.append(f"{position}{weight}")
    return " ".join(f"{_quoted(word)}:{','.join(marks)}" for word, marks in places.items())


def query(text: str) -> str:
    """The `tsquery` that finds texts with every word of `text`; '' when it has none. The last
    word may go on ("危房改" finds 危房改造)."""
    plain: list[str] = _jieba().cut(text)  # type: ignore[attr-defined]
    codes = [code.lower() for code in _CODE.findall(text) if "-" in code or "_" in code]
    rest = text
    for code in codes:
        rest = re.sub(re.escape(code), " ", rest, flags=re.IGNORECASE)
    if codes:
        plain = _jieba().cut(rest)  # type: ignore[attr-defined]
    found = [*codes, *(word.strip().lower() for word in plain if _WORD.search(word))]
    return " & ".join(f"{_quoted(word)}:*" for word in dict.fromkeys(found))


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
