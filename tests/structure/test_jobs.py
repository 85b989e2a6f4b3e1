"""A worker process knows every kind of work: it loads the apps, not the addresses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "bangfu"
ASK = """
import django
django.setup()
from bangfu.jobs.registry import _HANDLERS
print(*_HANDLERS)
"""


def test_every_handler_is_known_to_a_fresh_worker() -> None:
    declared: set[str] = set()
    for file in PACKAGE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        declared |= set(re.findall(r'^@register\("([\w.]+)"\)', text, re.MULTILINE))
        for name in re.findall(r"^@register\(([A-Z_]+)\)", text, re.MULTILINE):
            kind = re.search(rf'\b{name}\b[^=\n]*=\s*"([\w.]+)"', text)
            pair = re.search(r'^(\w+), (\w+) = "([\w.]+)", "([\w.]+)"', text, re.MULTILINE)
            if pair and name in pair.groups()[:2]:
                declared.add(pair[3] if name == pair[1] else pair[4])
            elif kind:
                declared.add(kind[1])
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK], capture_output=True, text=True, check=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "bangfu.config.settings"},
    )  # fmt: skip
    assert len(declared) > 6
    assert declared - set(told.stdout.split()) == set()
