"""Samples that anyone draws again, and people from outside who see the sample and nothing else."""

from __future__ import annotations

import ast
import hashlib
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from bangfu import audit
from bangfu.access import scope_of
from bangfu.access.models import User
from bangfu.access.session import scoped
from bangfu.inspection import forms, planning, queries, recording
from bangfu.inspection.models import Finding, Plan, Sampled
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.registry import queries as registry
from tests import world
from tests.inspection import small

pytestmark = pytest.mark.django_db
PACKAGE = Path(__file__).resolve().parents[2] / "src" / "bangfu"


def refused(code: str) -> pytest.RaisesExc[Problem]:
    return pytest.raises(Problem, match=code)


@pytest.mark.parametrize("share", [1, 33, 50, 100])
def test_the_order_of_the_pool_does_not_matter(share: int) -> None:
    pool = [(f"{n:03}", f"45122810{n % 3}") for n in range(1, 101)]
    drawn = planning.draw_of("s", pool, "share", share, "township")
    assert drawn == planning.draw_of("s", pool[::-1], "share", share, "township")
    assert drawn != planning.draw_of("t", pool, "share", share, "township")[::-1]
    for place in {c for _s, c in pool}:
        there = {s for s, c in pool if c == place}
        assert len(there & set(drawn)) == -(-len(there) * share // 100)


@pytest.mark.usefixtures("world")
def test_anyone_draws_the_same_with_sha256() -> None:
    small.cases()
    found = small.plan(number=2, method="each", per="county")
    kept = [s.subject for s in found.sample.order_by("position")]
    pool = [subject for subject, _code in found.pool]
    by_hand = sorted(pool, key=lambda s: hashlib.sha256(f"seven:{s}".encode()).hexdigest())[:2]
    assert kept == by_hand
    assert (found.among, found.drawn) == (3, 2)
    assert planning.redrawn(found)
    assert audit.verify().ok
    event = audit.models.Event.objects.get(pk=found.event_id)
    assert (event.action, event.detail["seed"]) == ("inspection.drawn", "seven")


@pytest.mark.usefixtures("world")
def test_half_of_a_batch_and_what_is_refused() -> None:
    small.cases()
    assert small.plan(number=50).drawn == 2  # of three, rounded up
    for wrong in ({"number": 0}, {"number": 101}, {"method": "pick"}, {"title": ""}, {"approval": " "},
                  {"ends_on": clock.today() - timedelta(days=1)}, {"after": "no_such"}):  # fmt: skip
        with refused("inspection.bad_request"):
            small.plan(**wrong)
    with refused("inspection.nothing_to_draw"):
        small.plan(after="determine")
    with refused("access.no_right"):
        small.plan(world.scope(world.GAOLING))
    with refused("access.out_of_scope"):
        small.plan(region_code="45")


@pytest.mark.usefixtures("world")
def test_the_regions_sheet_may_be_taken() -> None:
    small.cases()
    own, regions = small.plan(), small.plan(pack="guangxi")
    titles = [forms.of(p.form, "household").title.zh for p in (own, regions)]
    assert titles == ["脱贫户抽查核查表", "脱贫摘帽县普查户表"]
    found = regions.sample.earliest("position")
    asked = forms.of(regions.form, "household")
    values = {
        "helped": "产业奖补",
        "took_part": "false",
        "both_confirmed": "true",
        "verifier": "true",
    }
    items = dict.fromkeys((i.id for i in asked.items), "met")
    with refused("inspection.bad_request"):
        recording.record(
            small.INSPECTOR,
            found.pk,
            small.seen(items=items, values=values | {"took_part": "true"}),
        )  # took part: then in which
    recording.record(small.INSPECTOR, found.pk, small.seen(items=items, values=values))
    with refused("inspection.no_form"):
        small.plan(pack="zaozhuang")


@pytest.mark.usefixtures("world")
def test_before_during_and_after() -> None:
    small.cases()
    found = small.plan()
    tomorrow = clock.today() + timedelta(days=1)
    user = small.engage(found, starts_on=tomorrow)
    with refused("access.grant_over"):
        scope_of(user).require("inspection.record")
    user = small.engage(found, username="team2")
    scope = scope_of(user)
    scope.require("inspection.record")
    with scoped(scope):
        first = queries.sample(scope).first()
        assert first is not None
        assert queries.sheet(scope, first).case.subject == first.subject
        recording.record(scope, first.pk, small.seen())
    assert Finding.objects.get().by == "team2"
    small.over(user)
    with refused("access.grant_over"):
        scope_of(user).require("inspection.record")
    # A program that goes on with the old scope is stopped by the database itself.
    with scoped(scope):
        assert not queries.sample(scope).exists()
    user = small.engage(found, username="team3")
    grant = user.grants.get()
    planning.dismiss(small.INSPECTOR, found, grant.pk)
    assert not scope_of(user).rights
    assert audit.verify().ok


@pytest.mark.usefixtures("world")
def test_the_database_shows_an_evaluator_the_sample_and_nothing_else() -> None:
    small.cases()
    found, other = small.plan(), small.plan(seed="other", number=100)
    small.problem(plan_=found)
    small.problem(plan_=other)
    scope = small.evaluator(found)
    mine = set(found.sample.values_list("case_id", flat=True))
    seen = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p')"
        )
        tables = sorted(r[0] for r in cursor.fetchall())
        with scoped(scope):
            for table in tables:
                cursor.execute(f"SELECT count(*) FROM {table}")
                seen[table] = cursor.fetchone()[0]
            cursor.execute("SELECT id FROM procedures_case")
            assert {r[0] for r in cursor.fetchall()} == mine
            with scoped(world.scope("45", "city_office")):  # nothing inside widens it
                cursor.execute("SELECT count(*) FROM registry_household")
                assert cursor.fetchone()[0] == 0
    assert {t for t, n in seen.items() if n} == {
        "audit_change",  # of their own findings
        "evidence_attachment", "inspection_finding", "inspection_plan", "inspection_sampled",
        "procedures_case", "procedures_steprecord",
    }  # fmt: skip
    assert (seen["inspection_plan"], seen["inspection_sampled"]) == (1, 2)
    assert (seen["inspection_finding"], seen["evidence_attachment"]) == (1, 1)
    assert seen["audit_change"] == 1


@pytest.mark.usefixtures("world")
def test_an_evaluator_writes_findings_of_the_sample_only() -> None:
    small.cases()
    found, other = small.plan(), small.plan(seed="other", number=100)
    scope = small.evaluator(found)
    foreign = other.sample.exclude(case__in=found.sample.values("case")).get()
    with scoped(scope):
        with refused("inspection.check_not_found"):
            recording.record(scope, foreign.pk, small.seen())
        for statement in (
            "UPDATE procedures_case SET step = 'x'", "DELETE FROM registry_household",
            "UPDATE inspection_sampled SET position = 1", "UPDATE access_grant SET id = id + 1",
        ):  # fmt: skip
            with connection.cursor() as cursor, transaction.atomic():
                try:
                    with transaction.atomic():
                        cursor.execute(statement)
                        assert cursor.rowcount == 0, statement
                except DatabaseError as fault:
                    assert isinstance(fault.__cause__, psycopg.errors.InsufficientPrivilege)
    with (
        pytest.raises(DatabaseError, match="row-level security"), scoped(scope),
        audit.event("test", actor=scope.actor), connection.cursor() as c,
    ):  # fmt: skip
        c.execute(
            "INSERT INTO inspection_finding (sampled_id, form_id, region_code, result,"
            ' "values", items, text, evidence, "on", at, by, role, event_id, hash)'
            " VALUES (%s, %s, '45', 'sound', '{}', '{}', '', '[]', now(), now(), '', '', 1, '')",
            [foreign.pk, found.form_id],
        )


@pytest.mark.usefixtures("world")
def test_rooms_that_know_nothing_of_grants_show_nothing() -> None:
    small.cases()
    scope = small.evaluator(small.plan())
    assert not scope.covers(world.FIRST)
    assert not registry.households(scope, registry.HouseholdFilter()).exists()
    assert not queries.plans(scope).exists()
    assert not queries.orders(scope).exists()
    with refused("access.out_of_scope"):
        scope.narrowed(world.GAOLING)
    condition, values = scope.sql("village_code")
    assert (condition, values) == ("(false)", [])


def test_scopes_are_made_in_few_places() -> None:
    """A scope built by hand could drop a grant and so widen itself."""
    makers = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            called = isinstance(node, ast.Call) and ast.unparse(node.func)
            kept = called == "replace" and any(k.arg == "grant" for k in node.keywords)  # type: ignore[attr-defined]
            if called == "Scope" or kept:
                makers.add(str(file.relative_to(PACKAGE)))
    assert makers == {"access/scope.py", "procedures/drawing.py", "inspection/queries.py"}


def test_an_evaluator_s_right_opens_the_checks_only() -> None:
    from bangfu.access.roles import rights_of
    from bangfu.web import urls
    from bangfu.web.http import ROUTES

    assert urls.urlpatterns
    rights = rights_of("evaluator")
    opened = {view for view, right in ROUTES.items() if right in rights}
    assert opened
    assert {v for v in opened if not v.startswith("bangfu.web.inspection.checks.")} == set()


@pytest.mark.usefixtures("world")
def test_accounts_of_a_team() -> None:
    small.cases()
    found = small.plan()
    today = clock.today()
    for wrong in ({"ends_on": today - timedelta(days=1)}, {"ends_on": today + timedelta(days=400)}):
        with refused("access.bad_grant"):
            small.engage(found, **wrong)
    with refused("access.bad_account"):
        small.engage(found, password="123")
    user = small.engage(found)
    assert (user.role, user.region_code, user.must_change_password) == (
        "evaluator",
        world.DUAN,
        True,
    )
    with refused("access.bad_account"):
        small.engage(found)
    with refused("inspection.bad_request"):
        small.engage(small.plan(kind="spot_check"), username="x2")
    with refused("access.no_right"):
        planning.engage(
            world.scope(world.DUAN, "township_clerk"), found, username="x3", display_name="x",
            password=small.PASSWORD,
        )  # fmt: skip
    assert User.objects.filter(role="evaluator").count() == 1
    assert Plan.objects.count() == 2
    assert Sampled.objects.count() == 4
