"""Every mistake an author can make is named with file, line, rule and reason, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangfu import policy
from bangfu.kernel.problems import Problem
from bangfu.policy.reasons import REASONS
from tests.policy.trial import rule, write_pack


def codes(root: Path) -> list[str]:
    return [problem.code for problem in policy.check(root)]


REFUSED = [
    ("has_tvv", "unknown_field"),
    ("phone is null", "pii_field"),
    ("member.boarding", "unknown_hop"),
    ("village.phone = 'x'", "unknown_field"),
    ("father.age > 3", "unknown_hop"),
    ("status = 'registerd'", "unknown_code"),
    ("status in ('registered', 'gone')", "unknown_code"),
    ("income_wages", "type"),
    ("income_wages = 'a'", "compare"),
    ("status > 'exited'", "compare"),
    ("registered_on > 3", "compare"),
    ("income_wages + has_tv > 1", "type"),
    ("has_tv and", "syntax"),
    ("", "empty"),
    ("select 1", "forbidden"),
    ("(select true)", "forbidden"),
    ("has_tv in (select has_tv)", "forbidden"),
    ("*", "forbidden"),
    ("count(*) > 1", "arguments"),
    ("has_tv; drop table src_household", "forbidden"),
    ("income_wages::int > 1", "forbidden"),
    ("cast(income_wages as int) > 1", "forbidden"),
    ("row_number() over () > 1", "syntax"),
    ("read_csv('/etc/passwd') is null", "forbidden_function"),
    ("getenv('HOME') = 'x'", "forbidden_function"),
    ("random() > 0", "forbidden_function"),
    ("income_wages % 2 = 0", "forbidden"),
    ("status like 'r%'", "forbidden"),
    ("hamlet_name || 'x' = 'y'", "forbidden"),
    ("param.nothing > 1", "unknown_parameter"),
    ("met('R-9')", "unknown_rule"),
    ("amount('R-1') > 0", "rule_kind"),
    ("met(has_tv)", "arguments"),
    ("any(member)", "arguments"),
    ("count(child) > 1", "aggregate_scope"),
    ("any(member where income_wages > 1)", "unknown_field"),
    ("sum(member.sex) > 1", "type"),
    ("coalesce(income_wages / 2, 0) > 1", "round_first"),
    ("income_wages / 3 in (1, 2)", "round_first"),
    ("round(income_wages, 9) > 1", "type"),
    ("make_date(2016, 2, 30) > registered_on", "type"),
    ("has_tv is 3", "forbidden"),
    ("$1 > 2", "forbidden"),
    ("household.household.has_tv", "forbidden"),
]


@pytest.mark.parametrize(("expr", "code"), REFUSED)
def test_an_expression_is_refused(tmp_path: Path, expr: str, code: str) -> None:
    found = policy.check(write_pack(tmp_path, rule(expr)))
    assert [p.code for p in found] == [code], [p.show("en") for p in found]
    assert found[0].file == "trial/programmes/rules.yaml"
    assert found[0].rule == "R-1"
    assert found[0].line >= 9


ACCEPTED = [
    "has_tv", "not has_tv", "has_tv is not true", "status in ('registered', 'observed')",
    "status not in ('exited')", "income_wages between 1 and 2.5", "household.has_tv",
    "village.is_poverty_village", "county.county_kind = 'national_key'",
    "any(member where age >= 16 and member.labour = 'skilled')", "all(member where boarding)",
    "count(member) > 0", "sum(member.inpatient_cost where sex = 'female') > 10",
    "max(member.birth_date) < date '2000-01-01'", "registered_on < '2016-01-01'",
    "registered_on < as_of", "years_since(registered_on) >= 1", "months_since(registered_on) < 6",
    "year(registered_on) = year(as_of)", "registered_on >= make_date(year(as_of), 8, 31)",
    "case when has_tv then 1 else 2 end = 1", "case status when 'exited' then true else false end",
    "if(has_tv, income_wages, 0) > 1", "coalesce(build_progress, 0) >= 0.5",
    "nullif(industry_count, 0) is null", "least(income_wages, income_other) < 5",
    "income_wages / count(member) >= 2952", "round(income_wages / 3, 2) = 33.33",
    "contains(causes_other, 'illness')", "starts_with(village_code, '451228')",
    "floor(income_wages / 3) = 1", "-income_wages < abs(income_other)",
    "any(member where household.has_tv and father.age > 40)", "true", "income_wages > .5",
]  # fmt: skip


@pytest.mark.parametrize("expr", ACCEPTED)
def test_an_expression_is_accepted(tmp_path: Path, expr: str) -> None:
    found = policy.check(write_pack(tmp_path, rule(expr)))
    assert not found, [p.show("en") for p in found]


def test_all_errors_are_told_at_once_in_file_order(tmp_path: Path) -> None:
    root = write_pack(
        tmp_path,
        rule("no_such_field") + rule("sleep(9)", id="R-2") + rule("has_tv", id="R-1"),
        parameters="line: {zh: 线, unit: furlong, values: [{from: 2016-01-01, value: 3}]}",
    )
    found = policy.check(root)
    assert [(p.code, p.rule) for p in found] == [
        ("bad_choice", None), ("unknown_field", "R-1"), ("forbidden_function", "R-2"),
        ("duplicate_id", "R-1"),
    ]  # fmt: skip
    assert "trial/parameters.yaml:1" in found[0].show()
    assert "trial/programmes/rules.yaml:2" in found[3].reason
    with pytest.raises(Problem, match=r"policy.pack_invalid"):
        policy.load_pack(root)


def test_a_near_miss_is_suggested(tmp_path: Path) -> None:
    found = policy.check(write_pack(tmp_path, rule("has_telly or has_tvs")))
    assert "是否为“has_tv”" in found[0].reason or "has_t" in found[0].reason
    assert "did you mean" in found[0].reason_en


@pytest.mark.parametrize(
    ("variables", "path"),
    [
        ("household: {a: {zh: 甲, expr: b}, b: {zh: 乙, expr: a}}", "household.a"),
        ("household: {a: {zh: 甲, expr: 'a + 1'}}", "household.a → household.a"),
        (
            "household: {a: {zh: 甲, expr: any(member where b)}}\nperson: {b: {zh: 乙, expr: household.a}}",
            "person.b",
        ),
    ],
)
def test_a_cycle_among_variables(tmp_path: Path, variables: str, path: str) -> None:
    found = policy.check(write_pack(tmp_path, variables=variables))
    assert {p.code for p in found} == {"cycle"}
    assert any(path in p.reason for p in found)
    assert found[0].file == "trial/variables.yaml"


def test_a_cycle_among_rules(tmp_path: Path) -> None:
    root = write_pack(tmp_path, rule("met('R-2')") + rule("met('R-3')", id="R-2")
                      + rule("has_tv or met('R-1')", id="R-3"))  # fmt: skip
    found = policy.check(root)
    assert [p.code for p in found] == ["cycle"]
    assert "R-1 → R-2 → R-3 → R-1" in found[0].reason


VERSIONS = """
- id: R-1
  title: {zh: 规则}
  kind: criterion
  entity: household
  CITE
  versions: [%s]
"""
WHEN = "when: [{zh: 甲, expr: has_tv}]"


@pytest.mark.parametrize(
    ("versions", "code"),
    [
        (f"{{from: 2016-01-01, to: 2017-12-31, {WHEN}}}, {{from: 2017-06-01, {WHEN}}}",
         "overlapping_versions"),
        (f"{{from: 2016-01-01, {WHEN}}}, {{from: 2016-01-01, {WHEN}}}", "overlapping_versions"),
        (f"{{from: 2017-01-01, to: 2016-12-31, {WHEN}}}", "version_backwards"),
        (f"{{from: 2015-12-31, {WHEN}}}", "version_before_pack"),
        ("{from: 2016-01-01}", "kind_needs"),
        (f"{{from: 2016-01-01, amount: 5, {WHEN}}}", "kind_refuses"),
        (f"{{from: soon, {WHEN}}}", "bad_value"),
        (f"{{from: 2016-01-01, whne: 1, {WHEN}}}", "unknown_key"),
        ("", "no_versions"),
    ],
)  # fmt: skip
def test_versions(tmp_path: Path, versions: str, code: str) -> None:
    assert code in codes(write_pack(tmp_path, VERSIONS % versions))


def test_an_open_version_gives_way_to_its_amendment(tmp_path: Path) -> None:
    two = f"{{from: 2016-01-01, {WHEN}}}, {{from: 2017-03-21, {WHEN}}}"
    pack = policy.load_pack(write_pack(tmp_path, VERSIONS % two))
    assert [str(v.end) for v in pack.rules["R-1"].versions] == ["2017-03-20", "9999-12-31"]


PARAMETER = "line: {zh: 线, unit: yuan, values: [%s]}"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ("{from: 2017-01-01, value: 3}", "values_gap"),  # later than the rule
        ("{from: 2016-01-01, to: 2016-12-31, value: 3}", "values_gap"),  # ends before it
        ("{from: 2016-01-01, to: 2016-06-30, value: 3}, {from: 2016-08-01, value: 4}",
         "values_gap"),
        ("{from: 2016-01-01, value: 3, region: '4512'}", "no_general_value"),
        ("{from: 2016-01-01, value: 3, region: '45121'}", "unknown_region"),
        ("{from: 2016-01-01, value: 3}, {from: 2016-01-01, value: 4}", "overlapping_versions"),
        ("{from: 2016-01-01, value: 3}, {from: 2017-01-01, value: many}", "mixed_values"),
        ("{from: 2016-01-01, value: 3, county_kind: rich}", "bad_choice"),
    ],
)  # fmt: skip
def test_parameters_cover_the_rules_that_use_them(tmp_path: Path, values: str, code: str) -> None:
    root = write_pack(tmp_path, rule("income_wages > param.line"), parameters=PARAMETER % values)
    found = policy.check(root)
    assert code in [p.code for p in found]
    assert next(p for p in found if p.code == code).file == "trial/parameters.yaml"


def test_a_gap_behind_a_variable_is_found(tmp_path: Path) -> None:
    root = write_pack(
        tmp_path, rule("poor"), variables="household: {poor: {zh: 贫, expr: income_wages < param.line}}",
        parameters=PARAMETER % "{from: 2016-06-01, value: 3}",
    )  # fmt: skip
    found = policy.check(root)
    assert [(p.code, p.rule) for p in found] == [("values_gap", "R-1")]
    assert found[0].details["start"].isoformat() == "2016-01-01"


def test_a_parameter_left_to_the_county_needs_no_value(tmp_path: Path) -> None:
    parameters = "line: {zh: 线, unit: yuan, to_be_set: true, values: []}"
    root = write_pack(tmp_path, rule("income_wages > param.line"), parameters=parameters)
    assert not policy.check(root)


AMOUNT = "amount: {amount}\nunit: {unit}\nperiod: year\n"


@pytest.mark.parametrize(
    ("more", "kind", "code"),
    [
        (AMOUNT.format(amount="param.line", unit="mu"), "entitlement", "unit_differs"),
        (AMOUNT.format(amount="has_tv", unit="yuan"), "entitlement", "type"),
        ("amount: 3\nunit: yuan\n", "entitlement", "kind_needs"),
        ("amount: 3\nunit: gold\nperiod: year\n", "entitlement", "bad_choice"),
        (AMOUNT.format(amount=3, unit="yuan"), "alert", "kind_refuses"),
        ("unit: yuan\n", "limit", "kind_needs"),
    ],
)
def test_amounts(tmp_path: Path, more: str, kind: str, code: str) -> None:
    root = write_pack(tmp_path, rule("has_tv", kind=kind, more=more),
                      parameters=PARAMETER % "{from: 2016-01-01, value: 3}")  # fmt: skip
    assert code in codes(root)


def test_a_duty_needs_department_deadline_and_measure(tmp_path: Path) -> None:
    duty = """
    - {id: D-1, title: {zh: 责任}, kind: duty, entity: office, CITE, department: 局}
    - {id: D-2, title: {zh: 责任}, kind: duty, entity: office, CITE, department: 局, deadline: 月底,
       measure: 次数, versions: []}
    """
    found = policy.check(write_pack(tmp_path, duty))
    assert sorted((p.rule, p.code) for p in found) == [
        ("D-1", "kind_needs"), ("D-1", "kind_needs"), ("D-2", "kind_refuses"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("hair: long\n", "unknown_key"),
        ("extends: nowhere\n", "parent_pack"),
        ("extends: trial\n", "cycle"),
        ("to: 31/12/2020\n", "bad_value"),
        ("id: again\n", "duplicate_key"),
        ("note: [\n", "yaml"),
    ],
)
def test_pack_file(tmp_path: Path, head: str, code: str) -> None:
    assert code in codes(write_pack(tmp_path, head=head))


def test_a_document_that_is_not_listed(tmp_path: Path) -> None:
    text = rule("has_tv").replace("document: paper", "document: rumour")
    assert codes(write_pack(tmp_path, text)) == ["unknown_document"]


def test_a_variable_may_not_hide_a_field(tmp_path: Path) -> None:
    assert codes(
        write_pack(tmp_path, variables="household: {has_tv: {zh: 电视, expr: 'true'}}")
    ) == ["shadows_field"]


def test_hostile_yaml_is_refused_not_swallowed(tmp_path: Path) -> None:
    deep = "a: " + "[" * 60 + "]" * 60
    assert codes(write_pack(tmp_path, parameters=deep)) == ["too_deep"]
    python = "x: !!python/object/apply:os.system ['true']"
    assert codes(write_pack(tmp_path, parameters=python, name="other"))


def test_a_deeply_nested_expression_is_refused(tmp_path: Path) -> None:
    assert codes(write_pack(tmp_path, rule("(" * 200 + "has_tv" + ")" * 200))) == ["too_deep"]


def test_an_unknown_pack() -> None:
    with pytest.raises(Problem) as caught:
        policy.load_pack("atlantis")
    assert caught.value.code == "policy.pack_not_found"
    assert "hechi" in caught.value.advice("zh")


def test_the_hash_is_of_meaning_not_of_cases(tmp_path: Path) -> None:
    root = write_pack(tmp_path, rule("has_tv"))
    first = policy.load_pack(root).hash
    (root / "cases").mkdir()
    (root / "cases" / "more.yaml").write_text("[]")
    assert policy.load_pack(root).hash == first
    write_pack(tmp_path, rule("has_electricity"))
    assert policy.load_pack(root).hash != first


def test_a_child_pack_takes_what_its_parent_holds(tmp_path: Path) -> None:
    write_pack(tmp_path, rule("income_wages > param.line"), name="region",
               parameters=PARAMETER % "{from: 2016-01-01, value: 3}")  # fmt: skip
    child = write_pack(
        tmp_path, rule("met('R-1')", id="C-1"), head="extends: region\n", name="city"
    )
    pack = policy.load_pack(child)
    assert list(pack.rules) == ["R-1", "C-1"]
    assert pack.extends == ("region",)
    before = pack.hash
    write_pack(tmp_path, rule("income_wages >= param.line"), name="region",
               parameters=PARAMETER % "{from: 2016-01-01, value: 3}")  # fmt: skip
    assert policy.load_pack(child).hash != before


def test_reasons_have_both_languages() -> None:
    for code, (zh, en) in REASONS.items():
        assert zh, code
        assert en, code
