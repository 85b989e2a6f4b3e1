"""The bulk path keeps the same promises as the form."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from django.db import connection

from bangfu import audit, lake
from bangfu.access import crypto
from bangfu.audit.models import Change
from bangfu.dictionary import entity
from bangfu.kernel import clock
from bangfu.registry import bulk, divisions
from bangfu.registry.models import Division, Household, HouseholdYear, Membership, Person, Village
from tests import world as made

pytestmark = pytest.mark.django_db
NEW = f"{made.DINGFU}000070"


def table(name: str, *rows: dict[str, object]) -> pa.Table:
    types = {f.name: f.type for f in lake.arrow_schema(name)}
    names = list(dict.fromkeys(k for row in rows for k in row))
    return pa.table(
        {n: pa.array([r.get(n) for r in rows], types.get(n, pa.string())) for n in names}
    )


def staged(name: str, *rows: dict[str, object], cleared: dict[str, list[str]] | None = None) -> str:
    stage = f"staging_test_{name}"
    bulk.drop_stage(stage)
    bulk.create_stage(stage, name)
    bulk.copy_in(stage, bulk.seal_columns(name, table(name, *rows)))
    with connection.cursor() as cursor:
        for key, columns in (cleared or {}).items():
            cursor.execute(
                f"UPDATE {stage} SET cleared = %s WHERE {entity(name).key} = %s", [columns, key]
            )
    return stage


def test_new_changed_unchanged(world: None) -> None:
    with audit.event("test.bulk", actor=made.ACTOR) as event:
        stage = staged(
            "household",
            {"household_no": made.FIRST, "village_code": made.DINGFU, "phone": "13977810001",
             "income_wages": Decimal("1200.50")},
            {"household_no": made.SECOND, "village_code": made.DINGFU, "phone": "13911112222",
             "causes_other": ["land", "water"]},
            {"household_no": NEW, "village_code": made.DINGFU, "income_wages": Decimal("0.10")},
        )  # fmt: skip
        assert bulk.compare(stage, "household", 2016) == {"new": 1, "changed": 1, "unchanged": 1}
        assert bulk.apply(stage, "household", 2016) == {"new": 1, "changed": 1}
    second = Household.objects.get(pk=made.SECOND)
    assert crypto.unseal(second.phone_sealed) == "13911112222"
    assert second.causes_other == ["land", "water"]
    assert second.status == "observed", "a blank leaves what is there"
    assert HouseholdYear.objects.get(household_no=NEW, year=2016).income_wages == Decimal("0.10")
    kept = Change.objects.filter(event_id=event.id).values_list("entity", "key", "op")
    assert sorted(kept) == [
        ("household", made.SECOND, "update"), ("household", NEW, "insert"),
        ("household_year", f"{NEW}/2016", "insert"),
    ]  # fmt: skip


def test_what_is_cleared_becomes_unknown(world: None) -> None:
    with audit.event("test.bulk", actor=made.ACTOR):
        stage = staged(
            "household", {"household_no": made.FIRST, "village_code": made.DINGFU},
            cleared={made.FIRST: ["phone", "status", "income_wages"]},
        )  # fmt: skip
        assert bulk.compare(stage, "household", 2016)["changed"] == 1
        bulk.apply(stage, "household", 2016)
    row = Household.objects.get(pk=made.FIRST)
    assert (row.phone_sealed, row.phone_blind, row.status) == (None, None, None)
    assert HouseholdYear.objects.get(household_no=made.FIRST).income_wages is None


def test_a_person_who_moves_keeps_number_and_past(world: None) -> None:
    mover = f"{made.FIRST}02"
    with audit.event("test.bulk", actor=made.ACTOR):
        stage = staged("person", {"person_no": mover, "household_no": made.SECOND})
        bulk.fill_villages(stage, None)
        bulk.compare(stage, "person", 2016)
        bulk.apply(stage, "person", 2016)
    assert Person.objects.get(pk=mover).household_no == made.SECOND
    past, present = Membership.objects.filter(person_no=mover).order_by("id")
    assert (past.household_no, past.ended_on) == (made.FIRST, clock.today())
    assert (present.household_no, present.started_on, present.ended_on) == (
        made.SECOND, clock.today(), None,
    )  # fmt: skip


def test_an_empty_registry_is_filled_in_parts(db: None) -> None:
    made.divisions()
    rows: list[dict[str, object]] = [
        {"household_no": f"{made.DINGFU}{n:06d}", "village_code": made.DINGFU,
         "phone": f"1390000{n:04d}", "industry_count": n}
        for n in range(3)
    ]  # fmt: skip
    parts = [table("household", row) for row in rows]
    seen: list[int] = []
    with audit.event("test.load", actor=made.ACTOR):
        assert bulk.load_new("household", iter(parts), 2016, "2016-01-01", seen.append) == 3
    assert seen == [1, 2, 3]
    assert Household.objects.count() == HouseholdYear.objects.count() == 3


def test_hechi_s_divisions_load_once_and_again(db: None) -> None:
    for _ in range(2):
        assert divisions.load() == Division.objects.count()
    counts = {
        level: Division.objects.filter(level=level).count()
        for level in ("city", "county", "township", "village")
    }
    assert counts == {"city": 1, "county": 11, "township": 141, "village": 1666}
    assert Village.objects.count() == 1666
    assert (
        not Division.objects.exclude(parent_code=None)
        .exclude(parent_code__in=Division.objects.values("code"))
        .exists()
    )
    codes = {f["properties"]["code"] for f in divisions.boundaries()["features"]}
    assert codes == set(Division.objects.filter(level="county").values_list("code", flat=True))
    assert audit.verify().ok
    divisions._names.cache_clear()
