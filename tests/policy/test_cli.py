"""The command line over packs and snapshots, as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bangfu.config.cli import main
from bangfu.config.cli import policy as commands
from bangfu.policy import loading
from tests.policy.trial import household, person, rule, write_pack, write_snapshot

CATALOGUE = """
rules:
- {id: H-1, title_zh: 电视, title_en: Television}
- {id: H-9, title_zh: 未写的, title_en: Unwritten}
- {id: D-1, title_zh: 责任, title_en: Duty}
- {id: F-1, title_zh: 公式, title_en: Formula}
"""
DUTY = """
- {id: D-1, title: {zh: 责任}, kind: duty, entity: office, CITE, department: 局, deadline: 月底,
   measure: 次}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    write_pack(
        tmp_path,
        rule("has_tv", id="H-1") + rule("income_wages > param.line", id="H-2") + DUTY,
        parameters="line: {zh: 线, unit: yuan, values: [{from: 2016-01-01, value: 1},"
        " {from: 2017-01-01, value: 2}]}",
        variables="household: {a: {zh: 甲, rule: F-1, expr: income_wages}}",
        cases="- {case: 有电视, pack: trial, as_of: 2016-12-31, household: {has_tv: true},"
        " expect: {H-1: true}}",
    )
    monkeypatch.setattr(loading, "packs_dir", lambda: tmp_path / "packs")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "200")
    app = main.build([commands])
    runner = CliRunner()
    return lambda *words: runner.invoke(app, [str(word) for word in words])


def test_check(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    good = run("policy", "check")
    assert good.exit_code == 0
    assert "trial：无误（2 条规则、1 条责任、1 个参数）" in good.stdout
    write_pack(tmp_path, rule("has_telly"))
    bad = run("policy", "check", "trial")
    assert bad.exit_code == 1
    assert "trial/programmes/rules.yaml:12 R-1 household 没有字段或变量“has_telly”" in bad.output


def test_test(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert "1 passed, 0 failed" in run("policy", "test").stdout
    file = tmp_path / "bad.yaml"
    file.write_text(
        "- {case: 甲, pack: trial, as_of: 2016-12-31, household: {}, expect: {H-1: true}}"
    )
    failed = run("policy", "test", file)
    assert failed.exit_code == 1
    assert "H-1 应为 true，得 undecided：缺少 household.has_tv" in failed.stdout
    assert failed.stdout.endswith("0 passed, 1 failed\n")


def test_coverage(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "doc.yaml").write_text(CATALOGUE)
    shown = run("policy", "coverage", "--catalogue", tmp_path / "catalogue")
    assert shown.exit_code == 0
    line = next(line for line in shown.stdout.splitlines() if " doc " in line)
    assert [cell.strip() for cell in line.split("│")[1:-1]] == ["doc", "4", "2", "1", "1"]
    assert "H-9  未写的" in shown.stdout


def test_diff(run) -> None:  # type: ignore[no-untyped-def]
    shown = run("policy", "diff", "--pack", "trial", "--from", "2016-12-31", "--to", "2017-12-31")
    assert "H-2  变更" in shown.stdout
    assert "param.line: 1 → 2" in shown.stdout
    assert "1 条规则不同" in shown.stdout


def test_evaluate_and_explain(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    home = household(1, has_tv=True)
    source = write_snapshot(
        tmp_path / "s", household=[home], person=[person()], village=[], county=[]
    )
    out = tmp_path / "findings"
    done = run(
        "evaluate", "--snapshot", source, "--pack", "trial", "--as-of", "2016-12-31", "--out", out
    )
    assert done.exit_code == 0, done.output
    assert "1 人、1 户" in done.stdout
    assert (out / "manifest.json").is_file()
    words = ("explain", "--snapshot", source, "--household", home["household_no"], "--pack", "trial",
             "--as-of", "2016-12-31")  # fmt: skip
    told = run(*words)
    assert "H-1 规则：达标" in told.stdout
    assert "缺 household.income_wages" in told.stdout
    found = json.loads(run(*words, "--json").stdout)
    assert found["rules"][0]["outcome"] == "met"
    assert (
        run(
            "evaluate", "--snapshot", source, "--pack", "trial", "--as-of", "soon", "--out", out
        ).exit_code
        == 2
    )
