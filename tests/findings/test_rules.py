"""The rules of a run: the exit standard found in a pack, and what a department may see."""

from __future__ import annotations

from datetime import date

import pytest

from bangfu import policy
from bangfu.findings.rules import RuleInfo, RuleSet, exit_rule_of, of_pack, responsible

NINE = ["HC3-C-1", "HC3-C-9", "HC3-C-15", "HC3-C-16", "HC3-C-18", "HC3-C-19", "HC3-C-20",
        "HC3-C-21", "HC3-C-22"]  # fmt: skip


def _rule(id: str, kind: str = "criterion", components: tuple[str, ...] = ()) -> RuleInfo:
    return RuleInfo(id, id, "", kind, "household", "乡镇人民政府", components)


def test_the_exit_standard_is_the_composite_that_is_part_of_none() -> None:
    rules = [_rule("a"), _rule("b", components=("a",)), _rule("top", components=("b", "a"))]
    assert exit_rule_of(rules) == "top"
    assert RuleSet(tuple(rules), "top").exit_tree == ["top", "b", "a"]
    assert exit_rule_of([_rule("a")]) == ""


def test_hechi_has_nine_items_in_order() -> None:
    rules = of_pack(policy.load_pack("hechi"), date(2016, 12, 31))
    assert rules.exit_rule == "HC3-B-1"
    assert [r.id for r in rules.exit_items] == NINE
    assert not [r for r in rules if r.kind == "duty"]
    assert rules == RuleSet(tuple(RuleInfo.from_json(r.to_json()) for r in rules), rules.exit_rule)


def test_rules_not_yet_in_force_are_marked() -> None:
    before = of_pack(policy.load_pack("hechi"), date(2016, 3, 1))
    assert not before.by_id["HC2-E-129"].in_force
    assert before.by_id["HC3-C-22"].in_force
    assert "HC3-C-22" in before.criteria


@pytest.mark.parametrize(
    ("department", "named", "expected"),
    [
        ("教育局", "市教育局、市财政局", True),
        ("民政局", "市教育局、市财政局", False),
        ("人力资源和社会保障局", "市教育局、市人力资源社会保障局", True),
        ("扶贫办", "县（市、区）扶贫开发领导小组", True),
        ("残联", "", False),
    ],
)
def test_a_department_answers_for_the_rules_that_name_it(
    department: str, named: str, expected: bool
) -> None:
    assert responsible(department, named) is expected


def test_a_department_sees_its_rules_only() -> None:
    seen = of_pack(policy.load_pack("hechi"), date(2016, 12, 31)).seen_by("教育局")
    assert "HC2-E-129" in seen.by_id
    assert "HC3-C-22" not in seen.by_id
    assert seen.exit_rule == ""
    assert seen.exit_items == []
