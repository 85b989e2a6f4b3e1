"""One household explained: the batch's answers, with the reasons."""

from __future__ import annotations

import json
import threading
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bangfu import policy
from bangfu.kernel.problems import Problem
from bangfu.policy.explanation import Explanation, RuleFinding
from tests.policy.trial import AS_OF, household, person, rule, write_pack, write_snapshot

PARAMETERS = """
line: {zh: 扶贫标准, unit: yuan, cite: {document: paper, line: 9}, values: [
  {from: 2016-01-01, value: 2952},
  {from: 2016-01-01, value: 3100, region: "451221"},
  {from: 2016-01-01, value: 3000, county_kind: national_key}]}
schemes: {zh: 险种, unit: code, values: [{from: 2016-01-01, value: [ncms, resident]}]}
"""
VARIABLES = """
household:
  per_head: {zh: 人均纯收入, unit: yuan, rule: F-1, expr: income_wages / count(member)}
"""
RULES = (
    rule("per_head > param.line", id="R-LINE")
    + rule("all(member where medical_insurance in param.schemes)", id="R-MED")
    + rule("boarding and household.has_tv", id="R-AID", entity="person", kind="entitlement",
           more="amount: 1000\nunit: yuan\nperiod: year\n")
    + rule("has_tv", id="R-LATER", start="2018-01-01")
    + """
- id: R-ALL
  title: {zh: 综合, en: Composite}
  kind: criterion
  entity: household
  cite: {document: paper}
  components: [R-LINE, R-MED]
  versions: [{from: 2016-01-01}]
"""
)  # fmt: skip
HOME = household(1, income_wages=Decimal(12000), has_tv=True)
MEMBERS = [
    person(1, medical_insurance="ncms", boarding=True),
    person(2, medical_insurance="employee"),
    person(3, boarding=False),
]


@pytest.fixture
def pack(tmp_path: Path) -> policy.Pack:
    return policy.load_pack(write_pack(tmp_path, RULES, variables=VARIABLES, parameters=PARAMETERS))


def told(found: Explanation, rule: str, subject: str = "") -> RuleFinding:
    return next(r for r in found.rules if r.id == rule and subject in (r.subject, ""))


def test_each_rule_with_its_conditions_values_and_clause(pack: policy.Pack) -> None:
    found = policy.explain(pack, AS_OF, HOME, MEMBERS, None, {"county_kind": "ordinary"})
    line = told(found, "R-LINE")
    assert line.outcome == "met"
    assert line.cite["title"] == "文件"
    (condition,) = line.conditions
    assert (condition.zh, condition.truth, condition.missing) == ("条件", True, ())
    assert [(i.field, i.zh, i.value, i.shown) for i in condition.inputs] == [
        ("household.per_head", "人均纯收入", Decimal("4000.00"), "4,000元")
    ]
    (used,) = line.parameters
    assert (used.name, used.value, used.unit, used.cite["line"]) == ("line", 2952, "yuan", 9)
    variable = next(v for v in found.variables if v.name == "per_head")
    assert variable.formula == "income_wages / count(member)"
    assert [i.shown for i in variable.inputs] == ["12,000", "3人"]


def test_which_member_fails(pack: policy.Pack) -> None:
    found = policy.explain(pack, AS_OF, HOME, MEMBERS)
    rule = told(found, "R-MED")
    assert rule.outcome == "not_met"
    (condition,) = rule.conditions
    assert [(i.subject, i.shown, i.truth) for i in condition.inputs] == [
        (MEMBERS[0]["person_no"], "新农合", True),
        (MEMBERS[1]["person_no"], "职工医保", False),
        (MEMBERS[2]["person_no"], "未登记", None),
    ]
    assert rule.parameters[0].value == ["ncms", "resident"]


def test_what_is_missing(pack: policy.Pack) -> None:
    members = [{**MEMBERS[0]}, {**MEMBERS[2]}]
    found = policy.explain(
        pack, AS_OF, {**HOME, "has_tv": None}, members, None, {"county_kind": "ordinary"}
    )
    assert told(found, "R-MED").missing == ("person.medical_insurance",)
    assert told(found, "R-ALL").missing == ("person.medical_insurance",)
    assert told(found, "R-AID", members[0]["person_no"]).missing == ("household.has_tv",)
    assert told(found, "R-AID", members[1]["person_no"]).outcome == "not_entitled"
    nothing = policy.explain(pack, AS_OF, {"household_no": "1"}, [{}])
    assert "household.income_wages" in told(nothing, "R-LINE").missing


def test_the_parameter_of_the_region(pack: policy.Pack) -> None:
    def value(village: str, county: dict[str, Any] | None) -> Any:
        found = policy.explain(
            pack, AS_OF, {**HOME, "village_code": village}, MEMBERS, None, county
        )
        return told(found, "R-LINE").parameters[0].value

    assert value("451228100200", {"county_kind": "ordinary"}) == 2952
    assert value("451228100200", {"county_kind": "national_key"}) == 3000
    assert value("451221100200", {"county_kind": "national_key"}) == 3100
    assert value("451228100200", None) is None


def test_not_in_force_and_components(pack: policy.Pack) -> None:
    found = policy.explain(pack, AS_OF, HOME, MEMBERS)
    assert told(found, "R-LATER").outcome == "not_in_force"
    composite = told(found, "R-ALL")
    assert composite.components == ("R-LINE", "R-MED")
    assert [c.zh for c in composite.conditions] == ["规则", "规则"]
    later = policy.explain(pack, date(2018, 1, 1), HOME, MEMBERS)
    assert told(later, "R-LATER").outcome == "met"
    with pytest.raises(Problem, match=r"policy.as_of_outside_pack"):
        policy.explain(pack, date(2015, 1, 1), HOME, MEMBERS)


def test_as_dict_is_json(pack: policy.Pack) -> None:
    found = policy.explain(pack, AS_OF, HOME, MEMBERS).as_dict()
    assert json.loads(json.dumps(found)) == found
    aid = next(r for r in found["rules"] if r["id"] == "R-AID")
    assert aid["amount"] == "1000.00"


def test_personal_data_given_by_mistake_goes_nowhere(pack: policy.Pack) -> None:
    found = policy.explain(pack, AS_OF, {**HOME, "phone": "13800000000"}, MEMBERS)
    assert "13800000000" not in json.dumps(found.as_dict())


def test_threads_do_not_share_a_connection(pack: policy.Pack) -> None:
    answers: dict[int, str] = {}

    def ask(number: int) -> None:
        home = {**HOME, "income_wages": Decimal(number * 3000)}
        for _ in range(5):
            answers[number] = told(policy.explain(pack, AS_OF, home, MEMBERS), "R-LINE").outcome

    county = [threading.Thread(target=ask, args=(n,)) for n in (1, 2, 3, 4)]
    for thread in county:
        thread.start()
    for thread in county:
        thread.join()
    # the county's kind is not recorded, so the line is not known
    assert set(answers.values()) == {"undecided"}


def test_a_household_the_snapshot_lacks(tmp_path: Path) -> None:
    out = write_snapshot(tmp_path / "s", household=[household(1)], person=[], village=[], county=[])
    for number in ("451228100200000009", "110101000000000001"):
        with pytest.raises(Problem, match=r"policy.snapshot_household_unknown"):
            policy.household_rows(out, number)
