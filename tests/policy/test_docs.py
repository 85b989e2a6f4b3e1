"""The example of docs/policy-packs.md is a pack that checks and whose cases pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bangfu import policy
from bangfu.policy import loading
from bangfu.policy.functions import FUNCTIONS
from bangfu.policy.pack import KINDS, PERIODS, UNITS

DOC = Path(__file__).resolve().parents[2] / "docs" / "policy-packs.md"


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```yaml (\S+)\n(.*?)```", DOC.read_text(), re.DOTALL)
    assert len(blocks) == 5
    for name, text in blocks:
        path = tmp_path / "packs" / "example" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(loading, "packs_dir", lambda: tmp_path / "packs")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert not policy.check("example")
    report = policy.run_cases([tmp_path / "packs" / "example"])
    assert report.summary == "2 passed, 0 failed", [f.show() for f in report.failures]


@pytest.mark.parametrize("word", [*KINDS, *UNITS, *PERIODS, *FUNCTIONS, "age_on", "met", "amount"])
def test_every_word_is_in_the_reference(word: str) -> None:
    assert re.search(rf"\b{word}\b", DOC.read_text()), word
