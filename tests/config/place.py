"""An installation of its own, for tests that run the real command line."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Place:
    """A BANGFU_VAR with a migrated database and a key; `run` runs `bangfu` there."""

    var: Path

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("BANGFU_", "DJANGO_"))}
        return kept | {"BANGFU_VAR": str(self.var), "PYTHONPATH": str(ROOT / "src")}

    def command(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "bangfu.config.cli.main", *args]

    def run(self, *args: str, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*args),
            env=self.environment | extra,
            cwd=self.var.parent,
            capture_output=True,
            text=True,
            timeout=300,
        )
