"""Corrections by form, leaving, revealing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.access import crypto
from bangfu.audit.models import Event
from bangfu.dictionary import entity
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.registry import commands
from bangfu.registry.models import Household, HouseholdYear, Membership, Person, PersonYear
from tests import world as made

CLERK = made.scope(made.GAOLING)
HOUSEHOLD, PERSON = entity("household").fields, entity("person").fields


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (HOUSEHOLD["dwelling_area"], "80.5", Decimal("80.5")),
        (HOUSEHOLD["dwelling_area"], " 80 ", Decimal(80)),
        (HOUSEHOLD["dwelling_area"], "", None),
        (HOUSEHOLD["industry_count"], "3", 3),
        (HOUSEHOLD["has_tv"], "是", True),
        (HOUSEHOLD["has_tv"], "false", False),
        (HOUSEHOLD["renovation_accepted_on"], "2016-02-29", date(2016, 2, 29)),
        (HOUSEHOLD["dwelling_grade"], "C级", "C"),
        (HOUSEHOLD["dwelling_grade"], "C", "C"),
        (HOUSEHOLD["causes_other"], "因病、缺水", ["illness", "water"]),
        (PERSON["id_number"], "11010519491231002x", "11010519491231002X"),
    ],
)
def test_what_people_write_becomes_a_typed_value(field: Any, text: str, value: Any) -> None:
    assert commands.parse(field, text) == value


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (HOUSEHOLD["dwelling_area"], "80.555"),
        (HOUSEHOLD["dwelling_area"], "NaN"),
        (HOUSEHOLD["dwelling_area"], "Infinity"),
        (HOUSEHOLD["dwelling_area"], "1e30"),
        (HOUSEHOLD["dwelling_area"], "99999999999999999.99"),
        (HOUSEHOLD["dwelling_area"], "八十"),
        (HOUSEHOLD["industry_count"], "3.5"),
        (HOUSEHOLD["industry_count"], "99999999999"),
        (HOUSEHOLD["has_tv"], "也许"),
        (HOUSEHOLD["renovation_accepted_on"], "2015-02-29"),
        (HOUSEHOLD["renovation_accepted_on"], "2016年2月"),
        (HOUSEHOLD["dwelling_grade"], "E"),
        (HOUSEHOLD["causes_other"], "因病、因懒"),
        (HOUSEHOLD["hamlet_name"], "x" * 201),
        (HOUSEHOLD["hamlet_name"], "x\0y"),
        (PERSON["id_number"], "110105194912310020"),
    ],
)
def test_a_wrong_value_is_refused_by_name(field: Any, text: str) -> None:
    with pytest.raises(Problem, match="registry.bad_value") as refused:
        commands.parse(field, text)
    assert field.zh in refused.value.message()


@given(st.sampled_from([*HOUSEHOLD.values(), *PERSON.values()]), st.text(max_size=30))
def test_no_text_breaks_a_form(field: Any, text: str) -> None:
    try:
        commands.parse(field, text)
    except Problem as problem:
        assert problem.code == "registry.bad_value"


@pytest.mark.django_db
def test_a_correction_reaches_each_table(world: None) -> None:
    event_id = commands.correct_household(
        CLERK, made.FIRST, 2016,
        {"dwelling_grade": "B级", "phone": "13900001111", "income_wages": "", "food_secure": "是"},
        reason="入户核实",
    )  # fmt: skip
    row = Household.objects.get(pk=made.FIRST)
    assert row.dwelling_grade == "B"
    assert crypto.unseal(row.phone_sealed) == "13900001111"
    assert bytes(row.phone_blind) == crypto.blind("phone", "13900001111")
    year = HouseholdYear.objects.get(household_no=made.FIRST, year=2016)
    assert (year.income_wages, year.food_secure) == (None, True)
    kept = Event.objects.get(pk=event_id)
    assert kept.detail["reason"] == "入户核实"
    assert "13900001111" not in str(kept.detail)


@pytest.mark.django_db
def test_a_year_without_values_begins_with_its_first(world: None) -> None:
    commands.correct_person(
        CLERK, f"{made.FIRST}02", 2017, {"school_stage": "小学"}, reason="新学年"
    )
    row = PersonYear.objects.get(person_no=f"{made.FIRST}02", year=2017)
    assert (row.school_stage, row.village_code) == ("primary", made.DINGFU)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"status": "exited"}, "registry.not_writable"),
        ({"household_no": "1"}, "registry.not_writable"),
        ({"phone_sealed": "x"}, "registry.not_writable"),
        ({"no_such": "x"}, "registry.not_writable"),
        ({"dwelling_grade": "B", "dwelling_area": "much"}, "registry.bad_value"),
    ],
)
def test_all_or_nothing(world: None, values: dict[str, str], code: str) -> None:
    with pytest.raises(Problem, match=code):
        commands.correct_household(CLERK, made.FIRST, 2016, values, reason="x")
    assert Household.objects.get(pk=made.FIRST).dwelling_grade is None
    assert not Event.objects.filter(action="household.corrected").exists()


@pytest.mark.django_db
def test_only_within_one_s_own_and_with_the_right(world: None) -> None:
    person = f"{made.FOREIGN}01"
    for write in (
        lambda s: commands.correct_household(s, made.FOREIGN, 2016, {}, reason="x"),
        lambda s: commands.correct_person(s, person, 2016, {}, reason="x"),
        lambda s: commands.end_membership(s, person, date(2016, 1, 1), "x"),
        lambda s: commands.reveal(s, "person", person, "name", reason="x"),
    ):
        with pytest.raises(Problem, match="registry.household_not_found"):
            write(CLERK)
        with pytest.raises(Problem, match="access.no_right"):
            write(made.scope(made.DUAN, "county_department"))


@pytest.mark.django_db
def test_leaving(world: None) -> None:
    person = f"{made.FIRST}02"
    for day in (clock.today() + timedelta(days=1), date(2010, 1, 1)):
        with pytest.raises(Problem, match="registry.bad_value"):
            commands.end_membership(CLERK, person, day, "外嫁")
    commands.end_membership(CLERK, person, date(2016, 6, 1), "外嫁")
    assert Membership.objects.get(person_no=person).ended_on == date(2016, 6, 1)
    with pytest.raises(Problem, match="registry.already_left"):
        commands.end_membership(CLERK, person, date(2016, 7, 1), "外嫁")


@pytest.mark.django_db
def test_revealing_takes_a_reason_and_is_kept(world: None) -> None:
    person = f"{made.FIRST}01"
    for reason in ("", "  "):
        with pytest.raises(Problem, match="access.reveal_needs_reason"):
            commands.reveal(CLERK, "person", person, "name", reason=reason)
    for name in ("sex", "name_sealed", "nothing"):
        with pytest.raises(Problem, match="registry.not_writable"):
            commands.reveal(CLERK, "person", person, name, reason="核对")
    assert commands.reveal(CLERK, "person", person, "name", reason="核对名单") == "韦大明"
    assert commands.reveal(CLERK, "household", made.FIRST, "phone", reason="回访") == "13977810001"
    assert commands.reveal(CLERK, "household", made.SECOND, "phone", reason="回访") == ""
    kept = Event.objects.filter(action__endswith=".revealed")
    assert kept.count() == 3
    assert kept.get(action="person.revealed").detail == {"field": "name", "reason": "核对名单"}
    assert not [s for s in made.secrets() if s in str(list(kept.values()))]
    assert Person.objects.filter(name_blind=crypto.blind("name", "韦大明")).count() == 1
