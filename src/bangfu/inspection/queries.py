"""Reads of the room. Whoever comes under a grant sees the sample it names, through `sample`,
`sampled`, `sheet` and nothing else: `scope.q` is empty for them, and so is the database.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from bangfu.access.models import User
from bangfu.access.scope import Scope
from bangfu.evidence import queries as evidence
from bangfu.evidence.models import Attachment
from bangfu.inspection import problems
from bangfu.inspection.models import Finding, Order, Plan, Sampled
from bangfu.kernel import clock, region
from bangfu.policy.procedures.definition import Procedure
from bangfu.policy.procedures.trail import State
from bangfu.procedures import queries as procedures
from bangfu.procedures.models import Case
from bangfu.procedures.queries import Entry

RESULTS = ("sound", "problem", "unable")
SOON, ESCALATE = 3, 3  # days before and after a deadline
STATES = ("overdue", "soon", "open", "answered", "accepted", "above")


def _mine(scope: Scope) -> Q:
    """The sampled cases a person may check: by region, or by the plan of their grant."""
    if scope.grant is None:
        return scope.q("region_code")
    kind, _, number = scope.grant.subject.partition(":")
    return Q(plan_id=int(number)) if kind == "plan" and number.isdigit() else Q(pk__in=())


def _latest() -> Subquery:
    newest = Finding.objects.filter(sampled=OuterRef("pk")).order_by("-id")
    return Subquery(newest.values("result")[:1])


def plans(scope: Scope, *, kind: str = "", text: str = "", region_code: str = "") -> QuerySet[Plan]:
    """Inspections of the scope, newest first, with the number of cases `checked`; of one kind,
    of a part of the region, with `text` in the title."""
    at = scope.narrowed(region_code)
    done = Count("sample", filter=Q(sample__in=Finding.objects.values("sampled_id")))
    found = Plan.objects.filter(at.q("region_code"))
    if kind:
        found = found.filter(kind=kind)
    if text:
        found = found.filter(title__icontains=text[:60])
    return found.defer("pool").select_related("batch__definition").annotate(checked=done)


def plan(scope: Scope, plan_id: int) -> Plan:
    """One inspection. Raises Problem `inspection.plan_not_found`."""
    found = plans(scope).filter(pk=plan_id).first()
    if found is None:
        raise problems.PLAN_NOT_FOUND(plan=plan_id)
    return found


def sample(scope: Scope, plan_id: int | None = None, result: str = "") -> QuerySet[Sampled]:
    """Sampled cases one may check, each with the `result` of its last finding (None = not yet);
    of one inspection, with one result or (`todo`) none."""
    found = Sampled.objects.filter(_mine(scope)).select_related("case__definition")
    if plan_id is not None:
        found = found.filter(plan_id=plan_id)
    found = found.annotate(result=_latest())
    if result:
        found = found.filter(result=None) if result == "todo" else found.filter(result=result)
    return found


def plan_titles(scope: Scope) -> list[tuple[int, str]]:
    """Inspections whose sample one may check, newest first, to choose from."""
    found = sample(scope).order_by("-plan_id").values_list("plan_id", "plan_title").distinct()
    return [(number, title) for number, title in found[:100]]


def sampled(scope: Scope, check_id: int) -> Sampled:
    """One of them. Raises Problem `inspection.check_not_found`."""
    found = sample(scope).filter(pk=check_id).first()
    if found is None:
        raise problems.CHECK_NOT_FOUND(check=check_id)
    return found


def opened(scope: Scope, found: Sampled) -> Scope:
    """The scope in which rooms below are asked about this one case, for whoever may check it.
    PostgreSQL goes on showing no more than the sample to a person under a grant."""
    return replace(scope, region_code=found.region_code[:12], department=None, grant=None)


@dataclass
class Sheet:
    """A case as who checks it needs it: what was recorded of it, found of it, photographed."""

    sampled: Sampled
    case: Case
    content: Procedure
    state: State
    entries: list[Entry]
    findings: list[Finding]
    photos: list[Attachment]


def sheet(scope: Scope, found: Sampled) -> Sheet:
    """Everything about a sampled case."""
    wide = opened(scope, found)
    case = found.case
    state, entries = procedures.trail(wide, case)
    findings = Finding.objects.filter(sampled=found).select_related("form")
    photos = evidence.attached(wide, f"check:{found.pk}")
    return Sheet(found, case, case.content, state, entries, [*findings], [*photos])


def photo(scope: Scope, attachment_id: int) -> tuple[Scope, Attachment]:
    """A photo of a check one may make, and the scope to ask for it in. Raises Problem."""
    held = Attachment.objects.filter(pk=attachment_id, subject__startswith="check:").first()
    number = held.subject.partition(":")[2] if held else ""
    if held is None or not number.isdigit():
        raise problems.CHECK_NOT_FOUND(check=attachment_id)
    return opened(scope, sampled(scope, int(number))), held


@dataclass(frozen=True)
class FindingFilter:
    """What a list of findings is narrowed by; empty values narrow nothing."""

    region_code: str = ""
    plan: int | None = None
    result: str = ""
    ordered: str = ""  # yes, no
    text: str = ""


def findings(scope: Scope, f: FindingFilter) -> QuerySet[Finding]:
    """Findings of the scope that pass the filter."""
    at = scope.narrowed(f.region_code)
    found = Finding.objects.filter(at.q("region_code")).select_related("sampled__case", "form")
    if f.plan is not None:
        found = found.filter(sampled__plan_id=f.plan)
    if f.result:
        found = found.filter(result=f.result)
    if f.ordered:
        found = found.filter(
            Exists(Order.objects.filter(finding=OuterRef("pk")))
            if f.ordered == "yes" else ~Exists(Order.objects.filter(finding=OuterRef("pk")))
        )  # fmt: skip
    if f.text:
        found = found.filter(Q(sampled__subject__startswith=f.text[:20]) | Q(by=f.text[:60]))
    return found.annotate(orders_count=Count("orders"))


def finding(scope: Scope, finding_id: int) -> Finding:
    """One finding. Raises Problem `inspection.check_not_found`."""
    found = findings(scope, FindingFilter()).filter(pk=finding_id).first()
    if found is None:
        raise problems.CHECK_NOT_FOUND(check=finding_id)
    return found


def _standing(scope: Scope, name: str) -> Q:
    today = clock.today()
    opened_ = Q(state="open")
    below = [lv for n, lv in region.LEVELS.items() if n > len(scope.region_code)]
    return {
        "overdue": opened_ & Q(due_on__lt=today),
        "soon": opened_ & Q(due_on__gte=today, due_on__lte=today + timedelta(days=SOON)),
        "open": opened_ & Q(due_on__gt=today + timedelta(days=SOON)),
        "above": opened_ & Q(due_on__lt=today - timedelta(days=ESCALATE), level__in=below),
    }.get(name, Q(state=name))


def orders(scope: Scope, *, state: str = "", region_code: str = "") -> QuerySet[Order]:
    """Orders of the scope (a department: its own and those of no department), narrowed to one of
    STATES; `above` = overdue for some days at a level below this one, reported up to it."""
    at = scope.narrowed(region_code)
    found = Order.objects.filter(at.q("region_code")).select_related("finding__sampled__case")
    if scope.department:
        found = found.filter(department__in=("", scope.department))
    return found.filter(_standing(scope, state)) if state in STATES else found


def board(scope: Scope) -> dict[str, int]:
    """How many orders stand in each of STATES."""
    counts = {n: Count("id", filter=_standing(scope, n)) for n in STATES}
    found: dict[str, int] = orders(scope).aggregate(**counts)
    return found


def order(scope: Scope, order_id: int) -> Order:
    """One order. Raises Problem `inspection.order_not_found`."""
    found = orders(scope).filter(pk=order_id).first()
    if found is None:
        raise problems.ORDER_NOT_FOUND(order=order_id)
    return found


def is_theirs(scope: Scope, found: Order) -> bool:
    """Whether this person is the one who must put it right."""
    return (
        scope.has("inspection.answer")
        and scope.region_code == found.region_code
        and (scope.department or "") == found.department
    )


def may_judge(scope: Scope, found: Order) -> bool:
    """Whether this person may accept or send back: not whoever answers, and, unless an inspector,
    of a level above theirs (a department's: the county office too)."""
    if not scope.has("inspection.order") or is_theirs(scope, found):
        return False
    higher = len(scope.region_code) < len(found.region_code)
    return higher or scope.role == "inspector" or bool(found.department)


@dataclass
class Answerable:
    """One act on a case, with who stands for it."""

    entry: Entry
    name: str


def responsible(scope: Scope, found: Case) -> tuple[State, list[Answerable]]:
    """Who verified, appraised, audited, determined a case, first to last, from its records."""
    state, entries = procedures.trail(scope, found)
    names = {
        u.username: u.display_name
        for u in User.objects.filter(username__in={e.row.by for e in entries})
    }
    return state, [Answerable(e, names.get(e.row.by, e.row.by)) for e in entries]


def waiting(scope: Scope) -> dict[str, Any]:
    """For the head of the pages: how much of the sample is checked."""
    found = sample(scope)
    return {"all": found.count(), "left": found.filter(findings=None).count()}
