"""`bangfu policy check` on procedures: what cannot be walked is refused, with its line."""

from __future__ import annotations

import textwrap
from datetime import date
from pathlib import Path

import pytest
import yaml

from bangfu.kernel.workdays import add_workdays, announced, is_workday
from bangfu.policy.checking import check
from bangfu.policy.loading import load_pack, packs_dir
from bangfu.policy.procedures import days
from bangfu.policy.procedures.answers import parse
from bangfu.policy.procedures.definition import Span, YearDay
from bangfu.policy.procedures.library import of_text, procedures, text_of

GOOD = """
id: leave
title: 请假
subject: household
opening: {actor: clerk, enrols: [clerk]}
calendars: {year: {zh: 全年}}
actors:
  clerk: {title: 乡镇, roles: [township_clerk], level: township}
  county: {title: 县, roles: [county_office], level: county}
forms:
  ask: {title: 申请, fields: [{id: why, zh: 事由, type: text}]}
steps:
  - id: apply
    title: 申请
    actor: clerk
    form: ask
    due: 06-30
    outcomes: [{id: sent, title: 报县, to: decide}]
  - id: decide
    title: 审批
    actor: county
    due: {working_days: 10, after: apply}
    returns: [apply]
    outcomes:
      - id: granted
        title: 同意
        to: [{to: apply, when: {ask.why: 重来}}, {to: done}]
      - {id: refused, title: 不同意, tone: fail, to: done, bare: true}
ends:
  done: {title: 办结, tone: neutral}
"""


def told(tmp_path: Path, text: str, name: str = "leave") -> list[str]:
    root = tmp_path / "small"
    (root / "procedures").mkdir(parents=True)
    (root / "pack.yaml").write_text(
        "id: small\ntitle: 小\njurisdiction: '4512'\nfrom: 2016-01-01\n", encoding="utf-8"
    )
    (root / "procedures" / f"{name}.yaml").write_text(textwrap.dedent(text), encoding="utf-8")
    found = check(root)
    assert all(p.file == f"small/procedures/{name}.yaml" and p.line for p in found)
    assert all(p.show("zh") and p.show("en") for p in found)
    return [p.code for p in found]


def test_a_good_one_passes(tmp_path: Path) -> None:
    assert told(tmp_path, GOOD) == []


FAULTS = [
    ("an unreachable step", ("to: decide}]", "to: done}]"), ["unreachable"]),
    ("a loop without exit",
     ("[{to: apply, when: {ask.why: 重来}}, {to: done}]", "apply"), []),
    ("no end can be reached",
     ("      - {id: refused, title: 不同意, tone: fail, to: done, bare: true}\n", ""), []),
    ("a role that does not exist", ("[county_office]", "[county_boss]"), ["unknown_role"]),
    ("a role without accounts there", ("level: county}", "level: village}"), ["role_level"]),
    ("an actor nobody is", ("actor: county", "actor: king"), ["unknown_actor"]),
    ("a form nobody wrote", ("form: ask", "form: tell"), ["unknown_form"]),
    ("a step nobody wrote", ("to: decide}]", "to: decid}]"),
     ["unknown_step", "unreachable", "unreachable_end", "no_exit"]),
    ("returning forward", ("returns: [apply]", "returns: [decide]"), ["return_forward"]),
    ("a deadline that is none", ("06-30", "06-31"), ["bad_year_day"]),
    ("a deadline in the year without calendars", ("calendars: {year: {zh: 全年}}\n", ""),
     ["only_batched"]),
    ("a calendar nobody wrote", ("due: 06-30", "due: {half: 06-30}"),
     ["unknown_calendar", "calendar_gap"]),
    ("a span without length", ("{working_days: 10, after: apply}", "{after: apply}"),
     ["span_length"]),
    ("a condition on nothing", ("{ask.why: 重来}", "{ask.whom: 重来}"), ["unknown_name"]),
    ("a branch that may lead nowhere", ("}, {to: done}]", "}]"), ["branch_open"]),
    ("a wrong code of a field", ("{ask.why: 重来}", "{county.county_kind: rich}"),
     ["unknown_code"]),
    ("another id than the file", ("id: leave", "id: stay"), ["procedure_id"]),
    ("an end that restarts nothing", ("tone: neutral}", "tone: neutral, restart: gone}"),
     ["unknown_procedure"]),
    ("an unknown key", ("bare: true}", "bald: true}"), ["unknown_key"]),
    ("no outcome", ("outcomes: [{id: sent, title: 报县, to: decide}]", "outcomes: []"),
     ["no_outcomes", "unreachable", "unreachable_end", "no_exit"]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "codes"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_bad_one_is_refused(tmp_path: Path, change: tuple[str, str], codes: list[str]) -> None:
    assert change[0] in GOOD
    found = told(tmp_path, GOOD.replace(*change))
    assert not codes or set(found) == set(codes)


def test_a_loop_without_exit_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace("[{to: apply, when: {ask.why: 重来}}, {to: done}]", "apply").replace(
        "tone: fail, to: done", "tone: fail, to: apply"
    )
    assert told(tmp_path, text) == ["no_exit", "no_exit", "unreachable_end"]


def test_an_end_restarts_only_a_procedure_of_the_same_subject(tmp_path: Path) -> None:
    folder = tmp_path / "small" / "procedures"
    folder.mkdir(parents=True)
    other = GOOD.replace("id: leave", "id: other").replace("subject: household", "subject: county")
    (folder / "other.yaml").write_text(other, encoding="utf-8")
    (folder.parent / "pack.yaml").write_text(
        "id: small\ntitle: 小\njurisdiction: '4512'\nfrom: 2016-01-01\n", encoding="utf-8"
    )
    text = GOOD.replace("tone: neutral}", "tone: neutral, restart: other}")
    (folder / "leave.yaml").write_text(text, encoding="utf-8")
    assert [p.code for p in check(folder.parent)] == ["restart_subject"]


def test_rules_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    text = GOOD.replace("zh: 事由, type: text}]", "zh: 事由, type: text}], items: [{id: a, zh: 甲,"
                        " rule: X-1}]")  # fmt: skip
    assert told(tmp_path, text) == ["unknown_rule"]


@pytest.mark.parametrize("pack", [p.parent.name for p in packs_dir().glob("*/pack.yaml")])
def test_every_procedure_of_the_packs_is_sound_and_in_both_languages(pack: str) -> None:
    load_pack(pack)
    for found in procedures(pack).values():
        assert [*of_text(text_of(found), found.pack).steps] == [*found.steps]
        titles = [found.title, *(a.title for a in found.actors.values())]
        titles += [
            t for s in found.steps.values() for t in (s.title, *(o.title for o in s.outcomes))
        ]
        titles += [b.title for f in found.forms.values() for b in (*f.fields, *f.items)]
        assert [t.zh for t in titles if not t.en] == []


def test_the_reference_names_every_key() -> None:
    from bangfu.policy.procedures import parts, reading

    text = (Path(__file__).parents[2] / "docs" / "procedures.md").read_text(encoding="utf-8")
    keys = {*reading._KEYS, *reading._STEP_KEYS, *reading._OUTCOME_KEYS, *parts._FIELD_KEYS,
            *parts._SPAN}  # fmt: skip
    assert {k for k in keys if f"`{k}`" not in text} == set()
    block = text.split("```yaml\n")[1].split("```")[0]
    assert yaml.safe_load(block)["steps"]


def test_days() -> None:
    assert days.add_months(date(2016, 1, 31), 1) == date(2016, 2, 29)
    assert days.in_year(YearDay(1, 2, 0), 2016) == date(2017, 2, 28)
    assert days.in_year(YearDay(0, 2, 29), 2017) == date(2017, 2, 28)
    assert days.ends(Span(month_end=True), date(2017, 2, 10)) == date(2017, 2, 28)
    # National Day 2016: 1-7 October off, 8 and 9 October worked in exchange.
    assert days.ends(Span(days=3, working=True), date(2016, 9, 30)) == date(2016, 10, 10)
    assert is_workday(date(2016, 10, 8))
    assert not is_workday(date(2016, 10, 7))
    assert add_workdays(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert announced(2016)
    assert not announced(2031)
    assert add_workdays(date(2031, 1, 3), 1) == date(2031, 1, 6)


def test_answers_are_typed_or_told() -> None:
    form = procedures("hechi")["household-exit"].forms["verification"]
    values, wrong = parse(form, {"net_income": "3100.50", "helper_present": "是", "dropouts": "",
                                 "visited_on": "2016-05-10", "absent": False})  # fmt: skip
    assert not wrong
    assert values == {"net_income": "3100.50", "helper_present": True, "absent": False,
                      "visited_on": "2016-05-10"}  # fmt: skip
    bad = {"net_income": "1e99", "dropouts": "21", "visited_on": "5月", "absent": "maybe", "x": "1"}
    _values, wrong = parse(form, bad)
    assert [w.code for w in wrong] == ["field_wrong"] * 4 + ["field_unknown"]
