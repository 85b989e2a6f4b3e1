"""Runs: results that agree with the engine, counts that agree with their lists, no half results."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from bangfu import audit
from bangfu.access.session import scoped
from bangfu.audit.models import Event
from bangfu.findings import (
    commands,
    evaluation,
    explaining,
    loading,
    partitions,
    queries,
    totals,
)
from bangfu.findings.models import (
    Entitlement,
    HouseholdResult,
    Run,
    Undecided,
    VillageTotal,
)
from bangfu.findings.queries import FindingFilter
from bangfu.jobs.models import Job
from bangfu.kernel.problems import Problem
from bangfu.registry.models import Household
from bangfu.registry.queries import HouseholdFilter
from tests import world
from tests.findings import town

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    """The town, judged."""
    return town.judged()


def _listed(scope: Any, **words: str) -> list[str]:
    found = queries.households(scope, HouseholdFilter(), FindingFilter(**words))
    return list(found.values_list("household_no", flat=True))


def test_a_run_is_kept_with_all_it_was_made_from(run: Run) -> None:
    assert (run.state, run.is_current, run.problem) == ("done", True, None)
    assert run.pack == "hechi"
    assert len(run.pack_hash) == len(run.snapshot_digest) == len(run.digest) == 64
    assert set(run.seconds) == {"snapshot", "evaluate", "load"}
    assert run.job is not None
    assert run.job.state == "done"
    assert run.counts["households"] == 5
    assert (run.counts["ready"], run.counts["not_ready"], run.counts["undecided"]) == (2, 1, 1)
    assert run.counts["rules"]["HC2-E-129"]["entitled"]["subjects"] == 1
    assert Event.objects.filter(action="run.finished").count() == 1
    assert audit.verify().ok


def test_each_household_stands_where_it_belongs(run: Run) -> None:
    scope = town.system()
    assert _listed(scope, readiness="ready") == sorted([town.READY, town.FAR])
    assert _listed(scope, readiness="not_ready") == [town.FAILING]
    assert _listed(scope, readiness="undecided") == [town.LACKING]
    assert town.OBSERVED not in _listed(scope, readiness="assessed")
    assert _listed(scope, fails="HC3-C-19") == [town.FAILING]
    assert _listed(scope, undecided="HC3-C-21") == [town.LACKING]
    assert _listed(scope, missing="household.has_tv") == [town.LACKING]
    assert _listed(scope, missing="person.medical_insurance") == [town.LACKING]
    assert _listed(scope, entitled="HC2-E-129") == [town.READY]
    assert town.READY in _listed(scope, entitled="any")


def test_results_say_what_the_engine_says_of_each_household(run: Run) -> None:
    scope = town.system()
    for number in (town.READY, town.FAILING, town.LACKING, town.FAR):
        live = explaining.explanation(scope, number)
        stored = HouseholdResult.objects.get(run=run, household_no=number)
        assert live.ready is stored.ready
        outcomes = {r["id"]: r["outcome"] for r in live.rules if r["entity"] == "household"}
        assert sorted(stored.failed) == sorted(i for i, o in outcomes.items() if o == "not_met")
        own = [r for r in live.rules if r["kind"] == "criterion" and r["entity"] == "household"]
        assert sorted(stored.unknown) == sorted(r["id"] for r in own if r["outcome"] == "undecided")
        income = next(v for v in live.variables if v["name"] == "net_income_per_capita")
        assert stored.net_income_per_capita == Decimal(income["value"]).quantize(Decimal("0.01"))
        paid = {
            (r["id"], r["subject"], None if r["in_kind"] else Decimal(r["amount"]))
            for r in live.rules
            if r["outcome"] == "entitled"
        }
        assert paid == set(
            Entitlement.objects.filter(run=run, household_no=number).values_list(
                "rule", "subject", "amount"
            )
        )
        assert not live.differs


@pytest.mark.parametrize("region_code", ["", world.DUAN, world.GAOLING, world.DINGFU])
def test_every_count_is_the_length_of_its_list(run: Run, region_code: str) -> None:
    scope = town.system()

    def length(**words: str) -> int:
        at = HouseholdFilter(region_code=region_code)
        return queries.households(scope, at, FindingFilter(**words)).count()

    whole = totals.overall(scope, region_code)
    assert whole.assessed == length(readiness="assessed")
    assert whole.ready == length(readiness="ready")
    assert whole.not_ready == length(readiness="not_ready")
    assert whole.undecided == length(readiness="undecided")
    assert whole.entitled == length(entitled="any")
    assert whole.with_gaps == length(missing="any")
    words = {"met": "meets", "not_met": "fails", "undecided": "undecided", "entitled": "entitled",
             "flagged": "alert"}  # fmt: skip
    seen = 0
    for count in totals.by_rule(scope, region_code):
        for outcome, tally in count.outcomes.items():
            if count.rule.entity in ("household", "person"):
                assert tally.households == length(**{words[outcome]: count.rule.id}), count.rule.id
                seen += 1
    assert seen > 10
    for gap in totals.gaps(scope, region_code):
        if gap.entity in ("household", "person"):
            assert gap.households == length(missing=gap.key), gap.key
    below = totals.village_totals(scope, region_code)
    assert sum(p.households for p in below) == whole.households
    matrix = totals.item_matrix(scope, region_code)
    for n, item in enumerate(matrix.items):
        assert matrix.total.fails[n] == length(fails=item.id)


def test_the_same_snapshot_and_pack_give_the_same_findings(run: Run) -> None:
    again = commands.start(town.system(), snapshot=Path(run.snapshot_path), now=True)
    assert again.pk != run.pk
    assert (again.digest, again.pack_hash) == (run.digest, run.pack_hash)
    run.refresh_from_db()
    assert (run.state, run.is_current) == ("superseded", False)


def test_rows_are_kept_of_this_run_and_the_one_before(run: Run) -> None:
    second = commands.start(town.system(), now=True)
    third = commands.start(town.system(), now=True)
    assert partitions.attached() == {second.pk, third.pk}
    shown = commands.reload(town.system(), run.pk, now=True)
    assert shown.is_current
    assert shown.digest == run.digest
    assert queries.require_current(town.system()).pk == run.pk
    assert partitions.attached() == {third.pk, run.pk}


def test_a_correction_shows_at_once_and_counts_after_the_next_run(run: Run) -> None:
    from bangfu.registry.commands import correct_household

    scope = town.system()
    correct_household(scope, town.LACKING, 2016, {"has_tv": "是"}, reason="入户核实")
    live = explaining.explanation(scope, town.LACKING)
    assert live.differs
    changed = {d.rule: (d.stored, d.live) for d in live.differences}
    assert changed["HC3-C-21"] == ("undecided", "met")
    assert "HC3-C-19" not in changed
    assert live.ready is None
    with audit.event("test.insured", actor=world.ACTOR, region_code="45"):
        from bangfu.registry.models import PersonYear

        PersonYear.objects.filter(person_no__startswith=town.LACKING).update(
            medical_insurance="ncms"
        )
    assert explaining.explanation(scope, town.LACKING).ready is True
    assert _listed(scope, readiness="undecided") == [town.LACKING]
    commands.start(scope, now=True)
    assert town.LACKING in _listed(scope, readiness="ready")
    assert not explaining.explanation(scope, town.LACKING).differs


class Killed(Exception):
    """The power goes."""


@pytest.mark.parametrize("place", ["load", "_add_up", "switch"])
def test_a_run_that_breaks_leaves_the_old_results(
    run: Run, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def break_(*_a: Any, **_k: Any) -> None:
        raise Killed

    monkeypatch.setattr(loading, place, break_)
    with pytest.raises(Killed):
        commands.start(town.system(), now=True)
    broken = Run.objects.latest("id")
    assert (broken.state, broken.is_current) == ("failed", False)
    assert broken.problem is not None
    assert queries.require_current(town.system()).pk == run.pk
    assert partitions.attached() == {run.pk}
    assert not HouseholdResult.objects.filter(run=broken).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"findings_undecided_r{broken.pk}"])
        assert cursor.fetchone() == (None,)


def test_a_run_whose_process_is_gone_is_closed(run: Run) -> None:
    job = Job.objects.create(kind="evaluate", title="x", state="running", region_code=world.CITY)
    lost = Run.objects.create(
        pack="hechi", as_of=date(2016, 12, 31), period="2016-12", region_code=world.CITY,
        started_by="x", state="running", job=job,
    )  # fmt: skip
    assert commands.recover() == 1
    lost.refresh_from_db()
    job.refresh_from_db()
    assert (lost.state, job.state) == ("failed", "failed")
    assert lost.problem["code"] == "findings.run_lost"
    assert commands.recover() == 0


def test_only_one_run_at_a_time(run: Run) -> None:
    waiting = commands.start(town.system())
    assert waiting.state == "waiting"
    assert waiting.job is not None
    with pytest.raises(Problem) as refused:
        commands.start(town.system())
    assert refused.value.code == "findings.already_running"
    stopped = commands.stop(town.system(), waiting.pk)
    assert stopped.state == "stopped"
    with pytest.raises(Problem) as closed:
        commands.stop(town.system(), waiting.pk)
    assert closed.value.code == "findings.run_closed"


def test_a_stopped_run_ends_at_its_next_step(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop_then(*args: Any) -> str:
        Job.objects.filter(state="running").update(state="stopped")
        return str(town.PERIOD)

    monkeypatch.setattr(evaluation, "_place", stop_then)
    with pytest.raises(Problem) as stopped:
        commands.start(town.system(), now=True)
    assert stopped.value.code == "jobs.stopped"
    assert Run.objects.latest("id").state == "stopped"
    assert queries.require_current(town.system()).pk == run.pk


def test_a_clerk_evaluates_again_but_does_not_choose(run: Run) -> None:
    clerk = world.scope(world.GAOLING)
    assert not commands.may_choose(clerk)
    with pytest.raises(Problem) as refused:
        commands.start(clerk, as_of=date(2017, 12, 31))
    assert refused.value.code == "findings.not_yours_to_choose"
    again = commands.start(clerk)
    assert (again.period, again.as_of, again.pack) == (run.period, run.as_of, run.pack)
    with pytest.raises(Problem):
        commands.start(world.scope(world.GAOLING, "village_officer"))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"as_of": date(2015, 12, 31)}, "policy.as_of_outside_pack"),
        ({"pack": "nowhere"}, "policy.pack_not_found"),
        ({"period": "201612"}, "findings.bad_request"),
        ({"snapshot": Path("no/such/snapshot")}, "lake.not_found"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_before_it_begins(
    given: dict[str, Any], code: str
) -> None:
    town.build()
    with pytest.raises(Problem) as refused:
        commands.start(town.system(), **given, now=True)
    assert refused.value.code == code
    assert not Run.objects.exists()


def test_scope_holds_in_queries_and_in_the_database(run: Run) -> None:
    clerk = world.scope(world.GAOLING)
    assert _listed(clerk, readiness="ready") == [town.READY]
    assert totals.overall(clerk).households == 3
    with scoped(clerk):
        assert HouseholdResult.objects.count() == 3
        assert VillageTotal.objects.count() == 2
        assert not Undecided.objects.filter(household_no=town.LACKING).exists()
        assert explaining.explanation(clerk, town.READY).ready is True
    with pytest.raises(Problem) as refused:
        explaining.explanation(clerk, town.LACKING)
    assert refused.value.kind.status == 404
    with pytest.raises(Problem):
        totals.overall(clerk, world.DISU)


def test_a_department_sees_its_rules_and_no_sums_over_others(run: Run) -> None:
    education = world.scope(world.DUAN, "county_department", department="教育局")
    assert _listed(education, entitled="HC2-E-129") == [town.READY]
    assert {c.rule.department.count("教育局") > 0 for c in totals.by_rule(education)} == {True}
    assert totals.overall(education).entitled_total == 0
    assert totals.overall(education).ready == 0
    for words in ({"readiness": "ready"}, {"fails": "HC3-C-19"}):
        with pytest.raises(Problem) as refused:
            _listed(education, **words)
        assert refused.value.code == "findings.unknown_rule"
    rules = {r["department"] for r in explaining.explanation(education, town.READY).rules}
    assert all("教育局" in r for r in rules)


def test_without_a_run_nothing_breaks() -> None:
    town.build()
    scope = town.system()
    assert totals.overall(scope).households == 0
    assert totals.by_rule(scope) == totals.gaps(scope) == totals.village_totals(scope) == []
    assert explaining.explanation(scope, town.READY).ready is True
    with pytest.raises(Problem) as refused:
        _listed(scope, readiness="ready")
    assert refused.value.code == "findings.no_run"
    assert Household.objects.count() == len(_listed(scope))
