"""A pack changed and a snapshot judged twice: every number here is worked out by hand."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bangfu import policy
from bangfu.kernel.problems import Problem
from bangfu.policy import changes, poverty, simulating
from tests.policy.trial import AS_OF, household, person, rule, write_pack, write_snapshot

OTHER = "451221100200"
PARAMETERS = """
poverty_line: {zh: 扶贫线, unit: yuan, period: year, values: [{from: 2016-01-01, value: 3000}]}
standard:
  zh: 低保标准
  unit: yuan
  period: year
  values: [{from: 2016-01-01, value: 2500}, {from: 2017-01-01, value: 2800}]
grant: {zh: 补助, unit: yuan, period: month, values: [{from: 2016-01-01, value: 50}]}
ratio: {zh: 比例, unit: share, values: [{from: 2016-01-01, value: 0.5}]}
grades:
  zh: 等级
  unit: code
  values: [{from: 2016-01-01, value: [A, B]}]
applies: {zh: 是否, unit: bool, values: [{from: 2016-01-01, value: true}]}
later: {zh: 以后, unit: yuan, values: [{from: 2018-01-01, value: 9}]}
"""
VARIABLES = """
household:
  net_income_per_capita: {zh: 人均纯收入, unit: yuan, expr: income_wages / count(member)}
"""
YEARLY, MONTHLY = "unit: yuan\nperiod: year\n", "unit: yuan\nperiod: month\n"
RULES = (
    rule("net_income_per_capita < param.standard", id="DIBAO", kind="entitlement",
         more="amount: (param.standard - net_income_per_capita) * count(member)\n" + YEARLY)
    + rule("boarding", id="SCHOOL", entity="person", kind="entitlement",
           more="amount: param.grant\n" + MONTHLY)
    + rule("net_income_per_capita >= param.poverty_line", id="INCOME")
    + rule("has_tv", id="TV")
    + """
- id: EXIT
  title: {zh: 脱贫}
  kind: criterion
  entity: household
  CITE
  department: 办公室
  components: [INCOME, TV]
  versions: [{from: 2016-01-01}]
- {id: DUTY, title: {zh: 责任}, kind: duty, entity: office, CITE, department: 局, deadline: 月底,
   measure: 次}
"""
    + rule("has_electricity", id="NEXT", kind="entitlement", start="2018-01-01",
           more="amount: 100\n" + YEARLY)
    + rule("has_electricity", id="LACKING", kind="entitlement", start="2018-01-01",
           more="amount: param.later\n" + YEARLY)
)  # fmt: skip
# Incomes a head: 1000 (2 persons), 2600 (1), 3000 (1), 5000 (4, in another county).
TABLES: dict[str, list[dict[str, Any]]] = {
    "household": [
        household(1, income_wages=2000, has_tv=True, category="dibao", status="registered",
                  has_electricity=True),
        household(2, income_wages=2600, has_tv=True, category="general", status="registered"),
        household(3, income_wages=3000, has_tv=False, category="general", status="returned"),
        household(4, village=OTHER, income_wages=20000, has_tv=True, status="exited"),
    ],
    "person": [
        person(1, 1, ethnicity="08", relation="head", boarding=False),
        person(2, 1, ethnicity="01", relation="child", boarding=True),
        person(1, 2, ethnicity="01", relation="head", boarding=False),
        person(1, 3, ethnicity="08", relation="other", boarding=False),
        *(person(n, 4, village=OTHER, ethnicity="13", boarding=False) for n in range(1, 5)),
    ],
    "village": [{"village_code": "451228100200"}, {"village_code": OTHER}],
    "county": [{"county_code": "451228"}, {"county_code": "451221"}],
}  # fmt: skip


@pytest.fixture
def pack(tmp_path: Path) -> policy.Pack:
    return policy.load_pack(write_pack(tmp_path, RULES, variables=VARIABLES, parameters=PARAMETERS))


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    return write_snapshot(tmp_path / "snapshot", **TABLES)


def simulated(
    pack: policy.Pack, snapshot: Path, work: Path, *settings: str, threshold: int = 1, **more: Any
) -> dict[str, Any]:
    """The result with every number shown (nothing is below a threshold of one)."""
    switched = {name: more.pop(name, ()) for name in ("off", "on")}
    read = changes.read(pack, AS_OF, settings, **switched)
    plan = simulating.simulation(pack, AS_OF, read)
    return simulating.run(plan, snapshot, work, threshold=threshold, **more)


def test_coverage_cost_and_winners_by_hand(
    pack: policy.Pack, snapshot: Path, tmp_path: Path
) -> None:
    result = simulated(pack, snapshot, tmp_path / "work", "standard=2900", "grant=60")
    totals = result["whole"]["totals"]
    # Before: household 1 lacks 1500 a head, twice; its child boards at 50 a month. After: 1900
    # twice and 60 a month; household 2 comes in with 300.
    assert totals == {
        "households": 4, "persons": 8,
        "covered_households_before": 1, "covered_persons_before": 2,
        "covered_households_after": 2, "covered_persons_after": 3,
        "paid_households_before": 1, "cost_before": "3600.00",
        "paid_households_after": 2, "cost_after": "4820.00",
        "gain_households": 2, "gain_persons": 3, "gain_amount": "1220.00",
        "lose_households": 0, "lose_persons": 0, "lose_amount": "0.00",
    }  # fmt: skip
    groups = result["whole"]["groups"]
    by = {d: {code: found["gain_amount"] for code, found in groups[d]} for d in groups}
    assert by["county"] == {"451221": "0.00", "451228": "1220.00"}
    assert by["ethnicity"] == {"01": "300.00", "08": "920.00", "13": "0.00"}  # the head's
    assert by["category"] == {"": "0.00", "dibao": "920.00", "general": "300.00"}
    bands = {row["band"]: row["gain_households"] for row in result["whole"]["bands"]["yuan"]}
    assert bands == {"100": 0, "500": 1, "1000": 1, "3000": 0, "5000": 0, "more": 0}
    shares = {row["band"]: row["gain_households"] for row in result["whole"]["bands"]["percent"]}
    assert (shares["20"], shares["50"]) == (1, 1)  # 300 of 2600, 920 of 2000
    rules = {row["rule"]: row for row in result["whole"]["rules"]}
    amounts = [rules["DIBAO"][f"amount_{side}"] for side in ("before", "after")]
    assert amounts == ["3000.00", "4100.00"]
    assert rules["SCHOOL"]["amount_after"] == "60.00"
    assert "NEXT" not in rules


def test_poverty_by_hand(pack: policy.Pack, snapshot: Path, tmp_path: Path) -> None:
    result = simulated(pack, snapshot, tmp_path / "work", "standard=2900", "grant=60")
    before, after = (result["whole"]["poverty"][side] for side in ("before", "after"))
    # Line 3000; persons 1000, 1000, 2600, 3000, 4 × 5000.
    assert before["poor"] == 3
    assert before["headcount"] == "0.375000"
    gaps = [Fraction(2000, 3000), Fraction(2000, 3000), Fraction(400, 3000)]
    assert before["gap"] == poverty.shown(sum(gaps, Fraction(0)) / 8)
    assert before["squared_gap"] == poverty.shown(sum((g * g for g in gaps), Fraction(0)) / 8)
    assert before["mean"] == "3450.00"
    incomes = [1000, 1000, 2600, 3000, *[5000] * 4]
    pairs = sum(abs(a - b) for a in incomes for b in incomes)
    assert before["gini"] == poverty.shown(Fraction(pairs, 2 * 8 * sum(incomes)))
    # Household 1 has 920 more a year, 460 a head; household 2 has 300 more.
    assert after["mean"] == poverty.shown(Fraction(1460 * 2 + 2900 + 3000 + 20000, 8), 2)
    assert after["poor"] == 3


def test_readiness_and_a_rule_switched_off(
    pack: policy.Pack, snapshot: Path, tmp_path: Path
) -> None:
    result = simulated(pack, snapshot, tmp_path / "work", off=["TV", "SCHOOL"])
    assert result["exit_rule"] == "EXIT"
    # Only registered and returned households are assessed: of the three, number 3 has the
    # income and no television, which is no longer asked for.
    assert result["whole"]["ready"] == {
        "assessed": 3, "ready_before": 0, "not_ready_before": 3, "undecided_before": 0,
        "ready_after": 1, "not_ready_after": 2, "undecided_after": 0,
    }  # fmt: skip
    totals = result["whole"]["totals"]
    assert (totals["lose_households"], totals["lose_amount"]) == (1, "600.00")
    assert result["counties"]["451228"]["totals"]["lose_amount"] == "600.00"


def test_a_rule_of_later_years_is_switched_on(
    pack: policy.Pack, snapshot: Path, tmp_path: Path
) -> None:
    result = simulated(pack, snapshot, tmp_path / "work", on=["NEXT"])
    rules = {row["rule"]: row for row in result["whole"]["rules"]}
    assert rules["NEXT"]["amount_after"] == "100.00"
    assert result["whole"]["totals"]["gain_amount"] == "100.00"


def test_one_county_alone(pack: policy.Pack, snapshot: Path, tmp_path: Path) -> None:
    """Set for a county, the value holds there only; the other keeps the general one."""
    result = simulated(pack, snapshot, tmp_path / "work", "poverty_line@451221=6000")
    assert result["counties"]["451221"]["poverty"]["after"]["poor"] == 4
    assert result["counties"]["451228"]["poverty"]["after"]["poor"] == 3
    assert result["counties"]["451228"]["poverty"]["before"]["poor"] == 3


def test_small_cells_are_withheld(pack: policy.Pack, snapshot: Path, tmp_path: Path) -> None:
    result = simulated(pack, snapshot, tmp_path / "work", "standard=2900", threshold=3)
    county = dict(result["whole"]["groups"]["county"])
    assert result["whole"]["totals"]["households"] == 4
    assert county["451221"]["households"] is None  # one household
    assert county["451228"]["households"] is None  # three, which the total would tell
    assert result["whole"]["totals"]["gain_households"] is None
    assert result["whole"]["totals"]["cost_after"] is None


def test_the_baseline_is_judged_once(pack: policy.Pack, snapshot: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    policy.evaluate(snapshot, pack, AS_OF, base)
    first = simulated(pack, snapshot, tmp_path / "one", "standard=2900")
    again = simulated(pack, snapshot, tmp_path / "two", "standard=2900", baseline=base)
    assert again["baseline_reused"]
    assert not (tmp_path / "two" / "before").exists()
    assert first["whole"] == again["whole"]
    assert json.loads((tmp_path / "one" / "result.json").read_text())["whole"] == first["whole"]
    with pytest.raises(Problem, match=r"policy.baseline_differs"):
        simulated(pack, snapshot, tmp_path / "three", "standard=2900", baseline=tmp_path / "no")


def test_the_effects_of_an_amendment(pack: policy.Pack, snapshot: Path, tmp_path: Path) -> None:
    """From 2016 to 2017 the standard rises by 300: 600 for two persons, 200 for one of 2600."""
    plan = simulating.amendment(pack, AS_OF, date(2017, 12, 31))
    result = simulating.run(plan, snapshot, tmp_path / "work", threshold=1)
    totals = result["whole"]["totals"]
    assert (totals["gain_households"], totals["gain_amount"]) == (2, "800.00")
    assert result["rules_changed"] == 1
    with pytest.raises(Problem, match=r"policy.dates_backwards"):
        simulating.amendment(pack, AS_OF, AS_OF)


REFUSED = [
    (["standerd=1"], "policy.parameter_unknown"),
    (["standard"], "policy.override_invalid"),
    (["standard="], "policy.override_invalid"),
    (["standard=很多"], "policy.override_invalid"),
    (["standard=-1"], "policy.override_negative"),
    (["standard=3200%"], "policy.override_unit"),
    (["standard=300元/月"], "policy.override_unit"),
    (["standard=1.005"], "policy.override_invalid"),
    (["standard=99999999999999"], "policy.override_invalid"),
    (["ratio=25"], "policy.override_invalid"),
    (["applies=1"], "policy.override_invalid"),
    (["grades=A,X"], "policy.override_invalid"),
    (["standard@99=3000"], "policy.change_region"),
    (["standard@310000=3000"], "policy.change_region"),
    (["standard=2600", "standard=2700"], "policy.change_twice"),
    (["standard=2500"], "policy.nothing_changed"),
    ([], "policy.nothing_changed"),
]


@pytest.mark.parametrize(("given_", "code"), REFUSED, ids=[f"{g}" for g, _ in REFUSED])
def test_a_wrong_setting_is_refused(pack: policy.Pack, given_: list[str], code: str) -> None:
    with pytest.raises(Problem) as told:
        changes.read(pack, AS_OF, given_)
    assert told.value.code == code
    assert told.value.advice("zh")


@pytest.mark.parametrize(
    ("off", "on", "code"),
    [(["DIBO"], [], "policy.change_rule_unknown"), (["DUTY"], [], "policy.rule_is_duty"),
     (["NEXT"], [], "policy.rule_not_in_force"), ([], ["TV"], "policy.rule_in_force"),
     ([], ["LACKING"], "policy.rule_lacks"), (["TV"], ["TV"], "policy.change_twice")],
)  # fmt: skip
def test_a_wrong_switch_is_refused(
    pack: policy.Pack, off: list[str], on: list[str], code: str
) -> None:
    with pytest.raises(Problem) as told:
        changes.read(pack, AS_OF, off=off, on=on)
    assert told.value.code == code


def test_near_names_are_offered(pack: policy.Pack) -> None:
    with pytest.raises(Problem, match="standard"):
        changes.read(pack, AS_OF, ["standerd=1"])
    with pytest.raises(Problem, match="DIBAO"):
        changes.read(pack, AS_OF, off=["DIBO"])


def test_a_day_before_the_pack_is_refused(pack: policy.Pack) -> None:
    with pytest.raises(Problem, match=r"policy.as_of_outside_pack"):
        changes.read(pack, date(2015, 1, 1), ["standard=1"])


@pytest.mark.parametrize(
    ("text", "value"),
    [("standard=3,200", 3200), ("standard=3200元", 3200), ("standard=3200.5元/年",
     Decimal("3200.5")), ("standard=3200 yuan", 3200), ("applies=否", False),
     ("grades=C、D", ("C", "D")), ("ratio=0.25", Decimal("0.25"))],
)  # fmt: skip
def test_values_as_people_write_them(pack: policy.Pack, text: str, value: Any) -> None:
    assert changes.read(pack, AS_OF, [text]).settings[0].value == value


def test_changed_packs_have_hashes_of_their_own(pack: policy.Pack) -> None:
    made = {
        changes.applied(pack, changes.read(pack, AS_OF, [text]), AS_OF).hash
        for text in ("standard=2600", "standard=2700", "standard@451228=2600")
    }
    assert len(made | {pack.hash}) == 4
    one = changes.read(pack, AS_OF, ["standard=2600元"])
    assert changes.applied(pack, one, AS_OF).hash in made


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-500, 9000), st.integers(1, 6)), min_size=1, max_size=12),
       st.sampled_from([1, 2952, 3000]))  # fmt: skip
def test_the_measures_are_their_definitions(homes: list[tuple[int, int]], line: int) -> None:
    """Against the formulas person by person, in fractions."""
    with duckdb.connect() as database:
        database.execute(
            "CREATE TABLE t (place VARCHAR, income BIGINT, line BIGINT, persons BIGINT)"
        )
        database.executemany(
            "INSERT INTO t VALUES ('x', ?, ?, ?)", [(i, line, n) for i, n in homes]
        )
        found = poverty.measured(database, "t")["x"]
    people = [income for income, persons in homes for _ in range(persons)]
    poor = [income for income in people if income < line]
    short = [Fraction(line - max(income, 0), line) for income in poor]
    many = len(people)
    assert found.headcount == Fraction(len(poor), many)
    assert found.gap == sum(short, Fraction(0)) / many
    assert found.squared_gap == sum((s * s for s in short), Fraction(0)) / many
    floor = [max(income, 0) for income in people]
    pairs = sum(abs(a - b) for a in floor for b in floor)
    assert found.gini == (Fraction(pairs, 2 * many * sum(floor)) if sum(floor) else None)
