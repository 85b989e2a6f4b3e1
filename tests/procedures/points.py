"""A county that has set its points of identification, for tests of scored surveys."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bangfu.policy import loading
from tests import world


@pytest.fixture
def county_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Du'an sets its points: the packs as they are, with its values among the parameters."""
    packs = tmp_path / "packs"
    shutil.copytree(loading.packs_dir(), packs)
    file = packs / "hechi" / "parameters.yaml"
    worth = {"none": "0", "below": "0", "heavy": "0", "dangerous": "4.5", "crowded": "8"}
    before, mark, after = file.read_text(encoding="utf-8").partition("identification_score_full:")
    lines, name = [], "identification_score_full"
    for line in (mark + after).splitlines():
        if line.startswith("identification_"):
            name = line.rstrip(":")
        if line != "  values: []":
            lines.append(line)
        else:
            fixed = {"identification_score_full": "100", "identification_score_line": "30",
                     "identification_points_debts_none": "10"}  # fmt: skip
            points = fixed.get(name, worth.get(name.rpartition("_")[2], "10"))
            value = f'{{from: 2016-01-01, value: {points}, region: "{world.DUAN}"}}'
            lines.append(f"  values: [{value}]")
    file.write_text(before + "\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setattr(loading, "packs_dir", lambda: packs)
