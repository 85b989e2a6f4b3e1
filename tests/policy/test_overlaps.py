"""Rules that exclude each other: who claims twice, by how much, and what an author must get right."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bangfu import policy
from bangfu.policy.overlaps import DoubleClaims
from tests.policy.trial import AS_OF, CITE, household, person, rule, write_pack, write_snapshot

OTHER = "451221100200"


def paid(expr: str, id: str, amount: str, period: str = "year", entity: str = "person") -> str:
    more = f"amount: {amount}\nunit: yuan\nperiod: {period}\n"
    return rule(expr, id=id, entity=entity, kind="entitlement", more=more)


RULES = (
    paid("boarding", "A", "1000")
    + paid("special_education", "B", "100", "month")
    + paid("newly_admitted", "C", "300", "once")
    + paid("has_tv", "H", "500", entity="household")
    + rule("has_tv", id="CR")
)
GROUPS = f"""
- id: TWO
  title: {{zh: 两项只享一项}}
  kind: exclusive
  per: person
  rules: [A, B]
  {CITE}
- id: ONE
  title: {{zh: 每户一份}}
  kind: exclusive
  per: household
  most: 1
  rules: [C]
- id: CAP
  title: {{zh: 每户封顶}}
  kind: cap
  per: household
  cap: ceiling
  rules: [A, C, H]
- id: BOTH
  title: {{zh: 可以叠加}}
  kind: stacking
  per: person
  rules: [A, C]
"""
CEILING = """
ceiling:
  zh: 封顶
  unit: yuan
  values:
    - {from: 2016-01-01, value: 1400}
    - {from: 2016-01-01, value: 100, region: "451221"}
"""
TABLES: dict[str, list[dict[str, Any]]] = {
    "household": [household(1, has_tv=True), household(2, has_tv=False),
                  household(3, village=OTHER, has_tv=False)],
    "person": [
        person(1, 1, boarding=True, special_education=True, newly_admitted=True),
        person(2, 1, boarding=False, special_education=False, newly_admitted=True),
        person(1, 2, boarding=True, special_education=None, newly_admitted=True),
        person(1, 3, village=OTHER, boarding=False, special_education=True, newly_admitted=True),
    ],
    "village": [{"village_code": "451228100200"}, {"village_code": OTHER}],
    "county": [{"county_code": "451228"}, {"county_code": "451221"}],
}  # fmt: skip


def pack_of(folder: Path, groups: str = GROUPS, parameters: str = CEILING) -> Path:
    root = write_pack(folder, RULES, parameters=parameters)
    (root / "overlaps.yaml").write_text(groups)
    return root


def claims(out: Path) -> dict[tuple[str, str], tuple[Any, ...]]:
    found = duckdb.execute(
        "SELECT overlap, subject, rules, claims, amount, excess, region_code, household_no FROM"
        f" read_parquet('{out}/overlaps.parquet/*/*.parquet', hive_partitioning = false)"
    ).fetchall()
    return {(group, subject[12:]): tuple(rest) for group, subject, *rest in found}


@pytest.mark.parametrize("by_path", [True, False])
def test_double_claims_are_told_with_what_is_too_much(tmp_path: Path, by_path: bool) -> None:
    root = pack_of(tmp_path)
    snapshot = write_snapshot(tmp_path / "snapshot", **TABLES)
    out = tmp_path / "out"
    result = policy.evaluate(snapshot, root if by_path else policy.load_pack(root), AS_OF, out)
    found = claims(out)
    # 1,000 a year beside 100 a month: the larger stays, the smaller is too much.
    assert found["TWO", "00000101"][:4] == (["A", "B"], 2, Decimal(2200), Decimal(1000))
    # Two members, one place: one award of 300 is too much.
    assert found["ONE", "000001"][:4] == (["C"], 2, Decimal(600), Decimal(300))
    # 1,000 + 2 × 300 + 500 against 1,400; in the other county 300 against its own 100.
    assert found["CAP", "000001"][2:4] == (Decimal(2100), Decimal(700))
    assert found["CAP", "000003"][2:4] == (Decimal(300), Decimal(200))
    # 1,300 stays under 1,400; an unknown is no claim; what adds up is never reported.
    assert set(found) == {("TWO", "00000101"), ("ONE", "000001"), ("CAP", "000001"),
                          ("CAP", "000003")}  # fmt: skip
    assert result.double_claims == (
        DoubleClaims("TWO", 1, Decimal(1000)), DoubleClaims("ONE", 1, Decimal(300)),
        DoubleClaims("CAP", 2, Decimal(900)),
    )  # fmt: skip


def test_candidates_are_compared_where_a_group_asks_for_them(tmp_path: Path) -> None:
    groups = """
- {id: POST, title: 一户一岗, kind: exclusive, per: household, most: 1, of: candidates, rules: [G, L]}
"""
    more = rule("special_education", id="G", entity="person") + rule(
        "special_education and boarding", id="L", entity="person", kind="alert"
    )
    root = write_pack(tmp_path, RULES + more)
    (root / "overlaps.yaml").write_text(groups)
    snapshot = write_snapshot(tmp_path / "snapshot", **TABLES)
    result = policy.evaluate(snapshot, root, AS_OF, tmp_path / "out")
    # One child is a candidate of both rules; the other county's of one.
    assert claims(tmp_path / "out")["POST", "000001"][:4] == (["G", "L"], 2, 0, 0)
    assert result.double_claims == (DoubleClaims("POST", 1, Decimal(0)),)
    (root / "overlaps.yaml").write_text(groups.replace("of: candidates, ", ""))
    assert [p.code for p in policy.check(root)] == ["overlap_kind", "overlap_kind"]


def test_a_ceiling_the_county_has_not_set_reports_nothing(tmp_path: Path) -> None:
    root = pack_of(
        tmp_path, parameters="ceiling: {zh: 封顶, unit: yuan, values: [], to_be_set: true}"
    )
    snapshot = write_snapshot(tmp_path / "snapshot", **TABLES)
    policy.evaluate(snapshot, root, AS_OF, tmp_path / "out")
    assert {group for group, _ in claims(tmp_path / "out")} == {"TWO", "ONE"}


def test_a_pack_inherits_the_groups_of_what_it_extends(tmp_path: Path) -> None:
    pack_of(tmp_path)
    below = write_pack(tmp_path, head="extends: trial", name="below")
    assert [g.id for g in policy.load_pack(below).overlaps] == ["TWO", "ONE", "CAP", "BOTH"]
    snapshot = write_snapshot(tmp_path / "snapshot", **TABLES)
    result = policy.evaluate(snapshot, below, AS_OF, tmp_path / "out")
    assert [d.group for d in result.double_claims] == ["TWO", "ONE", "CAP"]


def test_findings_without_a_double_claim_have_no_table(tmp_path: Path) -> None:
    root = pack_of(tmp_path)
    tables = {**TABLES, "person": [person(1, 1, boarding=True)], "household": [household(1)]}
    policy.evaluate(write_snapshot(tmp_path / "s", **tables), root, AS_OF, tmp_path / "out")
    assert not (tmp_path / "out" / "overlaps.parquet").exists()


REFUSED = [
    ("- {id: X, title: 甲, kind: exclusive, per: person, rules: [A]}", "overlap_alone"),
    ("- {id: X, title: 甲, kind: exclusive, per: person, rules: [A, Z]}", "unknown_rule"),
    ("- {id: X, title: 甲, kind: exclusive, per: household, rules: [A, CR]}", "overlap_kind"),
    ("- {id: X, title: 甲, kind: exclusive, per: person, rules: [A, H]}", "overlap_entity"),
    ("- {id: X, title: 甲, kind: either, per: person, rules: [A, B]}", "bad_choice"),
    ("- {id: X, title: 甲, kind: exclusive, per: person, rules: [A, B], most: 0}", "bad_value"),
    ("- {id: X, title: 甲, kind: cap, per: person, rules: [A, B]}", "missing_key"),
    ("- {id: X, title: 甲, kind: cap, per: person, rules: [A], cap: none}", "unknown_parameter"),
    ("- {id: X, title: 甲, kind: exclusive, per: person, rules: [A, B], cap: ceiling}", "kind_refuses"),
    ("- {id: X, title: 甲, kind: exclusive, per: person, rules: [A, B], top: a}", "unknown_key"),
]  # fmt: skip


@pytest.mark.parametrize(("group", "code"), REFUSED)
def test_a_group_is_refused(tmp_path: Path, group: str, code: str) -> None:
    found = policy.check(pack_of(tmp_path, group))
    assert [p.code for p in found] == [code], [p.show("en") for p in found]
    assert found[0].file == "trial/overlaps.yaml"
    assert found[0].line == 1


CONTRADICTION = """
- id: X-1
  title: {zh: 期限}
  nature: date
  says:
    - {cite: {document: paper, section: 一}, says: {zh: 年底前}, rules: [A]}
    - {cite: {document: paper, section: 二}, says: {zh: 十月前}, rules: [B]}
  treatment: {zh: 按年底}
"""


def test_contradictions_cite_clauses_and_rules_that_are_there(tmp_path: Path) -> None:
    root = pack_of(tmp_path)
    file = root / "contradictions.yaml"
    file.write_text(CONTRADICTION)
    assert not policy.check(root)
    entry = policy.load_pack(root).contradictions[0]
    assert entry.all_rules == ("A", "B")
    assert entry.says[1].cite.section == "二"
    for old, new, code in (
        ("rules: [B]", "rules: [Z]", "unknown_rule"),
        ("document: paper, section: 二", "document: other, section: 二", "unknown_document"),
        ("nature: date", "nature: odd", "bad_choice"),
        ("  treatment:", "  switch: nothing\n  treatment:", "unknown_parameter"),
        ("{cite: {document: paper, section: 二}, says: {zh: 十月前}, rules: [B]}", "{}", "missing_key"),
    ):  # fmt: skip
        file.write_text(CONTRADICTION.replace(old, new))
        assert code in [p.code for p in policy.check(root)], new


def test_the_date_of_a_value_decides_the_ceiling(tmp_path: Path) -> None:
    later = CEILING.replace("value: 1400}", "value: 1400}\n    - {from: 2017-01-01, value: 5000}")
    root = pack_of(tmp_path, parameters=later)
    snapshot = write_snapshot(tmp_path / "snapshot", **TABLES)
    policy.evaluate(snapshot, root, date(2017, 12, 31), tmp_path / "out")
    assert [s for g, s in claims(tmp_path / "out") if g == "CAP"] == ["000003"]
