"""What evidence belongs to: the case, notice or group of cases that an address names."""

from __future__ import annotations

from dataclasses import dataclass

from bangfu.access import Scope
from bangfu.evidence import problems, queries
from bangfu.evidence.commands import Said
from bangfu.evidence.models import Attachment
from bangfu.kernel import clock
from bangfu.policy.loading import known_packs
from bangfu.policy.procedures.definition import Evidence, Procedure, Step
from bangfu.policy.procedures.library import procedures
from bangfu.procedures.models import Batch, Case, Notice, StepRecord
from bangfu.registry import divisions

POSTING = "posting"


@dataclass(frozen=True)
class Proved:
    """What is proved: its key, place, the step it stands at; `open` while more may be added."""

    subject: str
    region_code: str
    step: Step | None
    open: bool

    @property
    def step_id(self) -> str:
        """The step's id, '' for none."""
        return self.step.id if self.step else ""


def posting(scope: Scope, proved: Proved, said: Said) -> None:
    """Refuse a proof of posting that does not say where, or names a time when the notice did not
    hang yet or that is still to come. Raises Problem `evidence.posting_incomplete`."""
    kind, _, rest = proved.subject.partition(":")
    hung = Notice.objects.filter(scope.q("region_code"), pk=int(rest) if kind == "notice" else 0)
    notice = hung.first()
    if not said.place:
        raise problems.POSTING(what="没有写张贴地点", what_en="the place is missing")
    if said.taken_at is None:
        return
    if said.taken_at > clock.now():
        raise problems.POSTING(what="拍摄时间晚于现在", what_en="the time is still to come")
    if notice is not None and said.taken_at.date() < notice.posted_on:
        raise problems.POSTING(
            what=f"拍摄时间早于张贴日期 {notice.posted_on}",
            what_en=f"it was taken before the notice was posted on {notice.posted_on}",
        )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def find(scope: Scope, subject: str) -> Proved:
    """What `subject` names: "case:12", "notice:5", "place:451228101201", or, for what proves
    something of many cases at once (the minutes of a meeting), "group:batch:step:place" or, of cases that
    stand alone, "group:pack/procedure:step:place".

    Raises Problem `evidence.not_found` for what is not there or lies outside the scope.
    """
    kind, _, rest = subject.partition(":")
    if kind == "case" and _is_id(rest):
        case = Case.objects.filter(scope.q("region_code"), pk=int(rest)).first()
        if case is not None:
            return Proved(subject, case.region_code, case.at, not case.ended)
    if kind == "notice" and _is_id(rest):
        notice = Notice.objects.filter(scope.q("region_code"), pk=int(rest)).first()
        if notice is not None:
            return Proved(subject, notice.region_code, None, open=True)
    of, step, place = rest.split(":") if rest.count(":") == 2 else ("", "", rest)
    if kind in ("place", "group") and scope.covers(place) and place in divisions.names():
        found = _procedure(of)
        at = found.steps.get(step) if found else None
        if kind == "place" or at is not None:
            return Proved(subject, place, at, open=True)
    raise problems.NOT_FOUND(file=subject[:40])


def _procedure(of: str) -> Procedure | None:
    """The procedure of a batch ("12"), or the one that cases standing alone go by
    ("hechi/identification")."""
    if _is_id(of):
        batch = Batch.objects.filter(pk=int(of)).first()
        return batch.content if batch else None
    pack, _slash, name = of.partition("/")
    return procedures(pack).get(name) if pack in known_packs() else None


def pieces(proved: Proved) -> list[Evidence]:
    """The pieces of evidence that the step asks for."""
    if proved.step is None:
        return []
    entries = proved.step.entries.evidence if proved.step.entries else ()
    return [*proved.step.evidence, *entries]


def shared(scope: Scope, subject: str) -> list[Attachment]:
    """Files that records of a case name and that were attached to something wider, such as the
    minutes of the meeting on a whole village."""
    kind, _, rest = subject.partition(":")
    if kind != "case" or not _is_id(rest):
        return []
    contents = StepRecord.objects.filter(case_id=int(rest), content__has_key="evidence")
    hashes = {sha for c in contents.values_list("content", flat=True) for _p, sha in c["evidence"]}
    return [a for a in queries.by_hash(scope, hashes) if a.subject != subject]


def in_use(found: Attachment) -> bool:
    """Whether a record already names the file."""
    kind, _, rest = found.subject.partition(":")
    records = StepRecord.objects.filter(content__has_key="evidence")
    if kind == "case" and _is_id(rest):
        records = records.filter(case_id=int(rest))
    elif kind == "place":
        records = records.filter(region_code__startswith=rest)
    elif kind == "group" and rest.count(":") == 2:
        of, step, place = rest.split(":")
        pack, _slash, name = of.partition("/")
        whose = {"case__batch_id": int(of)} if _is_id(of) else {
            "case__batch": None, "case__pack": pack, "case__procedure": name}  # fmt: skip
        records = records.filter(step=step, region_code__startswith=place, **whose)
    else:
        return False
    return any(
        found.content_id in {sha for _piece, sha in content["evidence"]}
        for content in records.values_list("content", flat=True).iterator()
    )


def waiting(
    scope: Scope, subject: str, step: str, at: Step | None = None, act: str = "done"
) -> tuple[tuple[str, str], ...]:
    """(piece, sha256) of the files attached for `step` that no record names yet: what the next
    act brings with it. Where the step itself is given, only what that act asks for."""
    asked = None
    if at is not None:
        of_entry = at.entries.evidence if at.entries else ()
        asked = {p.id for p in (of_entry if act == "entry" else at.evidence)}
    return tuple(
        (a.piece, a.content_id)
        for a in queries.attached(scope, subject, step)
        if a.piece and (asked is None or a.piece in asked) and not in_use(a)
    )
