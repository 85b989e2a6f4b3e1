"""One act on one case or on thousands: lock, fold, attempt, write. All or none.

The rows of the cases are locked in the order of their ids, so that two bulk decisions that
overlap wait for each other instead of standing still; what a clerk saw (`seen`, the number of
records) must still be so, or the act is refused and the other's name told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db import connection

from bangfu import audit
from bangfu.access import crypto
from bangfu.access.scope import Scope
from bangfu.evidence.models import Attachment
from bangfu.kernel import clock
from bangfu.policy.procedures import machine
from bangfu.policy.procedures.definition import Procedure
from bangfu.policy.procedures.machine import Case as Facts
from bangfu.policy.procedures.machine import Who, form_of
from bangfu.policy.procedures.needs import Engine, Sample
from bangfu.policy.procedures.refusals import Missing, Refused
from bangfu.policy.procedures.trail import (
    Action,
    Attached,
    Judged,
    Record,
    Signed,
    State,
    advance,
    fold,
)
from bangfu.procedures import after, beginning, facts, problems, rows, sampling
from bangfu.procedures.answering import answered
from bangfu.procedures.models import Case, Definition, StepRecord
from bangfu.registry import divisions

SHOWN = 20
NO_SAMPLE = Sample()
MOST = 20_000  # cases in one decision


@dataclass(frozen=True)
class Asked:
    """What somebody asks to be done, as a page or program gives it.

    `values` are the form's answers as text; `items` by indicator (outcome, reason); `review` by
    indicator whether the reviewer agrees, `reviews` the same for single cases; `evidence` are
    (piece, sha256) of kept files; `signatures` (party, name, day); `person` and `phone` are of
    who objects; `ref` is the record of the objection that is settled.
    """

    act: str
    step: str
    on: date
    outcome: str = ""
    to: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    items: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    review: Mapping[str, bool] = field(default_factory=dict)
    reviews: Mapping[int, Mapping[str, bool]] = field(default_factory=dict)
    evidence: tuple[tuple[str, str], ...] = ()
    signatures: tuple[tuple[str, str, date], ...] = ()
    reason: str = ""
    ref: int = 0
    person: str = ""
    phone: str = ""


@dataclass
class Done:
    """A case with what came of the act."""

    case: Case
    record: Record
    state: State
    row: StepRecord


def act(scope: Scope, case_id: int, asked: Asked, seen: int | None = None) -> StepRecord:
    """Do `asked` on one case; the record. `seen` is the version the person looked at.

    Raises Problem `procedures.refused` with everything that is missing,
    `procedures.changed_meanwhile`, `procedures.case_not_found`, `access.no_right`.
    """
    return act_many(scope, [case_id], asked, {case_id: seen} if seen is not None else None)[0]


def act_many(
    scope: Scope, case_ids: list[int], asked: Asked, seen: Mapping[int, int] | None = None,
    detail: dict[str, Any] | None = None, actor_region: str = "",
) -> list[StepRecord]:  # fmt: skip
    """Do `asked` on every case, or on none. `actor_region`: the person's own, where the scope
    was widened for these cases. Raises Problem as `act` does."""
    scope.require("procedure.act")
    ids = sorted(set(case_ids))
    if not ids or len(ids) > MOST:
        raise problems.BAD_REQUEST(
            what=f"一次办理 1 至 {MOST} 件", what_en=f"1 to {MOST} cases at once"
        )
    told = {"act": asked.act, "step": asked.step, "outcome": asked.outcome, "cases": len(ids),
            "on": str(asked.on), **(detail or {})}  # fmt: skip
    subject = f"case:{ids[0]}" if len(ids) == 1 else f"{len(ids)} 件"
    with audit.event(
        f"procedure.{asked.act}", actor=scope.actor, subject=subject,
        region_code=scope.region_code, detail=told,
    ) as event:  # fmt: skip
        cases = _locked(scope, ids)
        _unchanged(cases, seen or {})
        person = Who(
            scope.username, scope.role, actor_region or scope.region_code, scope.department or ""
        )
        done = _attempted(scope, person, cases, asked)
        for one in done:
            one.row = rows.row_of(one.case, one.record, event.id)
        rows.insert([d.row for d in done])
        move(done)
        after.follow(scope, asked, done)
        ended = [d.case for d in done if d.case.ended and asked.act == "done"]
        begun = beginning.restart(scope, person, asked.on, event.id, ended)
        # In the order of the cases: those begun now are the youngest.
        event.detail["records"] = rows.digest(r.hash for r in [*(d.row for d in done), *begun])
    return [d.row for d in done]


def place_of(case: Case) -> str:
    """The case's place in words."""
    return divisions.full_name(case.region_code, from_level="county")


def _locked(scope: Scope, ids: list[int]) -> list[Case]:
    found = Case.objects.filter(scope.q("region_code"), pk__in=ids).order_by("pk")
    cases = list(found.select_for_update())
    if len(cases) != len(ids):
        missing = set(ids) - {c.pk for c in cases}
        raise problems.CASE_NOT_FOUND(case="、".join(str(i) for i in sorted(missing)[:SHOWN]))
    return cases


def _unchanged(cases: list[Case], seen: Mapping[int, int]) -> None:
    for case in cases:
        if seen.get(case.pk, case.version) != case.version:
            last = StepRecord.objects.filter(case_id=case.pk).order_by("-seq")[0]
            content = case.content
            where = content.steps.get(case.step) or content.ends.get(case.step)
            raise problems.CHANGED_MEANWHILE(
                who=last.by,
                at=rows.moment(last.at),
                title=case.title or case.subject,
                step=where.title.zh if where else case.step,
            )


def _attempted(scope: Scope, person: Who, cases: list[Case], asked: Asked) -> list[Done]:
    definitions = {
        d.pk: d.content for d in Definition.objects.filter(pk__in={c.definition_id for c in cases})
    }
    trails = rows.trails(c.pk for c in cases)
    known: dict[int, dict[str, dict[str, Any]]] = {}
    for key, content in definitions.items():
        mine = [(c.subject, c.region_code) for c in cases if c.definition_id == key]
        known[key] = facts.facts(content, mine, cases[0].year)
    _evidence(scope, asked)
    now, done, refused = clock.now(), [], []
    shares = sampling.samples(cases, asked.step, definitions) if asked.act == "done" else {}
    prepared: dict[int, tuple[Action, list[Missing]]] = {}
    for case in cases:
        content = definitions[case.definition_id]
        if case.definition_id not in prepared:
            prepared[case.definition_id] = action_of(content, asked)
        action, wrong = prepared[case.definition_id]
        if len(cases) > 1:
            _bulk(content, asked)
        if case.pk in asked.reviews:
            action = replace(action, review=dict(asked.reviews[case.pk]))
        state = fold(content, trails[case.pk])
        about = Facts(
            case.region_code, case.calendar, case.year,
            known[case.definition_id].get(case.subject, {}),
            _engine(scope, content, case, asked), shares.get(case.pk, NO_SAMPLE),
            facts.points(content, form_of(content, asked.step, asked.act), case.region_code, asked.on),
        )  # fmt: skip
        told = machine.attempt(content, state, about, person, action, now)
        if isinstance(told, Refused) or wrong:
            more = told.missing if isinstance(told, Refused) else ()
            refused.append((case, (*wrong, *more)))
            continue
        done.append(Done(case, told, advance(content, state, told), StepRecord()))
    if refused:
        raise _told(refused)
    for one in done:
        content = definitions[one.case.definition_id]
        one.case.due_on = machine.due_on(
            content, one.state, Facts(one.case.region_code, one.case.calendar, one.case.year)
        )
        place(content, one)
    return done


def _bulk(content: Procedure, asked: Asked) -> None:
    """Refuse to do together what must be done one by one."""
    step = content.steps.get(asked.step)
    outcome = step.outcome(asked.outcome) if step else None
    if asked.act == "done" and step and not step.bulk and not (outcome and outcome.bare):
        raise problems.BAD_REQUEST(
            what=f"“{step.title.zh}”要逐件办理", what_en=f"“{step.title.en}” is done one by one"
        )


def _told(refused: list[tuple[Case, tuple[Missing, ...]]]) -> Exception:
    if len(refused) == 1:
        _case, missing = refused[0]
        return problems.REFUSED(
            zh="；".join(m.show("zh") for m in missing), en="; ".join(m.show("en") for m in missing)
        )

    def lines(lang: str) -> str:
        if all(missing == refused[0][1] for _case, missing in refused):
            return "；".join(m.show(lang) for m in refused[0][1])  # the same of each: said once
        return "\n".join(
            f"{case.title or case.subject}：{'；'.join(m.show(lang) for m in missing)}"
            for case, missing in refused[:SHOWN]
        )

    return problems.REFUSED_MANY(count=len(refused), zh=lines("zh"), en=lines("en"))


def action_of(content: Procedure, asked: Asked) -> tuple[Action, list[Missing]]:
    """`asked` as the state machine takes it, and what is wrong with its answers. Names are
    replaced by keys that say nothing, personal answers are sealed."""
    form = form_of(content, asked.step, asked.act)
    values: dict[str, Any] = {}
    wrong: list[Missing] = []
    if form is not None:
        values, wrong = answered(form, asked.values)
    elif asked.act == "post":
        values = {k: str(v)[:200] for k, v in asked.values.items() if k in ("place", "phone") and v}
        if not values.get("place"):
            wrong.append(Missing("field_missing", {"name": "张贴地点"}))
    signed = tuple(
        Signed(party, crypto.blind("name", name.strip()).hex(), on)
        for party, name, on in asked.signatures
        if name.strip()
    )
    action = Action(
        asked.act, asked.step, asked.on, asked.outcome, asked.to, values=values,
        items={k: Judged(outcome, reason.strip()) for k, (outcome, reason) in asked.items.items()},
        review=dict(asked.review),
        evidence=tuple(Attached(piece, sha) for piece, sha in asked.evidence),
        signatures=signed, reason=asked.reason.strip()[:2000], ref=asked.ref,
    )  # fmt: skip
    return action, wrong


def _evidence(scope: Scope, asked: Asked) -> None:
    wanted = {sha for _piece, sha in asked.evidence}
    mine = Attachment.objects.filter(scope.q("region_code"), content__in=wanted, withdrawn_at=None)
    if wanted - set(mine.values_list("content_id", flat=True)):
        raise problems.EVIDENCE_UNKNOWN()


def _engine(scope: Scope, content: Procedure, case: Case, asked: Asked) -> dict[str, Engine]:
    form = form_of(content, asked.step, asked.act)
    if asked.act != "done" or form is None or not form.items or not asked.items:
        return {}  # nothing was judged (or nothing needs to be): nothing to set beside it
    return facts.engine(scope, content, form, case.subject)


def place(content: Procedure, one: Done) -> None:
    """Set the case's columns after the act."""
    case, state = one.case, one.state
    step = content.steps.get(state.step)
    actor = content.actors[step.actor] if step else None
    case.step, case.ended, case.since = state.step, state.ended, state.since
    case.level, case.role = (actor.level, actor.roles[0]) if actor else ("", "")
    case.notice_ends = state.term_ends(step, clock.today()) if step else None
    case.objections, case.drawn = len(state.open_objections), state.drawn
    case.version, case.last_on = state.seq, state.last_on
    case.restarts = content.ends[state.step].restart if state.ended else ""


_MOVED = {
    "step": "text", "ended": "boolean", "since": "date", "due_on": "date", "level": "text",
    "role": "text", "notice_ends": "date", "objections": "smallint", "drawn": "text",
    "version": "integer", "last_on": "date", "last_hash": "text", "restarts": "text",
}  # fmt: skip
_MOVE = f"""
UPDATE procedures_case c SET {", ".join(f"{name} = v.{name}" for name in _MOVED)}
FROM json_to_recordset(%s::json) AS v(id bigint,
  {", ".join(f"{name} {kind}" for name, kind in _MOVED.items())})
WHERE c.id = v.id
"""


def move(done: list[Done]) -> None:
    """Write where the cases stand now, in one statement."""
    for one in done:
        one.case.last_hash = one.row.hash
    told = ({"id": d.case.pk, **{n: getattr(d.case, n) for n in _MOVED}} for d in done)
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [rows.as_json(told)])
