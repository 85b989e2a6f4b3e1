"""Reads of the room: runs, the findings lists, and households by what was found of them.

The scope comes first everywhere; people of a department see the findings of their
department's rules only. Counts are in `totals`, one household live in `explaining`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.db.models import Q, QuerySet

from bangfu.access.scope import Scope
from bangfu.findings import problems
from bangfu.findings.models import Alert, Entitlement, Failing, HouseholdResult, Run, Undecided
from bangfu.findings.rules import RuleInfo, RuleSet
from bangfu.registry import queries as registry
from bangfu.registry.models import Household
from bangfu.registry.queries import HouseholdFilter

ANY = "any"
# "assessed" is all three together
READINESS: dict[str, dict[str, bool | None]] = {
    "assessed": {}, "ready": {"ready": True}, "not_ready": {"ready": False},
    "undecided": {"ready": None},
}  # fmt: skip
# word in a page's address -> attribute
QUERY = {
    "readiness": "readiness", "fails": "fails", "meets": "meets", "undecided": "undecided",
    "gap": "missing", "entitled": "entitled", "alert": "alert",
}  # fmt: skip


@dataclass(frozen=True)
class FindingFilter:
    """What a household list is narrowed by, of the current run. Empty values narrow nothing.

    `readiness` is ready, not_ready or undecided, of the households assessed for exit, or
    assessed for all of them. The others name a rule; `entitled`, `undecided` and `alert` also
    take "any". `missing` is a field that some rule lacks ("household.has_tv"), or "any".
    """

    readiness: str = ""
    fails: str = ""
    meets: str = ""
    undecided: str = ""
    missing: str = ""
    entitled: str = ""
    alert: str = ""

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))

    @classmethod
    def from_query(cls, query: Mapping[str, str], rules: RuleSet) -> FindingFilter:
        """The filter a page's address asks for; what is not known is left out."""
        given = {name: query.get(word, "") for word, name in QUERY.items()}
        if given["readiness"] not in READINESS or not rules.exit_rule:
            given["readiness"] = ""
        for name in ("fails", "meets", "undecided", "entitled", "alert"):
            known = given[name] in rules.by_id
            if not known and not (given[name] == ANY and name not in ("fails", "meets")):
                given[name] = ""
        return cls(**given)

    def to_query(self) -> dict[str, str]:
        """As words of a page's address."""
        values = asdict(self)
        return {word: values[name] for word, name in QUERY.items() if values[name]}


def current(scope: Scope) -> Run | None:
    """The run whose results the pages show; it covers the whole city, whatever the scope."""
    del scope  # the run itself holds nothing about people
    return Run.objects.filter(is_current=True).first()


def require_current(scope: Scope) -> Run:
    """As `current`. Raises Problem `findings.no_run`."""
    found = current(scope)
    if found is None:
        raise problems.NO_RUN()
    return found


def rules(scope: Scope, run: Run | None = None) -> RuleSet:
    """The rules of `run` (default: the current one) that this person may see."""
    run = run or current(scope)
    return run.rule_set.seen_by(scope.department) if run else RuleSet(())


def rule(scope: Scope, rule_id: str, run: Run | None = None) -> RuleInfo:
    """One rule. Raises Problem `findings.unknown_rule` for none, or another department's."""
    found = rules(scope, run).by_id.get(rule_id)
    if found is None:
        raise problems.UNKNOWN_RULE(rule=rule_id)
    return found


def runs(scope: Scope, state: str = "") -> QuerySet[Run]:
    """Runs, newest first. They hold no personal data: whoever may see runs sees all."""
    scope.require("run.view")
    found = Run.objects.select_related("job")
    return found.filter(state=state) if state else found


def run(scope: Scope, run_id: int) -> Run:
    """One run. Raises Problem `findings.run_not_found`."""
    found = runs(scope).filter(pk=run_id).first()
    if found is None:
        raise problems.RUN_NOT_FOUND(run=run_id)
    return found


def households(scope: Scope, f: HouseholdFilter, ff: FindingFilter) -> QuerySet[Household]:
    """Households that pass both filters, ordered by number.

    Raises Problem for a region outside the scope, no run, or a rule not to be seen.
    """
    return narrowed(scope.narrowed(f.region_code), registry.households(scope, f), ff)


def narrowed(scope: Scope, found: QuerySet[Household], ff: FindingFilter) -> QuerySet[Household]:
    """`found` narrowed by what the current run says; `scope` narrowed to the list's region
    makes it quicker."""
    if not ff:
        return found
    at = require_current(scope)
    seen = rules(scope, at)
    for name in ("fails", "meets", "undecided", "entitled", "alert"):
        if (asked := getattr(ff, name)) not in ("", ANY) and asked not in seen.by_id:
            raise problems.UNKNOWN_RULE(rule=asked)
    if ff.readiness and not seen.exit_rule:
        raise problems.UNKNOWN_RULE(rule=at.exit_rule)
    results = _results(scope, at, ff)
    if results is not None:
        found = found.filter(household_no__in=results.values("household_no"))
    for subjects in _subjects(scope, at, ff, seen):
        found = found.filter(household_no__in=subjects.values("household_no"))
    return found


def _results(scope: Scope, at: Run, ff: FindingFilter) -> QuerySet[HouseholdResult] | None:
    wanted = Q()
    if ff.readiness:
        wanted &= Q(assessed=True, **READINESS[ff.readiness])
    if ff.meets in at.rule_set.criteria:
        wanted &= ~Q(failed__contains=[ff.meets]) & ~Q(unknown__contains=[ff.meets])
        if ff.meets in at.rule_set.exit_tree:
            wanted &= Q(assessed=True)
    if ff.entitled == ANY and scope.department is None:
        wanted &= Q(entitled_rules__gt=0)
    if ff.missing == ANY and scope.department is None:
        wanted &= Q(gaps__gt=0)
    return HouseholdResult.objects.filter(scope.q(), wanted, run=at) if wanted else None


def _subjects(scope: Scope, at: Run, ff: FindingFilter, seen: RuleSet) -> Iterable[QuerySet[Any]]:
    whole = scope.department is None  # then "any" is read off the household's own row

    def chosen(asked: str, *kinds: str) -> Q:
        if asked != ANY:
            return Q(rule=asked)
        return Q() if whole and not kinds else Q(rule__in=[r.id for r in seen.of(*kinds)])

    if ff.fails:
        yield Failing.objects.filter(scope.q(), rule=ff.fails, run=at)
    if ff.entitled and not (ff.entitled == ANY and whole):
        mine = chosen(ff.entitled, "entitlement")
        yield Entitlement.objects.filter(scope.q(), mine, run=at)
    if ff.alert:
        yield Alert.objects.filter(scope.q(), chosen(ff.alert, "alert"), run=at)
    if ff.meets and ff.meets not in at.rule_set.criteria:
        yield Alert.objects.filter(scope.q(), rule=ff.meets, run=at)
    if ff.undecided or (ff.missing and not (ff.missing == ANY and whole)):
        lacking = Undecided.objects.filter(scope.q(), chosen(ff.undecided or ANY), run=at)
        if ff.missing not in ("", ANY):
            lacking = lacking.filter(missing__contains=[ff.missing])
        yield lacking


def results_of(scope: Scope, numbers: Iterable[str]) -> dict[str, HouseholdResult]:
    """Results of the current run for the households of one page, by number."""
    at = current(scope)
    if at is None:
        return {}
    found = HouseholdResult.objects.filter(scope.q(), run=at, household_no__in=list(numbers))
    return {r.household_no: r for r in found}


def entitlements(scope: Scope, rule_id: str, region_code: str = "") -> QuerySet[Entitlement]:
    """Who is entitled by a rule. Page it with key="subject"."""
    at = require_current(scope)
    rule(scope, rule_id, at)
    return Entitlement.objects.filter(
        scope.narrowed(region_code).q(), run=at, rule=rule_id
    ).order_by("subject")


def alerts(scope: Scope, rule_id: str, region_code: str = "") -> QuerySet[Alert]:
    """Whom an alert is raised for. Page it with key="subject"."""
    at = require_current(scope)
    rule(scope, rule_id, at)
    return Alert.objects.filter(scope.narrowed(region_code).q(), run=at, rule=rule_id).order_by(
        "subject"
    )


def undecided(
    scope: Scope, rule_id: str = "", field: str = "", region_code: str = ""
) -> QuerySet[Undecided]:
    """What cannot be decided, by rule or by the field that lacks ("household.has_tv")."""
    at = require_current(scope)
    found = Undecided.objects.filter(scope.narrowed(region_code).q(), run=at)
    if rule_id:
        rule(scope, rule_id, at)
        found = found.filter(rule=rule_id)
    elif scope.department is not None:
        found = found.filter(rule__in=list(rules(scope, at).by_id))
    return found.filter(missing__contains=[field]) if field else found
