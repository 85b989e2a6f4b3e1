"""`bangfu policy test`: cases pass, fail and break as their authors can understand."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangfu import policy
from bangfu.kernel.problems import Problem
from bangfu.policy import loading
from tests.policy.trial import rule, write_pack

SAMPLE = Path(__file__).resolve().parents[3] / "shared" / "cases" / "sample.yaml"
RULES = (
    rule("has_tv", id="H-TV")
    + rule("boarding", id="P-AID", entity="person", kind="entitlement",
           more="amount: 1000\nunit: yuan\nperiod: year\n")
    + rule("father.age >= 40", id="P-DAD", entity="person")
    + rule("father_no = 'none'", id="P-ORPHAN", entity="person")
    + rule("county.county_kind = 'ordinary' and village.is_poverty_village", id="H-PLACE")
    + rule("count(household where has_tv) = 1", id="V-TV", entity="village")
    + rule("has_tv", id="H-LATE", start="2018-01-01")
)  # fmt: skip
VARIABLES = """
household: {per_head: {zh: 人均, unit: yuan, rule: F-1, expr: income_wages / count(member)}}
person: {minor: {zh: 未成年, expr: age < 18}}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    write_pack(tmp_path, RULES, variables=VARIABLES)
    monkeypatch.setattr(loading, "packs_dir", lambda: tmp_path / "packs")

    def go(text: str, pack: str | None = None) -> policy.CaseReport:
        file = tmp_path / "cases.yaml"
        file.write_text(text)
        return policy.run_cases([file], pack=pack)

    return go


def case(body: str, expect: str, name: str = "甲", pack: str = "trial") -> str:
    return (
        f"- case: {name}\n  pack: {pack}\n  as_of: 2016-12-31\n  {body}\n  expect: {{{expect}}}\n"
    )


FAMILY = (
    "household: {has_tv: true, income_wages: 100}\n  members:\n"
    "    - {ref: dad, birth_date: 1976-12-31}\n"
    "    - {ref: kid, birth_date: 2005-01-01, father_no: dad, boarding: true}\n"
    "    - {ref: ward, birth_date: 1998-12-31, father_no: none}"
)


def test_what_a_case_may_expect(run: object) -> None:
    expect = (
        'H-TV: true, "P-AID@kid": 1000, "P-AID@dad": undecided, "P-DAD@kid": true,'
        ' "P-DAD@dad": undecided, "P-DAD@ward": undecided, "P-ORPHAN@ward": true,'
        ' "P-ORPHAN@kid": false, "P-ORPHAN@dad": undecided, H-LATE: not_in_force,'
        ' "var:per_head": 33.33, F-1: 33.33, "var:minor@kid": true, "var:minor@ward": false,'
        " H-PLACE: undecided, V-TV: true"
    )
    report = run(case(FAMILY, expect))  # type: ignore[operator]
    assert report.summary == "1 passed, 0 failed", [f.show() for f in report.failures]


def test_village_and_county_may_be_given(run: object) -> None:
    body = (
        "household: {has_tv: false}\n  village: {is_poverty_village: true}\n"
        "  county: {county_kind: ordinary}"
    )
    assert run(case(body, "H-PLACE: true, V-TV: false")).failed == 0  # type: ignore[operator]


def test_a_failure_says_what_was_expected_got_and_why(run: object) -> None:
    report = run(case(FAMILY, 'H-TV: false, "P-AID@dad": 0'))  # type: ignore[operator]
    assert report.summary == "0 passed, 1 failed"
    shown = [failure.show() for failure in report.failures]
    assert "H-TV 应为 false，得 true：条件＝是" in shown[0]
    assert "P-AID@dad 应为 0，得 undecided：缺少 person.boarding" in shown[1]
    assert "expected 0, got undecided" in report.failures[1].show("en")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (case("household: {}", "H-TV: true", pack="atlantis"), "没有政策包“atlantis”"),
        (case("household: {has_telly: true}", "H-TV: true"), "household 没有字段 has_telly"),
        (case("household: {status: gone}", "H-TV: true"), "household.status 没有代码 gone"),
        (case("household: {has_tv: 1}", "H-TV: true"), "类型不对"),
        (case("household: {income_wages: 1.001}", "H-TV: true"), "只保留两位小数"),
        (case("household: {}", "X-9: true"), "没有规则 X-9"),
        (case("household: {}", '"var:nothing": 1'), "没有变量 nothing"),
        (case("household: {}", '"P-AID@nobody": 1'), "没有成员 nobody"),
        (case("household: {}", "P-AID: 1"), "规则@成员"),
        (case("household: {}", '"H-TV@kid": true'), "不是个人规则"),
        (case("household: {}", ""), "没有 expect"),
        (case("household: {phone: '1'}", "H-TV: true"), "案例不能给出 household.phone"),
        (case("wife: {}", "H-TV: true"), "不认识的键 wife"),
        ("- case: 甲\n  pack: trial\n  expect: {H-TV: true}\n", "as_of"),
        ("case: 甲\n", "案例文件应为列表"),
        ("- case: [\n", "YAML"),
    ],
)  # fmt: skip
def test_a_case_that_cannot_run_fails_by_itself(run: object, text: str, why: str) -> None:
    good = case("household: {has_tv: true}", "H-TV: true", name="好")
    whole = text if text.startswith("case") or "[" in text else good + text
    report = run(whole)  # type: ignore[operator]
    assert report.failed == 1
    assert why in report.failures[0].show()
    if whole is not text:
        assert report.passed == 1


def test_only_one_pack(run: object) -> None:
    text = case("household: {has_tv: true}", "H-TV: true") + case(
        "household: {}", "X: 1", pack="other"
    )
    assert run(text, pack="trial").summary == "1 passed, 0 failed"  # type: ignore[operator]


def test_thousands_in_one_go(run: object) -> None:
    text = "".join(
        case(f"household: {{has_tv: {yes}}}", f"H-TV: {yes}, V-TV: {yes}", name=f"c{n}")
        for n, yes in enumerate(["true", "false"] * 1000)
    )
    assert run(text).summary == "2000 passed, 0 failed"  # type: ignore[operator]


def test_no_such_file() -> None:
    with pytest.raises(Problem, match=r"policy.cases_not_found"):
        policy.run_cases(["nowhere.yaml"])


@pytest.mark.skipif(not SAMPLE.is_file(), reason="shared/cases is not beside the repository")
def test_the_sample_cases_of_hechi_pass() -> None:
    report = policy.run_cases([SAMPLE], pack="hechi")
    assert report.summary == "3 passed, 0 failed", [f.show() for f in report.failures]


def test_every_case_of_the_packs_passes() -> None:
    report = policy.run_cases()
    assert report.failed == 0, [f.show() for f in report.failures]
    assert report.passed >= 40
