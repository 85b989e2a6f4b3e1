"""The clerk's day: see what lacks, download the workbook, fill it in, import it, evaluate again,
and the household is ready."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from bangfu import audit
from bangfu.collect import commands as collect
from bangfu.findings import collecting, commands, queries
from bangfu.findings.models import HouseholdResult, Run
from bangfu.kernel.problems import Problem
from bangfu.registry.models import Household, PersonYear
from tests import world
from tests.findings import town


@pytest.fixture
def lacking(judged: Run) -> Run:
    """The household of Sanlian fails nothing but lacks two things; judged again."""
    with audit.event("test.lacks", actor=world.ACTOR, region_code="45"):
        Household.objects.filter(pk=town.FAILING).update(
            water_source="tap", dwelling_grade=None, has_tv=True
        )
        PersonYear.objects.filter(person_no__startswith=town.FAILING).update(medical_insurance=None)
    return commands.start(town.system(), now=True)


def _quiet(done: int, total: int, message: str = "") -> None:
    _ = done, total, message


def test_only_empty_cells_that_rules_need_are_asked_for(lacking: Run) -> None:
    found = collecting.to_collect(world.scope(world.GAOLING))
    person = f"{town.FAILING}01"
    asked = found.cells["household"][town.FAILING]
    assert "dwelling_grade" in asked
    assert not asked & set(town.GOOD) - {"dwelling_grade"}  # what is recorded is not asked for
    assert "medical_insurance" in found.cells["person"][person]
    assert town.LACKING not in found.households  # another township
    one = collecting.to_collect(world.scope(world.GAOLING), key="household.dwelling_grade")
    assert (one.count, one.cells["person"]) == (1, {})
    with audit.event("test.filled", actor=world.ACTOR, region_code="45"):
        Household.objects.filter(pk=town.FAILING).update(dwelling_grade="A")
    again = collecting.to_collect(world.scope(world.GAOLING))
    assert "dwelling_grade" not in again.cells["household"].get(town.FAILING, set())


def test_too_many_households_are_refused_with_advice(
    lacking: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "LIMIT", 0)
    with pytest.raises(Problem) as refused:
        collecting.to_collect(town.system())
    assert refused.value.code == "findings.too_many"


def _fill(sheet: Any, key: str, heading: str, value: str) -> None:
    """Write one cell, found as a person finds it; it must be a yellow one."""
    line = next(n for n, row in enumerate(sheet.values, start=1) if row[0] == key)
    at = [c.value for c in sheet[1]].index(heading) + 1
    cell = sheet.cell(line, at)
    assert cell.fill.fgColor.rgb == "00FFF2CC"
    cell.value = value


def test_the_clerks_day(lacking: Run, clerk: Client) -> None:
    page = clerk.get("/findings/undecided/").content.decode()
    assert "房屋危险等级" in page
    answer = clerk.get("/findings/undecided/workbook/")
    assert answer.status_code == 200
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["说明", "户信息", "人员信息"]
    households, persons = book["户信息"], book["人员信息"]
    assert households["A1"].value == "户编号"
    assert [persons["A1"].value, persons["B1"].value] == ["人编号", "户编号"]
    assert not any(secret in str(list(book["说明"].values)) for secret in world.secrets())
    _fill(households, town.FAILING, "房屋危险等级", "B")
    _fill(persons, f"{town.FAILING}01", "基本医疗保险", "ncms")
    kept = io.BytesIO()
    book.save(kept)

    scope = world.scope(world.GAOLING)
    batch = collect.receive(scope, [collect.Given("待采集.xlsx", [kept.getvalue()])], 2016)
    batch = collect.check(scope, batch.pk, _quiet)
    assert (batch.total("changed"), batch.total("refused")) == (2, 0)
    collect.apply(scope, batch.pk, _quiet)

    seen = clerk.get(f"/findings/household/{town.FAILING}/").content.decode()
    assert "数据已更正，待重新评估" in seen
    run = commands.start(scope, now=True)
    assert HouseholdResult.objects.get(run=run, household_no=town.FAILING).ready is True
    ready = clerk.get("/findings/ready/").content.decode()
    assert town.FAILING in ready
    assert queries.require_current(scope).pk == run.pk
    assert "数据已更正" not in clerk.get(f"/findings/household/{town.FAILING}/").content.decode()


def test_an_inspector_may_not_fill_in(lacking: Run, signed_in: object) -> None:
    client = signed_in("inspector")  # type: ignore[operator]
    assert client.get("/findings/undecided/workbook/").status_code == 403
    assert "下载待填工作簿" not in client.get("/findings/undecided/").content.decode()
