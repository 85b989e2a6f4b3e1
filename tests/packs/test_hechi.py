"""The pack `hechi`: it reads cleanly, its cases hold, every clause it covers has a rule."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bangfu import policy

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
PACK = ROOT / "packs" / "hechi"
CASES = sorted((PACK / "cases").glob("*.yaml"))
# Catalogue sections this pack accounts for in full: file and id prefix.
SECTIONS = (
    ("hc3.yaml", "HC3-"),
    ("hc2.yaml", "HC2-"),
    ("hc4.yaml", "HC4-"),
    ("hc1.yaml", "HC1-"),
)
# Their amount is a county's parameter to be set: until then they can only be refused or open.
AWAITING_AMOUNT = {"HC1-D-110", "HC1-D-111", "HC1-D-112"}
# A run of this many characters shared with the document is a copy, not our own wording.
COPIED = 10


def _rules() -> list[dict[str, Any]]:
    return [
        rule
        for file in sorted((PACK / "programmes").glob("*.yaml"))
        for rule in yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]
    ]


def _mapping(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((PACK / name).read_text(encoding="utf-8"))
    return loaded


def _variables() -> dict[str, dict[str, Any]]:
    return {name: spec for group in _mapping("variables.yaml").values()
            for name, spec in group.items()}  # fmt: skip


def _deferred() -> list[dict[str, Any]]:
    """Clauses that wait on something, each with a reason."""
    file = PACK / "deferred.yaml"
    return yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else []


def _shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared/{'/'.join(parts)} is not beside the repository")
    return path


# Rules of documents that the plans work by, which the catalogue does not list.
OWN = {"SA649-12"}


def _catalogue() -> dict[str, dict[str, Any]]:
    folder = _shared("catalogue")
    return {
        rule["id"]: rule
        for file, prefix in SECTIONS
        for rule in yaml.safe_load((folder / file).read_text(encoding="utf-8"))["rules"]
        if rule["id"].startswith(prefix)
    }


def test_pack_has_no_problem() -> None:
    assert [problem.show() for problem in policy.check(PACK)] == []


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_cases_hold(file: Path) -> None:
    report = policy.run_cases([file])
    assert report.failed == 0, report
    assert report.passed > 0


def test_there_are_enough_cases() -> None:
    sentences = [
        case["case"] for file in CASES for case in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]
    assert len(sentences) >= 60
    assert len(sentences) == len(set(sentences)), "two cases say the same"


def test_every_computed_rule_has_a_case_on_each_side() -> None:
    """A rule is tried where it applies and where it does not."""
    seen: dict[str, set[str]] = {}
    for file in CASES:
        for case in yaml.safe_load(file.read_text(encoding="utf-8")):
            for key, value in case["expect"].items():
                seen.setdefault(key.split("@")[0], set()).add(str(value))
    for rule in _rules():
        if rule["kind"] == "duty":
            continue
        values = seen.get(rule["id"], set())
        assert values & {"0", "False"}, f"{rule['id']} never seen to fail"
        met = values - {"0", "False", "undecided", "not_in_force"}
        assert met or rule["id"] in AWAITING_AMOUNT, f"{rule['id']} never met"


def test_shared_sample_cases_hold(tmp_path: Path) -> None:
    sample = yaml.safe_load(_shared("cases", "sample.yaml").read_text(encoding="utf-8"))
    ours = [case for case in sample if case["pack"] == "hechi"]
    file = tmp_path / "sample.yaml"
    file.write_text(yaml.safe_dump(ours, allow_unicode=True), encoding="utf-8")
    report = policy.run_cases([file])
    assert report.failed == 0, report
    assert report.passed > 0


def test_every_rule_is_in_the_catalogue_and_every_clause_has_a_rule() -> None:
    catalogue = _catalogue()
    ids = [rule["id"] for rule in _rules()]
    ids += [spec["rule"] for spec in _variables().values() if "rule" in spec]
    ids += [entry["id"] for entry in _deferred() if entry["reason"]["zh"]]
    assert len(ids) == len(set(ids))
    assert set(ids) - set(catalogue) == OWN
    assert set(catalogue) - set(ids) == set()


def test_citations_name_the_line_of_the_catalogue() -> None:
    catalogue = _catalogue()
    wrong = [
        rule["id"] for rule in _rules()
        if rule["id"] not in OWN
        and rule["cite"]["line"] not in {catalogue[rule["id"]]["line"],
                                        *catalogue[rule["id"]].get("lines", ())}
    ]  # fmt: skip
    assert wrong == []


def test_every_parameter_and_variable_is_cited() -> None:
    for name, spec in {**_mapping("parameters.yaml"), **_variables()}.items():
        cite = spec["cite"]
        assert cite.get("source") or (cite["document"] and cite["section"] and cite["line"]), name


def test_poverty_line_is_the_published_one() -> None:
    published = yaml.safe_load(_shared("design", "parameters.yaml").read_text(encoding="utf-8"))
    ours = {
        value["from"].year: value["value"]
        for value in _mapping("parameters.yaml")["poverty_line"]["values"]
    }
    assert ours == published["poverty_line_national"]["values"]


def test_wording_is_our_own() -> None:
    """Titles, labels and measures are condensed words, never a run of the document's text."""
    source = re.sub(
        r"\s", "", _shared("sources", "hechi-implementation-plans.txt").read_text("utf-8")
    )
    words = [(rule["id"], rule["title"]["zh"]) for rule in _rules()]
    words += [(rule["id"], rule["measure"]["zh"]) for rule in _rules() if "measure" in rule]
    words += [
        (rule["id"], condition["zh"]) for rule in _rules()
        for version in rule.get("versions", ()) for condition in version.get("when", ())
    ]  # fmt: skip
    copied = [
        (rule, text) for rule, text in words
        if any(text[i : i + COPIED] in source for i in range(len(text) - COPIED + 1))
    ]  # fmt: skip
    assert copied == []


def test_both_languages_are_given() -> None:
    for rule in _rules():
        assert rule["title"].get("en"), rule["id"]
        for version in rule.get("versions", ()):
            for condition in version.get("when", ()):
                assert condition.get("en"), f"{rule['id']}: {condition['zh']}"
