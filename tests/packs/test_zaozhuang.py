"""The pack `zaozhuang`: it reads cleanly, its cases hold, every clause is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bangfu import policy
from tests.packs.pack_files import PackFiles, catalogue

PACK = PackFiles("zaozhuang")
# Limits without a condition apply to everyone: the other side is the day before they begin.
UNCONDITIONAL = {"ZZ-R-002", "ZZ-R-004", "ZZ-R-005", "ZZ-R-006", "ZZ-R-064", "ZZ-R-127"}
# Compares two parameters: it has one outcome until one of them is changed.
ONE_SIDED = {"ZZ-R-128"}
# Compares with provincial figures that are to be entered: until then false or undecided.
AWAITING_FIGURES = {"ZZ-R-007"}


def test_pack_has_no_problem() -> None:
    assert [problem.show() for problem in policy.check(PACK.folder)] == []


@pytest.mark.parametrize("file", PACK.case_files, ids=lambda file: file.stem)
def test_cases_hold(file: Path) -> None:
    report = policy.run_cases([file])
    assert report.failed == 0, report
    assert report.passed > 0


def test_cases_are_many_and_different() -> None:
    sentences = [case["case"] for case in PACK.cases()]
    assert len(sentences) >= 80
    assert len(sentences) == len(set(sentences)), "two cases say the same"


def test_every_computed_rule_has_a_case_on_each_side() -> None:
    seen = PACK.expected()
    for rule in PACK.rules():
        if rule["kind"] == "duty" or rule["id"] in UNCONDITIONAL:
            continue
        values = seen.get(rule["id"], set())
        if rule["id"] not in ONE_SIDED:
            assert values & {"0", "False"}, f"{rule['id']} never seen to fail"
        met = values - {"0", "False", "undecided", "not_in_force"}
        assert met or rule["id"] in AWAITING_FIGURES, f"{rule['id']} never met"


def test_unconditional_limits_are_seen() -> None:
    seen = PACK.expected()
    assert {
        rule for rule in UNCONDITIONAL if seen.get(rule, set()) - {"not_in_force"}
    } == UNCONDITIONAL


def test_shared_sample_cases_hold(tmp_path: Path) -> None:
    file = tmp_path / "sample.yaml"
    file.write_text(yaml.safe_dump(PACK.sample(), allow_unicode=True), encoding="utf-8")
    report = policy.run_cases([file])
    assert report.failed == 0, report
    assert report.passed > 0


def test_every_clause_is_a_rule_a_duty_or_deferred() -> None:
    clauses = set(catalogue("zz.yaml"))
    ids = [rule["id"] for rule in PACK.rules()]
    assert len(ids) == len(set(ids))
    assert set(ids) & PACK.deferred() == set()
    assert set(ids) | PACK.deferred() == clauses


def test_citations_name_the_line_of_the_catalogue() -> None:
    # The year's line is applied from the printed one on; the catalogue cites either place.
    clauses = catalogue("zz.yaml")
    wrong = [
        rule["id"] for rule in PACK.rules() if rule["cite"]["line"] != clauses[rule["id"]]["line"]
    ]
    assert wrong == []


def test_dated_clauses_begin_in_their_year() -> None:
    """A year in the catalogue is the year of the first version."""
    clauses = catalogue("zz.yaml")
    for rule in PACK.rules():
        given = clauses[rule["id"]]["effective_from"]
        if rule["kind"] != "duty" and given:
            assert str(rule["versions"][0]["from"])[:4] == str(given)[:4], rule["id"]


def test_every_parameter_and_variable_is_cited() -> None:
    for name, spec in {**PACK.parameters(), **PACK.variables()}.items():
        cite = spec["cite"]
        assert cite.get("source") or (cite["document"] and cite["section"] and cite["line"]), name


def test_wording_is_our_own() -> None:
    assert PACK.copied("zaozhuang-plan.txt") == []


def test_both_languages_are_given() -> None:
    for rule in PACK.rules():
        assert rule["title"].get("en"), rule["id"]
        for version in rule.get("versions", ()):
            for condition in version.get("when", ()):
                assert condition.get("en"), f"{rule['id']}: {condition['zh']}"
