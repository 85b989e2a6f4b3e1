"""Saved simulations: made, worked as a job, each place its own numbers, deleted and restored."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from bangfu.access.session import scoped
from bangfu.audit.models import Event
from bangfu.findings import commands as runs
from bangfu.findings.scenarios import commands, queries
from bangfu.findings.scenarios.models import Scenario, ScenarioResult
from bangfu.jobs.commands import perform
from bangfu.jobs.models import Job
from bangfu.kernel.problems import Problem
from tests import world
from tests.findings import small, town

pytestmark = pytest.mark.django_db
DAY = date(2016, 12, 31)


@pytest.fixture
def recorded(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The town with its records and a snapshot of it; nothing evaluated."""
    from bangfu.registry import divisions, snapshot

    small.put(tmp_path, monkeypatch)
    town.build()
    snapshot.take(town.system(), town.PERIOD)
    yield
    divisions._names.cache_clear()


def scope(code: str = world.CITY, role: str = "city_office") -> Any:
    return world.scope(code, role)


def made(code: str = world.CITY, role: str = "city_office", **more: Any) -> Scenario:
    values = {"name": "寄宿补助提高", "pack": "hechi", "as_of": DAY,
              "settings": ["boarding_primary=1500"], "now": True}  # fmt: skip
    return commands.simulate(scope(code, role), **values | more)


def test_the_city_s_simulation_shows_each_county_its_own_numbers(recorded: None) -> None:
    found = made()
    assert found.state == "done"
    assert found.digest
    whole = queries.result(scope(), found)
    assert whole["whole_code"] == world.CITY
    assert set(whole["counties"]) == {world.DUAN, world.NANDAN}
    for code in (world.DUAN, world.NANDAN):
        office = scope(code, "county_office")
        with scoped(office):
            own = queries.result(office, queries.scenario(office, found.pk))
            assert set(ScenarioResult.objects.values_list("region_code", flat=True)) == {code}
        assert own["whole_code"] == code
        assert list(own["counties"]) == [code]
    assert not Path(settings.BANGFU_VAR, "scenarios", f"{found.pk:06d}").exists()


def test_small_numbers_are_not_even_kept(recorded: None) -> None:
    """Five households in all: every count but the empty ones is withheld."""
    found = made()
    for row in ScenarioResult.objects.filter(scenario=found):
        totals = row.section["totals"]
        assert totals["households"] is None
        assert totals["cost_before"] in (None, "0.00")
        assert totals["gain_households"] in (None, 0)
        assert totals["lose_households"] == 0


def test_the_current_findings_serve_as_the_first_side(recorded: None) -> None:
    runs.start(town.system(), period=town.PERIOD, now=True)
    assert made().about["baseline_reused"]
    assert not made(as_of=date(2016, 11, 30)).about["baseline_reused"]


def test_a_county_simulates_itself_and_the_city_sees_it(recorded: None) -> None:
    found = made(world.DUAN, "county_office")
    assert found.region_code == world.DUAN
    rows = ScenarioResult.objects.filter(scenario=found).values_list("region_code", flat=True)
    assert list(rows) == [world.DUAN]
    assert queries.scenario(scope(), found.pk) == found
    with pytest.raises(Problem, match=r"findings.scenario_not_found"):
        queries.scenario(scope(world.NANDAN, "county_office"), found.pk)


def test_the_job_tells_how_far_it_is_and_everything_is_in_the_log(recorded: None) -> None:
    found = made(now=False)
    assert found.state == "waiting"
    job = Job.objects.get(pk=found.job_id)
    perform(job, reraise=True)
    found.refresh_from_db()
    job.refresh_from_db()
    assert (found.state, job.state, job.done) == ("done", "done", job.total)
    commands.delete(scope(), found.pk)
    assert not queries.scenarios(scope()).filter(pk=found.pk)
    commands.restore(scope(), found.pk)
    commands.exported(scope(), found, {"kind": "xlsx"})
    told = Event.objects.filter(subject=f"scenario:{found.pk}").order_by("chain_no")
    assert [e.action.removeprefix("scenario.") for e in told] == [
        "created", "finished", "deleted", "restored", "exported",
    ]  # fmt: skip


def test_the_same_simulation_has_the_same_digest(recorded: None) -> None:
    assert made().digest == made(name="再算一次").digest


def test_only_whoever_covers_it_may_delete_it(recorded: None) -> None:
    found = made()
    with pytest.raises(Problem, match=r"findings.scenario_not_found"):
        commands.delete(scope(world.DUAN, "county_office"), found.pk)
    with pytest.raises(Problem, match=r"access.no_right"):
        commands.delete(scope(world.CITY, "inspector"), found.pk)
    with pytest.raises(Problem, match=r"access.no_right"):
        queries.scenarios(scope(world.GAOLING, "township_clerk"))


def test_the_effects_of_an_amendment_are_kept_the_same_way(recorded: None) -> None:
    found = commands.amend(
        scope(), name="下半年的政策", pack="hechi", start=date(2016, 6, 30), end=DAY, now=True
    )
    assert (found.kind, found.state, found.from_day) == ("diff", "done", date(2016, 6, 30))
    assert found.about["rules_changed"] == 2


def test_cancelled_before_it_began(recorded: None) -> None:
    found = made(now=False)
    assert commands.stop(scope(), found.pk).state == "stopped"
    with pytest.raises(Problem, match=r"findings.scenario_invalid"):
        commands.stop(scope(), found.pk)
    with pytest.raises(Problem, match=r"findings.scenario_open"):
        queries.result(scope(), found)


def test_bad_input_is_refused_and_nothing_is_kept(recorded: None) -> None:
    for more, code in (
        ({"settings": ["boarding_primry=1"]}, "policy.parameter_unknown"),
        ({"settings": ["boarding_primary=-1"]}, "policy.override_negative"),
        ({"off": ["HC9-X-1"]}, "policy.change_rule_unknown"),
        ({"as_of": date(2000, 1, 1)}, "policy.as_of_outside_pack"),
        ({"pack": "nowhere"}, "policy.pack_not_found"),
        ({"snapshot": "f" * 64}, "findings.snapshot_missing"),
        ({"name": "  "}, "findings.scenario_invalid"),
        ({"name": "长" * 101}, "findings.scenario_invalid"),
    ):
        with pytest.raises(Problem) as told:
            made(**more)
        assert told.value.code == code
    assert not Scenario.objects.exists()


def test_a_snapshot_that_went_away_fails_it_plainly(recorded: None) -> None:
    found = made(now=False)
    shutil.rmtree(found.snapshot_path)
    with pytest.raises(Problem, match=r"findings.snapshot_missing"):
        perform(Job.objects.get(pk=found.job_id), reraise=True)
    found.refresh_from_db()
    assert found.state == "failed"
    assert found.problem["code"] == "findings.snapshot_missing"


def test_a_simulation_whose_process_is_gone_is_closed(recorded: None) -> None:
    found = made(now=False)
    Job.objects.filter(pk=found.job_id).update(state="failed", problem={"code": "jobs.abandoned"})
    assert commands.recover() == 1
    found.refresh_from_db()
    assert (found.state, found.problem["code"]) == ("failed", "jobs.abandoned")


def test_side_by_side_needs_finished_ones_of_one_snapshot(recorded: None) -> None:
    one, two, waiting = made(), made(name="二"), made(now=False)
    assert queries.several(scope(), [one.pk, two.pk]) == [one, two]
    for ids in ([one.pk], [one.pk, waiting.pk]):
        with pytest.raises(Problem, match=r"findings.scenarios_differ"):
            queries.several(scope(), ids)
    Scenario.objects.filter(pk=two.pk).update(snapshot_digest="e" * 64)
    with pytest.raises(Problem, match=r"findings.scenarios_differ"):
        queries.several(scope(), [one.pk, two.pk])
