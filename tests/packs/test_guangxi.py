"""The pack `guangxi`: it reads cleanly, its cases hold, every clause is accounted for."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bangfu import policy
from tests.packs.pack_files import PackFiles, catalogue

PACK = PackFiles("guangxi")
SOURCES = ("guangxi-2017-amendments.txt", "guangxi-2018-three-year-action.txt")
AMENDED = dt.date(2017, 3, 21)
# Wait for a figure the county enters: entitled is undecided until then.
TO_BE_SET = {"GX17-R-024", "GX17-R-025", "GX17-R-026", "GX17-R-029", "GX17-R-122", "GX18-R-068"}


def _clauses() -> dict[str, dict[str, Any]]:
    return {**catalogue("gx17.yaml"), **catalogue("gx18.yaml")}


def test_pack_has_no_problem() -> None:
    assert [problem.show() for problem in policy.check(PACK.folder)] == []


@pytest.mark.parametrize("file", PACK.case_files, ids=lambda file: file.stem)
def test_cases_hold(file: Path) -> None:
    report = policy.run_cases([file])
    assert report.failed == 0, report
    assert report.passed > 0


def test_cases_are_many_and_different() -> None:
    sentences = [case["case"] for case in PACK.cases()]
    assert len(sentences) >= 100
    assert len(sentences) == len(set(sentences)), "two cases say the same"


def test_every_computed_rule_has_a_case_on_each_side() -> None:
    seen = PACK.expected()
    for rule in PACK.rules():
        if rule["kind"] == "duty":
            continue
        values = seen.get(rule["id"], set())
        assert values & {"0", "False"}, f"{rule['id']} never seen to fail"
        met = values - {"0", "False", "not_in_force"}
        assert met - ({"undecided"} if rule["id"] not in TO_BE_SET else set()), rule["id"]


def test_shared_sample_cases_hold(tmp_path: Path) -> None:
    file = tmp_path / "sample.yaml"
    file.write_text(yaml.safe_dump(PACK.sample(), allow_unicode=True), encoding="utf-8")
    report = policy.run_cases([file])
    assert report.failed == 0, report
    assert report.passed > 0


def test_every_clause_is_a_rule_a_duty_or_deferred() -> None:
    ids = [rule["id"] for rule in PACK.rules()]
    ids += [spec["rule"] for spec in PACK.variables().values() if "rule" in spec]
    assert len(ids) == len(set(ids))
    assert set(ids) & PACK.deferred() == set()
    assert set(ids) | PACK.deferred() == set(_clauses())


def test_citations_name_the_line_of_the_catalogue() -> None:
    clauses = _clauses()
    wrong = [
        rule["id"] for rule in PACK.rules()
        if str(rule["cite"]["line"]) not in re.findall(r"\d+", str(clauses[rule["id"]]["line"]))
    ]  # fmt: skip
    assert wrong == []


def test_amendment_replaces_from_its_day() -> None:
    """A replaced clause ends the day before the notice, its successor begins on the day."""
    clauses = _clauses()
    for rule in PACK.rules():
        clause = clauses[rule["id"]]
        if rule["kind"] == "duty" or not rule["id"].startswith("GX17"):
            continue
        first, last = rule["versions"][0]["from"], rule["versions"][-1].get("to")
        if clause["version"] == "2016-superseded":
            assert last == AMENDED - dt.timedelta(days=1), rule["id"]
        else:
            assert (first == AMENDED) == (clause["version"] == "2017-amended"), rule["id"]


def test_every_parameter_and_variable_is_cited() -> None:
    for name, spec in {**PACK.parameters(), **PACK.variables()}.items():
        cite = spec["cite"]
        assert cite.get("source") or (cite["document"] and cite["section"] and cite["line"]), name


@pytest.mark.parametrize("source", SOURCES)
def test_wording_is_our_own(source: str) -> None:
    assert PACK.copied(source) == []


def test_both_languages_are_given() -> None:
    for rule in PACK.rules():
        assert rule["title"].get("en"), rule["id"]
        for version in rule.get("versions", ()):
            for condition in version.get("when", ()):
                assert condition.get("en"), f"{rule['id']}: {condition['zh']}"
