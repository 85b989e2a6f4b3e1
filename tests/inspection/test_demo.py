"""The demo's inspections, made over a small batch: orders in every state, a team from outside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bangfu import audit
from bangfu.access import scope_of
from bangfu.access.models import User
from bangfu.demo import inspection as demo
from bangfu.inspection import planning, queries
from bangfu.inspection.models import Finding, Order, Plan
from bangfu.kernel import clock
from bangfu.procedures.models import Batch
from tests import world
from tests.inspection import small
from tests.procedures import town

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]
PASSWORD = "bangfu-demo"


def test_orders_stand_in_every_state_and_all_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    exited, checked, *_rest = small.cases()
    town.to_observation(exited)
    town.do(town.TOWN, checked, town.verified())
    batch = Batch.objects.get()
    staff = demo._Staff(small.INSPECTOR, town.COUNTY, town.TOWN, None)
    # Two households are drawn: the orders of the script are all of the first.
    monkeypatch.setattr(demo, "_CITY", (demo._CITY[0], demo._TEAM[1]))
    told = [replace(o, finding=0, department="") for o in demo._CITY_ORDERS]
    monkeypatch.setattr(demo, "_CITY_ORDERS", tuple(told))
    demo._third_party(staff, batch, PASSWORD)
    demo._by_the_city(staff, batch)
    demo._by_the_county(staff, batch)

    team = Plan.objects.get(kind="third_party")
    assert planning.redrawn(team)
    assert {f.result for f in Finding.objects.all()} == {"problem", "unable", "sound"}
    user = User.objects.get(username=demo.EVALUATOR)
    assert user.check_password(PASSWORD)
    assert not user.must_change_password
    mine = scope_of(user)
    assert queries.sample(mine).count() == team.drawn == 1
    assert not queries.findings(mine, queries.FindingFilter())

    board = queries.board(small.INSPECTOR)
    assert {state for state, n in board.items() if n} >= {
        "overdue", "soon", "open", "answered", "accepted", "above",
    }  # fmt: skip
    acts = [[r.act for r in o.records.all()] for o in Order.objects.all()]
    assert ["issue", "answer", "accept"] in acts
    assert ["issue", "answer", "back"] in acts
    assert all(o.issued_on < clock.today() for o in Order.objects.all())
    assert audit.verify().ok


def test_a_city_where_nobody_exited_has_no_team() -> None:
    small.cases()
    batch = Batch.objects.get()
    staff = demo._Staff(small.INSPECTOR, town.COUNTY, world.scope(world.GAOLING), None)
    demo._third_party(staff, batch, PASSWORD)
    assert not Plan.objects.exists()
    assert demo.seed(PASSWORD, lambda *_: None) is None
