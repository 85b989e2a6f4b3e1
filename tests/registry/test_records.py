"""Loans, enterprises, cooperatives, projects and townships: taken in, refused, undone, exported."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

from bangfu import lake
from bangfu.access import system_scope
from bangfu.audit.models import Change, Event
from bangfu.kernel.problems import Problem
from bangfu.registry import queries, records, snapshot, undo
from bangfu.registry.models import Enterprise, Loan, Township
from tests import world as made

pytestmark = pytest.mark.django_db
ME = system_scope()
FIRM = f"{made.DINGFU}E1"
LOAN = {"loan_no": f"{made.FIRST}L1", "household_no": made.FIRST, "region_code": made.DINGFU,
        "borrower": "农户", "principal": "50000", "kind": "扶贫小额信贷"}  # fmt: skip


def firm(**more: str) -> records.Stored:
    row = {"enterprise_no": FIRM, "region_code": made.DINGFU, "title": "山里人公司", **more}
    return records.put(ME, "enterprise", [row], source="firms.csv")


def test_what_is_put_is_kept_with_its_history(world: None) -> None:
    assert firm(employees="12", high_tech="是", listed_on="2016-03-01").added == 1
    again = firm(employees="13")
    assert (again.added, again.changed, again.same) == (0, 1, 0)
    assert firm(employees="13") == records.Stored(0, 0, 1, 0)
    row = Enterprise.objects.get(pk=FIRM)
    assert (row.employees, row.high_tech, row.listed_on) == (13, True, date(2016, 3, 1))
    event = Event.objects.get(pk=again.event_id)
    assert (event.action, event.source) == ("enterprise.recorded", "firms.csv")
    assert Change.objects.get(event=event).before["employees"] == 12
    undo.undo(ME, again.event_id, reason="试")
    assert Enterprise.objects.get(pk=FIRM).employees == 12


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"household_no": made.FOREIGN}, "所在地与贷款不一致"),
        ({"household_no": ""}, "只填写一个借款主体"),
        ({"household_no": f"{made.DINGFU}999999"}, "未登记"),
        ({"enterprise_no": FIRM}, "只填写一个借款主体"),
        ({"principal": "a lot"}, "贷款本金"),
        ({"region_code": "451228999999"}, "不存在"),
        ({"loan_no": "1"}, "应以所在县代码"),
        ({"loan_no": ""}, "须填写"),
        ({"weight": "5"}, "没有“weight”这一列"),
    ],
)
def test_a_faulty_table_writes_nothing(world: None, change: dict[str, str], told: str) -> None:
    good = LOAN | {"loan_no": f"{made.FIRST}L2"}
    with pytest.raises(Problem) as refused:
        records.put(ME, "loan", [good, LOAN | change])
    assert refused.value.code == "registry.records_refused"
    assert told in refused.value.message("zh")
    assert not Loan.objects.exists()


def test_nobody_records_outside_the_area(world: None) -> None:
    nearby = made.scope(made.DISU)
    with pytest.raises(Problem) as refused:
        records.put(nearby, "township", [{"township_code": made.GAOLING}])
    assert "不在您的辖区内" in refused.value.message("zh")
    with pytest.raises(Problem):
        records.put(made.scope(made.DINGFU, "village_officer"), "loan", [LOAN])
    records.put(ME, "loan", [LOAN])
    assert not records.records(nearby, "loan").exists()
    assert records.records(made.scope(made.GAOLING), "loan").count() == 1
    with pytest.raises(Problem):
        records.remove(nearby, "loan", LOAN["loan_no"], "试")
    records.remove(ME, "loan", LOAN["loan_no"], "重复登记")
    assert not Loan.objects.exists()


def test_tables_are_read_by_label_or_name(world: None, tmp_path: Path) -> None:
    file = tmp_path / "loans.csv"
    head = "﻿贷款编号,借款户编号,所在地代码,principal,发放日期\n"
    file.write_text(head + f"{made.FIRST}L1,{made.FIRST},{made.DINGFU},3.50,2016-05-01\n,,,,\n")
    records.put(ME, "loan", records.read(file, "loan"))
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["乡镇（街道）代码", "有脱贫任务", "公办幼儿园数", "卫生院已配设备"])
    sheet.append([made.GAOLING, True, 2, "救护车、数字化X线机"])
    book.save(tmp_path / "towns.xlsx")
    records.put(ME, "township", records.read(tmp_path / "towns.xlsx", "township"))
    town = Township.objects.get(pk=made.GAOLING)
    assert (town.exit_task, town.public_kindergartens) == (True, 2)
    assert town.health_equipment == ["ambulance", "dr"]
    assert Loan.objects.get().principal == Decimal("3.50")
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(b"not a workbook")
    with pytest.raises(Problem) as refused:
        records.read(bad, "loan")
    assert refused.value.code == "registry.unreadable_file"
    with pytest.raises(Problem):
        records.model_of("person")


def test_a_snapshot_holds_what_is_kept_and_no_more(world: None, tmp_path: Path) -> None:
    before = lake.Snapshot.open(snapshot.take(ME, "2016-11", out=tmp_path / "before").path)
    assert before.manifest.tables["loan"] == {}
    records.put(ME, "loan", [LOAN])
    records.put(
        ME, "township", [{"township_code": made.GAOLING, "health_equipment": "救护车、数字化X线机"}]
    )
    taken = lake.Snapshot.open(snapshot.take(ME, "2016-12", out=tmp_path / "after").path)
    taken.verify()
    (loan,) = taken.read("loan").to_pylist()
    assert (loan["household_no"], loan["principal"], loan["kind"]) == (
        made.FIRST, Decimal("50000.00"), "micro_credit",
    )  # fmt: skip
    (town,) = taken.read("township").to_pylist()
    assert town["health_equipment"] == ["ambulance", "dr"]
    assert taken.manifest.tables["enterprise"] == {}
    found = queries.rows(ME, made.FIRST, 2016)
    assert [row["principal"] for row in found.loans] == [Decimal(50000)]
    assert found.township is not None
