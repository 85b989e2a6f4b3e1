"""Undoing an event: every row as it was before, or a refusal."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection

from bangfu import audit
from bangfu.access.session import scoped
from bangfu.kernel.problems import Problem
from bangfu.registry import undo
from bangfu.registry.models import Household, HouseholdYear, Membership, Person, PersonYear
from tests import world as made

pytestmark = pytest.mark.django_db
TABLES = ("household", "household_year", "person", "person_year", "membership", "village")
CITY = made.scope(made.CITY, "city_office")
NEW = f"{made.DINGFU}000050"


def act(region_code: str = made.DUAN) -> Any:
    return audit.event("import.applied", actor=made.ACTOR, region_code=region_code)


def everything() -> dict[str, list[Any]]:
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT to_jsonb(t)::text FROM registry_{table} t ORDER BY 1")
            found[table] = [row[0] for row in cursor.fetchall()]
    return found


def undone_is_as_before(event_id: int, before: dict[str, list[Any]]) -> None:
    assert undo.preview(CITY, event_id).possible
    undo.undo(CITY, event_id, reason="试")
    connection.check_constraints()
    assert everything() == before
    assert audit.verify().ok


def test_corrections_go_back(world: None) -> None:
    before = everything()
    with act() as event:
        Household.objects.filter(village_code=made.DINGFU).update(
            status="exited", causes_other=["land"], dwelling_area="60.25", hamlet_name="",
            phone_blind=None, phone_sealed=None,
        )  # fmt: skip
        HouseholdYear.objects.update(income_wages=None, food_secure=True)
        PersonYear.objects.filter(person_no=f"{made.FIRST}02").update(school_stage="primary")
    assert everything() != before
    undone_is_as_before(event.id, before)


def test_new_rows_go_and_removed_rows_come_back(world: None) -> None:
    before = everything()
    with act() as event:
        made.household(NEW, status="candidate")
        made.person(NEW, 1, "新来人", "x")
        gone = f"{made.FIRST}02"
        Membership.objects.filter(person_no=gone).delete()
        PersonYear.objects.filter(person_no=gone).delete()
        Person.objects.filter(pk=gone).delete()
    undone_is_as_before(event.id, before)


def test_a_row_touched_again_and_again_goes_back_to_the_first(world: None) -> None:
    before = everything()
    first = Household.objects.filter(pk=made.FIRST)
    with act() as event:
        first.update(status="exited", dwelling_area=1)
        first.update(status="returned", has_tv=True)
        first.update(status="removed", dwelling_area=None)
        made.household(NEW)
        Household.objects.filter(pk=NEW).update(status="exited")
        year = HouseholdYear.objects.filter(household_no=made.FIRST)
        year.update(income_wages=7)
        connection.cursor().execute(
            "DELETE FROM registry_household_year WHERE household_no = %s", [made.FIRST]
        )
        HouseholdYear.objects.create(
            household_no=made.FIRST, year=2016, village_code=made.DINGFU, income_wages=9
        )
    undone_is_as_before(event.id, before)


def test_made_and_removed_in_one_event_is_nothing(world: None) -> None:
    before = everything()
    with act() as event:
        made.household(NEW)
        HouseholdYear.objects.filter(household_no=NEW).delete()
        Household.objects.filter(pk=NEW).delete()
    undone_is_as_before(event.id, before)


def test_a_move_between_households_goes_back(world: None) -> None:
    before = everything()
    mover = f"{made.FIRST}02"
    with act() as event:
        Membership.objects.filter(person_no=mover).update(ended_on=date(2016, 5, 1))
        Membership.objects.create(
            person_no=mover, household_no=made.SECOND, village_code=made.DINGFU,
            started_on=date(2016, 5, 1),
        )  # fmt: skip
        Person.objects.filter(pk=mover).update(household_no=made.SECOND, relation="other")
    undone_is_as_before(event.id, before)


def test_places_go_back(world: None) -> None:
    from bangfu.registry.models import Village, VillageYear

    before = everything()
    with act() as event:
        Village.objects.filter(pk=made.DINGFU).update(is_poverty_village=True)
        VillageYear.objects.create(village_code=made.DINGFU, year=2016, has_clinic=True)
    undone_is_as_before(event.id, before)
    assert not VillageYear.objects.exists()


def test_an_undoing_can_itself_be_undone(world: None) -> None:
    with act() as event:
        Household.objects.filter(pk=made.FIRST).update(status="exited")
    after = everything()
    again = undo.undo(CITY, event.id, reason="错")
    undo.undo(CITY, again, reason="没错")
    assert everything() == after


def test_later_work_is_never_undone_beneath_somebody(world: None) -> None:
    with act() as event:
        Household.objects.filter(village_code=made.DINGFU).update(status="exited")
    with act() as later:
        Household.objects.filter(pk=made.SECOND).update(has_tv=True)
    before = everything()
    seen = undo.preview(CITY, event.id)
    assert (seen.conflicts, seen.example, seen.possible) == (1, made.SECOND, False)
    with pytest.raises(Problem, match="registry.undo_conflict"):
        undo.undo(CITY, event.id, reason="试")
    assert everything() == before
    undo.undo(CITY, later.id, reason="先撤后面的")


@pytest.mark.parametrize("what", ["year", "person", "membership"])
def test_later_rows_that_hang_on_new_ones_are_conflicts(world: None, what: str) -> None:
    with act() as event:
        made.household(NEW)
        made.person(NEW, 1, "新来人", "x")
    with act():
        if what == "year":
            HouseholdYear.objects.create(household_no=NEW, year=2017, village_code=made.DINGFU)
        elif what == "person":
            made.person(NEW, 2, "又来人", "y")
        else:
            mover = f"{made.FIRST}02"
            Membership.objects.filter(person_no=mover).update(ended_on=date(2016, 5, 1))
            Membership.objects.create(
                person_no=mover, household_no=NEW, village_code=made.DINGFU,
                started_on=date(2016, 5, 1),
            )  # fmt: skip
    before = everything()
    with pytest.raises(Problem, match="registry.undo_conflict"):
        undo.undo(CITY, event.id, reason="试")
    assert everything() == before


def test_once_is_enough(world: None) -> None:
    with act() as event:
        Household.objects.update(status="exited")
    undo.undo(CITY, event.id, reason="试")
    assert undo.was_undone(event.id)
    with pytest.raises(Problem, match="registry.nothing_to_undo"):
        undo.undo(CITY, event.id, reason="再试")


def test_nothing_is_undone_outside_the_scope(world: None) -> None:
    with act(made.GAOLING) as event:
        Household.objects.filter(village_code=made.DINGFU).update(status="exited")
    before = everything()
    for code in (made.NANDAN, made.DISU, made.DINGFU):
        with pytest.raises(Problem), scoped(made.scope(code)):
            undo.undo(made.scope(code), event.id, reason="试")
    assert everything() == before


def test_nothing_is_undone_by_half_behind_the_wall(world: None) -> None:
    with act(made.GAOLING) as event:  # says one township, reached into another
        Household.objects.filter(pk__in=[made.FIRST, made.FOREIGN]).update(status="exited")
    before = everything()
    clerk = made.scope(made.GAOLING)
    with pytest.raises(Problem, match="access.out_of_scope"), scoped(clerk):
        undo.undo(clerk, event.id, reason="试")
    assert everything() == before


def test_a_clerk_undoes_behind_the_wall(world: None) -> None:
    before = everything()
    with act(made.GAOLING) as event:
        made.household(NEW)
        Household.objects.filter(pk=made.FIRST).update(status="exited")
    clerk = made.scope(made.GAOLING)
    with scoped(clerk):
        undo.undo(clerk, event.id, reason="试")
    assert everything() == before
