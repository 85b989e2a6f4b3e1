"""A second opinion: the same rules written by hand for OpenFisca agree on a small demo city."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("openfisca_core")


@pytest.mark.slow
def test_hand_written_rules_agree_wherever_ours_decides(tmp_path: Path) -> None:
    from datetime import date

    from bangfu import policy
    from bangfu.demo import export
    from bench import compare, openfisca_run

    snapshot = tmp_path / "snapshot"
    export.write(8000, snapshot, seed=7, format="snapshot")
    policy.evaluate(snapshot, policy.load_pack("hechi"), date(2016, 12, 31), tmp_path / "ours")
    openfisca_run.main(snapshot, tmp_path / "theirs")
    cells, wrong = compare.disagreements(tmp_path / "ours", tmp_path / "theirs", snapshot)
    assert cells > 40_000
    assert wrong == 0
