"""`bangfu simulate` and `bangfu policy diff --snapshot` as an operator runs them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from bangfu.config.cli import main, policy, simulation
from bangfu.kernel.problems import Problem
from bangfu.lake import manifest
from bangfu.policy import loading
from tests.policy.trial import household, person, rule, write_pack, write_snapshot

PAY = "amount: (param.standard - income_wages) * count(member)\nunit: yuan\nperiod: year\n"


class Run:
    """The two commands over a small pack and a snapshot of thirty households."""

    def __init__(self, folder: Path) -> None:
        write_pack(
            folder, rule("income_wages < param.standard", id="DIBAO", kind="entitlement", more=PAY),
            parameters="standard: {zh: 低保标准, unit: yuan, period: year, values:"
            " [{from: 2016-01-01, value: 2500}, {from: 2017-01-01, value: 2600}]}",
        )  # fmt: skip
        self.snapshot = write_snapshot(
            folder / "snapshot",
            household=[household(n, income_wages=100 * n) for n in range(1, 31)],
            person=[person(1, n, relation="head", ethnicity="08") for n in range(1, 31)],
            village=[{"village_code": "451228100200"}], county=[{"county_code": "451228"}],
        )  # fmt: skip
        self.app = main.build([policy, simulation])

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(self.app, words)

    def simulate(self, *words: str) -> Result:
        return self("simulate", "--snapshot", str(self.snapshot), "--pack", "trial",
                    "--as-of", "2016-12-31", *words)  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(loading, "packs_dir", lambda: tmp_path / "packs")
    return Run(tmp_path)


def test_before_and_after_in_the_terminal_and_as_json(run: Run) -> None:
    told = run.simulate("--set", "standard=2900")
    assert told.exit_code == 0, told.output
    assert "低保标准" in told.output
    # 100, 200 … 2400 lacking to 2500: 24 households; to 2900: 28, each with one member.
    assert "30,000.00" in told.output
    assert "40,600.00" in told.output
    shown = run.simulate("--set", "standard=2900", "--json").output
    result = json.loads(shown[shown.index("{") :])
    assert result["whole"]["totals"]["gain_households"] == 28
    assert result["whole"]["totals"]["gain_amount"] == "10600.00"


def test_reports_and_a_directory(run: Run, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.docx"):
        assert run.simulate("--set", "standard=2900", "--out", str(tmp_path / name)).exit_code == 0
        assert (tmp_path / name).read_bytes()[:2] == b"PK"
    assert "总体变化" in load_workbook(tmp_path / "a.xlsx").sheetnames
    out = tmp_path / "out"
    assert run.simulate("--set", "standard=2900", "--out", str(out)).exit_code == 0
    assert {"before", "after", "result.json", "report.xlsx", "report.docx"} <= {
        p.name for p in out.iterdir()
    }
    again = run.simulate("--set", "standard=2800", "--baseline", str(out / "before"))
    assert again.exit_code == 0
    same = run.simulate("--off", "DIBAO", "--baseline", str(out / "after"))
    assert same.exception.code == "policy.baseline_differs"  # type: ignore[union-attr]


def test_the_effects_of_an_amendment(run: Run) -> None:
    days = ("--from", "2016-12-31", "--to", "2017-12-31")
    told = run("policy", "diff", "--pack", "trial", *days, "--snapshot", str(run.snapshot))
    assert told.exit_code == 0, told.output
    assert "2500 → 2600" in told.output
    assert "2,500.00" in told.output  # 24 × 100 + 100 of the one who lacked nothing before


@pytest.mark.parametrize(
    ("words", "code"),
    [(("--set", "standrad=1"), "policy.parameter_unknown"),
     (("--set", "standard=-1"), "policy.override_negative"),
     (("--set", "standard=300元/月"), "policy.override_unit"),
     (("--set", "standard=高"), "policy.override_invalid"),
     (("--off", "NOTHING"), "policy.change_rule_unknown"),
     (("--set", "standard@99=1"), "policy.change_region"),
     (("--set", "standard=1", "--as-of", "2011-01-01"), "policy.as_of_outside_pack"),
     (("--set", "standard=1", "--county", "451299"), "policy.unknown_region"),
     (("--set", "standard=1", "--snapshot", "nowhere"), "lake.not_found"),
     (("--set", "standard=1", "--out", "x.pdf"), "policy.report_kind"),
     ((), "policy.nothing_changed")],
)  # fmt: skip
def test_bad_input_is_refused(run: Run, words: tuple[str, ...], code: str) -> None:
    told = run.simulate(*words)
    assert getattr(told.exception, "code", "") == code, told.output
    assert told.exception.message("zh")  # type: ignore[union-attr]


def test_a_damaged_snapshot_is_refused_by_the_file_s_name(run: Run) -> None:
    file = next((run.snapshot / "household").rglob("*.parquet"))
    whole = bytearray(file.read_bytes())
    whole[24] ^= 0x10
    file.write_bytes(whole)
    told = run.simulate("--set", "standard=2600")
    assert isinstance(told.exception, Problem)
    assert told.exception.code == "lake.file_damaged"
    assert str(file) in told.exception.message("zh")


def test_an_older_snapshot_is_simulated_with_what_lacks_undecided(run: Run) -> None:
    """Written before the field was: nobody is decided to gain or to lose by it."""
    found = manifest.load(run.snapshot)
    for county, entry in found.tables["household"].items():
        file = run.snapshot / entry.file
        pq.write_table(pq.ParquetFile(file).read().drop_columns(["income_wages"]), file)
        found.tables["household"][county] = manifest.entry_of(run.snapshot, file, entry.rows)
    replace(found, dictionary="of an earlier version").save(run.snapshot)
    told = run.simulate("--set", "standard=2600", "--json")
    assert told.exit_code == 0, told.output
    said = json.loads(told.stdout[told.stdout.index("{") :])
    assert said["missing_columns"] == ["household.income_wages"]
    assert said["whole"]["totals"]["covered_households_after"] == 0
    assert said["whole"]["totals"]["gain_households"] == 0
    shown = run.simulate("--set", "standard=2600").output
    assert "快照缺少字段 household.income_wages" in shown
