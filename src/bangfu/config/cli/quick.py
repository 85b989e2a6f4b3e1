"""`bangfu evaluate` asked in plain words is understood without typer.

A township is judged in a second of a processor, and loading typer, rich and pydantic to read
a dozen words takes half of one more. Whatever is not plain (help, a mistake, a short form) is
left to typer, which knows what to say. A test holds the two to the same options.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

NEEDED = ("snapshot", "pack", "as_of", "out")
TEXTS = ("snapshot", "pack", "as_of", "out", "region", "engine", "spark_master")
LISTS = ("county", "rule")
NUMBERS = ("threads", "memory_mb")
FLAGS = ("quiet",)
_LANGUAGES = ("zh", "en")


def evaluation(words: list[str]) -> dict[str, Any] | None:
    """What `judging.judge` takes, from the words after `bangfu`; None when typer is to read them."""
    left = words[2:] if words[:1] == ["--lang"] else list(words)
    if left[:1] != ["evaluate"] or os.environ.get("BANGFU_LANG", "zh") not in _LANGUAGES:
        return None
    if len(left) < len(words) and words[1] not in _LANGUAGES:
        return None
    found: dict[str, Any] = {}
    rest = iter(left[1:])
    for word in rest:
        name = word.removeprefix("--").replace("-", "_")
        if not word.startswith("--") or word != f"--{name.replace('_', '-')}":
            return None
        if name in FLAGS:
            found[name] = True
            continue
        value = next(rest, "")
        if not value or value.startswith("-"):
            return None
        if name in LISTS:
            found.setdefault(name, []).append(value)
        elif name in NUMBERS and value.isascii() and value.isdecimal():
            found[name] = int(value)
        elif name in TEXTS:
            found[name] = value
        else:
            return None
    return _typed(found)


def _typed(found: dict[str, Any]) -> dict[str, Any] | None:
    if any(name not in found for name in NEEDED):
        return None
    try:
        as_of = date.fromisoformat(found["as_of"])
    except ValueError:
        return None
    return found | {
        "as_of": as_of, "snapshot": Path(found["snapshot"]), "out": Path(found["out"])
    }  # fmt: skip
