"""A village or county as the current run found it, and why: its figures, its villages' sums,
the households behind them.

The outcome is the run's; the figures are read from the registry now, so that a reason shows
what is recorded. Where these no longer give what the run found, the finding says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count as Counted

from bangfu.access.scope import Scope
from bangfu.findings import packs, queries
from bangfu.findings.models import Alert, Failing, Run, Undecided
from bangfu.policy.explanation import ConditionFinding
from bangfu.policy.placed import Count, asked_of_all, explain_place, variables_of_place
from bangfu.registry import queries as registry

UNDECIDED = "undecided"


@dataclass(frozen=True)
class Placed:
    """A rule's outcome for a place (met, not_met, undecided) in the current run, its conditions
    on the registry's rows, the fields (entity.name) it lacked, and what these rows give now."""

    rule: str
    outcome: str
    conditions: tuple[ConditionFinding, ...]
    missing: tuple[str, ...]
    now: str

    @property
    def differs(self) -> bool:
        """Whether the registry's rows give something else: corrected since the run."""
        return self.now != self.outcome


def outcomes(
    run: Run, entity: str, codes: Iterable[str], rules: Iterable[str]
) -> dict[str, dict[str, str]]:
    """By code, what `run` found of the rules in force on its day: met, not_met, undecided.

    A criterion of a place has a row where it is met or undecided; without one it is not met.
    """
    codes = list(codes)
    in_force = {r.id for r in run.rule_set if r.in_force}
    asked = [r for r in rules if r in in_force]
    about: dict[str, Any] = {
        "run": run, "rule__in": asked, "subject__in": codes, "entity": entity,
    }  # fmt: skip
    met = set(Alert.objects.filter(**about).values_list("subject", "rule")) if asked else set()
    open_ = set(Undecided.objects.filter(**about).values_list("subject", "rule"))
    return {
        code: {
            rule: "met" if (code, rule) in met
            else UNDECIDED if (code, rule) in open_ else "not_met"
            for rule in asked
        }
        for code in codes
    }  # fmt: skip


def explanation(
    scope: Scope, entity: str, code: str, pack: str, rules: Iterable[str]
) -> dict[str, Placed]:
    """By rule, what the current run found of a village or county and why; empty without a run
    of `pack` that took the place in."""
    at = _about(scope, entity, code, pack)
    if at is None:
        return {}
    found = outcomes(at.run, entity, [code], rules)[code]
    live = explain_place(at.pack, at.run.as_of, entity, at.tables, at.gathered, found)
    lacking = dict(
        Undecided.objects.filter(
            run=at.run, rule__in=list(found), subject=code, entity=entity
        ).values_list("rule", "missing")
    )
    return {
        rule: Placed(rule, outcome, live[rule].conditions, tuple(lacking.get(rule, ())),
                     live[rule].outcome)
        for rule, outcome in found.items() if rule in live
    }  # fmt: skip


def figures(
    scope: Scope, entity: str, code: str, pack: str, names: Iterable[str]
) -> dict[str, Any]:  # fmt: skip
    """Values of a village's or county's fields and pack variables on the current run's day, by
    name; what is not recorded is left out. Shares are parts of one."""
    at = _about(scope, entity, code, pack)
    if at is None:
        return {}
    names = list(names)
    rows = at.tables[entity]
    recorded: Mapping[str, Any] = rows[0] if rows else {}
    found = {n: recorded.get(n) for n in names}
    found |= variables_of_place(at.pack, at.run.as_of, entity, at.tables, at.gathered, names)
    return {name: value for name, value in found.items() if value is not None}


def sums(scope: Scope, county: str, names: Iterable[str]) -> dict[str, int]:
    """Sums over the county's villages of yearly figures, in the year of the current run; a
    figure that one village lacks is left out."""
    run = queries.current(scope)
    rows = registry.place_rows(scope, "county", county, run.year)["village"] if run else []
    columns: dict[str, list[Any]] = {name: [row.get(name) for row in rows] for name in names}
    return {n: sum(values) for n, values in columns.items() if values and None not in values}


@dataclass(frozen=True)
class _About:
    run: Run
    pack: Any
    tables: dict[str, list[dict[str, Any]]]
    gathered: dict[str, dict[str, Count]]


def _about(scope: Scope, entity: str, code: str, pack: str) -> _About | None:
    run = queries.current(scope)
    if run is None or run.pack != pack or not code.startswith(run.region_code):
        return None
    loaded = packs.get(pack)
    tables = registry.place_rows(scope, entity, code, run.year)
    villages = [str(row["village_code"]) for row in tables["village"]]
    gathered = _gathered(run, asked_of_all(loaded, run.as_of), code, villages)
    return _About(run, loaded, tables, gathered)


def _gathered(
    run: Run, asked: Mapping[str, str], code: str, villages: Iterable[str]
) -> dict[str, dict[str, Count]]:
    """By village and variable, the households that fail the variable's criterion and those it
    is undecided for."""
    about: dict[str, Any] = {"run": run, "rule__in": set(asked.values()),
                             "village_code__startswith": code}  # fmt: skip
    failing = Failing.objects.filter(**about).values_list("village_code", "rule")
    open_ = Undecided.objects.filter(**about, entity="household").values_list(
        "village_code", "rule"
    )
    fails = {(v, r): n for v, r, n in failing.annotate(n=Counted("household_no"))}
    unsure = {(v, r): n for v, r, n in open_.annotate(n=Counted("subject"))}
    return {
        village: {
            name: Count(fails.get((village, rule), 0), unsure.get((village, rule), 0))
            for name, rule in asked.items()
        }
        for village in villages
    }


__all__ = ["UNDECIDED", "Placed", "explanation", "figures", "outcomes", "sums"]
