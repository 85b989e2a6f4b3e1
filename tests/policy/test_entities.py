"""Rules on townships, loans, enterprises, cooperatives and projects, through the whole engine."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bangfu import lake, policy
from bangfu.kernel.problems import Problem
from bangfu.policy import loading
from tests.policy.trial import (
    AS_OF,
    VILLAGE,
    household,
    person,
    rule,
    table,
    write_pack,
    write_snapshot,
)

COUNTY, TOWNSHIP = VILLAGE[:6], VILLAGE[:9]
HOME = f"{VILLAGE}000001"
FIRM, OFFICE = f"{VILLAGE}E01", f"{COUNTY}E02"
SUBSIDY = "amount: sum(loan.interest_paid) * param.share / 100\nunit: yuan\nperiod: year\n"
RULES = (
    rule("household.status = 'registered' and principal <= param.most", id="L-OK", entity="loan")
    + rule("used_by = 'enterprise'", id="L-ALERT", entity="loan", kind="alert")
    + rule("sum(loan.principal) > 0 and county.county_kind = 'national_key'", id="E-AID",
           entity="enterprise", kind="entitlement", more=SUBSIDY)
    + rule("village.is_poverty_village", id="E-VILLAGE", entity="enterprise")
    + rule("count(loan where met('L-OK')) >= 1", id="H-LOAN")
    + rule("poor_members / member_households >= 0.5", id="C-POOR", entity="cooperative")
    + rule("publicity_days", id="P-DAYS", entity="project", kind="limit",
           more="amount: subsidy\nunit: yuan\n").replace(
               "publicity_days\n", "publicity_days >= 7\n")
    + rule("count(village where is_poverty_village) >= 1 and leading_industries between 1 and 2"
           " and count(household where status = 'registered') >= 2", id="T-SOUND", entity="township")
    + rule("any(township where met('T-SOUND'))", id="X-ANY", entity="county")
    + rule("township.has_broadband", id="V-NET", entity="village")
    + rule("age >= 60 and township.has_broadband", id="M-OLD", entity="person")
)  # fmt: skip
PARAMETERS = """
most:
  zh: 最高
  unit: yuan
  cite: {source: 试验}
  values:
    - {from: 2016-01-01, value: 50000}
    - {from: 2016-01-01, value: 30000, region: "451228100201"}
share: {zh: 比例, unit: percent, cite: {source: 试验}, values: [{from: 2016-01-01, value: 50}]}
"""
TABLES: dict[str, list[dict[str, Any]]] = {
    "household": [household(1, status="registered"), household(2, status="registered"),
                  household(3, status="exited")],
    "person": [person(1, 1, birth_date=date(1950, 1, 1))],
    "village": [{"village_code": VILLAGE, "is_poverty_village": True}],
    "county": [{"county_code": COUNTY, "county_kind": "national_key"}],
    "township": [
        {"township_code": TOWNSHIP, "leading_industries": 2, "has_broadband": True},
        {"township_code": f"{COUNTY}101", "leading_industries": 3},
    ],
    "loan": [
        {"loan_no": f"{HOME}L1", "household_no": HOME, "region_code": VILLAGE, "principal": 50000,
         "used_by": "borrower"},
        {"loan_no": f"{HOME}L2", "household_no": HOME, "region_code": VILLAGE, "principal": 50001,
         "used_by": "enterprise"},
        {"loan_no": f"{VILLAGE}000003L1", "household_no": f"{VILLAGE}000003",
         "region_code": VILLAGE, "principal": 100},
        {"loan_no": f"{FIRM}L1", "enterprise_no": FIRM, "region_code": VILLAGE, "principal": 9,
         "interest_paid": Decimal("0.61")},
    ],
    "enterprise": [{"enterprise_no": FIRM, "region_code": VILLAGE},
                   {"enterprise_no": OFFICE, "region_code": COUNTY}],
    "cooperative": [{"cooperative_no": f"{VILLAGE}C1", "region_code": VILLAGE,
                     "member_households": 5, "poor_members": 2}],
    "project": [{"project_no": f"{VILLAGE}P1", "region_code": VILLAGE, "publicity_days": 7,
                 "subsidy": 1000},
                {"project_no": f"{VILLAGE}P2", "region_code": VILLAGE, "publicity_days": 6}],
}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_pack(tmp_path, RULES, parameters=PARAMETERS)


def rows(out: Path, table: str, columns: str) -> list[tuple[Any, ...]]:
    files = str(out / f"{table}.parquet" / "*" / "*.parquet")
    query = f"SELECT {columns} FROM read_parquet(?, hive_partitioning = false) ORDER BY ALL"
    return duckdb.execute(query, [files]).fetchall()


def test_findings_name_their_subject_and_where_it_lies(root: Path, tmp_path: Path) -> None:
    assert [p.show() for p in policy.check(root)] == []
    out = tmp_path / "findings"
    snapshot = write_snapshot(tmp_path / "snapshot", **TABLES)
    result = policy.evaluate(snapshot, policy.load_pack(root), AS_OF, out)
    assert rows(out, "met", "rule, entity, subject, household_no, region_code") == [
        ("E-VILLAGE", "enterprise", FIRM, None, VILLAGE),
        ("L-OK", "loan", f"{HOME}L1", HOME, VILLAGE),
        ("M-OLD", "person", f"{HOME}01", HOME, VILLAGE),
        ("T-SOUND", "township", TOWNSHIP, None, TOWNSHIP),
        ("V-NET", "village", VILLAGE, None, VILLAGE),
        ("X-ANY", "county", COUNTY, None, COUNTY),
    ]
    assert rows(out, "alerts", "rule, subject") == [("L-ALERT", f"{HOME}L2")]
    assert rows(out, "entitlements", "rule, entity, subject, amount") == [
        ("E-AID", "enterprise", FIRM, Decimal("0.31"))  # 0.61 / 2, rounded half up
    ]
    assert rows(out, "limits", "rule, subject, amount") == [
        ("P-DAYS", f"{VILLAGE}P1", Decimal(1000))
    ]
    assert rows(out, "criteria", 'household_no, "H-LOAN"') == [
        (HOME, True), (f"{VILLAGE}000002", False), (f"{VILLAGE}000003", False)
    ]  # fmt: skip
    assert rows(out, "undecided", "rule, subject, missing") == [
        ("E-VILLAGE", OFFICE, ["village.is_poverty_village"]),
        ("L-ALERT", f"{VILLAGE}000003L1", ["loan.used_by"]),
        ("L-ALERT", f"{FIRM}L1", ["loan.used_by"]),
        ("L-OK", f"{FIRM}L1", ["household.status"]),
    ]
    count = result.counts["C-POOR"]
    assert (count.positive, count.negative, count.undecided) == (0, 1, 0)
    assert result.rows["loan"] == 4


def test_a_snapshot_without_these_tables_is_whole(root: Path, tmp_path: Path) -> None:
    basic = {e: found for e, found in TABLES.items() if e in ("household", "village", "county")}
    out = tmp_path / "findings"
    snapshot = write_snapshot(tmp_path / "snapshot", **basic)
    lake.Snapshot.open(snapshot).verify()
    result = policy.evaluate(snapshot, policy.load_pack(root), AS_OF, out)
    count = result.counts["L-OK"]
    assert (count.positive, count.negative, count.undecided) == (0, 0, 0)
    told = json.loads((out / "manifest.json").read_text())
    assert told["missing_tables"] == ["township", "loan", "enterprise", "cooperative", "project"]
    assert told["missing_columns"] == []


def test_a_loan_of_another_county_is_refused(tmp_path: Path) -> None:
    rows = table("loan", [{"loan_no": f"{HOME}L1"}])
    with (
        pytest.raises(Problem) as refused,
        lake.SnapshotWriter(tmp_path / "s", "2016-12", "test") as writer,
    ):
        writer.write("loan", "451221", rows)
    assert refused.value.code == "lake.key_refused"


def test_one_enterprise_is_explained_with_its_loans(root: Path) -> None:
    pack = policy.load_pack(root)
    found = policy.explain_one(
        pack, AS_OF, "enterprise", {"enterprise_no": FIRM, "region_code": VILLAGE},
        village={"is_poverty_village": False}, county={"county_kind": "national_key"},
        loans=[{"loan_no": "a", "principal": 9, "interest_paid": Decimal(100)}],
    )  # fmt: skip
    told = {r.id: r for r in found.rules}
    assert found.household_no == FIRM
    assert (told["E-AID"].outcome, told["E-AID"].amount) == ("entitled", Decimal(50))
    assert told["E-VILLAGE"].outcome == "not_met"
    assert set(told) == {"E-AID", "E-VILLAGE"}
    again = policy.explain_one(pack, AS_OF, "enterprise", {"enterprise_no": FIRM})
    assert {r.id: r.outcome for r in again.rules}["E-AID"] == "not_entitled"  # no loans left over


def test_a_household_is_explained_with_its_loans(root: Path) -> None:
    home = {"household_no": HOME, "village_code": VILLAGE, "status": "registered"}
    found = policy.explain(
        policy.load_pack(root), AS_OF, home, [],
        loans=[{"loan_no": "b", "principal": 60000}, {"loan_no": "a", "principal": 100}],
    )  # fmt: skip
    told = {(r.id, r.subject): r.outcome for r in found.rules}
    assert (told["L-OK", "a"], told["L-OK", "b"]) == ("met", "not_met")
    assert told["H-LOAN", HOME] == "met"
    assert not any(rule in ("E-AID", "P-DAYS") for rule, _ in told)


CASES = """
- case: a loan of a registered household up to the cap
  pack: trial
  as_of: 2016-12-31
  household: {status: registered, village_code: "451228100200"}
  loan: [{ref: small, principal: 50000}, {ref: large, principal: 50001}, {ref: open}]
  expect: {"L-OK@small": true, "L-OK@large": false, "L-OK@open": undecided, H-LOAN: undecided}
- case: the cap of the village next door is lower
  pack: trial
  as_of: 2016-12-31
  household: {status: registered, village_code: "451228100201"}
  loan: {principal: 50000}
  expect: {L-OK: false}
- case: an enterprise gets half its interest back
  pack: trial
  as_of: 2016-12-31
  county: {county_kind: national_key}
  enterprise: {}
  loan: {principal: 100, interest_paid: 10}
  expect: {E-AID: 5}
- case: a township with too many leading industries
  pack: trial
  as_of: 2016-12-31
  village: {is_poverty_village: true}
  township: {leading_industries: 3}
  cooperative: {member_households: 2, poor_members: 1}
  project: {publicity_days: 6}
  expect: {T-SOUND: false, C-POOR: true, P-DAYS: 0}
- case: what is not met is told with its reasons
  pack: trial
  as_of: 2016-12-31
  project: {publicity_days: 6, subsidy: 5}
  expect: {P-DAYS: 5}
- case: a field that a loan does not have
  pack: trial
  as_of: 2016-12-31
  loan: {weight: 5}
  expect: {L-OK: true}
"""


def test_cases_may_give_them(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "packs_dir", lambda: root.parent)
    file = tmp_path / "cases.yaml"
    file.write_text(CASES, encoding="utf-8")
    report = policy.run_cases([file])
    failed = {(f.case, f.why) for f in report.failures}
    assert failed == {
        ("what is not met is told with its reasons", "条件＝否"),
        ("a field that a loan does not have", "loan 没有字段 weight"),
    }
    assert report.passed == 4
