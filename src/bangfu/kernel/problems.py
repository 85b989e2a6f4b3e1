"""One registry of problems: everything the platform refuses, said once.

A room declares its problems in its own `problems.py` with `define`; raising one is
calling it with details. The command line, the pages and the API all print the same
code, message and next step, so a clerk can read out a code and be understood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_REGISTRY: dict[str, ProblemKind] = {}


@dataclass(frozen=True)
class ProblemKind:
    """One kind of refusal: stable `code` (`room.what`), HTTP status, texts with {details}."""

    code: str
    status: int
    zh: str
    en: str
    do_zh: str
    do_en: str

    def __call__(self, **details: Any) -> Problem:
        """The problem itself, ready to raise."""
        return Problem(self, details)


class Problem(Exception):
    """A refusal shown to people. `kind` says which, `details` with what."""

    def __init__(self, kind: ProblemKind, details: dict[str, Any]) -> None:
        self.kind = kind
        self.details = details
        super().__init__(f"[{kind.code}] {self.message('zh')}")

    @property
    def code(self) -> str:
        """The stable code, e.g. `registry.household_not_found`."""
        return self.kind.code

    def message(self, lang: str = "zh") -> str:
        """What is wrong, in `lang` (zh or en)."""
        return _fill(self.kind.zh if lang == "zh" else self.kind.en, self.details)

    def advice(self, lang: str = "zh") -> str:
        """What to do next, in `lang` (zh or en)."""
        return _fill(self.kind.do_zh if lang == "zh" else self.kind.do_en, self.details)

    def as_dict(self, lang: str = "zh") -> dict[str, Any]:
        """The one wire shape: code, message, advice, details."""
        return {
            "code": self.code,
            "message": self.message(lang),
            "advice": self.advice(lang),
            "details": self.details,
        }


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "—"


def _fill(text: str, details: dict[str, Any]) -> str:
    return text.format_map(_Blank(details))


def define(code: str, status: int, *, zh: str, en: str, do_zh: str, do_en: str) -> ProblemKind:
    """Declare a kind of problem. Raises ValueError when the code is taken or has no room."""
    if code in _REGISTRY:
        raise ValueError(f"problem code declared twice: {code}")
    if "." not in code:
        raise ValueError(f"problem code needs a room: {code}")
    kind = ProblemKind(code, status, zh, en, do_zh, do_en)
    _REGISTRY[code] = kind
    return kind


def all_problems() -> dict[str, ProblemKind]:
    """Every declared kind by code (for the reference page and the shape test)."""
    return dict(_REGISTRY)
