"""Reads of the room: whose turn it is, how a batch stands, one case with its trail."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Case as Choose
from django.db.models import CharField, Count, Exists, Min, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat

from bangfu.access import crypto
from bangfu.access.masking import mask
from bangfu.access.scope import Scope
from bangfu.evidence.models import Attachment
from bangfu.kernel import clock, region
from bangfu.policy.procedures.definition import Procedure, Step
from bangfu.policy.procedures.machine import Who, may_act
from bangfu.policy.procedures.trail import Record, State, fold
from bangfu.procedures import beginning, limits, problems, rows
from bangfu.procedures.models import (
    Batch,
    Case,
    Definition,
    Draw,
    Lot,
    Notice,
    Objection,
    Signature,
    StepRecord,
)
from bangfu.registry import divisions

LEVELS = (*region.LEVELS.values(),)
LENGTH = {name: length for length, name in region.LEVELS.items()}
BUCKETS = ("overdue", "today", "coming", "later", "waiting")


def level_of(scope: Scope) -> str:
    """The level of the person's region."""
    return region.level(scope.region_code)


def _waiting(today: date) -> Q:
    """A notice still hangs and nobody objects: there is nothing to do until its term is over."""
    return Q(notice_ends__gte=today, objections=0)


def _buckets(today: date) -> dict[str, Q]:
    """What stands in each bucket of the inbox."""
    near = limits.soon(today)
    ready = Q(notice_ends__isnull=True) | Q(notice_ends__lt=today) | Q(objections__gt=0)
    return {
        "overdue": Q(due_on__lt=today) & ready,
        "today": Q(due_on=today) & ready,
        "coming": Q(due_on__gt=today) & near & ready,
        "later": (Q(due_on__isnull=True) | ~near) & ready,
        "waiting": _waiting(today),
    }


def mine(scope: Scope) -> QuerySet[Case]:
    """Open cases whose turn it is at this person's level and role."""
    return Case.objects.filter(
        scope.q("region_code"), ended=False, level=level_of(scope), role=scope.role
    )


@dataclass
class Task:
    """What is to be done at one step of one batch: how many, by when the first."""

    batch: Batch | None
    procedure: Procedure
    step: Step
    bucket: str
    count: int
    due_on: date | None
    level: str = ""


def inbox(scope: Scope) -> dict[str, list[Task]]:
    """Tasks by bucket: overdue, today, coming, later, waiting; `above` = overdue for some days
    at the level below, which is the business of this level too."""
    today = clock.today()
    bucket = Choose(
        *(When(which, then=Value(name)) for name, which in _buckets(today).items()),
        default=Value("later"), output_field=CharField(),
    )  # fmt: skip
    above = escalated(scope).annotate(bucket=Value("above", output_field=CharField()))
    found: dict[str, list[Task]] = {name: [] for name in (*BUCKETS, "above")}
    for task in _tasks(mine(scope).annotate(bucket=bucket)) + _tasks(above):
        found[task.bucket].append(task)
    return found


def escalated(scope: Scope) -> QuerySet[Case]:
    """Cases that the levels below should have done so many days ago as their procedure says;
    whoever may see procedures from above (an office, an inspector) sees them."""
    below = LEVELS[LEVELS.index(level_of(scope)) + 1 :]
    late = limits.escalated(clock.today())
    return Case.objects.filter(scope.q("region_code"), late, ended=False, level__in=below)


def waiting(scope: Scope) -> QuerySet[Case]:
    """Ended cases of the scope whose subject this person still has to put into the procedure
    that their end names."""
    there = beginning.waiting().filter(scope.q("region_code"))
    person = Who(scope.username, scope.role, scope.region_code, scope.department or "")
    mine = Q(pk__in=[])
    for pack, name in set(there.order_by().values_list("pack", "restarts")):
        found = beginning.today(pack, name)
        enrols = found.opening.enrols if found else ()
        if found and not all(may_act(found.actors[a], person, scope.region_code) for a in enrols):
            mine |= Q(pack=pack, restarts=name)
    return there.filter(mine)


def _tasks(found: QuerySet[Any]) -> list[Task]:
    grouped = list(
        found.order_by().values("batch_id", "definition_id", "step", "level", "bucket")
        .annotate(n=Count("id"), first=Min("due_on")).order_by("first", "step")
    )  # fmt: skip
    batches = Batch.objects.in_bulk([g["batch_id"] for g in grouped if g["batch_id"]])
    contents = {
        d.pk: d.content
        for d in Definition.objects.filter(pk__in={g["definition_id"] for g in grouped})
    }
    return [
        Task(batches.get(g["batch_id"]), contents[g["definition_id"]],
             contents[g["definition_id"]].steps[g["step"]], g["bucket"], g["n"], g["first"], g["level"])
        for g in grouped
    ]  # fmt: skip


def summary(scope: Scope) -> dict[str, int]:
    """How many cases stand in each bucket of the inbox, and with the level below too long."""
    today = clock.today()
    counts = {n: Count("id", filter=which) for n, which in _buckets(today).items()}
    found: dict[str, int] = mine(scope).aggregate(**counts)
    found["above"] = escalated(scope).count()
    return found


def batches(
    scope: Scope, *, procedure: str = "", year: int | None = None, still_open: bool | None = None
) -> QuerySet[Batch]:
    """Batches of regions that touch the scope, newest first; of one procedure, year, state."""
    above = region.ancestors(scope.region_code)
    found = Batch.objects.filter(scope.q("region_code") | Q(region_code__in=above))
    if procedure:
        found = found.filter(procedure=procedure)
    if year is not None:
        found = found.filter(year=year)
    if still_open is not None:
        found = found.filter(closed_at__isnull=still_open)
    return found.select_related("definition").order_by("-id")


def batch(scope: Scope, batch_id: int) -> Batch:
    """One batch that touches the scope. Raises Problem `procedures.batch_not_found`."""
    found = batches(scope).filter(pk=batch_id).first()
    if found is None:
        raise problems.BATCH_NOT_FOUND(batch=batch_id)
    return found


@dataclass
class Cell:
    """Cases of one place at one step."""

    count: int = 0
    overdue: int = 0


@dataclass
class Board:
    """A batch by place and step. `bottleneck` = the step that holds most overdue cases, or, if
    none is overdue, most cases short of the last steps."""

    steps: list[Step]
    places: list[tuple[str, str, dict[str, Cell], int]]
    totals: dict[str, Cell]
    ends: dict[str, int]
    bottleneck: str
    count: int
    overdue: int
    plan: dict[str, Any] = field(default_factory=dict)


def board(scope: Scope, found: Batch, code: str = "") -> Board:
    """How the batch stands in the part `code` of the scope, by the level below it."""
    at = scope.narrowed(code) if code and len(code) >= len(scope.region_code) else scope
    base = max(at.region_code, found.region_code, key=len)
    length = next((n for n in sorted(region.LEVELS) if n > len(base)), 12)
    cells = _counted(at, found, length)
    content, names = found.content, divisions.names()
    by_place: dict[str, dict[str, Cell]] = {}
    totals: dict[str, Cell] = {name: Cell() for name in content.steps}
    ends: dict[str, int] = dict.fromkeys(content.ends, 0)
    for place, step, ended, count, overdue in cells:
        by_place.setdefault(place, {})[step] = Cell(count, overdue)
        if ended:
            ends[step] = ends.get(step, 0) + count
        else:
            totals[step].count += count
            totals[step].overdue += overdue
    places = [(p, names.get(p, p), row, sum(c.count for c in row.values()))
              for p, row in sorted(by_place.items())]  # fmt: skip
    worst = max(totals, key=lambda s: (totals[s].overdue, totals[s].count), default="")
    stuck = worst if worst and totals[worst].count else ""
    return Board(
        [*content.steps.values()], places, totals, ends, stuck, sum(p[3] for p in places),
        sum(c.overdue for c in totals.values()), found.plan,
    )  # fmt: skip


def _counted(at: Scope, found: Batch, length: int) -> list[tuple[str, str, bool, int, int]]:
    from django.db import connection

    condition, values = at.sql("region_code")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT left(region_code, %s), step, ended, count(*),"
            " count(*) FILTER (WHERE due_on < %s AND NOT ended)"
            f" FROM procedures_case WHERE batch_id = %s AND {condition} GROUP BY 1, 2, 3",
            [length, clock.today(), found.pk, *values],
        )
        return list(cursor.fetchall())


@dataclass(frozen=True)
class CaseFilter:
    """What a list of cases is narrowed by; empty values narrow nothing."""

    region_code: str = ""
    batch: int | None = None
    procedure: str = ""
    step: str = ""
    bucket: str = ""
    text: str = ""
    ended: bool | None = None
    due_on: date | None = None


def cases(scope: Scope, f: CaseFilter) -> QuerySet[Case]:
    """Cases of the scope that pass the filter. Raises Problem for a region outside it."""
    at = scope.narrowed(f.region_code)
    found = Case.objects.filter(at.q("region_code")).select_related("batch", "definition")
    if f.bucket == "above":
        found = escalated(scope).filter(at.q("region_code")).select_related("batch", "definition")
    elif f.bucket == "restart":
        found = waiting(scope).filter(at.q("region_code")).select_related("batch", "definition")
    elif f.bucket in BUCKETS:
        found = found.filter(_buckets(clock.today())[f.bucket], ended=False, level=level_of(scope),
                             role=scope.role)  # fmt: skip
    for name, value in (("batch_id", f.batch), ("procedure", f.procedure), ("step", f.step),
                        ("ended", f.ended), ("due_on", f.due_on)):  # fmt: skip
        if value not in ("", None):
            found = found.filter(**{name: value})
    if f.text:
        found = found.filter(Q(subject__startswith=f.text[:20]) | Q(title__startswith=f.text[:50]))
    return found


def case(scope: Scope, case_id: int) -> Case:
    """One case of the scope. Raises Problem `procedures.case_not_found`."""
    found = (
        Case.objects.filter(scope.q("region_code"), pk=case_id)
        .select_related("batch", "definition", "notice").first()
    )  # fmt: skip
    if found is None:
        raise problems.CASE_NOT_FOUND(case=case_id)
    return found


@dataclass
class Entry:
    """One record of a case with what people read of it; signers are masked."""

    row: StepRecord
    record: Record
    signers: list[tuple[str, str, date]]
    objection: Objection | None = None


def trail(scope: Scope, found: Case) -> tuple[State, list[Entry]]:
    """Where the case stands, and everything recorded of it, first to last."""
    records = list(StepRecord.objects.filter(scope.q("region_code"), case=found).order_by("seq"))
    signed: dict[int, list[tuple[str, str, date]]] = {}
    for s in Signature.objects.filter(scope.q("region_code"), record__in=records).order_by("id"):
        name = mask("name", crypto.unseal(s.name_sealed) or "")
        signed.setdefault(s.record_id, []).append((s.party, name, s.on))
    objections = {o.seq: o for o in Objection.objects.filter(scope.q("region_code"), case=found)}
    parsed = [rows.record_of(tuple(getattr(r, c) for c in rows.COLUMNS))[1] for r in records]
    state = fold(found.content, parsed)
    return state, [
        Entry(row, record, signed.get(row.pk, []), objections.get(row.seq))
        for row, record in zip(records, parsed, strict=True)
    ]


def of_subject(scope: Scope, subject: str) -> QuerySet[Case]:
    """Cases of one subject, newest first."""
    found = Case.objects.filter(scope.q("region_code"), subject=subject)
    return found.select_related("definition", "batch").order_by("-id")


def handed_on(scope: Scope, found: Case) -> tuple[Case | None, list[Case]]:
    """The case whose end began this one, and the cases that its own end began."""
    there = Case.objects.filter(scope.q("region_code")).select_related("definition", "batch")
    origin = there.filter(pk=found.origin_id).first() if found.origin_id else None
    return origin, list(there.filter(origin=found).order_by("pk"))


def notices(scope: Scope, *, hanging: bool | None = None) -> QuerySet[Notice]:
    """Notices of the scope, newest first; `hanging` = only those (not) yet over today. Each
    tells `objected`: while an objection is open the days do not count and it stays up; and
    `proved`: whether a photo of the posting is kept."""
    open_ = Objection.objects.filter(notice=OuterRef("pk"), upheld=None)
    found = Notice.objects.filter(scope.q("region_code")).select_related("batch")
    subject = Concat(Value("notice:"), Cast(OuterRef("pk"), CharField()))
    photo = Attachment.objects.filter(subject=subject, piece="posting", withdrawn_at=None)
    found = found.annotate(objected=Exists(open_), proved=Exists(photo))
    if hanging is not None:
        today = clock.today()
        found = (
            found.filter(Q(ends_on__gte=today) | Q(objected=True))
            if hanging
            else (found.filter(ends_on__lt=today, objected=False))
        )
    return found


def hangs(notice: Notice) -> bool:
    """Whether a notice of `notices` still hangs today."""
    return notice.ends_on >= clock.today() or bool(getattr(notice, "objected", False))


def draws(scope: Scope, found: Batch) -> QuerySet[Draw]:
    """Drawings by lot of a batch."""
    return Draw.objects.filter(scope.q("region_code"), batch=found).order_by("-id")


def open_lots(scope: Scope) -> int:
    """How many cases of others this region still has to check."""
    mine = Lot.objects.filter(scope.q("region_code"), region_code=scope.region_code)
    return mine.filter(checked=False).count()
