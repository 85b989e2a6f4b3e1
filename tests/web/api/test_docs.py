"""docs/api.md is run: each request is put, each answer compared with what it shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

DOC = Path(__file__).resolve().parents[3] / "docs" / "api.md"
EXAMPLE = re.compile(r"```http\nGET /api/v1(\S+)\n```\n```json\n(.*?)```", re.DOTALL)


def differs(shown: Any, given: Any, where: str = "$") -> str:
    """The first place where the answer is not what the document shows, '' where it is."""
    if shown == "…":
        return ""
    if isinstance(shown, dict) and isinstance(given, dict):
        for key, value in shown.items():
            if key not in given:
                return f"{where}.{key} is not there"
            if told := differs(value, given[key], f"{where}.{key}"):
                return told
        return ""
    if isinstance(shown, list) and isinstance(given, list):
        open_end = bool(shown) and shown[-1] == "…"
        known = shown[:-1] if open_end else shown
        if len(given) < len(known) or (not open_end and len(given) != len(known)):
            return f"{where} has {len(given)} entries"
        each = (
            differs(a, b, f"{where}[{i}]")
            for i, (a, b) in enumerate(zip(known, given, strict=False))
        )
        return next((told for told in each if told), "")
    return "" if shown == given else f"{where}: {shown!r} is {given!r}"


@pytest.mark.django_db
def test_every_example_is_true(run: Any, program: Any) -> None:
    ask = program("city_office")
    examples = EXAMPLE.findall(DOC.read_text(encoding="utf-8"))
    assert len(examples) >= 9
    told = {path: differs(json.loads(shown), ask(path).json()) for path, shown in examples}
    assert not {path: fault for path, fault in told.items() if fault}
