"""Reads of saved simulations. A simulation made above is seen below, one made below is seen
above; the numbers are those of the places in one's own scope only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import Q, QuerySet

from bangfu.access.scope import Scope
from bangfu.findings import problems
from bangfu.findings.models import Run
from bangfu.findings.scenarios.models import Scenario, ScenarioResult
from bangfu.kernel import region
from bangfu.registry.models import SnapshotTaken

COMPARED = 6  # side by side at most
COUNTY = 6


@dataclass(frozen=True)
class Choice:
    """A snapshot one may simulate on."""

    digest: str
    period: str
    path: str
    taken_at: datetime
    current: bool = False


def scenarios(
    scope: Scope, *, kind: str = "", state: str = "", pack: str = "", text: str = "",
    deleted: bool = False,
) -> QuerySet[Scenario]:  # fmt: skip
    """Simulations one may see, newest first: one's own region's and those of a wider one."""
    scope.require("simulation.view")
    wider = [code for code in region.ancestors(scope.region_code) if code != scope.region_code]
    found = Scenario.objects.select_related("job").filter(
        scope.q("region_code") | Q(region_code__in=wider), deleted_at__isnull=not deleted
    )
    for name, value in (("kind", kind), ("state", state), ("pack", pack)):
        if value:
            found = found.filter(**{name: value})
    if text:
        found = found.filter(Q(name__icontains=text) | Q(owner__icontains=text))
    return found


def scenario(scope: Scope, scenario_id: int, *, deleted: bool = False) -> Scenario:
    """One simulation. Raises Problem `findings.scenario_not_found`."""
    found = scenarios(scope, deleted=deleted).filter(pk=scenario_id).first()
    if found is None:
        raise problems.SCENARIO_NOT_FOUND(scenario=scenario_id)
    return found


def may_change(scope: Scope, found: Scenario) -> bool:
    """Whether this person may delete it: whoever's region covers where it was made."""
    return scope.has("simulation.edit") and scope.covers(found.region_code)


def result(scope: Scope, found: Scenario) -> dict[str, Any]:
    """What this person may see of the result, in the shape of `policy.outcome`: `whole` is the
    widest place in scope. Raises Problem `findings.scenario_open`."""
    rows = dict(
        ScenarioResult.objects.filter(scope.q("region_code"), scenario=found).values_list(
            "region_code", "section"
        )
    )
    if found.state != "done" or not rows:
        raise problems.SCENARIO_OPEN(name=found.name)
    widest = min(rows, key=lambda code: (len(code), code))
    counties = {code: rows[code] for code in sorted(rows) if len(code) == COUNTY}
    return {
        **found.about, "described": found.described, "whole": rows[widest],
        "whole_code": widest, "counties": counties,
    }  # fmt: skip


def several(scope: Scope, ids: Iterable[int]) -> list[Scenario]:
    """Finished simulations of one snapshot, to lie side by side, in the order asked for.

    Raises Problem `findings.scenarios_differ`, `findings.scenario_not_found`.
    """
    wanted = list(dict.fromkeys(ids))
    if not 2 <= len(wanted) <= COMPARED:
        raise problems.SCENARIOS_DIFFER(what=f"选了 {len(wanted)} 个")
    found = [scenario(scope, one) for one in wanted]
    for one in found:
        if one.state != "done":
            raise problems.SCENARIOS_DIFFER(what=f"“{one.name}”还没有算完")
    if len({one.snapshot_digest for one in found}) > 1:
        raise problems.SCENARIOS_DIFFER(what="它们不是在同一快照上算的")
    return found


def snapshots(scope: Scope) -> list[Choice]:
    """Snapshots whose files are there, the current run's first, then the newest."""
    del scope  # a snapshot is of the whole registry; what is judged of it is narrowed
    now = Run.objects.filter(is_current=True).values_list("snapshot_digest", flat=True).first()
    listed: dict[str, Choice] = {}
    taken = SnapshotTaken.objects.values_list("manifest_hash", "period", "path", "taken_at")
    runs = Run.objects.exclude(snapshot_digest="").values_list(
        "snapshot_digest", "period", "snapshot_path", "created_at"
    )
    for digest, period, path, at in [*taken, *runs]:
        if digest not in listed and Path(path).joinpath("manifest.json").is_file():
            listed[digest] = Choice(digest, period, path, at, digest == now)
    return sorted(listed.values(), key=lambda c: (not c.current, -c.taken_at.timestamp()))


def snapshot(scope: Scope, digest: str) -> Choice:
    """One of them; the first where none is named. Raises Problem `findings.snapshot_missing`."""
    found = [c for c in snapshots(scope) if digest in ("", c.digest)]
    if not found:
        raise problems.SNAPSHOT_MISSING(snapshot=digest[:12] or "—")
    return found[0]
