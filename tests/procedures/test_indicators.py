"""Indicators of a village and a county: what the run found, the figures compared, the households
behind; blanks offered; a finding that differs must be explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from bangfu import audit
from bangfu.findings import commands as findings
from bangfu.findings import placing, queries
from bangfu.findings.queries import FindingFilter
from bangfu.kernel.problems import Problem
from bangfu.policy.procedures.library import procedures
from bangfu.procedures import facts, places
from bangfu.procedures.acting import Asked
from bangfu.procedures.models import Batch, StepRecord
from bangfu.registry.models import County, Village, VillageYear
from bangfu.registry.queries import HouseholdFilter
from tests import world
from tests.findings import town as judged
from tests.procedures import town, valley

FIGURES: dict[str, Any] = {
    "households_total": 400, "households_housing_ok": 379, "households_water_ok": 380,
    "residents_total": 1600, "residents_poor": 30, "residents_insured": 1590, "industries": 2,
    "collective_income": "50000", "committee_sound": True,
}  # fmt: skip


def figures(code: str, **more: Any) -> None:
    """Yearly figures of a village."""
    mine = {f.name for f in VillageYear._meta.get_fields()}
    for model, own in ((VillageYear, True), (Village, False)):
        values = {k: v for k, v in (FIGURES | more).items() if (k in mine) is own}
        where = {"village_code": code} | ({"year": 2016} if own else {})
        model.objects.update_or_create(**where, defaults=values)  # type: ignore[attr-defined]


@pytest.fixture
def evaluated(transactional_db: None) -> Iterator[None]:
    """The town judged: Sanlian's household has no water and a dangerous house."""
    from bangfu.registry import divisions

    world.divisions()
    world.families()
    judged.record()
    with audit.event("test.figures", actor=world.ACTOR, region_code="45"):
        figures(world.DINGFU)
        figures(world.SANLIAN)
        Village.objects.filter(pk=world.DINGFU).update(planned_exit_year=2017)
        County.objects.filter(pk=world.DUAN).update(
            planned_exit_year=2018, county_kind="regional_key"
        )
    findings.start(judged.system(), period=judged.PERIOD, now=True)
    yield
    divisions._names.cache_clear()


@pytest.mark.usefixtures("evaluated")
def test_a_village_and_its_county_with_figures_lists_and_refusals() -> None:
    of_the_village()
    of_the_county()
    behind_agrees_with_the_list()
    offered()
    a_difference_must_be_explained()
    the_pages_show_them()


def of_the_village() -> None:
    procedure = procedures("hechi")["village-exit"]
    form = procedure.forms["recognition"]
    told = facts.engine(town.COUNTY, procedure, form, world.DINGFU)
    assert {i.id for i in form.items} == set(told)
    assert told["housing"].outcome == "not_met"
    assert "占比 94.75%" in told["housing"].reason
    assert "住房达标户 379" in told["housing"].reason
    assert "村县指标覆盖率下限 95%" in told["housing"].reason
    assert told["water"].outcome == "met"
    assert told["incidence"].outcome == "met"
    assert "贫困发生率 1.875%" in told["incidence"].reason
    assert told["electricity"].outcome == "undecided"
    assert told["electricity"].reason.startswith("缺少：通电户")
    rules = [i.rule for i in form.items]
    for code in (world.DINGFU, world.SANLIAN, world.DISU_VILLAGE):
        found = placing.explanation(town.COUNTY, "village", code, "hechi", rules)
        assert not [f for f in found.values() if f.differs], "the rows give what the run found"


def of_the_county() -> None:
    procedure = procedures("hechi")["county-exit"]
    told = facts.engine(town.CITY, procedure, procedure.forms["recognition"], world.DUAN)
    assert {o.outcome for o in told.values()} <= {"met", "not_met", "undecided"}
    assert told["housing"].outcome == "undecided"  # a village of the county has no figures
    assert told["housing"].reason.startswith("缺少：")
    assert "县特色产业数下限 2" in told["industry"].reason


def behind_agrees_with_the_list() -> None:
    form = procedures("hechi")["village-exit"].forms["recognition"]
    items = {i.id: i for i in form.items}
    (water,) = places.behind(town.COUNTY, items["water"], world.SANLIAN)
    assert (water.rule, water.count, water.undecided) == ("HC3-C-19", 1, False)
    listed = queries.households(
        town.COUNTY, HouseholdFilter(region_code=world.SANLIAN),
        FindingFilter.from_query(water.query, queries.rules(town.COUNTY)),
    )  # fmt: skip
    assert [h.pk for h in listed] == [judged.FAILING]
    assert places.behind(town.COUNTY, items["services"], world.SANLIAN) == []
    (none,) = places.behind(town.COUNTY, items["water"], world.DINGFU)
    assert none.count == 0


def offered() -> None:
    procedure = procedures("hechi")["village-exit"]
    form = procedure.forms["recognition"]
    told = facts.prefill(town.COUNTY, procedure, form, world.DINGFU)
    assert told == {"incidence": "1.88", "unhoused": "21", "dropouts": "0", "planned_year": "2017"}
    county = procedures("hechi")["county-exit"]
    told = facts.prefill(town.CITY, county, county.forms["recognition"], world.DUAN)
    # A village of the county lacks its figures: no sum is offered for the county.
    assert told == {"dropouts": "0", "planned_year": "2018"}


def a_difference_must_be_explained() -> None:
    made = valley.batch()
    (case_id,) = town.enrolled(made, world.DINGFU, on=valley.OCTOBER)
    asked = Asked(
        "done", "verify", valley.OCTOBER, "listed",
        values={"verified_on": "2016-10-10", "incidence": "1.88"},
        items=dict.fromkeys(valley.ITEMS, ("met", "")),
        signatures=(("verifier", "甲", valley.OCTOBER), ("verifier", "乙", valley.OCTOBER)),
    )  # fmt: skip
    with pytest.raises(Problem, match="procedures.refused") as told:
        town.do(town.TOWN, case_id, asked)
    assert "有住房保障" in told.value.message()
    town.do(town.TOWN, case_id, replace(
        asked, items=dict.fromkeys(valley.ITEMS, ("met", "入户复核后达标")),
    ))  # fmt: skip
    kept = StepRecord.objects.get(case_id=case_id, act="done").content["items"]["housing"]
    assert kept[2] == "not_met"
    assert "94.75%" in kept[3]


def the_pages_show_them() -> None:
    (case_id,) = town.enrolled(Batch.objects.get(), world.SANLIAN, on=valley.OCTOBER)
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    people = world.staff()
    clerk, county = Client(), Client()
    clerk.force_login(people["township_clerk"])
    county.force_login(people["county_office"])
    with town.day(valley.OCTOBER):
        filled_in = clerk.get(f"/procedures/cases/{case_id}/").content.decode()
        looked_at = county.get(f"/procedures/cases/{case_id}/").content.decode()
    assert 'name="f-incidence" value="1.88"' in filled_in
    assert "住房达标户 379" in filled_in
    assert "指标背后的登记户" not in filled_in  # they stand beside each indicator
    assert "指标背后的登记户" in looked_at
    for page in (filled_in, looked_at):
        assert "有饮用水：登记户不符合 1 户" in page
    href = next(h for h in re.findall(r'href="([^"]+)"', looked_at) if "fails=HC3-C-19" in h)
    listed = county.get(href.replace("&amp;", "&")).content.decode()
    assert judged.FAILING in listed
    assert judged.READY not in listed


@pytest.mark.django_db
@pytest.mark.usefixtures("world")
def test_nothing_is_found_without_a_run() -> None:
    procedure = procedures("hechi")["village-exit"]
    form = procedure.forms["recognition"]
    assert facts.engine(town.COUNTY, procedure, form, world.DINGFU) == {}
    assert facts.prefill(town.COUNTY, procedure, form, world.DINGFU) == {}
    assert places.behind(town.COUNTY, form.items[0], world.DINGFU) == []
