"""Every computed rule has a worked case on each side of its threshold."""

from __future__ import annotations

from pathlib import Path

from bangfu.policy import loading
from bangfu.policy.casecover import lacking
from tests.policy.trial import rule, write_pack

CASES = """
- case: with a set
  pack: trial
  as_of: 2016-12-31
  household: {has_tv: true}
  expect: {R-1: true, R-2: 3}
- case: without
  pack: trial
  as_of: 2016-12-31
  household: {has_tv: false}
  expect: {R-2: 0}
"""


def test_no_rule_of_the_shipped_packs_lacks_a_case() -> None:
    assert [f"{lack.pack} {lack.rule.id} {lack.sides}" for lack in lacking()] == []


def test_a_side_that_no_case_expects_is_named(tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    amount = "amount: 3\nunit: yuan\nperiod: year\n"
    rules = (
        rule("has_tv") + rule("has_tv", id="R-2", kind="entitlement", more=amount)
        + rule("has_tv", id="R-3")
    )  # fmt: skip
    write_pack(tmp_path, rules, cases=CASES)
    monkeypatch.setattr(loading, "packs_dir", lambda: tmp_path / "packs")
    found = {lack.rule.id: lack.sides for lack in lacking(["trial"])}
    assert found == {"R-1": ("no",), "R-3": ("yes", "no")}
