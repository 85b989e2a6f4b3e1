"""How the sample of a step stands: which cases it is drawn from, how many were drawn, checked,
and failed. `machine` refuses a decision until the prescribed share is checked; `drawing` draws.

A share is reckoned of all cases of a batch that have come to the step so far, decided or not;
where cases stand alone, of those of the procedure and year. Who comes late raises the number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import Left

from bangfu.access.scope import Scope
from bangfu.kernel import region
from bangfu.policy.procedures.definition import Procedure, Step
from bangfu.policy.procedures.needs import Sample
from bangfu.procedures.models import Batch, Case, Definition, StepRecord

LENGTH = {name: length for length, name in region.LEVELS.items()}


@dataclass(frozen=True)
class Pool:
    """The cases one share is reckoned of, in `region_code`."""

    pack: str
    procedure: str
    year: int
    step: str
    region_code: str
    batch: int | None = None

    def q(self, prefix: str = "") -> Q:
        """Its cases; `prefix` leads to them from another table."""
        wanted: dict[str, Any] = {
            f"{prefix}pack": self.pack, f"{prefix}procedure": self.procedure,
            f"{prefix}region_code__startswith": self.region_code,
        }  # fmt: skip
        if self.batch is not None:
            return Q(**wanted, **{f"{prefix}batch_id": self.batch})
        return Q(**wanted, **{f"{prefix}batch_id": None, f"{prefix}year": self.year})


def pool_of(case: Case, step: Step, content: Procedure) -> Pool:
    """The pool `case` belongs to at `step`: the part of its batch that who decides there sees."""
    length = LENGTH[content.actors[step.actor].level]
    return Pool(
        case.pack, case.procedure, case.year, step.id, case.region_code[:length], case.batch_id
    )


@dataclass(frozen=True)
class Standing:
    """Of a pool: cases at the step now, cases that have come to it, drawn, checked, failed."""

    here: int
    among: int
    drawn: int
    checked: int
    failed: int

    @property
    def sample(self) -> Sample:
        """It as the state machine takes it."""
        return Sample(self.among, self.drawn, self.checked)


def standing(pool: Pool) -> Standing:
    """How the sample of `pool` stands."""
    here = Case.objects.filter(pool.q(), ended=False, step=pool.step)
    acts = StepRecord.objects.filter(pool.q("case__"), step=pool.step).order_by()

    def count(**which: str) -> Count:
        return Count("case", distinct=True, filter=Q(**which))

    found = acts.aggregate(
        drawn=count(act="draw"), checked=count(act="check"),
        failed=count(act="check", outcome="fail"),
    )  # fmt: skip
    # Decided at the step and gone on; who was sent back to it is `here`.
    gone = acts.filter(act="done").exclude(case__in=here.values("pk"))
    there = here.count()
    return Standing(
        there, there + gone.aggregate(n=count(act="done"))["n"], found["drawn"],
        found["checked"], found["failed"],
    )  # fmt: skip


def samples(cases: Iterable[Case], step: str, contents: dict[int, Procedure]) -> dict[int, Sample]:
    """By case, how the sample of its pool stands, where the step prescribes a share."""
    known: dict[Pool, Sample] = {}
    found: dict[int, Sample] = {}
    for case in cases:
        content = contents[case.definition_id]
        at = content.steps.get(step)
        if at is None or at.sampling is None or not at.sampling.share:
            continue
        pool = pool_of(case, at, content)
        if pool not in known:
            known[pool] = standing(pool).sample
        found[case.pk] = known[pool]
    return found


@dataclass(frozen=True)
class Sampled:
    """A step where a lot may be drawn, with how it stands; `need` of them must be checked."""

    batch: Batch | None
    procedure: Procedure
    step: Step
    pool: Pool
    standing: Standing

    @property
    def need(self) -> int:
        """How many must be drawn and checked; 0 = as found necessary."""
        assert self.step.sampling is not None
        return self.step.sampling.needed(self.standing.among)


def sampled(scope: Scope, batch: Batch | None = None) -> list[Sampled]:
    """The pools of the scope that have cases standing where a lot may be drawn; of one batch,
    or of every open one and the cases that stand alone."""
    steps: dict[int, tuple[Procedure, list[Step]]] = {}
    definitions = [batch.definition] if batch else list(Definition.objects.all())
    for definition in definitions:
        content = definition.content
        there = [s for s in content.steps.values() if s.sampling]
        if there:
            steps[definition.pk] = (content, there)
    found: dict[tuple[int, str, Pool], Sampled] = {}
    for definition_id, (content, listed) in steps.items():
        for step in listed:
            length = LENGTH[content.actors[step.actor].level]
            cases = Case.objects.filter(
                scope.q("region_code"), definition_id=definition_id, ended=False, step=step.id
            )
            if batch:
                cases = cases.filter(batch=batch)
            groups = cases.order_by().values("batch_id", "year", place=Left("region_code", length))
            for row in groups.annotate(n=Count("id")).order_by("batch_id", "place"):
                # A year matters only where cases stand alone: a batch has one.
                pool = Pool(content.pack, content.id, row["year"], step.id, row["place"],
                            row["batch_id"])  # fmt: skip
                key = (definition_id, step.id, pool)
                found[key] = Sampled(None, content, step, pool, standing(pool))
    return _with_batches(list(found.values()))


def _with_batches(found: list[Sampled]) -> list[Sampled]:
    batches = Batch.objects.select_related("definition").in_bulk(
        {s.pool.batch for s in found if s.pool.batch}
    )
    return [
        Sampled(batches.get(s.pool.batch or 0), s.procedure, s.step, s.pool, s.standing)
        for s in found
    ]
