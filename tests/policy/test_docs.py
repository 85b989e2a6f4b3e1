"""The example of docs/policy-packs.md is a pack that checks and whose cases pass."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from bangfu import policy
from bangfu.policy import loading
from bangfu.policy.functions import FUNCTIONS
from bangfu.policy.pack import KINDS, PERIODS, UNITS
from tests.policy.trial import household, person, write_snapshot

DOC = Path(__file__).resolve().parents[2] / "docs" / "policy-packs.md"


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page's files, each where it says; a file in two blocks is written on."""
    blocks = re.findall(r"```yaml (\S+)\n(.*?)```", DOC.read_text(), re.DOTALL)
    assert len(blocks) == 12
    root = tmp_path / "packs"
    for name, text in blocks:
        path = root / (name if name.startswith("county/") else f"example/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + text)
    monkeypatch.setattr(loading, "packs_dir", lambda: root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return root


def test_the_example_runs(packs: Path) -> None:
    assert not policy.check("example")
    report = policy.run_cases([packs / "example"])
    assert report.summary == "2 passed, 0 failed", [f.show() for f in report.failures]


def test_the_county_pack_checks_passes_and_evaluates(packs: Path, tmp_path: Path) -> None:
    assert not policy.check("county")
    report = policy.run_cases([packs / "county"])
    assert report.summary == "3 passed, 0 failed", [f.show() for f in report.failures]
    village = "451228101200"
    pupils = [
        person(n, 1, village=village, birth_date=date(2005, 5, 1), boarding=n == 1) for n in (1, 2)
    ]
    snapshot = write_snapshot(
        tmp_path / "snapshot",
        household=[household(1, village=village, status="registered")], person=pupils,
        village=[{"village_code": village}], county=[{"county_code": "451228"}],
    )  # fmt: skip
    result = policy.evaluate(snapshot, "county", date(2017, 12, 31), tmp_path / "out")
    assert result.counts["CO-1"].amount_sum == 150
    # 1,000 a year and twelve times 150 against the 2,000 of a household.
    assert [(d.group, d.excess) for d in result.double_claims] == [("CO-O-1", 800)]


@pytest.mark.parametrize("word", [*KINDS, *UNITS, *PERIODS, *FUNCTIONS, "age_on", "met", "amount"])
def test_every_word_is_in_the_reference(word: str) -> None:
    assert re.search(rf"\b{word}\b", DOC.read_text()), word
