"""Loading the demo city into an empty registry: every row, sealed, under one audit event."""

from __future__ import annotations

import pytest
from django.db import connection

from bangfu import audit, demo
from bangfu.access import crypto
from bangfu.audit.models import Event
from bangfu.demo import load
from bangfu.kernel.problems import Problem
from bangfu.registry.models import (
    County,
    CountyYear,
    Household,
    HouseholdYear,
    Membership,
    Person,
    PersonYear,
    Village,
    VillageYear,
)

pytestmark = pytest.mark.django_db
PERSONS = 1_000


def test_the_registry_holds_the_city() -> None:
    seen: list[tuple[int, int]] = []
    summary = load.fill(PERSONS, seed=7, progress=lambda done, total, _: seen.append((done, total)))
    assert seen[-1] == (11, 11)
    households = summary.counts["households"]
    assert Person.objects.count() == PersonYear.objects.count() == PERSONS
    assert Household.objects.count() == HouseholdYear.objects.count() == households
    assert Village.objects.count() == VillageYear.objects.count() == 1666
    assert County.objects.count() == CountyYear.objects.count() == 11
    assert Village.objects.filter(is_poverty_village=True).count() == 684
    assert Membership.objects.filter(ended_on=None).count() == PERSONS
    part = next(demo.city(PERSONS, 7))
    wanted = part.person.to_pylist()[0]
    person = Person.objects.get(person_no=wanted["person_no"])
    year = PersonYear.objects.get(person_no=wanted["person_no"], year=2016)
    assert crypto.unseal(person.name_sealed) == wanted["name"]
    assert bytes(person.id_number_blind) == crypto.blind("id_number", wanted["id_number"])
    assert person.birth_date == wanted["birth_date"]
    assert person.village_code == wanted["person_no"][:12]
    assert year.medical_insurance == wanted["medical_insurance"]
    home = part.household.to_pylist()[0]
    kept = Household.objects.get(household_no=home["household_no"])
    assert kept.causes_other == home["causes_other"]
    assert kept.dwelling_area == home["dwelling_area"]


def test_it_is_one_event_and_the_chain_holds() -> None:
    load.fill(PERSONS)
    event = Event.objects.get(action="demo.loaded")
    assert event.detail["persons_collected"] == PERSONS
    assert event.changes >= 2 * PERSONS
    assert audit.verify().ok


def test_no_plain_personal_data_is_stored() -> None:
    load.fill(PERSONS)
    part = next(demo.city(PERSONS))
    name = part.person["name"][0].as_py()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM registry_person p WHERE p::text LIKE %s", [f"%{name}%"]
        )
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM audit_change c WHERE c::text LIKE %s", [f"%{name}%"])
        assert cursor.fetchone() == (0,)


def test_a_filled_registry_is_refused() -> None:
    load.fill(PERSONS)
    with pytest.raises(Problem, match=r"demo\.registry_not_empty"):
        load.fill(PERSONS)
    assert Person.objects.count() == PERSONS


def test_a_broken_load_leaves_it_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("pulled the plug")

    with monkeypatch.context() as patched:
        patched.setattr(load, "_analyze", broken)
        with pytest.raises(RuntimeError):
            load.fill(PERSONS)
    assert not Household.objects.exists()
    assert not Person.objects.exists()
