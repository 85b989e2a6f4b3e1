"""Operations on saved simulations: the list, and a result as one's scope may see it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.params import functions as ask

from bangfu.access import Scope
from bangfu.findings.scenarios import queries
from bangfu.findings.scenarios.models import Scenario
from bangfu.registry import paging
from bangfu.web.api import shapes
from bangfu.web.api.door import operation

router = Router()


class ScenarioRow(Schema):
    """A saved simulation (kind `simulate`) or the effects of amendments (`diff`)."""

    id: int
    name: str
    kind: str
    state: str
    pack: str
    as_of: date
    from_day: date | None
    period: str
    snapshot_digest: str
    region_code: str
    owner: str
    changes: dict[str, Any]
    digest: str
    created_at: datetime
    finished_at: datetime | None


class ScenarioResult(ScenarioRow):
    """With its published tables: `whole` is the widest place in scope, `counties` each county in
    it; a number that is null is withheld because it is small or would give a small one away."""

    whole_code: str
    threshold: int
    rules: dict[str, Any]
    whole: dict[str, Any]
    counties: dict[str, Any]


def _row(found: Scenario) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ScenarioRow.model_fields}


@operation(router, "/simulations", "simulation.view", answer=shapes.Page[ScenarioRow])
def simulations(request: HttpRequest, scope: Scope, page: Query[shapes.PageQuery]) -> Any:
    """政策模拟，最新在前。"""
    found = paging.paged(
        queries.scenarios(scope), key="id", sort="-created_at", after=page.after,
        size=page.limit, count=page.count,
    )  # fmt: skip
    return {"items": [_row(s) for s in found.items], "next": found.next, "total": found.total,
            "total_is_floor": found.total_is_floor}  # fmt: skip


@operation(router, "/simulations/{scenario_id}", "simulation.view", answer=ScenarioResult)
def simulation(
    request: HttpRequest, scope: Scope, scenario_id: int = ask.Path(..., ge=1, le=2**62)
) -> Any:
    """一个已完成的政策模拟及其结果表；小数已按规则不公布。"""
    found = queries.scenario(scope, scenario_id)
    result = queries.result(scope, found)
    kept = ("whole_code", "threshold", "rules", "whole", "counties")
    return _row(found) | {name: result[name] for name in kept}
