"""`bangfu simulate` and the effects of `bangfu policy diff`: one snapshot judged twice by the
production engine, by a pack and by the same pack changed, and the two findings compared.

The findings lie in `work`/before and `work`/after, so that a killed simulation goes on where it
stopped and a second one with the same baseline need not judge it again. `result.json` beside
them holds what may be shown (`outcome`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bangfu import lake
from bangfu.kernel import clock
from bangfu.policy import changes as changing
from bangfu.policy import effects, outcome, problems
from bangfu.policy.changes import Changes
from bangfu.policy.comparing import diff
from bangfu.policy.evaluating import evaluate
from bangfu.policy.pack import Pack, require_in_force
from bangfu.policy.script import engine_version
from bangfu.policy.suppressing import THRESHOLD

Progress = Callable[[int, int, str], None]
RESULT = "result.json"


@dataclass(frozen=True)
class Plan:
    """What is compared: the pack before and after, judged at `as_of`."""

    kind: str  # simulate | diff
    before: Pack
    after: Pack
    as_of: date
    told: dict[str, Any]


def simulation(pack: Pack, as_of: date, changes: Changes) -> Plan:
    """The policy of `as_of` against the same with `changes`."""
    told = {"pack": pack.id, "pack_title": pack.title.zh, "pack_hash": pack.hash,
            "as_of": as_of.isoformat(), "changes": changes.as_dict(),
            "described": described(pack, as_of, changes)}  # fmt: skip
    return Plan("simulate", pack, changing.applied(pack, changes, as_of), as_of, told)


def amendment(pack: Pack, start: date, end: date) -> Plan:
    """The policy of `start` against that of `end`, both judged with the ages of `end`: what
    differs is the policy alone. Raises DATES_BACKWARDS, AS_OF_OUTSIDE_PACK."""
    if start >= end:
        raise problems.DATES_BACKWARDS(start=start, end=end)
    require_in_force(pack, end)
    told = {"pack": pack.id, "pack_title": pack.title.zh, "pack_hash": pack.hash,
            "as_of": end.isoformat(), "from": start.isoformat(), "to": end.isoformat(),
            "rules_changed": len(diff(pack, start, end))}  # fmt: skip
    return Plan("diff", changing.frozen(pack, start), pack, end, told)


def described(pack: Pack, as_of: date, changes: Changes) -> list[dict[str, Any]]:
    """The changes for people: what, from which value, to which, in what unit."""
    from bangfu.policy.amounts import as_text, unit_name

    found: list[dict[str, Any]] = []
    for setting in changes.settings:
        parameter = pack.parameters[setting.name]
        found.append({
            "what": "set", "name": setting.name, "region": setting.region,
            "zh": parameter.title.zh, "en": parameter.title.en,
            "before": "；".join(_told(v) for v in parameter.in_force(as_of)
                               if v.region.startswith(setting.region) or not v.region),
            "after": as_text(setting.value), "unit": unit_name(parameter),
            "unit_en": unit_name(parameter, "en"),
        })  # fmt: skip
    for what in ("off", "on"):
        for rule_id in getattr(changes, what):
            title = pack.rules[rule_id].title
            found.append({"what": what, "name": rule_id, "zh": title.zh, "en": title.en})
    return found


def _told(value: Any) -> str:
    from bangfu.policy.amounts import as_text

    where = value.region or value.county_kind
    return f"{where}: {as_text(value.value)}" if where else as_text(value.value)


def run(
    plan: Plan,
    snapshot_dir: Path | str,
    work: Path,
    *,
    baseline: Path | None = None,
    counties: Iterable[str] | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
    memory_mb: int = 800,
    threshold: int = THRESHOLD,
) -> dict[str, Any]:
    """Judge, compare, and write `work`/result.json; its content.

    A findings directory given as `baseline` serves instead of judging the first side; it must
    be of the same snapshot, pack and day. Raises BASELINE_DIFFERS, and what `evaluate` raises.
    """
    snapshot = lake.Snapshot.open(snapshot_dir)
    chosen = _chosen(snapshot, counties)
    started = clock.now()
    tell = progress or (lambda done, total, message: None)
    total = 2 * len(chosen) + 1
    if baseline is not None and (what := differs(baseline, plan.before, plan, snapshot, chosen)):
        raise problems.BASELINE_DIFFERS(path=str(baseline), what=what)
    sides = []
    for number, (name, pack) in enumerate((("before", plan.before), ("after", plan.after))):
        place = work / name
        first = baseline if number == 0 else None
        if first is None and not differs(place, pack, plan, snapshot, chosen):
            first = place
        if first is None:
            evaluate(
                snapshot_dir, pack, plan.as_of, place, counties=chosen, threads=threads,
                memory_mb=memory_mb, progress=_shifted(tell, number * len(chosen), total),
            )  # fmt: skip
        sides.append(effects.Side(first or place, pack))
        tell((number + 1) * len(chosen), total, "")
    found = effects.compared(
        snapshot, sides[0], sides[1], plan.as_of, chosen, threads=threads or 2,
        memory_mb=memory_mb,
    )  # fmt: skip
    result = {
        "format": outcome.FORMAT, "kind": plan.kind, **plan.told,
        "after_hash": plan.after.hash, "before_hash": plan.before.hash,
        "snapshot": {"period": snapshot.period, "digest": snapshot.digest},
        "counties": list(chosen), "whole_code": _whole(plan.after, chosen),
        "created": clock.now().isoformat(timespec="seconds"),
        "seconds": round((clock.now() - started).total_seconds(), 1),
        "baseline_reused": sides[0].findings != work / "before",
        "missing_columns": sorted({n for side in sides for n in _lacking(side.findings)}),
        **outcome.published(found, (plan.before, plan.after), threshold),
    }  # fmt: skip
    work.mkdir(parents=True, exist_ok=True)
    part = work / f".{RESULT}.part"
    part.write_text(json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(work / RESULT)
    tell(total, total, "")
    return result


def _lacking(findings: Path) -> list[str]:
    """Fields that the snapshot, written by an older dictionary, does not have."""
    manifest = json.loads((findings / "manifest.json").read_text(encoding="utf-8"))
    return list(manifest.get("missing_columns", ()))


def _shifted(tell: Progress, by: int, total: int) -> Progress:
    """The progress of one side as part of the whole."""

    def report(done: int, _own: int, message: str) -> None:
        tell(by + done, total, message)

    return report


def _chosen(snapshot: lake.Snapshot, counties: Iterable[str] | None) -> tuple[str, ...]:
    if counties is None:
        return snapshot.counties
    chosen = tuple(sorted(set(counties)))
    for county in chosen:
        if county not in snapshot.counties:
            raise problems.UNKNOWN_REGION(region=county, known="、".join(snapshot.counties))
    return chosen


def _whole(pack: Pack, counties: tuple[str, ...]) -> str:
    """Code of what all the counties together are: the county itself where it is only one."""
    return counties[0] if len(counties) == 1 else pack.jurisdiction


def differs(
    findings: Path, pack: Pack, plan: Plan, snapshot: lake.Snapshot, counties: Iterable[str]
) -> str:
    """What a findings directory was judged by otherwise than the plan asks; '' for nothing."""
    try:
        manifest = json.loads((findings / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "内容 content"
    expected = {r.id for r in pack.rules.values() if r.kind != "duty" and r.at(plan.as_of)}
    checks = (
        (manifest.get("kind") == "findings", "内容 content"),
        (manifest.get("pack_hash") == pack.hash, "政策包 pack"),
        (manifest.get("as_of") == plan.as_of.isoformat(), "日期 day"),
        (manifest.get("snapshot", {}).get("digest") == snapshot.digest, "快照 snapshot"),
        (manifest.get("engine") == engine_version(), "程序版本 engine"),
        (set(counties) <= set(manifest.get("counties", ())), "县 counties"),
        (expected <= set(manifest.get("rules", ())), "规则 rules"),
    )
    return next((what for same, what in checks if not same), "")
