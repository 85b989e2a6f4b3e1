"""Drawing samples and engaging teams.

A sample is the first N of its pool in the order of SHA-256 of "seed:subject"; seed, method and
pool are kept, so that anyone can draw it again (`redrawn`, or sha256sum at a shell).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bangfu import audit
from bangfu.access import grants
from bangfu.access.models import Grant
from bangfu.access.scope import Scope
from bangfu.inspection import forms, problems
from bangfu.inspection.models import Plan, Sampled
from bangfu.kernel import clock, region
from bangfu.policy.procedures.definition import Procedure
from bangfu.procedures import queries as procedures
from bangfu.procedures.drawing import lot, size
from bangfu.procedures.models import Batch, Case

KINDS = ("supervision", "spot_check", "third_party")
METHODS = ("share", "each")
PER = ("", "county", "township", "village")
_LENGTH = {name: length for length, name in region.LEVELS.items()}


@dataclass(frozen=True)
class Wanted:
    """What is asked of a new sample; see `Plan`."""

    title: str
    kind: str
    method: str
    number: int
    starts_on: date
    ends_on: date
    per: str = ""
    after: str = ""
    seed: str = ""
    approval: str = ""
    region_code: str = ""
    pack: str = ""  # whose sheet; '' = that of the batch's own pack


def bad(what: str, what_en: str) -> Exception:
    """The refusal of one wrong answer."""
    return problems.BAD_REQUEST(what=what, what_en=what_en)


def draw_of(
    seed: str, pool: Iterable[tuple[str, str]], method: str, number: int, per: str
) -> list[str]:
    """Subjects that `seed` draws from `pool` of (subject, region code), group by group."""
    groups: dict[str, list[str]] = {}
    for subject, code in pool:
        groups.setdefault(code[: _LENGTH[per]] if per else "", []).append(subject)
    chosen = []
    for name in sorted(groups):
        count = size(len(groups[name]), number) if method == "share" else number
        chosen += lot(seed, groups[name], count)
    return chosen


def redrawn(plan: Plan) -> bool:
    """Whether drawing again gives the sample that is kept."""
    again = draw_of(plan.seed, [(s, c) for s, c in plan.pool], plan.method, plan.number, plan.per)
    kept = Sampled.objects.filter(plan=plan).order_by("position").values_list("subject", flat=True)
    return digest(plan.pool) == plan.pool_digest and again == list(kept)


def digest(pool: Iterable[Iterable[str]]) -> str:
    """The digest of a pool: SHA-256 of its subjects, sorted, one a line."""
    return hashlib.sha256("\n".join(sorted(s for s, _c in pool)).encode()).hexdigest()


def determined_at(content: Procedure) -> str:
    """The step that first writes an outcome into the registry: after it a subject has exited."""
    for step in content.steps.values():
        if any(o.effects for o in step.outcomes):
            return step.id
    return ""


def _pool(scope: Scope, batch: Batch, after: str) -> dict[str, Case]:
    content = batch.content
    found = Case.objects.filter(scope.q("region_code"), batch=batch)
    if after:
        order = [*content.steps]
        if after not in order:
            raise bad("没有这个步骤", "no such step")
        passed = [e for e, end in content.ends.items() if end.tone == "pass"]
        found = found.filter(step__in=[*order[order.index(after) + 1 :], *passed])
    return {c.subject: c for c in found.order_by("pk")}


def _checked(scope: Scope, wanted: Wanted) -> None:
    if not 0 < len(wanted.title) <= 120:
        raise bad("名称应为 1 至 120 字", "the title needs 1 to 120 characters")
    if wanted.kind not in KINDS or wanted.method not in METHODS or wanted.per not in PER:
        raise bad("没有这种方式", "no such kind or method")
    if not 1 <= wanted.number <= (100 if wanted.method == "share" else 10_000):
        raise bad(
            "比例应为 1 至 100，数量应为 1 至 10000", "a share is 1 to 100, a number 1 to 10000"
        )
    if wanted.ends_on < wanted.starts_on:
        raise bad("止日早于起日", "the last day lies before the first")
    scope.narrowed(wanted.region_code)


def _sheet_of(batch: Batch, wanted: Wanted) -> str:
    """The pack whose sheet is taken, that of the batch unless another is wanted. Raises Problem
    where there is none, or where it asks for leave that is not given."""
    subject = batch.content.subject
    sheets = forms.offered(batch.pack, batch.region_code, subject)
    name = wanted.pack or next(iter(sheets), batch.pack)
    if name not in sheets:
        raise problems.NO_FORM(pack=name, subject=subject)
    leave = sheets[name].approval
    if wanted.kind == "third_party" and leave.zh and not wanted.approval.strip():
        raise bad(
            f"第三方评估须先经批准，请填{leave.zh}",
            f"a third-party evaluation needs leave: give the {leave.show('en')}",
        )
    return name


def plan(scope: Scope, batch_id: int, wanted: Wanted) -> Plan:
    """Draw a sample of a batch, to be checked by a sheet of `forms.offered`.

    Raises Problem `inspection.*`, `procedures.batch_not_found`.
    """
    scope.require("inspection.plan")
    _checked(scope, wanted)
    batch = procedures.batch(scope, batch_id)
    at = scope.narrowed(wanted.region_code)
    subject = batch.content.subject
    form = forms.kept(_sheet_of(batch, wanted), subject)
    cases = _pool(at, batch, wanted.after)
    if not cases:
        raise problems.NOTHING_TO_DRAW()
    pool = [[s, cases[s].region_code] for s in sorted(cases)]
    seed = wanted.seed.strip()[:64] or secrets.token_hex(8)
    chosen = draw_of(seed, [(s, c) for s, c in pool], wanted.method, wanted.number, wanted.per)
    place = max(at.region_code, batch.region_code, key=len)
    with audit.event(
        "inspection.drawn", actor=scope.actor, subject=f"batch:{batch.pk}", region_code=place,
        detail={"seed": seed, "method": wanted.method, "number": wanted.number, "per": wanted.per,
                "pool": digest(pool), "among": len(pool), "drawn": sorted(chosen)[:1000]},
    ) as event:  # fmt: skip
        made = Plan.objects.create(
            title=wanted.title.strip(), kind=wanted.kind, batch=batch, subject=subject,
            region_code=place, after=wanted.after, method=wanted.method, number=wanted.number,
            per=wanted.per, seed=seed, pool=pool, pool_digest=digest(pool), among=len(pool),
            drawn=len(chosen), form=form, starts_on=wanted.starts_on, ends_on=wanted.ends_on,
            approval=wanted.approval.strip()[:120], by=scope.username, at=clock.now(),
            event_id=event.id,
        )  # fmt: skip
        Sampled.objects.bulk_create(
            [Sampled(plan=made, plan_title=made.title, case=cases[s], subject=s,
                     region_code=cases[s].region_code, position=n) for n, s in enumerate(chosen, start=1)],
            batch_size=1000,
        )  # fmt: skip
    return made


def engage(
    scope: Scope, found: Plan, *, username: str, display_name: str, password: str,
    starts_on: date | None = None, ends_on: date | None = None,
) -> Grant:  # fmt: skip
    """An account for somebody of a team from outside: this sample, from day to day, read and
    record only. Raises Problem `access.*`, `inspection.bad_request`."""
    scope.require("inspection.plan")
    if found.kind != "third_party":
        raise bad("只有第三方评估可以聘请评估组", "only a third-party evaluation engages a team")
    place = found.region_code[:6] if len(found.region_code) > 6 else found.region_code
    return grants.give(
        scope, f"plan:{found.pk}", username=username.strip(), display_name=display_name.strip(),
        password=password, starts_on=starts_on or found.starts_on,
        ends_on=ends_on or found.ends_on, region_code=place,
    )  # fmt: skip


def dismiss(scope: Scope, found: Plan, grant_id: int) -> Grant:
    """End the access of one of the team now. Raises Problem `access.out_of_scope`."""
    scope.require("inspection.plan")
    return grants.revoke(scope, f"plan:{found.pk}", grant_id)
