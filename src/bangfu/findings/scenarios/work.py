"""The work of a simulation, as a job: judge both sides, compare, keep the tables by place.

A county's simulation judges that county only. The findings of the current run serve as the
first side where they are of the same snapshot, pack and day. Files go when the numbers are in.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from bangfu import audit, lake
from bangfu.access.models import User
from bangfu.access.scope import Scope, scope_of, system_scope
from bangfu.findings import packs, problems
from bangfu.findings.models import Run
from bangfu.findings.scenarios.models import Scenario, ScenarioResult
from bangfu.findings.scenarios.queries import COUNTY
from bangfu.jobs import Progress, register
from bangfu.jobs.models import Job
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.policy import changes as changing
from bangfu.policy import simulating
from bangfu.registry import divisions

KIND = "simulate"
_NUMBERS = ("whole", "counties", "described")


@register(KIND)
def simulate(job: Job, progress: Progress) -> dict[str, Any]:
    """The handler. params: scenario (id)."""
    found = Scenario.objects.get(pk=job.params["scenario"])
    if found.state == "stopped" or found.deleted_at is not None:
        return {"scenario": found.pk}
    Scenario.objects.filter(pk=found.pk).update(state="running", job=job)
    place = Path(settings.BANGFU_VAR) / "scenarios" / f"{found.pk:06d}"
    try:
        result = _result(found, place, progress)
        digest = _keep(found, result, _scope_of(job))
    except Exception as fault:
        _give_up(found, fault)
        raise
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return {"scenario": found.pk, "digest": digest}


def _scope_of(job: Job) -> Scope:
    user = User.objects.filter(pk=job.user_id).first() if job.user_id else None
    return scope_of(user) if user else system_scope()


def plan_of(found: Scenario) -> simulating.Plan:
    """What a saved simulation compares, by the pack as it is now."""
    pack = packs.get(found.pack)
    if found.kind == "diff":
        assert found.from_day is not None
        return simulating.amendment(pack, found.from_day, found.as_of)
    made = found.changes
    changed = changing.read(pack, found.as_of, made["set"], made["off"], made["on"])
    return simulating.simulation(pack, found.as_of, changed)


def _result(found: Scenario, place: Path, progress: Progress) -> dict[str, Any]:
    path = Path(found.snapshot_path)
    if not (path / "manifest.json").is_file():
        raise problems.SNAPSHOT_MISSING(snapshot=found.snapshot_digest[:12])
    snapshot = lake.Snapshot.open(path)
    if snapshot.digest != found.snapshot_digest:
        raise problems.SNAPSHOT_MISSING(snapshot=found.snapshot_digest[:12])
    plan = plan_of(found)
    code = found.region_code
    counties = [code[:COUNTY]] if len(code) >= COUNTY else list(snapshot.counties)
    names = divisions.names()

    def report(done: int, total: int, message: str) -> None:
        share = f"{names.get(message, message)}（{done}/{total}）"
        progress(done, total, f"比较现行与模拟 {share}" if done else "准备")

    return simulating.run(
        plan, path, place, counties=counties, progress=report,
        baseline=_baseline(plan, snapshot, counties),
    )  # fmt: skip


def _baseline(plan: simulating.Plan, snapshot: lake.Snapshot, counties: list[str]) -> Path | None:
    """The findings of a run that judged just this already."""
    runs = Run.objects.filter(
        pack_hash=plan.before.hash, as_of=plan.as_of, snapshot_digest=snapshot.digest
    ).exclude(findings_path="")
    for run in runs:
        place = Path(run.findings_path)
        if not simulating.differs(place, plan.before, plan, snapshot, counties):
            return place
    return None


def _keep(found: Scenario, result: dict[str, Any], scope: Scope) -> str:
    """The numbers by place, the rest with the simulation; the digest of it all."""
    sections = {result["whole_code"]: result["whole"]}
    for county, section in result["counties"].items():
        # Where there is one county only, its own section has the cross table too.
        sections[county] = section
    told = json.dumps(sections, ensure_ascii=False, sort_keys=True).encode()
    digest = hashlib.sha256(told).hexdigest()
    about = {name: value for name, value in result.items() if name not in _NUMBERS}
    with transaction.atomic():
        ScenarioResult.objects.filter(scenario=found).delete()
        ScenarioResult.objects.bulk_create(
            ScenarioResult(scenario=found, region_code=code, section=section)
            for code, section in sections.items()
        )
        with audit.event(
            "scenario.finished", actor=scope.actor, subject=f"scenario:{found.pk}",
            region_code=found.region_code, detail={"name": found.name, "digest": digest},
        ):  # fmt: skip
            Scenario.objects.filter(pk=found.pk).update(
                state="done", about=about, digest=digest, finished_at=clock.now(), problem=None
            )
    return digest


def _give_up(found: Scenario, fault: Exception) -> None:
    problem = fault if isinstance(fault, Problem) else None
    stopped = problem is not None and problem.code == "jobs.stopped"
    told = problem or problems.RUN_LOST()
    plain = told.as_dict("zh") | {"details": {k: str(v) for k, v in told.details.items()}}
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    Scenario.objects.filter(pk=found.pk).update(
        state="stopped" if stopped else "failed", finished_at=clock.now(),
        problem=None if stopped else plain,
    )  # fmt: skip
