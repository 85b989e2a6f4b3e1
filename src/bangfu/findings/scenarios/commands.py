"""Making, stopping, deleting and restoring simulations, each with its audit event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction

from bangfu import audit
from bangfu.access.scope import Scope
from bangfu.findings import packs, problems
from bangfu.findings.scenarios import queries, work
from bangfu.findings.scenarios.models import Scenario
from bangfu.jobs import commands as jobs
from bangfu.kernel import clock
from bangfu.policy import changes as changing
from bangfu.policy import simulating


def simulate(
    scope: Scope, *, name: str, pack: str, as_of: date, settings: Mapping[str, str] | Sequence[str],
    off: Sequence[str] = (), on: Sequence[str] = (), snapshot: str = "", now: bool = False,
) -> Scenario:  # fmt: skip
    """Save a simulation and begin it. `snapshot` is a digest, '' for the current run's.

    With `now` it is done before this returns. Raises Problem `policy.*` (see
    `policy.changes.read`), `findings.scenario_invalid`, `findings.snapshot_missing`.
    """
    scope.require("simulation.edit")
    loaded = packs.get(pack)
    changed = changing.read(loaded, as_of, settings, off, on)
    return _begin(scope, "simulate", name, snapshot, {
        "pack": loaded.id, "pack_title": loaded.title.zh, "as_of": as_of,
        "changes": changed.as_dict(),
        "described": simulating.described(loaded, as_of, changed),
    }, now)  # fmt: skip


def amend(
    scope: Scope, *, name: str, pack: str, start: date, end: date, snapshot: str = "",
    now: bool = False,
) -> Scenario:  # fmt: skip
    """The effects of what changed in a pack between two days, on a snapshot.

    Raises Problem `policy.dates_backwards`, `policy.as_of_outside_pack`, and as `simulate`.
    """
    scope.require("simulation.edit")
    loaded = packs.get(pack)
    simulating.amendment(loaded, start, end)
    return _begin(scope, "diff", name, snapshot, {
        "pack": loaded.id, "pack_title": loaded.title.zh, "as_of": end, "from_day": start,
    }, now)  # fmt: skip


def _begin(
    scope: Scope, kind: str, name: str, snapshot: str, values: dict[str, Any], now: bool
) -> Scenario:
    name = " ".join(name.split())
    if not name or len(name) > 100:
        raise problems.SCENARIO_INVALID(what="名称要写1至100个字")
    chosen = queries.snapshot(scope, snapshot)
    with transaction.atomic():
        found = Scenario.objects.create(
            kind=kind, name=name, period=chosen.period, snapshot_path=chosen.path,
            snapshot_digest=chosen.digest, region_code=scope.region_code,
            user_id=scope.user_id, owner=scope.username, **values,
        )  # fmt: skip
        detail = {"name": name, "kind": kind, "pack": found.pack, "as_of": str(found.as_of),
                  "changes": found.changes, "snapshot": chosen.digest[:16]}  # fmt: skip
        with _event(scope, "scenario.created", found, detail):
            pass
        if not now:
            job = jobs.enqueue(scope, work.KIND, _title(found), {"scenario": found.pk})
            Scenario.objects.filter(pk=found.pk).update(job=job)
    if now:
        jobs.run_now(scope, work.KIND, _title(found), {"scenario": found.pk})
    found.refresh_from_db()
    return found


def _title(found: Scenario) -> str:
    return f"{found.get_kind_display()}：{found.name}"


def _event(scope: Scope, action: str, found: Scenario, detail: dict[str, Any]) -> Any:
    return audit.event(
        action, actor=scope.actor, subject=f"scenario:{found.pk}", region_code=found.region_code,
        detail=detail,
    )  # fmt: skip


def _mine(scope: Scope, scenario_id: int, *, deleted: bool = False) -> Scenario:
    scope.require("simulation.edit")
    found = queries.scenario(scope, scenario_id, deleted=deleted)
    if not queries.may_change(scope, found):
        raise problems.SCENARIO_NOT_FOUND(scenario=scenario_id)
    return found


def stop(scope: Scope, scenario_id: int) -> Scenario:
    """Cancel one that is waiting or being computed; it ends at its next step."""
    found = _mine(scope, scenario_id)
    if not found.is_open:
        raise problems.SCENARIO_INVALID(what=f"“{found.name}”已经结束，不能取消")
    with _event(scope, "scenario.stopped", found, {"name": found.name}):
        if found.job is not None:
            jobs.stop(scope, found.job)
        if found.state == "waiting":
            Scenario.objects.filter(pk=found.pk).update(state="stopped", finished_at=clock.now())
    found.refresh_from_db()
    return found


def delete(scope: Scope, scenario_id: int) -> Scenario:
    """Put it away; it can be restored. One that is open is cancelled."""
    found = _mine(scope, scenario_id)
    if found.is_open:
        stop(scope, scenario_id)
    with _event(scope, "scenario.deleted", found, {"name": found.name}):
        Scenario.objects.filter(pk=found.pk).update(
            deleted_at=clock.now(), deleted_by=scope.username
        )
    found.refresh_from_db()
    return found


def restore(scope: Scope, scenario_id: int) -> Scenario:
    """Bring a deleted one back."""
    found = _mine(scope, scenario_id, deleted=True)
    with _event(scope, "scenario.restored", found, {"name": found.name}):
        Scenario.objects.filter(pk=found.pk).update(deleted_at=None, deleted_by="")
    found.refresh_from_db()
    return found


def exported(scope: Scope, found: Scenario, detail: dict[str, Any]) -> None:
    """Keep that somebody took a file of it."""
    with _event(scope, "scenario.exported", found, detail):
        pass


def recover() -> int:
    """Close simulations whose process is gone; how many. Safe at any time, by anyone."""
    jobs.fail_abandoned()
    closed = 0
    for found in Scenario.objects.filter(state__in=("waiting", "running")).select_related("job"):
        if found.job is not None and not found.job.is_open:
            state = "stopped" if found.job.state == "stopped" else "failed"
            Scenario.objects.filter(pk=found.pk).update(
                state=state, finished_at=clock.now(), problem=found.job.problem
            )
            closed += 1
    return closed
