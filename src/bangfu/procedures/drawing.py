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
from bangfu.policy.procedures.definition import Procedure, Sampling
from bangfu.policy.procedures.refusals import Refused
from bangfu.policy.procedures.trail import Action, advance, fold
from bangfu.procedures import acting, problems, rows
from bangfu.procedures.acting import Asked, Done
from bangfu.procedures.commands import who
from bangfu.procedures.models import Batch, Case, Draw, Lot, StepRecord
from bangfu.procedures.sampling import LENGTH as _LENGTH
from bangfu.procedures.sampling import Pool

MOST = 2000  # lots of one region in a list


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
    batch = Batch.objects.select_related("definition").filter(pk=batch_id).first()
    if batch is None or not (
        scope.covers(batch.region_code) or region.within(scope.region_code, batch.region_code)
    ):
        raise problems.BATCH_NOT_FOUND(batch=batch_id)
    if batch.closed_at:
        raise problems.BATCH_CLOSED()
    place = max(scope.region_code, batch.region_code, key=len)
    pool = Pool(batch.pack, batch.procedure, batch.year, step, place, batch.pk)
    return _draw(scope, pool, batch.content, percent, seed, on)


def draw_alone(
    scope: Scope, pack: str, name: str, step: str, *, year: int, percent: int, seed: str = "",
    on: date | None = None,
) -> Draw:  # fmt: skip
    """Draw `percent` of the year's cases of a procedure that stand alone at `step`, as `draw`
    does of a batch. Raises Problem."""
    pool = Pool(pack, name, year, step, scope.region_code)
    first = Case.objects.filter(scope.q("region_code"), pool.q(), ended=False, step=step).first()
    if first is None:
        raise problems.NOTHING_TO_DRAW()
    return _draw(scope, pool, first.content, percent, seed, on)


def _draw(
    scope: Scope, pool: Pool, content: Procedure, percent: int, seed: str, on: date | None
) -> Draw:
    scope.require("procedure.act")
    at = content.steps.get(pool.step)
    if at is None or at.sampling is None or not 1 <= percent <= 100:
        raise problems.BAD_REQUEST(
            what="本步没有抽验，或比例不在 1 至 100 之间",
            what_en="No sampling at this step, or a share that is not from 1 to 100",
        )
    if percent < at.sampling.share:
        raise problems.BAD_REQUEST(
            what=f"“{at.sampling.title.zh}”的比例不能低于 {at.sampling.share}%",
            what_en=f"“{at.sampling.title.en}” draws {at.sampling.share} % at least",
        )
    seed = seed.strip()[:64] or secrets.token_hex(8)
    subject = f"batch:{pool.batch}" if pool.batch else f"{pool.procedure}:{pool.year}"
    with audit.event(
        "procedure.draw", actor=scope.actor, subject=subject, region_code=pool.region_code,
        detail={"seed": seed, "percent": percent, "step": pool.step},
    ) as event:  # fmt: skip
        there = Case.objects.filter(
            scope.q("region_code"), pool.q(), step=pool.step, ended=False, drawn=""
        )
        cases = {c.subject: c for c in there.order_by("pk").select_for_update()}
        pairs = _pairs(cases, at.sampling, content, seed, percent)
        done = _drawn(scope, content, pairs, pool.step, on or clock.today())
        for one in done:
            one.row = rows.row_of(one.case, one.record, event.id)
        rows.insert([d.row for d in done])
        acting.move(done)
        event.detail |= {
            "records": rows.digest(d.row.hash for d in done),
            "drawn": sorted(case.subject for case, _checker in pairs)[:1000],
        }
        made = Draw.objects.create(
            batch_id=pool.batch, pack=pool.pack, procedure=pool.procedure, year=pool.year,
            region_code=pool.region_code, step=pool.step, seed=seed, percent=percent,
            among=len(cases), drawn=len(pairs), on=on or clock.today(), by=scope.username,
            among_digest=hashlib.sha256("\n".join(sorted(cases)).encode()).hexdigest(),
        )  # fmt: skip
        Lot.objects.bulk_create(
            Lot(draw=made, case=case, region_code=checker) for case, checker in pairs
        )
    return made


def _pairs(
    cases: dict[str, Case], asked: Sampling, content: Procedure, seed: str, percent: int
) -> list[tuple[Case, str]]:
    """The cases drawn, each with the region that checks it: another one of the level `across`,
    or the checker's own. Raises Problem `procedures.nothing_to_draw`."""
    across = _LENGTH.get(asked.across, 0)
    places = sorted({c.region_code[:across] for c in cases.values()}) if across else []
    if not cases or (across and len(places) < 2):
        raise problems.NOTHING_TO_DRAW()
    own = _LENGTH[content.actors[asked.actor].level]
    chosen = lot(seed, cases, size(len(cases), percent))
    return [
        (cases[s], _checker(seed, cases[s].region_code[:across], places) if across
         else cases[s].region_code[:own])
        for s in chosen
    ]  # fmt: skip


def _checker(seed: str, own: str, places: list[str]) -> str:
    return lot(seed, [p for p in places if p != own], 1)[0]


def _drawn(
    scope: Scope, content: Procedure, pairs: list[tuple[Case, str]], step: str, day: date
) -> list[Done]:
    now, done = clock.now(), []
    trails = rows.trails(case.pk for case, _checker in pairs)
    # In the order of the ids: the digest of the event is over records in that order.
    for case, checker in sorted(pairs, key=lambda pair: pair[0].pk):
        state = fold(content, trails[case.pk])
        action = Action("draw", step, day, to=checker)
        about = machine.Case(case.region_code, case.calendar, case.year)
        told = machine.attempt(content, state, about, who(scope), action, now)
        if isinstance(told, Refused):
            raise problems.REFUSED(zh=told.show("zh"), en=told.show("en"))
        one = Done(case, told, advance(content, state, told), StepRecord())
        acting.place(content, one)
        done.append(one)
    return done


def lots(scope: Scope, *, checked: bool | None = None) -> list[dict[str, Any]]:
    """Cases that the lot gave the scope's own region to check, unchecked first; `checked` = only
    those (not) yet checked."""
    mine = Lot.objects.filter(scope.q("region_code"), region_code=scope.region_code)
    if checked is not None:
        mine = mine.filter(checked=checked)
    found = list(mine.order_by("checked", "-id")[:MOST])
    with scoped(_beyond(scope)):
        cases = Case.objects.select_related("definition").in_bulk([x.case_id for x in found])
        days = dict(Draw.objects.filter(pk__in={x.draw_id for x in found}).values_list("pk", "on"))
    return [
        {"lot": x, "case": cases[x.case_id], "on": days.get(x.draw_id)}
        for x in found if x.case_id in cases
    ]  # fmt: skip


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
