"""What evidence belongs to: the case, notice or group of cases that an address names."""

from __future__ import annotations

from dataclasses import dataclass

from bangfu.access import Scope
from bangfu.evidence import problems, queries
from bangfu.evidence.models import Attachment
from bangfu.policy.procedures.definition import Evidence, Step
from bangfu.procedures.models import Case, Notice, StepRecord
from bangfu.registry import divisions

POSTING = "posting"


@dataclass(frozen=True)
class Proved:
    """What is proved: its key, place, the step it stands at; `cases` whose records may name the
    files; `open` while more may be added."""

    subject: str
    region_code: str
    step: Step | None
    cases: tuple[int, ...]
    open: bool

    @property
    def step_id(self) -> str:
        """The step's id, '' for none."""
        return self.step.id if self.step else ""


def find(scope: Scope, subject: str) -> Proved:
    """What `subject` names: "case:12", "notice:5", or "place:451228101201" for what proves
    something of many cases of a place (the minutes of a meeting), within the scope.

    Raises Problem `evidence.not_found`."""
    kind, _, rest = subject.partition(":")
    if kind == "case" and rest.isdigit():
        case = Case.objects.filter(scope.q("region_code"), pk=int(rest)).first()
        if case is not None:
            return Proved(subject, case.region_code, case.at, (case.pk,), not case.ended)
    if kind == "notice" and rest.isdigit():
        notice = Notice.objects.filter(scope.q("region_code"), pk=int(rest)).first()
        if notice is not None:
            return Proved(subject, notice.region_code, None, (), open=True)
    if kind == "place" and scope.covers(rest) and rest in divisions.names():
        return Proved(subject, rest, None, (), open=True)
    raise problems.NOT_FOUND(file=subject[:40])


def pieces(proved: Proved) -> list[Evidence]:
    """The pieces of evidence that the step asks for."""
    if proved.step is None:
        return []
    entries = proved.step.entries.evidence if proved.step.entries else ()
    return [*proved.step.evidence, *entries]


def in_use(found: Attachment) -> bool:
    """Whether a record already names the file."""
    kind, _, rest = found.subject.partition(":")
    records = StepRecord.objects.filter(content__has_key="evidence")
    if kind == "case" and rest.isdigit():
        records = records.filter(case_id=int(rest))
    elif kind == "place":
        records = records.filter(region_code__startswith=rest)
    else:
        return False
    return any(
        found.content_id in {sha for _piece, sha in content["evidence"]}
        for content in records.values_list("content", flat=True).iterator()
    )


def waiting(scope: Scope, subject: str, step: str) -> tuple[tuple[str, str], ...]:
    """(piece, sha256) of the files attached for `step` that no record names yet: what the next
    act at the step brings with it."""
    return tuple(
        (a.piece, a.content_id)
        for a in queries.attached(scope, subject, step)
        if a.piece and not in_use(a)
    )
