"""Scoring tables: read, refused where they cannot add up, reckoned exactly and never typed."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bangfu.kernel.clock import SHANGHAI
from bangfu.policy.checking import check
from bangfu.policy.procedures import scoring
from bangfu.policy.procedures.answers import parse
from bangfu.policy.procedures.library import of_text, procedures
from bangfu.policy.procedures.machine import Case, Who, attempt, opened
from bangfu.policy.procedures.trail import Action, Record, fold

GOOD = """
id: rate
title: 评分
subject: household
opening: {actor: clerk, batched: false}
actors:
  clerk: {title: 乡镇, roles: [township_clerk], level: township}
forms:
  survey:
    title: 调查表
    fields: [{id: visited_on, zh: 日期, type: date}]
    scoring:
      id: score
      title: {zh: 评分, en: Score}
      max: 100
      lines: [{id: line, zh: 分数线, en: Line, at_most: param.poor_line}]
      groups:
        - id: see
          zh: 二看
          max: 60
          items:
            - id: house
              zh: 住房
              options:
                none: {zh: 无房, points: 0}
                sound: {zh: 稳固, points: 45.5}
            - {id: road, zh: 通路, points: 14.5}
        - id: reckon
          zh: 三算
          items:
            - id: income
              zh: 收入
              options: {low: {zh: 低, points: param.low}, high: {zh: 高, points: 40}}
steps:
  - id: visit
    title: 入户
    actor: clerk
    form: survey
    outcomes: [{id: done, title: 完成, to: done}]
ends:
  done: {title: 办结, tone: neutral}
"""
POINTS = """
poor_line: {zh: 分数线, unit: score, cite: {document: paper, section: 一}, to_be_set: true, values: []}
low:
  zh: 低收入得分
  unit: score
  cite: {document: paper, section: 一}
  to_be_set: true
  values: [{from: 2016-01-01, value: 10.25, region: "451228"}]
"""


def told(tmp_path: Path, text: str = GOOD, points: str = POINTS) -> list[str]:
    root = tmp_path / "small"
    (root / "procedures").mkdir(parents=True)
    (root / "pack.yaml").write_text(textwrap.dedent("""
        id: small
        title: 小
        jurisdiction: '4512'
        from: 2016-01-01
        documents: {paper: {title: 文件, number: 一号, issued: 2016-01-01}}
    """), encoding="utf-8")  # fmt: skip
    (root / "parameters.yaml").write_text(points, encoding="utf-8")
    (root / "procedures" / "rate.yaml").write_text(text, encoding="utf-8")
    found = check(root)
    assert all(p.file.startswith("small/") and p.line for p in found)
    assert all(p.show("zh") and p.show("en") for p in found)
    return [p.code for p in found]


def test_a_good_one_passes(tmp_path: Path) -> None:
    assert told(tmp_path) == []


FAULTS = [
    ("more points than the group holds", ("points: 14.5", "points: 14.51"), ["score_over"]),
    ("more points than the table holds", ("max: 100", "max: 99"), ["score_over"]),
    ("an item without options", ("options: {low: {zh: 低, points: param.low}, high: {zh: 高, points: 40}}",
                                 "options: {}"), ["score_empty"]),
    ("an item without anything", (", points: 14.5", ""), ["score_item"]),
    ("the same item twice", ("id: road", "id: house"), ["score_twice"]),
    ("an item called as a blank", ("id: road", "id: visited_on"), ["score_twice"]),
    ("the total called as an item", ("id: score", "id: house"), ["score_twice"]),
    ("the same group twice", ("id: reckon", "id: see"), ["score_twice"]),
    ("the same answer twice", ("zh: 稳固", "zh: 无房"), ["score_twice"]),
    ("points that are no number", ("points: 45.5", "points: 很多"), ["bad_value"]),
    ("three places", ("points: 45.5", "points: 45.555"), ["bad_value"]),
    ("a parameter nobody wrote", ("param.low", "param.lower"), ["score_parameter"]),
    ("a line without a score", (", at_most: param.poor_line", ""), ["score_line"]),
    ("a score told to the registry that nobody reckons",
     ("title: 完成, to: done}", "title: 完成, to: done, effects: {household.poverty_score: $survey.house}}"),
     ["effect_score"]),
    ("no maximum", ("      max: 100\n", ""), ["missing_key"]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "codes"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_bad_one_is_refused(tmp_path: Path, change: tuple[str, str], codes: list[str]) -> None:
    assert GOOD.count(change[0]) == 1
    assert set(told(tmp_path, GOOD.replace(*change))) == set(codes)


def test_a_countys_own_points_must_fit_too(tmp_path: Path) -> None:
    assert told(tmp_path, points=POINTS.replace("10.25", "40.01")) == ["score_parameter_over"]


def test_points_in_another_unit_are_refused(tmp_path: Path) -> None:
    assert told(tmp_path, points=POINTS.replace("unit: score", "unit: yuan", 1)) == [
        "score_parameter"
    ]


FORM = of_text(GOOD, "small").forms["survey"]
ANSWERS = {"visited_on": "2016-05-10", "house": "sound", "road": "no", "income": "low"}


def test_the_total_is_exact_and_waits_for_the_county() -> None:
    assert scoring.total(FORM, ANSWERS, {}) is None
    assert scoring.total(FORM, ANSWERS, {"low": Decimal("10.25")}) == Decimal("55.75")
    assert scoring.total(FORM, ANSWERS | {"income": "high", "road": "yes"}, {}) == Decimal(100)
    assert scoring.total(FORM, {"house": "sound"}, {"low": Decimal(1)}) is None
    assert scoring.points_of(FORM, ANSWERS, {})["income"] is None


def test_nobody_types_the_total() -> None:
    _values, wrong = parse(FORM, ANSWERS | {"score": "99"})
    assert [m.code for m in wrong] == ["field_computed"]
    _values, wrong = parse(FORM, ANSWERS | {"house": "castle"})
    assert [m.code for m in wrong] == ["field_wrong"]


def test_the_record_holds_what_the_server_reckons() -> None:
    procedure, on = of_text(GOOD, "small"), date(2016, 5, 10)
    noon = datetime(2016, 5, 10, 12, tzinfo=SHANGHAI)
    person = Who("clerk", "township_clerk", "451228101")
    state = fold(procedure, [opened(procedure, person, on, noon)])
    case = Case("451228101201", points={"low": Decimal("10.25")})
    act = Action("done", "visit", on, "done", values=ANSWERS | {"score": "99"})
    told_ = attempt(procedure, state, case, person, act, noon)
    assert isinstance(told_, Record)
    assert told_.action.values == ANSWERS | {"score": "55.75"}
    unset = attempt(procedure, state, replace(case, points={}), person, act, noon)
    assert isinstance(unset, Record)
    assert unset.action.values == ANSWERS


def test_hechis_survey_names_items_and_leaves_the_points_to_counties() -> None:
    form = procedures("hechi")["identification"].forms["survey"]
    assert form.scoring is not None
    assert {"house", "land", "income", "debts"} <= set(form.scoring.items)
    answers = {f.id: f.options[0].value for f in form.fields if f.id in form.scoring.items}
    assert scoring.total(form, answers, {}) is None
    given = {name: Decimal(5) for name in scoring.parameters(form)}
    assert scoring.total(form, answers, given) == 5 * len(form.scoring.items)
