"""One household judged now, on the registry's rows, by the engine that judges the whole city.

So that after a correction a clerk sees the effect at once; and whether the stored run still
says the same of the household.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from bangfu.access.scope import Scope
from bangfu.findings import commands, packs
from bangfu.findings.models import Run
from bangfu.findings.rules import RuleSet
from bangfu.findings.stored import Said, Stored
from bangfu.kernel.period import Period
from bangfu.policy.explaining import beyond, explain
from bangfu.policy.explanation import Explanation, RuleFinding, VariableFinding, plain
from bangfu.policy.pack import Pack
from bangfu.registry import queries as registry

_PLAIN = {"not_entitled": "no", "not_flagged": "no", "not_in_force": "no"}


@dataclass(frozen=True)
class Item:
    """An item of the exit standard with what it is made of; both as the engine explains them."""

    rule: RuleFinding
    parts: list[RuleFinding]


@dataclass(frozen=True)
class Difference:
    """What the stored run says of a rule and subject, and what holds now."""

    rule: str
    title: str
    subject: str
    stored: str
    live: str


@dataclass(frozen=True)
class LiveFindings:
    """A household's findings: `found` of the rules this person may see, `derived` variables
    (`rules` and `variables` are the same as plain JSON). `ready` is the exit standard's truth
    (None undecided), and meaningless unless `assessed`."""

    household_no: str
    as_of: date
    year: int
    pack: str
    pack_title: str
    run: Run | None
    assessed: bool
    ready: bool | None
    exit_rule: RuleFinding | None
    items: list[Item]
    derived: tuple[VariableFinding, ...]
    found: list[RuleFinding]
    differences: list[Difference]

    @cached_property
    def rules(self) -> list[dict[str, Any]]:
        """`found` as plain JSON."""
        return [plain(r) for r in self.found]

    @cached_property
    def variables(self) -> list[dict[str, Any]]:
        """`derived` as plain JSON."""
        return [plain(v) for v in self.derived]

    @property
    def differs(self) -> bool:
        """Whether the stored run says otherwise: the data was corrected since."""
        return bool(self.differences)

    def of(self, *outcomes: str, kinds: Iterable[str] = ()) -> list[RuleFinding]:
        """Rules outside the exit standard with some outcome, of some kinds (default: all)."""
        inside = {r.id for i in self.items for r in (i.rule, *i.parts)}
        if self.exit_rule:
            inside.add(self.exit_rule.id)
        wanted = set(kinds)
        return [
            r
            for r in self.found
            if r.id not in inside and r.outcome in outcomes and (not wanted or r.kind in wanted)
        ]

    @property
    def missing(self) -> list[str]:
        """Fields (entity.name) that undecided rules lack, each once."""
        open_ = (r for r in self.found if r.outcome == "undecided")
        return list(dict.fromkeys(field for rule in open_ for field in rule.missing))


def _asked(
    scope: Scope, run: Run | None, as_of: date | None, year: int | None, pack: str
) -> tuple[Pack, date, int]:
    """Pack, day and registration year, from the current run where they are not given."""
    usual = commands.usual(scope, run)
    usual_year = int(usual["period"][:4])
    year = year or (as_of.year if as_of else usual_year)
    day = as_of or (usual["as_of"] if year == usual_year else Period(year, 12).last_day)
    return packs.get(pack or usual["pack"]), day, year


def _current() -> Run | None:
    """The current run without what makes reading it slow: its rules are the pack's."""
    return Run.objects.defer("rules", "counts").filter(is_current=True).first()


def _explained(pack: Pack, day: date, rows: registry.HouseholdRows) -> Explanation:
    return explain(
        pack, day, rows.household, rows.members, rows.village, rows.county, rows.township,
        rows.loans, kin=rows.kin, withheld=rows.withheld,
    )  # fmt: skip


def raw(
    scope: Scope, household_no: str, as_of: date | None = None, year: int | None = None,
    pack: str = "",
) -> Explanation:  # fmt: skip
    """The engine's own explanation of a registered household; as `explanation` otherwise."""
    loaded, day, year = _asked(scope, _current(), as_of, year, pack)
    return _explained(loaded, day, registry.rows(scope, household_no, year, kin=True))


def explanation(
    scope: Scope, household_no: str, as_of: date | None = None, year: int | None = None,
    pack: str = "",
) -> LiveFindings:  # fmt: skip
    """Judge one household now.

    Default pack, day and year are the current run's; another `year` is judged as of its last
    day. Raises Problem `registry.household_not_found` outside the scope, `policy.*`.
    """
    run = _current()
    loaded, day, year = _asked(scope, run, as_of, year, pack)
    rows = registry.rows(scope, household_no, year, kin=True)
    told = _explained(loaded, day, rows)
    mine = packs.rules_at(loaded, day).seen_by(scope.department)
    stored, found = None, list(told.rules)
    if run is not None and (run.pack_hash, run.as_of, run.year) == (loaded.hash, day, year):
        far = beyond(loaded, day)
        stored = Stored.of(scope, run, household_no, rows.household["village_code"], far)
        order = {rule: number for number, rule in enumerate(loaded.rules)}
        found += stored.gathered(scope, loaded, day, far)
        found.sort(key=lambda r: order[r.id])
    shown = [r for r in found if r.id in mine.by_id]
    status = rows.household.get("status")
    top = next((r for r in shown if r.id == mine.exit_rule), None)
    return LiveFindings(
        household_no=household_no, as_of=day, year=year, pack=loaded.id,
        pack_title=loaded.title.zh, run=run,
        assessed=status is None or status in ASSESSED_STATUSES,
        ready={"met": True, "not_met": False}.get(top.outcome) if top else None,
        exit_rule=top, items=_items(mine, shown), derived=told.variables, found=shown,
        differences=_differences(scope, stored, mine, shown) if stored else [],
    )  # fmt: skip


ASSESSED_STATUSES = ("registered", "returned")


def _items(rules: RuleSet, shown: list[RuleFinding]) -> list[Item]:
    by_id = {r.id: r for r in shown if r.entity == "household"}
    return [
        Item(by_id[i.id], [by_id[c] for c in i.components if c in by_id])
        for i in rules.exit_items
        if i.id in by_id
    ]


def _said(rule: RuleFinding) -> Said:
    outcome = _PLAIN.get(rule.outcome, rule.outcome)
    if rule.kind == "criterion" and rule.entity != "household" and outcome == "not_met":
        outcome = "no"
    paid = outcome == "entitled" and not rule.in_kind
    return outcome, rule.amount if paid else None


def _differences(
    scope: Scope, stored: Stored, rules: RuleSet, shown: list[RuleFinding]
) -> list[Difference]:
    said = stored.said(rules)
    if said is None:
        return []
    live = {(r.id, r.subject): _said(r) for r in shown}
    found = []
    for key in dict.fromkeys((*live, *said)):
        rule = rules.by_id.get(key[0])
        if rule is None or rule.entity not in ("household", "person"):
            continue
        before, now = said.get(key, ("no", None)), live.get(key, ("no", None))
        if before[0] == "skipped" or before == now:
            continue
        found.append(Difference(rule.id, rule.zh, key[1], before[0], now[0]))
    return found
