"""A household back in poverty is identified again: at once, in the same event, or it waits."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from bangfu import audit
from bangfu.audit.models import Event
from bangfu.kernel.problems import Problem
from bangfu.procedures import commands, queries
from bangfu.procedures.acting import Asked
from bangfu.procedures.models import Batch, Case, Definition, StepRecord
from tests import world as place
from tests.procedures import town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
GONE = Asked("done", "observe", date(2016, 12, 1), "relapsed", reason="户主重病")


def relapsed(made: Batch) -> int:
    (case_id,) = town.enrolled(made)
    town.to_observation(case_id)
    town.do(town.TOWN, case_id, GONE)
    return case_id


def to_batches(made: Batch) -> Batch:
    """The same batch under a text whose end hands on to a procedure that goes by batches."""
    text = made.definition.text.replace("restart: identification", "restart: yearly-adjustment")
    assert text != made.definition.text
    with audit.event("test", actor=place.ACTOR):
        made.definition = Definition.objects.create(
            pack="hechi", procedure="household-exit", text=text,
            hash=hashlib.sha256(text.encode()).hexdigest(),
        )  # fmt: skip
        made.save()
    return made


def adjustment(on: date) -> Batch:
    with town.day(on):
        return commands.open_batch(town.COUNTY, "hechi", "yearly-adjustment", year=2016,
                                   calendar="annual", on=on)  # fmt: skip


def test_back_in_poverty_it_is_identified_again_in_the_same_event() -> None:
    first = relapsed(town.batch())
    case = Case.objects.get(procedure="identification")
    assert (case.subject, case.origin_id, case.step, case.since) == (
        place.FIRST, first, case.content.first, date(2016, 12, 1)
    )  # fmt: skip
    ended = StepRecord.objects.filter(case_id=first).latest("seq")
    begun = StepRecord.objects.get(case=case)
    assert (begun.event_id, begun.by, begun.content["ref"]) == (ended.event_id, "clerk", first)
    assert Event.objects.filter(pk=begun.event_id, action="procedure.done").exists()
    assert queries.handed_on(town.TOWN, town.case(first)) == (None, [case])
    assert queries.handed_on(town.TOWN, case) == (town.case(first), [])
    assert not queries.waiting(town.TOWN).exists()
    assert audit.verify().ok


def test_a_forged_origin_shows() -> None:
    relapsed(town.batch())
    with audit.event("test", actor=place.ACTOR):
        Case.objects.filter(procedure="identification").update(origin=None)
    assert "来源的流程件与记录不符" in str(audit.verify().fault)


def test_where_no_batch_is_open_it_waits_and_is_linked_when_put_in() -> None:
    first = relapsed(to_batches(town.batch()))
    assert not Case.objects.filter(procedure="yearly-adjustment").exists()
    assert [c.pk for c in queries.waiting(town.TOWN)] == [first]
    assert not queries.waiting(town.VILLAGE).exists()  # the township puts in, nobody else
    listed = queries.cases(town.TOWN, queries.CaseFilter(bucket="restart"))
    assert [c.pk for c in listed] == [first]
    made = adjustment(date(2016, 12, 5))
    (second,) = town.enrolled(made, on=date(2016, 12, 6))
    assert town.case(second).origin_id == first
    assert not queries.waiting(town.TOWN).exists()
    assert audit.verify().ok


def test_where_a_batch_is_open_it_goes_into_it() -> None:
    made = adjustment(date(2016, 3, 1))
    first = relapsed(to_batches(town.batch()))
    case = Case.objects.get(procedure="yearly-adjustment")
    assert (case.batch_id, case.year, case.calendar, case.origin_id) == (
        made.pk, 2016, "annual", first
    )  # fmt: skip
    assert audit.verify().ok


def test_who_is_being_identified_already_is_not_begun_twice() -> None:
    (case_id,) = town.enrolled(town.batch())
    town.to_observation(case_id)
    with audit.event("test", actor=place.ACTOR):
        commands.Household.objects.filter(pk=place.FIRST).update(status="returned")
    with town.day(date(2016, 11, 1)):
        open_ = commands.open_case(
            town.VILLAGE, "hechi", "identification", subject=place.FIRST,
            values={"applied_on": "2016-11-01", "grounds": "返贫"},
        )  # fmt: skip
    town.do(town.TOWN, case_id, GONE)
    assert [c.pk for c in Case.objects.filter(procedure="identification")] == [open_]
    assert not queries.waiting(town.TOWN).exists()
    with pytest.raises(Problem, match="procedures.not_enrolled"), town.day(date(2016, 12, 2)):
        commands.open_case(
            town.VILLAGE, "hechi", "identification", subject=place.FIRST,
            values={"applied_on": "2016-12-01", "grounds": "返贫"},
        )  # fmt: skip
