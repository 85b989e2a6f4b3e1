"""The exit of a village and of a county is told to the registry, with its history, for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bangfu import audit
from bangfu.access.session import scoped
from bangfu.audit.models import Change
from bangfu.kernel.problems import Problem
from bangfu.procedures import commands, drawing, entering
from bangfu.procedures.acting import Asked
from bangfu.registry import commands as registry
from bangfu.registry.models import County, Village
from tests import world as place
from tests.procedures import town, valley

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]


def history(entity: str, key: str) -> list[tuple[Any, Any]]:
    """Before and after of the day of exit, change by change."""
    rows = Change.objects.filter(entity=entity, key=key).order_by("id")
    return [((r.before or {}).get("exited_on"), (r.after or {}).get("exited_on")) for r in rows
            if "exited_on" in (r.after or {})]  # fmt: skip


def exited_village() -> None:
    """Dingfu, from the township's verification to the announcement of 1 March 2017."""
    made = valley.batch()
    (case_id,) = town.enrolled(made, place.DINGFU, on=valley.OCTOBER)
    valley.to_city(case_id)
    with town.day(valley.JANUARY), scoped(town.CITY):
        drawing.draw(town.CITY, made.pk, "recheck", percent=50)
        (lot,) = drawing.lots(town.CITY)
        drawing.check(town.CITY, lot["lot"].pk, valley.checked())
    town.do(town.CITY, case_id, valley.confirmed())
    february, march = date(2017, 2, 20), date(2017, 3, 1)
    town.do(town.CITY, case_id, Asked("done", "feedback", february, "passed", values={
        "document_no": "1", "received_on": "2017-02-20", "drawn": "否"}))  # fmt: skip
    assert Village.objects.get(pk=place.DINGFU).exited_on is None
    town.do(town.CITY, case_id, Asked("done", "announce", march, "announced", values={
        "document_no": "1", "filing_no": "2", "place": "集市"}))  # fmt: skip
    town.do(town.COUNTY, case_id, Asked("done", "enter", march, "entered", values={
        "entered_on": "2017-03-01"}))  # fmt: skip
    assert town.case(case_id).step == "exited"


def test_a_village_s_exit_stands_in_the_registry() -> None:
    exited_village()
    village = Village.objects.get(pk=place.DINGFU)
    # It remains a poverty village: what it is entitled to goes on until 2020 (line 1075).
    assert (village.exited_on, village.is_poverty_village) == (date(2017, 3, 1), True)
    assert Village.objects.get(pk=place.SANLIAN).exited_on is None
    assert history("village", place.DINGFU)[-1] == (None, "2017-03-01")
    assert audit.verify().ok


def test_a_village_that_has_exited_is_not_put_in_again() -> None:
    exited_village()
    with town.day(date(2017, 3, 2)):
        made = commands.open_batch(
            town.COUNTY, "hechi", "village-exit", year=2017, calendar="annual",
            plan={place.GAOLING: {"villages": "1"}},
        )  # fmt: skip
        there = entering.candidates(town.TOWN, made).values_list("pk", flat=True)
        assert list(there) == [place.SANLIAN]
        with pytest.raises(Problem, match="procedures.not_enrolled") as told:
            commands.enrol(town.TOWN, made.pk, [place.DINGFU])
    assert "不符合纳入条件" in told.value.message()


ITEMS = ("industry", "housing", "medical", "schooling", "road", "water", "electricity", "services",
         "assistance", "incidence")  # fmt: skip


def test_a_county_s_exit_stands_in_the_registry() -> None:
    with audit.event("test", actor=place.ACTOR):
        County.objects.filter(pk=place.DUAN).update(county_kind="regional_key")
    with town.day(date(2016, 2, 1)):
        made = commands.open_batch(town.CITY, "hechi", "county-exit", year=2016, calendar="annual")
    november = date(2016, 11, 1)
    (case_id,) = town.enrolled(made, place.DUAN, scope=town.COUNTY, on=november)
    step = Asked("done", "apply", november, "applied")
    town.do(town.COUNTY, case_id, replace(
        step, values={"assessed_on": "2016-11-01", "incidence": "2", "application_no": "1"},
        items=dict.fromkeys(ITEMS, ("met", "已核实")), signatures=(("leader", "甲", november),),
    ))  # fmt: skip
    town.do(town.CITY, case_id, replace(
        step, step="verify", outcome="reported", review=dict.fromkeys(ITEMS, True),
        values={"verified_on": "2016-11-01", "report_no": "1", "opinion": "同意"},
    ))  # fmt: skip
    town.do(town.CITY, case_id, Asked("post", "publish", november, values={"place": "全区"}))
    later = date(2016, 11, 20)
    town.do(town.CITY, case_id, Asked("done", "publish", later, "clear", values={
        "inspected_on": "2016-11-10", "document_no": "1"}))  # fmt: skip
    assert County.objects.get(pk=place.DUAN).exited_on is None
    town.do(town.CITY, case_id, Asked("done", "approve", later, "approved", values={
        "document_no": "2", "approved_on": "2016-11-20"}))  # fmt: skip
    assert County.objects.get(pk=place.DUAN).exited_on == later
    assert County.objects.get(pk=place.NANDAN).exited_on is None
    assert history("county", place.DUAN)[-1] == (None, "2016-11-20")
    assert audit.verify().ok


def test_a_procedure_writes_nothing_else_into_the_registry() -> None:
    with audit.event("test", actor=place.ACTOR):
        for entity, field in (("village", "is_poverty_village"), ("county", "county_kind"),
                              ("person", "status"), ("household", "net_income")):  # fmt: skip
            with pytest.raises(Problem, match="registry.not_writable"):
                registry.set_by_procedure(town.CITY, entity, [place.DINGFU], {field: None})
