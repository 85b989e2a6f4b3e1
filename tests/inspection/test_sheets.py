"""Sheets of the packs: what is wrong in inspections.yaml is refused with its line; whose sheet is
taken, and who needs leave for a third party."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangfu.inspection import forms
from bangfu.policy.checking import check
from bangfu.policy.loading import known_packs, load_pack, pack_path
from bangfu.policy.reasons import PackProblem

GOOD = """\
household:
  title: {zh: 核查表, en: Check}
  cite: {document: paper, line: 5}
  share: 50
  items:
    - {id: water, zh: 有饮用水, rule: R-1}
    - {id: road, zh: 有路}
  fields:
    - {id: seen, zh: 见到谁, type: choice, options: {head: 户主, none: 无人}}
    - {id: why, zh: 原因, type: text, when: {household.seen: none}}
"""
RULES = """\
programme: {id: one, title: 一}
rules:
  - id: R-1
    kind: criterion
    entity: household
    title: 有水
    cite: {document: paper}
    versions: [{from: 2016-01-01, when: [{zh: 水, expr: has_tv}]}]
  - id: R-2
    kind: criterion
    entity: village
    title: 有路
    cite: {document: paper}
    versions: [{from: 2016-01-01, when: [{zh: 村, expr: is_poverty_village}]}]
"""


def told(tmp_path: Path, text: str) -> list[PackProblem]:
    root = tmp_path / "small"
    (root / "programmes").mkdir(parents=True)
    head = "id: small\ntitle: 小\njurisdiction: '4512'\nfrom: 2016-01-01\n"
    (root / "pack.yaml").write_text(f"{head}documents: {{paper: {{title: 文}}}}\n", "utf-8")
    (root / "programmes" / "one.yaml").write_text(RULES, "utf-8")
    (root / "inspections.yaml").write_text(text, "utf-8")
    found = check(root)
    assert all(p.file == "small/inspections.yaml" for p in found), [p.show() for p in found]
    return found


def test_a_good_one_passes(tmp_path: Path) -> None:
    assert told(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "says"),
    [
        ("id: road, zh: 有路", "id: road, zh: 有路, colour: red", "unknown_key", 7, "colour"),
        ("type: text", "type: texts", "bad_choice", 10, "texts"),
        ("rule: R-1", "rule: R-9", "unknown_rule", 6, "R-9"),
        ("rule: R-1", "rule: R-2", "check_rule", 6, "village"),
        ("id: road", "id: water", "duplicate_id", 7, "small/inspections.yaml:6"),
        ("id: why", "id: seen", "duplicate_id", 10, "seen"),
        ("  title: {zh: 核查表, en: Check}\n", "", "missing_key", 2, "title"),
        ("id: road", "id: Road-1", "bad_name", 7, "Road-1"),
        ("household:", "person:", "check_subject", 2, "person"),
        ("document: paper", "document: papers", "unknown_document", 3, "papers"),
        ("share: 50", "share: 101", "bad_value", 2, "101"),
        ("share: 50", "share: half", "bad_value", 4, "half"),
        ("household.seen", "household.saw", "unknown_name", 10, "household.saw"),
        ("seen: none", "seen: wife", "unknown_code", 10, "wife"),
        ("type: text", "type: text, prefill: household.village_code", "check_prefill", 10, "预填"),
        ("options: {head: 户主, none: 无人}", "options: {}", "choice_empty", 9, "options"),
        ("type: choice", "type: [choice", "yaml", 9, "YAML"),
        ("  items:", "  title: 再\n  items:", "duplicate_key", 5, "title"),
    ],
)  # fmt: skip
def test_a_bad_one_is_refused_with_line_and_reason(
    tmp_path: Path, old: str, new: str, code: str, line: int, says: str
) -> None:
    assert old in GOOD
    found = told(tmp_path, GOOD.replace(old, new))
    assert (code, line) in [(p.code, p.line) for p in found], [p.show() for p in found]
    (one,) = [p for p in found if (p.code, p.line) == (code, line)]
    assert says in one.show("zh")
    assert one.show("en") != one.show("zh")


def test_a_sheet_without_anything_to_look_at_is_refused(tmp_path: Path) -> None:
    assert [p.code for p in told(tmp_path, "village:\n  title: 空\n")] == ["check_empty"]
    assert [p.code for p in told(tmp_path / "list", "- household\n")] == ["not_mapping"]
    assert [p.code for p in told(tmp_path / "text", "village: 核查\n")] == ["not_mapping"]


@pytest.mark.parametrize("pack", known_packs())
def test_the_packs_own_sheets_cite_their_text(pack: str) -> None:
    file = pack_path(pack) / "inspections.yaml"
    for subject, sheet in forms.read(file.read_text("utf-8")).items() if file.is_file() else ():
        assert sheet.cite.document in load_pack(pack).documents, subject
        assert sheet.cite.line


def test_whose_sheet_is_offered() -> None:
    here = forms.offered("hechi", "451228", "household")
    assert list(here) == ["hechi", "guangxi"]
    assert all(sheet.approval.zh for sheet in here.values())
    assert list(forms.offered("hechi", "451228", "village")) == ["hechi"]
    assert forms.offered("hechi", "451228", "village")["hechi"].share == 50
    there = forms.offered("zaozhuang", "370491", "village")
    assert list(there) == ["zaozhuang"]
    assert there["zaozhuang"].approval.zh == ""
    assert forms.offered("ecommerce", "522227", "household") == {}
    assert forms.offered("hechi", "451228", "project") == {}
