"""The pack `ecommerce`: it reads cleanly, its cases hold, every clause is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bangfu import policy
from tests.packs.pack_files import PackFiles, catalogue

PACK = PackFiles("ecommerce")
# Which place each group of clauses speaks for: a rule cites its own paper, never a neighbour's.
PAPERS = {
    "A": {"kaifeng"}, "B": {"shibadong"}, "C": {"poverty-day"}, "D": {"longjiang"},
    "E": {"yucheng"}, "F": {"whole-village"}, "G": {"huanggang"}, "Q": {"gutan"},
    "R": {"dejiang"}, "S": {"xunyang"}, "T": {"consumption"},
}  # fmt: skip


def test_pack_has_no_problem() -> None:
    assert [problem.show() for problem in policy.check(PACK.folder)] == []


@pytest.mark.parametrize("file", PACK.case_files, ids=lambda file: file.stem)
def test_cases_hold(file: Path) -> None:
    report = policy.run_cases([file])
    assert report.failed == 0, report
    assert report.passed > 0


def test_cases_are_many_and_different() -> None:
    sentences = [case["case"] for case in PACK.cases()]
    assert len(sentences) >= 40
    assert len(sentences) == len(set(sentences)), "two cases say the same"


def test_every_computed_rule_has_a_case_on_each_side() -> None:
    seen = PACK.expected()
    for rule in PACK.rules():
        if rule["kind"] == "duty":
            continue
        values = seen.get(rule["id"], set())
        assert values & {"0", "False"}, f"{rule['id']} never seen to fail"
        assert values - {"0", "False", "undecided", "not_in_force"}, f"{rule['id']} never met"


def test_shared_sample_cases_hold(tmp_path: Path) -> None:
    sample = PACK.sample()
    if not sample:
        pytest.skip("the shared sample holds no case of this pack")
    file = tmp_path / "sample.yaml"
    file.write_text(yaml.safe_dump(sample, allow_unicode=True), encoding="utf-8")
    report = policy.run_cases([file])
    assert report.failed == 0, report


def test_every_clause_is_a_rule_a_duty_or_deferred() -> None:
    ids = [rule["id"] for rule in PACK.rules()]
    assert len(ids) == len(set(ids))
    assert set(ids) & PACK.deferred() == set()
    assert set(ids) | PACK.deferred() == set(catalogue("ec.yaml"))


def test_citations_name_the_line_of_the_catalogue() -> None:
    clauses = catalogue("ec.yaml")
    wrong = [
        rule["id"] for rule in PACK.rules() if rule["cite"]["line"] != clauses[rule["id"]]["line"]
    ]
    assert wrong == []


def test_each_rule_cites_the_paper_of_its_place() -> None:
    for rule in PACK.rules():
        assert rule["cite"]["document"] in PAPERS[rule["id"].split("-")[1]], rule["id"]


def test_the_pack_binds_no_single_county() -> None:
    assert policy.load_pack(str(PACK.folder)).jurisdiction == ""


def test_clauses_of_the_year_2020_begin_in_it() -> None:
    clauses = catalogue("ec.yaml")
    for rule in PACK.rules():
        if str(clauses[rule["id"]]["effective_from"]) == "2020":
            assert str(rule["from"]) == "2020-01-01", rule["id"]


def test_every_parameter_and_variable_is_cited() -> None:
    for name, spec in {**PACK.parameters(), **PACK.variables()}.items():
        cite = spec["cite"]
        assert cite.get("source") or (cite["document"] and cite["section"] and cite["line"]), name


def test_wording_is_our_own() -> None:
    assert PACK.copied("commerce-samples.txt") == []


def test_both_languages_are_given() -> None:
    for rule in PACK.rules():
        assert rule["title"].get("en"), rule["id"]
        for version in rule.get("versions", ()):
            for condition in version.get("when", ()):
                assert condition.get("en"), f"{rule['id']}: {condition['zh']}"
