"""The award of an exit is reckoned; what lists households and what an award names is checked."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bangfu.policy.checking import check
from bangfu.policy.loading import load_pack, pack_path, packs_dir
from bangfu.policy.placed import Count, asked_of_all, explain_place
from bangfu.policy.procedures.answers import parse
from bangfu.policy.procedures.awarding import Award, Reckoned, awarded, reckon
from bangfu.policy.procedures.library import procedures

AWARD = Award("village.planned_exit_year", "village_award", "village_award_early")
YUAN = {"village_award": Decimal(100_000), "village_award_early": Decimal(20_000)}
DAY = date(2016, 12, 31)


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (2016, Reckoned(2016, "on_time", Decimal(100_000))),
        (2017, Reckoned(2017, "early", Decimal(120_000))),
        (2015, Reckoned(2015, "late", Decimal(0))),
        (None, Reckoned(None, "unplanned", None)),
    ],
)
def test_an_award_follows_from_the_plan(planned: int | None, expected: Reckoned) -> None:
    assert reckon(AWARD, planned, 2016, YUAN) == expected


def test_an_award_without_its_parameter_has_no_amount() -> None:
    assert reckon(AWARD, 2017, 2016, {"village_award": Decimal(1)}).amount is None
    assert reckon(AWARD, 2016, 2016, {}).amount is None


def test_nobody_types_an_award() -> None:
    form = procedures("hechi")["village-exit"].forms["entry"]
    _values, wrong = parse(form, {"entered_on": "2017-03-01", "award": "9999999"})
    assert [m.code for m in wrong] == ["field_computed"]
    told = awarded(form, {"award": "9999999", "schedule": "early"},
                   {"village.planned_exit_year": 2016}, 2016, YUAN)  # fmt: skip
    assert told == {"planned_year": 2016, "schedule": "on_time", "award": "100000"}
    assert [f.id for f in form.plain] == ["entered_on"]


FAULTS = [
    ("behind: HC4-R-004}", "behind: HC4-R-023}", "behind_rule"),
    ("behind: HC3-C-9}", "behind: X-1}", "unknown_rule"),
    ("on_time: param.village_award", "on_time: param.incidence_below", "award_parameter"),
    ("plan: village.planned_exit_year", "plan: village.exited_on", "award_plan"),
    ("- village.households_housing_ok", "- village.nothing", "unknown_prefill"),
    ("id: entered_on", "id: award", "award_twice"),
]


def test_check_refuses_what_leads_nowhere(tmp_path: Path) -> None:
    root = tmp_path / "hechi"
    for name in ("guangxi", "hechi"):
        shutil.copytree(packs_dir() / name, tmp_path / name)
    file = root / "procedures" / "village-exit.yaml"
    text = file.read_text(encoding="utf-8")
    for before, after, _code in FAULTS:
        assert before in text
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")
    found = check(root)
    assert sorted(p.code for p in found) == sorted(code for *_words, code in FAULTS)
    assert all(p.show("zh") and p.show("en") and p.line for p in found)


VILLAGE: dict[str, Any] = {
    "village_code": "451228100200", "households_total": 400, "households_housing_ok": 380,
    "industries": 1, "residents_total": 1000, "residents_poor": 30,
}  # fmt: skip


def told(failing: int, undecided: int, **more: Any) -> dict[str, tuple[str, list[str]]]:
    pack = load_pack(pack_path("hechi"))
    names = asked_of_all(pack, DAY)
    assert names["industry_everywhere"] == "HC4-R-004"
    gathered = {VILLAGE["village_code"]: dict.fromkeys(names, Count(failing, undecided))}
    found = explain_place(pack, DAY, "village", {"village": [VILLAGE | more]}, gathered,
                          ["HC4-R-003", "HC4-R-005", "HC4-R-023", "HC4-R-015"])  # fmt: skip
    return {
        rule: (f.outcome, [f"{i.zh} {i.shown}" for c in f.conditions for i in c.inputs])
        for rule, f in found.items()
    }


def test_a_place_is_told_with_the_numbers_compared() -> None:
    found = told(0, 0)
    assert found["HC4-R-005"] == ("met", ["占比 95%", "住房达标户 380", "总户数 400",
                                          "村县指标覆盖率下限 95%"])  # fmt: skip
    assert found["HC4-R-023"][0] == "not_met", "exactly 3 percent fails"
    assert found["HC4-R-015"][0] == "undecided"
    assert "视同有卫生室的就医距离上限 5公里" in found["HC4-R-015"][1]


def test_households_stand_in_by_their_counts() -> None:
    assert told(0, 0)["HC4-R-003"][0] == "met"
    assert told(0, 2)["HC4-R-003"][0] == "undecided"
    outcome, figures = told(3, 2)["HC4-R-003"]
    assert outcome == "not_met"
    assert figures[-2:] == ["登记户不符合 3户", "登记户待定 2户"]


def test_a_share_that_fails_never_reads_as_if_it_passed() -> None:
    found = told(0, 0, households_total=400_000, households_housing_ok=379_999)
    assert found["HC4-R-005"][0] == "not_met"
    assert found["HC4-R-005"][1][0] == "占比 94.9997%"
