"""Closing a period: what is in the registry is what is in the lake, to the cent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import override_settings

from bangfu import audit, lake
from bangfu.access import system_scope
from bangfu.audit.models import Event
from bangfu.kernel.problems import Problem
from bangfu.registry import snapshot
from bangfu.registry.models import (
    County,
    CountyYear,
    Household,
    HouseholdYear,
    Membership,
    SnapshotTaken,
    VillageYear,
)  # fmt: skip
from tests import world as made

pytestmark = pytest.mark.django_db
ME = system_scope()


def take(path: Path, period: str = "2016-12") -> lake.Snapshot:
    return lake.Snapshot.open(snapshot.take(ME, period, out=path).path)


def households(found: lake.Snapshot) -> dict[str, dict[str, object]]:
    return {r["household_no"]: r for r in found.read("household").to_pylist()}


def test_values_are_exact_and_unknown_stays_unknown(world: None, tmp_path: Path) -> None:
    with audit.event("test.values", actor=made.ACTOR):
        Household.objects.filter(pk=made.FIRST).update(
            causes_other=["land", "water"], hamlet_name="", group_no='一组,"东"\n二',
            dwelling_area=Decimal("0.10"), registered_on=date(2015, 12, 31), has_tv=False,
        )  # fmt: skip
        Household.objects.filter(pk=made.SECOND).update(causes_other=[], hamlet_name="t")
        HouseholdYear.objects.filter(household_no=made.FIRST).update(
            income_wages=Decimal("9007199254740993.01"), industry_count=0
        )
        HouseholdYear.objects.create(
            household_no=made.FIRST, year=2015, village_code=made.DINGFU, income_wages=1
        )
        VillageYear.objects.create(village_code=made.DINGFU, year=2016, clinic_distance_km="1.25")
        County.objects.filter(pk=made.DUAN).update(county_kind="national_key")
        CountyYear.objects.create(county_code=made.DUAN, year=2016, industries=3)
    found = take(tmp_path / "s")
    found.verify()
    first, second = (households(found)[n] for n in (made.FIRST, made.SECOND))
    assert first["income_wages"] == Decimal("9007199254740993.01")
    assert first["dwelling_area"] == Decimal("0.10")
    assert (first["causes_other"], second["causes_other"]) == (["land", "water"], [])
    assert households(found)[made.FOREIGN]["causes_other"] is None
    assert (first["hamlet_name"], second["hamlet_name"]) == ("", "t")
    assert households(found)[made.FOREIGN]["hamlet_name"] is None
    assert first["group_no"] == '一组,"东"\n二'
    assert (first["has_tv"], second["has_tv"]) == (False, None)
    assert (first["industry_count"], second["industry_count"]) == (0, None)
    assert first["registered_on"] == date(2015, 12, 31)
    village = {r["village_code"]: r for r in found.read("village").to_pylist()}
    assert village[made.DINGFU]["clinic_distance_km"] == Decimal("1.25")
    county = {r["county_code"]: r for r in found.read("county").to_pylist()}
    assert (county[made.DUAN]["county_kind"], county[made.DUAN]["industries"]) == (
        "national_key",
        3,
    )


def test_each_year_has_its_own_values(world: None, tmp_path: Path) -> None:
    assert households(take(tmp_path / "a", "2015"))[made.FIRST]["income_wages"] is None
    assert households(take(tmp_path / "b", "2016"))[made.FIRST]["income_wages"] == Decimal(
        "1200.50"
    )


def test_persons_who_left_are_absent(world: None, tmp_path: Path) -> None:
    with audit.event("test.left", actor=made.ACTOR):
        Membership.objects.filter(person_no=f"{made.FIRST}02").update(ended_on=date(2016, 6, 1))
    found = take(tmp_path / "s")
    present = {r["person_no"] for r in found.read("person").to_pylist()}
    assert present == {f"{n}01" for n, _p, _m in made.FAMILIES}


def test_counties_stand_apart_and_hold_nobody_s_name(world: None, tmp_path: Path) -> None:
    found = take(tmp_path / "s")
    assert found.row_count("household", made.DUAN) == 4
    assert found.row_count("household", made.NANDAN) == 1
    names = {n for entity in lake.ENTITIES for n in found.schema(entity).names}
    assert not names & {"name", "id_number", "phone", "bank_account"}
    content = b"".join(p.read_bytes() for p in (tmp_path / "s").rglob("*") if p.is_file())
    assert not [s for s in made.secrets() if s.encode() in content]


def test_it_is_recorded_and_a_second_stands_beside_it(world: None, tmp_path: Path) -> None:
    with override_settings(BANGFU_VAR=tmp_path):
        first, second = snapshot.take(ME, "2016-12"), snapshot.take(ME, "2016-12")
    assert [Path(s.path).name for s in (first, second)] == ["2016-12", "2016-12-r2"]
    assert first.manifest_hash == lake.Snapshot.open(first.path).digest
    assert first.rows["household"] == len(made.FAMILIES)
    assert Event.objects.filter(action="snapshot.taken").count() == 2


@pytest.mark.parametrize("period", ["2016-13", "last year", ""])
def test_what_is_no_period_is_refused(world: None, tmp_path: Path, period: str) -> None:
    with pytest.raises((Problem, ValueError)):
        take(tmp_path / "s", period)
    assert not (tmp_path / "s").exists()


def test_a_failure_on_the_way_leaves_nothing(world: None, tmp_path: Path) -> None:
    def stop(done: int, total: int, message: str) -> None:
        if done == 1:
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        snapshot.take(ME, "2016-12", out=tmp_path / "s", progress=stop)
    assert list(tmp_path.iterdir()) == []
    assert not SnapshotTaken.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_all_counties_are_seen_at_one_moment(tmp_path: Path) -> None:
    """Somebody else's correction, committed while the snapshot runs, is not in it."""
    import threading

    from django.db import connection

    made.divisions()
    made.families()

    def correct() -> None:
        with audit.event("test.meanwhile", actor=made.ACTOR):
            Household.objects.update(status="exited")
        connection.close()

    def meanwhile(done: int, total: int, message: str) -> None:
        if done == 1:
            other = threading.Thread(target=correct)
            other.start()
            other.join()

    taken = snapshot.take(ME, "2016-12", out=tmp_path / "s", progress=meanwhile)
    states = {r["status"] for r in households(lake.Snapshot.open(taken.path)).values()}
    assert states == {"registered", "observed"}
    assert set(Household.objects.values_list("status", flat=True)) == {"exited"}
    assert audit.verify().ok
