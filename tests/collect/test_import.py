"""An import from file to registry: what is new, what changes, what stays, what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bangfu.access import crypto
from bangfu.collect import commands, queries
from bangfu.collect.models import Batch
from bangfu.kernel.problems import Problem
from bangfu.registry.models import Household, HouseholdYear, Membership, Person, PersonYear
from tests import world
from tests.collect.files import GOOD_ID, NEW_HOME, csv, head, home, quiet

CLERK = world.scope(world.GAOLING)


def codes(batch: Batch, entity: str = "") -> set[str]:
    """Faults of the batch."""
    return {s["code"] for s in batch.summary if not entity or s["entity"] == entity}


def apply(batch: Batch, **options: Any) -> Batch:
    return commands.apply(CLERK, batch.pk, quiet, **options)


def test_new_family(give: Any) -> None:
    batch = give(
        [home(category="低保贫困户", dwelling_area=88.5, causes_other="因残、因学",
              registered_on="2015年12月1日",
              income_wages="12,000.50", has_tv="是", dwelling_grade="C级", phone="13877812345")],
        [head(ethnicity="壮族", on_dibao="是", labour="普通劳动力"),
         head(serial=2, name="韦小妹", id_number=None, sex="女", birth_date=42005, relation="子女",
              father_no=f"{NEW_HOME}01", school_stage="none", on_dibao="否")],
    )  # fmt: skip
    assert batch.state == "staged", batch.summary
    assert batch.counts["household"]["new"] == 1
    assert batch.counts["person"]["new"] == 2
    assert not Household.objects.filter(pk=NEW_HOME).exists()

    applied = apply(batch)
    assert applied.state == "applied"
    household = Household.objects.get(pk=NEW_HOME)
    assert (household.category, household.dwelling_area) == ("dibao", Decimal("88.50"))
    assert household.causes_other == ["disability", "schooling"]
    assert str(household.registered_on) == "2015-12-01"
    assert crypto.unseal(household.phone_sealed) == "13877812345"
    year = HouseholdYear.objects.get(household_no=NEW_HOME, year=2016)
    assert year.income_wages == Decimal("12000.50")
    person = Person.objects.get(pk=f"{NEW_HOME}01")
    assert crypto.unseal(person.id_number_sealed) == GOOD_ID
    assert bytes(person.id_number_blind) == crypto.blind("id_number", GOOD_ID)
    assert (person.ethnicity, person.village_code) == ("08", world.DINGFU)
    child = Person.objects.get(pk=f"{NEW_HOME}02")
    assert str(child.birth_date) == "2015-01-01"  # Excel's serial number
    assert PersonYear.objects.get(person_no=child.pk, year=2016).school_stage == "none"
    assert Membership.objects.filter(household_no=NEW_HOME, ended_on=None).count() == 2


def test_change_keeps_blanks_and_clears(give: Any) -> None:
    batch = give([
        home(world.FIRST, status=None, cause_main="因残", phone="（清空）", income_wages=900,
             dwelling_area="45")
    ])  # fmt: skip
    assert batch.counts["household"] | {"total": 1} == batch.counts["household"]
    assert batch.counts["household"]["changed"] == 1, batch.counts
    shown = batch.preview["household"]["changed"][0]["fields"]
    assert {"name": "phone", "zh": "联系电话", "before": "139****0001", "after": ""} in shown
    assert {"name": "cause_main", "zh": "主要致贫原因", "before": "因病", "after": "因残"} in shown
    apply(batch)
    household = Household.objects.get(pk=world.FIRST)
    assert household.status == "registered"  # blank keeps
    assert household.cause_main == "disability"
    assert household.phone_sealed is None
    assert household.phone_blind is None
    assert HouseholdYear.objects.get(household_no=world.FIRST, year=2016).income_wages == 900


def test_unchanged(give: Any) -> None:
    batch = give([home(world.FIRST, phone="13977810001", income_wages="1200.50")])
    assert batch.counts["household"]["unchanged"] == 1
    with pytest.raises(Problem, match="collect.nothing_to_apply"):
        apply(batch)


def test_two_csv_files(give: Any) -> None:
    files = {
        "户.csv": csv("household", [home()], "gb18030"),
        "人.csv": csv("person", [head()], "utf-8-sig"),
    }
    batch = give(files=files)
    assert batch.state == "staged", batch.summary
    assert [f["encoding"] for f in batch.files] == ["gb18030", "utf-8-sig"]


def test_refused_rows_and_valid_rows(give: Any) -> None:
    batch = give([home(), home(f"{world.DINGFU}000010", dwelling_area=-5)], [head()])
    assert batch.state == "refused"
    assert batch.counts["household"]["refused"] == 1
    with pytest.raises(Problem, match="collect.has_refused"):
        apply(batch)
    apply(batch, only_valid=True)
    assert Household.objects.filter(pk=NEW_HOME).exists()
    assert not Household.objects.filter(pk=f"{world.DINGFU}000010").exists()


def test_values_of_refused_rows_are_sealed_and_masked(give: Any) -> None:
    wrong = GOOD_ID[:17] + ("0" if GOOD_ID[17] != "0" else "1")
    batch = give([home()], [head(id_number=wrong)])
    issue = queries.issues(CLERK, batch, level="error").get()
    assert wrong.encode() not in bytes(issue.sealed)
    row = queries.opened(issue)
    assert (row.sheet, row.row_no, row.key) == ("人员信息", 2, f"{NEW_HOME}01")
    assert row.faults[0].text == "校验码不符（GB 11643）"
    assert wrong not in row.faults[0].value
    assert row.faults[0].value.endswith(wrong[-4:])


def test_outside_the_scope(give: Any) -> None:
    batch = give(
        [home(), home(f"{world.DISU_VILLAGE}000009")],
        [head(), head(f"{world.FOREIGN}", serial=7, id_number=None)],
    )
    assert "out_of_scope" in codes(batch, "household")
    assert "out_of_scope" in codes(batch, "person")
    assert batch.counts["household"]["new"] == 1
    assert batch.counts["person"]["new"] == 1
    with pytest.raises(Problem, match="collect.batch_not_found"):
        queries.batch(world.scope(world.DISU), batch.pk)


def test_a_registered_household_cannot_be_pulled_into_the_scope(give: Any) -> None:
    batch = give([home(world.FOREIGN, village_code=world.DINGFU)])
    assert {"out_of_scope", "household.village_of_number"} <= codes(batch)
    assert batch.counts["household"]["refused"] == 1


def test_number_registered_for_another(give: Any) -> None:
    taken = world.FAMILIES[0][2][0][1]
    batch = give([home()], [head(id_number=taken, birth_date="1970-01-01")])
    assert codes(batch) == {"id_registered"}
    assert "人编号" in queries.opened(queries.issues(CLERK, batch).get()).faults[0].text
    foreign = world.FAMILIES[3][2][0][1]
    batch = give([home()], [head(id_number=foreign, birth_date="1975-09-09")])
    row = queries.opened(queries.issues(CLERK, batch).get())
    assert "其他辖区" in row.faults[0].text
    assert world.FOREIGN not in row.faults[0].text


def test_person_moves_to_another_household(give: Any) -> None:
    mover = f"{world.FIRST}02"
    batch = give([], [{"person_no": mover, "household_no": world.SECOND}])
    assert batch.counts["person"]["changed"] == 1, batch.summary
    apply(batch)
    assert Person.objects.get(pk=mover).household_no == world.SECOND
    stays = Membership.objects.filter(person_no=mover)
    assert {(m.household_no, m.ended_on is None) for m in stays} == {
        (world.FIRST, False), (world.SECOND, True),
    }  # fmt: skip


def test_undo_puts_everything_back(give: Any) -> None:
    before = Household.objects.values().get(pk=world.FIRST)
    batch = give([home(), home(world.FIRST, cause_main="因残", phone="（清空）")], [head()])
    apply(batch)
    seen = queries.undo_preview(CLERK, queries.batch(CLERK, batch.pk))
    assert seen.possible
    assert seen.counts["household"] == {"insert": 1, "update": 1}
    undone = commands.undo(CLERK, batch.pk, "测试", quiet)
    assert undone.state == "undone"
    assert Household.objects.values().get(pk=world.FIRST) == before
    assert not Household.objects.filter(pk=NEW_HOME).exists()
    assert not Membership.objects.filter(household_no=NEW_HOME).exists()
    with pytest.raises(Problem, match="collect.wrong_state"):
        commands.undo(CLERK, batch.pk, "再来", quiet)


def test_undo_is_refused_after_a_later_change(give: Any) -> None:
    from bangfu.registry.commands import correct_household

    batch = give([home(world.FIRST, cause_main="因残")])
    apply(batch)
    correct_household(CLERK, world.FIRST, 2016, {"cause_main": "因学"}, reason="入户")
    with pytest.raises(Problem, match="registry.undo_conflict"):
        commands.undo(CLERK, batch.pk, "测试", quiet)
    assert Household.objects.get(pk=world.FIRST).cause_main == "schooling"


def test_cancel(give: Any) -> None:
    batch = give([home()])
    commands.cancel(CLERK, batch.pk)
    with pytest.raises(Problem, match="collect.wrong_state"):
        apply(batch)
    assert commands.sweep() >= 1
    from bangfu.collect import staging, storage

    assert not staging.exists(batch.pk, "household")
    assert not (storage.root() / batch.folder).exists()


def test_import_is_one_audited_event(give: Any) -> None:
    from bangfu import audit
    from bangfu.audit.models import Event

    batch = apply(give([home()], [head()]))
    event = Event.objects.get(pk=batch.event_id)
    assert (event.action, event.subject) == ("import.applied", f"batch:{batch.pk}")
    assert event.changes >= 3
    assert event.detail["counts"]["person"]["new"] == 1
    assert audit.verify().ok
