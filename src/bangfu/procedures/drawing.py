"""Drawing cases by lot, so that anyone can repeat it: the seed is recorded, and the order of
the lot is the SHA-256 of seed and subject, which depends on no program.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import date
from typing import Any

from bangfu import audit
from bangfu.access import problems as access_problems
from bangfu.access.scope import Scope, system_scope
from bangfu.access.session import scoped
from bangfu.kernel import clock, region
from bangfu.policy.procedures import machine
from bangfu.policy.procedures.refusals import Refused
from bangfu.policy.procedures.trail import Action, advance, fold
from bangfu.procedures import acting, problems, rows
from bangfu.procedures.acting import Asked, Done
from bangfu.procedures.commands import who
from bangfu.procedures.models import Batch, Case, Draw, Lot, StepRecord

_LENGTH = {name: length for length, name in region.LEVELS.items()}


def lot(seed: str, subjects: Iterable[str], count: int) -> list[str]:
    """The `count` subjects that `seed` draws."""
    order = sorted(subjects, key=lambda s: hashlib.sha256(f"{seed}:{s}".encode()).hexdigest())
    return order[:count]


def size(among: int, percent: int) -> int:
    """How many are drawn: at least one, rounded up."""
    return min(among, max(1, -(-among * percent // 100))) if among else 0


def draw(
    scope: Scope, batch_id: int, step: str, *, percent: int, seed: str = "", on: date | None = None
) -> Draw:
    """Draw `percent` of the cases of a batch that stand at `step`; each is checked by another
    region of the level the procedure names, chosen by the same seed. Raises Problem."""
    scope.require("procedure.act")
    batch = Batch.objects.select_related("definition").filter(pk=batch_id).first()
    if batch is None or not scope.covers(batch.region_code):
        raise problems.BATCH_NOT_FOUND(batch=batch_id)
    content, day = batch.content, on or clock.today()
    at = content.steps.get(step)
    if at is None or at.sampling is None or not 1 <= percent <= 100:
        raise problems.BAD_REQUEST(
            what="本步没有抽验，或比例不在 1 至 100 之间",
            what_en="No sampling at this step, or a share that is not from 1 to 100",
        )
    seed = seed.strip()[:64] or secrets.token_hex(8)
    with audit.event(
        "procedure.draw", actor=scope.actor, subject=f"batch:{batch.pk}",
        region_code=batch.region_code, detail={"seed": seed, "percent": percent, "step": step},
    ) as event:  # fmt: skip
        there = Case.objects.filter(scope.q("region_code"), batch=batch, step=step, drawn="")
        cases = {c.subject: c for c in there.order_by("pk").select_for_update()}
        length = _LENGTH.get(at.sampling.across, 0)
        places = sorted({c.region_code[:length] for c in cases.values()}) if length else []
        if not cases or (length and len(places) < 2):
            raise problems.NOTHING_TO_DRAW()
        chosen = lot(seed, cases, size(len(cases), percent))
        pairs = [(cases[s], _checker(seed, cases[s].region_code[:length], places)) for s in chosen]
        done = _drawn(scope, batch, pairs, step, day)
        for one in done:
            one.row = rows.row_of(one.case, one.record, event.id)
        StepRecord.objects.bulk_create([d.row for d in done], batch_size=1000)
        acting.move(done)
        event.detail |= {
            "records": rows.digest(d.row.hash for d in done), "drawn": sorted(chosen)[:1000],
        }  # fmt: skip
        made = Draw.objects.create(
            batch=batch, region_code=batch.region_code, step=step, seed=seed, percent=percent,
            among=len(cases), drawn=len(chosen), on=day, by=scope.username,
            among_digest=hashlib.sha256("\n".join(sorted(cases)).encode()).hexdigest(),
        )  # fmt: skip
        Lot.objects.bulk_create(
            Lot(draw=made, case=case, region_code=checker or case.region_code)
            for case, checker in pairs
        )
    return made


def _checker(seed: str, own: str, places: list[str]) -> str:
    others = [p for p in places if p != own]
    return lot(seed, others, 1)[0] if others else ""


def _drawn(
    scope: Scope, batch: Batch, pairs: list[tuple[Case, str]], step: str, day: date
) -> list[Done]:
    content, now, done = batch.content, clock.now(), []
    trails = rows.trails(case.pk for case, _checker in pairs)
    # In the order of the ids: the digest of the event is over records in that order.
    for case, checker in sorted(pairs, key=lambda pair: pair[0].pk):
        state = fold(content, trails[case.pk])
        action = Action("draw", step, day, to=checker or case.region_code)
        about = machine.Case(case.region_code, case.calendar, case.year)
        told = machine.attempt(content, state, about, who(scope), action, now)
        if isinstance(told, Refused):
            raise problems.REFUSED(zh=told.show("zh"), en=told.show("en"))
        one = Done(case, told, advance(content, state, told), StepRecord())
        acting.place(content, one)
        done.append(one)
    return done


def lots(scope: Scope) -> list[dict[str, Any]]:
    """Cases that the scope's own region has to check for others, unchecked first."""
    mine = Lot.objects.filter(scope.q("region_code"))
    found = list(mine.order_by("checked", "-id")[:500])
    with scoped(_beyond(scope)):
        cases = Case.objects.select_related("definition").in_bulk([x.case_id for x in found])
    return [{"lot": x, "case": cases[x.case_id]} for x in found if x.case_id in cases]


def drawn_case(scope: Scope, lot_id: int) -> tuple[Lot, Case]:
    """A lot of this region and its case. Raises Problem for another region's."""
    found = Lot.objects.filter(scope.q("region_code"), pk=lot_id).first()
    if found is None:
        raise access_problems.OUT_OF_SCOPE(subject=f"lot:{lot_id}")
    with scoped(_beyond(scope)):
        return found, Case.objects.select_related("definition").get(pk=found.case_id)


def _beyond(scope: Scope) -> Scope:
    return system_scope(scope.region_code[:6])


def check(scope: Scope, lot_id: int, asked: Asked) -> StepRecord:
    """Record a check on a case of another region, which the lot has given to this one.

    The lot is why this person may see and write that one case; the wall is widened to the
    county for it and for nothing else. Raises Problem.
    """
    scope.require("procedure.act")
    found = Lot.objects.filter(scope.q("region_code"), pk=lot_id).first()
    if found is None:
        raise access_problems.OUT_OF_SCOPE(subject=f"lot:{lot_id}")
    wide = Scope(
        scope.username, scope.role, found.region_code[:6], scope.department, scope.rights,
        scope.user_id,
    )  # fmt: skip
    with scoped(wide):
        return acting.act_many(
            wide, [found.case_id], asked, actor_region=scope.region_code,
            detail={"lot": lot_id},
        )[0]  # fmt: skip
