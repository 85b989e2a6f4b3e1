"""What a pack author gets: a pack begun in a minute, errors that say what to do, each bad input."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bangfu import policy
from bangfu.config.cli.policy import app
from bangfu.kernel.problems import Problem
from bangfu.policy import scaffold
from bangfu.policy.advice import STEPS, advice, near
from bangfu.policy.checking import check_pack
from bangfu.policy.reasons import REASONS
from tests.policy.trial import rule, write_pack

PACKS = Path(__file__).resolve().parents[2] / "packs"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """A folder with the region's pack."""
    shutil.copytree(PACKS / "guangxi", tmp_path / "packs" / "guangxi")
    return tmp_path / "packs"


def test_a_new_pack_checks_and_its_cases_pass(packs: Path) -> None:
    told = CliRunner().invoke(
        app, ["new", "duan", "--dir", str(packs), "--extends", "guangxi", "--region", "451228"]
    )
    assert told.exit_code == 0, told.output
    assert not policy.check(packs / "duan")
    assert policy.run_cases([packs / "duan"]).summary == "2 passed, 0 failed"
    pack = policy.load_pack(packs / "duan")
    assert pack.extends == ("guangxi",)
    assert pack.jurisdiction == "451228"
    assert "GX17-R-111" in pack.rules
    assert {g.id for g in pack.overlaps} >= {"GX-O-01"}
    for file in (packs / "duan").rglob("*.yaml"):
        path = file.read_text(encoding="utf-8").splitlines()[0].partition("$schema=")[2]
        assert (file.parent / path).resolve().is_file(), file


def test_a_new_pack_is_refused(packs: Path) -> None:
    for name, extends, region, code in (
        ("Duan", "guangxi", "", "policy.pack_name"),
        ("guangxi", "guangxi", "", "policy.pack_exists"),
        ("duan", "nowhere", "", "policy.pack_not_found"),
        ("duan", "guangxi", "4512x", "policy.pack_region"),
    ):
        with pytest.raises(Problem, match=code):
            scaffold.new_pack(name, packs, extends, region)
    assert not (packs / "duan").exists()


AMENDED = """
- id: R-1
  title: 规则
  kind: criterion
  entity: household
  CITE
  versions:
    - {from: 2017-01-01, when: [{zh: 甲, expr: has_tv}]}
    - {from: 2016-06-01, when: [{zh: 乙, expr: has_electricity}]}
"""


def test_an_amendment_older_than_what_it_amends_is_refused(tmp_path: Path) -> None:
    root = write_pack(tmp_path, AMENDED)
    pack, found = check_pack(root)
    assert [p.code for p in found] == ["amendment_before"]
    assert found[0].show() == (
        "trial/programmes/rules.yaml:9 R-1"
        " 这一版从 2016-06-01 起，早于它所修改的上一版（2017-01-01）；版本按先后排列"
    )
    assert "写在最后" in advice(found[0], pack)


def test_a_clause_replaces_an_older_one_that_has_ended(tmp_path: Path) -> None:
    def codes(first: str, end: str, second: str) -> list[str]:
        old = rule("has_tv", start=first).replace("when:", f"to: {end}\n      when:") if end else rule(
            "has_tv", start=first)  # fmt: skip
        new = rule("has_tv", id="R-2", start=second).replace(
            "kind:", "supersedes: [R-1]\n  kind:", 1)  # fmt: skip
        return [p.code for p in policy.check(write_pack(tmp_path, old + new))]

    assert codes("2016-01-01", "2017-03-20", "2017-03-21") == []
    assert codes("2016-01-01", "", "2017-03-21") == ["supersedes_together"]
    assert codes("2017-03-21", "", "2017-03-21") == ["supersedes_before"]


def test_a_parameter_missing_for_some_region_is_refused(tmp_path: Path) -> None:
    only = "line: {zh: 线, unit: yuan, values: [{from: 2016-01-01, value: 3, region: '451228'}]}"
    root = write_pack(tmp_path, rule("income_wages > param.line"), parameters=only)
    pack, found = check_pack(root)
    assert [p.code for p in found] == ["no_general_value"]
    assert "其余地区" in found[0].reason
    assert "to_be_set" in advice(found[0], pack)


def test_the_nearest_name_is_offered(tmp_path: Path) -> None:
    root = write_pack(
        tmp_path,
        rule("met('R-11')", id="R-10") + rule("has_tv", id="R-12").replace("kind:", "knid:", 1),
    )
    pack, found = check_pack(root)
    offered = {p.code: near(p, pack) for p in found}
    assert offered["unknown_rule"] == "R-10"
    assert offered["unknown_key"] == "kind"
    told = CliRunner().invoke(app, ["check", str(root)])
    assert told.exit_code == 1
    assert "是否为“kind”？" in told.output


def test_every_step_belongs_to_a_reason() -> None:
    assert set(STEPS) <= set(REASONS)
