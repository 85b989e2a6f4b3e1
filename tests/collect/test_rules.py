"""Every rule of the list is broken once, and the row beside it passes."""

from __future__ import annotations

from typing import Any

import pytest

from bangfu.collect import rules
from tests import world
from tests.collect.files import NEW_HOME, head, home

SON = world.id_number("45272820100101123")  # male, born 2010-01-01
WIFE = world.id_number("45272819760101124")


def wife(**values: Any) -> dict[str, Any]:
    return head(serial=2, name="黄秀英", id_number=WIFE, sex="女", birth_date="1976-01-01",
                relation="配偶", spouse_no=f"{NEW_HOME}01") | values  # fmt: skip


def son(**values: Any) -> dict[str, Any]:
    return head(serial=3, name="韦小强", id_number=SON, sex="男", birth_date="2010-01-01",
                relation="子女", father_no=f"{NEW_HOME}01", mother_no=f"{NEW_HOME}02",
                school_stage="小学", school_year=1) | values  # fmt: skip


def family(who: str = "", **values: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A family that passes, but for `values` of home, head, wife or son."""
    made = {
        "home": home(category="一般贫困户"),
        "head": head(spouse_no=f"{NEW_HOME}02", labour="普通劳动力"), "wife": wife(), "son": son(),
    }  # fmt: skip
    if who:
        made[who] |= values
    return [made["home"]], [made["head"], made["wife"], made["son"]]


BROKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("household.village_of_number", "home", {"village_code": world.SANLIAN}),
    ("household.registered_future", "home", {"registered_on": "2999-01-01"}),
    ("household.registered_early", "home", {"registered_on": "1990-01-01"}),
    ("household.registered_before_filing", "home", {"registered_on": "2012-05-01"}),
    ("household.cause_repeated", "home", {"cause_main": "因病", "causes_other": "因病"}),
    ("household.causes_twice", "home", {"causes_other": "因病、因病"}),
    ("household.no_dwelling_area", "home", {"dwelling_structure": "无房", "dwelling_area": 50}),
    ("household.dwelling_without_area", "home", {"dwelling_structure": "砖混", "dwelling_area": 0}),
    ("household.months_without_building", "home", {"build_months_left": 3}),
    ("household.finished_with_months", "home", {"build_progress": 1, "build_months_left": 3}),
    ("household.accepted_without_renovation", "home",
     {"renovation": "无", "renovation_accepted_on": "2016-05-01"}),
    ("household.accepted_future", "home",
     {"renovation": "修缮加固", "renovation_accepted_on": "2999-05-01"}),
    ("household.accepted_early", "home",
     {"renovation": "修缮加固", "renovation_accepted_on": "2001-05-01"}),
    ("household.cost_without_renovation", "home", {"renovation": "无", "renovation_cost": 9}),
    ("household.kind_without_relocation", "home",
     {"relocation": "否", "relocation_kind": "建档立卡"}),
    ("household.settled_without_relocation", "home", {"relocation": "否", "resettlement_area": 60}),
    ("household.moved_without_area", "home", {"relocation": "已搬迁"}),
    ("household.confirmed_without_relocation", "home",
     {"relocation": "否", "resettlement_confirmed": "是"}),
    ("person.birth_future", "wife", {"id_number": None, "birth_date": "2999-01-01"}),
    ("person.age_impossible", "wife", {"id_number": None, "birth_date": "1890-01-01"}),
    ("person.age_high", "wife", {"id_number": None, "birth_date": "1910-01-01"}),
    ("person.id_birth", "head", {"birth_date": "1975-01-02"}),
    ("person.id_sex", "head", {"sex": "女"}),
    ("person.stage_preschool", "head", {"school_stage": "学前"}),
    ("person.stage_primary", "head", {"school_stage": "小学"}),
    ("person.stage_junior", "head", {"school_stage": "初中"}),
    ("person.stage_senior", "head", {"school_stage": "普通高中"}),
    ("person.stage_higher", "son", {"school_stage": "本科"}),
    ("person.stage_postgraduate", "son", {"school_stage": "研究生"}),
    ("person.grade_of_stage", "son", {"school_year": 7}),
    ("person.grade_without_stage", "son", {"school_stage": "非在校"}),
    ("person.boarding_without_stage", "head", {"school_stage": "非在校", "boarding": "是"}),
    ("person.admitted_without_stage", "head", {"school_stage": "非在校", "newly_admitted": "是"}),
    ("person.dropout_in_school", "son", {"dropout": "因贫失学"}),
    ("person.compulsory_unexplained", "son",
     {"birth_date": "2006-01-01", "id_number": None, "school_stage": "非在校", "school_year": None}),
    ("person.level_above_age", "son", {"education_level": "本科"}),
    ("person.kind_without_grade", "head", {"disability_kind": "肢体"}),
    ("person.grade_without_kind", "head", {"disability_grade": 2}),
    ("person.reimbursed_above_cost", "head", {"inpatient_cost": 100, "reimbursed": 200}),
    ("person.reimbursed_without_cost", "head", {"reimbursed": 200}),
    ("person.both_supports", "head", {"on_dibao": "是", "on_wubao": "是"}),
    ("person.wubao_household", "head", {"on_wubao": "是"}),
    ("person.works_as_child", "son", {"months_working_away": 3}),
    ("person.works_without_labour", "head", {"labour": "丧失或无劳动力", "months_working_away": 3}),
    ("person.labour_as_child", "son", {"labour": "普通劳动力"}),
    ("person.spouse_relation_sex", "wife", {"sex": "男", "id_number": None}),
    ("person.spouse_young", "wife", {"birth_date": "2001-01-01", "id_number": None}),
    ("person.spouse_answers", "head", {"spouse_no": f"{NEW_HOME}03"}),
    ("person.father_sex", "son", {"father_no": f"{NEW_HOME}02"}),
    ("person.mother_sex", "son", {"mother_no": f"{NEW_HOME}01"}),
    ("person.father_age", "head", {"id_number": None, "birth_date": "2005-01-01"}),
    ("person.mother_age", "wife", {"id_number": None, "birth_date": "2005-01-01"}),
    ("person.own_relative", "son", {"father_no": f"{NEW_HOME}03"}),
    ("key_missing", "home", {"village_code": None}),
    ("key_missing", "son", {"person_no": None}),
    ("village_unknown", "home", {"village_code": f"{world.GAOLING}999"}),
    ("household_unknown", "son", {"household_no": f"{world.DINGFU}000077"}),
    ("number_of_household", "son", {"person_no": f"{world.DINGFU}00007703"}),
    ("father_unknown", "son", {"father_no": f"{NEW_HOME}09"}),
    ("mother_unknown", "son", {"mother_no": f"{NEW_HOME}09"}),
    ("spouse_unknown", "head", {"spouse_no": f"{NEW_HOME}09"}),
    ("id_twice", "son", {"id_number": WIFE}),
    ("two_heads", "wife", {"relation": "户主"}),
    ("no_head", "head", {"relation": "其他"}),
    ("key_twice", "son", {"person_no": f"{NEW_HOME}02"}),
]  # fmt: skip


def codes(batch: Any) -> set[str]:
    return {line["code"] for line in batch.summary}


def test_the_family_passes(give: Any) -> None:
    assert codes(give(*family())) == set()


@pytest.mark.parametrize(
    ("code", "who", "values"), BROKEN, ids=lambda v: v if isinstance(v, str) else ""
)
def test_broken(give: Any, code: str, who: str, values: dict[str, Any]) -> None:
    batch = give(*family(who, **values))
    assert code in codes(batch)
    if rules.every()[code].level == "error":
        assert batch.state == "refused"


def test_every_rule_is_broken_somewhere() -> None:
    """Rules of cells are in test_cells; those not here are tested where they need the registry."""
    elsewhere = {
        "out_of_scope", "id_registered", "household_refused", "dibao_household",
        *rules._raw()["cells"],
    }  # fmt: skip
    assert {code for code, _, _ in BROKEN} | elsewhere == set(rules.every())


def test_rules_are_complete() -> None:
    for code, level, _where, zh, todo in rules.as_rows():
        assert level in ("错误", "提醒")
        assert zh, code
        assert todo, code


def test_refused_household_takes_its_new_members_along(give: Any) -> None:
    batch = give(*family("home", dwelling_area=-1))
    assert batch.counts["person"]["refused"] == 3
    assert "household_refused" in codes(batch)


def test_unknown_is_no_fault(give: Any) -> None:
    """A rule whose inputs are not known says nothing (三值逻辑)."""
    batch = give(*family("home", relocation=None, relocation_kind="建档立卡"))
    assert codes(batch) == set()


def test_dibao_household_without_dibao_member(give: Any) -> None:
    households, persons = family("home", category="低保贫困户")
    for person in persons:
        person["on_dibao"] = "否"
    batch = give(households, persons)
    assert codes(batch) == {"dibao_household"}
    assert batch.state == "staged"


def test_rules_see_what_the_registry_knows(give: Any) -> None:
    """The file says only the stage; the age stands in the registry."""
    child = f"{world.FIRST}02"
    give([], [{"person_no": child, "birth_date": "2008-02-14"}])
    batch = give([], [{"person_no": f"{world.FIRST}01", "birth_date": "1970-01-01"}])
    from bangfu.collect import commands
    from tests.collect.files import quiet

    commands.apply(world.scope(world.GAOLING), batch.pk, quiet)
    batch = give([], [{"person_no": f"{world.FIRST}01", "school_stage": "小学"}])
    assert "person.stage_primary" in codes(batch)


def test_second_head_against_the_registry(give: Any) -> None:
    batch = give([], [head(world.FIRST, serial=3, id_number=None)])
    assert codes(batch) == {"two_heads"}


def test_the_reference_page_lists_the_rules() -> None:
    """`python -m bangfu.collect.rules` makes the table."""
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")
    assert page.endswith(rules.as_markdown())
