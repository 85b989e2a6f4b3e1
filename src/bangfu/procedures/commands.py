"""Opening batches, putting subjects in, acting on cases: every write of the room.

acting.Asked(act="done", step="verify", ...)      what a page or program asks
act(scope, case_id, asked, seen=3)                one case
act_many(scope, ids, asked)                       all of them or none
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.db.models.functions import Left

from bangfu import audit
from bangfu.access.scope import Scope
from bangfu.kernel import clock, region
from bangfu.policy.procedures import machine
from bangfu.policy.procedures.answers import parse
from bangfu.policy.procedures.definition import Procedure
from bangfu.policy.procedures.library import procedures
from bangfu.policy.procedures.machine import Who
from bangfu.policy.procedures.needs import form as form_needs
from bangfu.policy.procedures.refusals import Missing
from bangfu.policy.procedures.trail import Action, State
from bangfu.procedures import beginning, facts, problems, rows
from bangfu.procedures.acting import Asked, act, act_many, place_of
from bangfu.procedures.answering import answered
from bangfu.procedures.beginning import kept
from bangfu.procedures.models import Batch, Case, Definition
from bangfu.registry import divisions
from bangfu.registry.models import Household

SHOWN = 20


def who(scope: Scope) -> Who:
    """The person of `scope`, as the state machine knows people."""
    return Who(scope.username, scope.role, scope.region_code, scope.department or "")


def procedure(pack: str, name: str) -> Procedure:
    """A procedure of a pack as it stands today. Raises Problem `procedures.unknown_procedure`,
    `policy.*`."""
    known = procedures(pack)
    if name not in known:
        told = "、".join(known) or "—"
        raise problems.UNKNOWN_PROCEDURE(pack=pack[:40], procedure=name[:40], known=told)
    return known[name]


def _refuse(missing: Iterable[Missing]) -> None:
    told = list(missing)
    if told:
        raise problems.REFUSED(
            zh="；".join(m.show("zh") for m in told), en="; ".join(m.show("en") for m in told)
        )


def _bad(zh: str, en: str) -> Exception:
    return problems.BAD_REQUEST(what=zh, what_en=en)


def open_batch(
    scope: Scope, pack: str, name: str, *, year: int, calendar: str = "",
    plan: Mapping[str, Mapping[str, Any]] | None = None, on: date | None = None,
) -> Batch:  # fmt: skip
    """Open a batch of the scope's region with its plan: by region code, the opening form's
    answers. Raises Problem `procedures.*`, `access.no_right`."""
    scope.require("procedure.open")
    found = procedure(pack, name)
    if not found.opening.batched:
        raise _bad("本流程不分批次", "This procedure has no batches")
    actor = found.actors[found.opening.actor]
    _refuse(machine.may_act(actor, who(scope), scope.region_code))
    day = on or clock.today()
    if found.calendars and found.calendar(calendar) is None:
        raise _bad("没有选择批次", "Choose the batch")
    if not 2000 <= year <= 2100:
        raise _bad("年度不对", "The year is wrong")
    if day > clock.today():
        _refuse([Missing("future", {"on": day})])
    answers = _plan(scope, found, plan or {})
    detail = {"procedure": name, "pack": pack, "year": year, "calendar": calendar,
              "definition": found.hash, "plan": answers}  # fmt: skip
    try:
        with audit.event(
            "procedure.batch_opened", actor=scope.actor, subject=f"{name}:{year}:{calendar}",
            region_code=scope.region_code, detail=detail,
        ):  # fmt: skip
            return Batch.objects.create(
                definition=kept(found), pack=pack, procedure=name, year=year,
                region_code=scope.region_code, calendar=calendar, plan=answers,
                opened_on=day, opened_by=scope.username, opened_at=clock.now(),
            )  # fmt: skip
    except IntegrityError:
        said = found.calendar(calendar)
        raise problems.BATCH_EXISTS(
            year=year, calendar=said.title.zh if said else found.title.zh
        ) from None


def _plan(
    scope: Scope, found: Procedure, plan: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    form = found.forms.get(found.opening.form)
    if form is None:
        return {}
    answers, missing = {}, []
    for code, given in plan.items():
        if not scope.covers(code) or code not in divisions.names():
            raise _bad(f"计划中的 {code[:12]} 不在辖区", f"{code[:12]} is not in your region")
        values, wrong = parse(form, given)
        missing += [*wrong, *form_needs(form, Action("", "", clock.today(), values=values), {})]
        answers[code] = values
    _refuse(missing[:SHOWN])
    if not answers:
        raise _bad("没有填写计划", "The plan is empty")
    return answers


def close_batch(scope: Scope, batch_id: int) -> None:
    """Close a batch all of whose cases have ended; from then on it is only read.

    Whoever opens batches of it closes them. Raises Problem `procedures.batch_busy` with how many
    cases are open and where, `procedures.batch_closed`, `procedures.refused`.
    """
    scope.require("procedure.open")
    found = Batch.objects.select_related("definition").filter(scope.q("region_code"), pk=batch_id)
    batch = found.first()
    if batch is None:
        raise problems.BATCH_NOT_FOUND(batch=batch_id)
    content = batch.content
    _refuse(machine.may_act(content.actors[content.opening.actor], who(scope), batch.region_code))
    with audit.event(
        "procedure.batch_closed", actor=scope.actor, subject=f"batch:{batch.pk}",
        region_code=batch.region_code,
    ) as event:  # fmt: skip
        # Waits for whoever puts subjects in at this moment, who holds the row by its key.
        row = Batch.objects.select_for_update().get(pk=batch.pk)
        if row.closed_at:
            raise problems.BATCH_CLOSED()
        _none_open(batch)
        event.detail["cases"] = Case.objects.filter(batch=batch).count()
        Batch.objects.filter(pk=batch.pk).update(closed_at=clock.now())


def _none_open(batch: Batch) -> None:
    content, names = batch.content, divisions.names()
    length = next((n for n in sorted(region.LEVELS) if n > len(batch.region_code)), 12)
    there: list[Any] = list(
        Case.objects.filter(batch=batch, ended=False).order_by()
        .values("step", place=Left("region_code", length)).annotate(n=Count("id"))
        .order_by("-n", "place", "step")
    )  # fmt: skip
    if there:
        told = [(names.get(r["place"], r["place"]), content.steps[r["step"]].title, r["n"])
                for r in there[:SHOWN]]  # fmt: skip
        raise problems.BATCH_BUSY(
            count=sum(r["n"] for r in there),
            zh="；".join(f"{place}“{title.zh}”{n} 件" for place, title, n in told),
            en="; ".join(f"{place}, {title.show('en')}: {n}" for place, title, n in told),
        )


def enrol(
    scope: Scope, batch_id: int, subjects: Iterable[str], *, on: date | None = None
) -> list[int]:
    """Put subjects of the scope into a batch, all or none; ids of their cases.

    Raises Problem `procedures.not_enrolled` naming those that cannot be, `procedures.*`.
    """
    scope.require("procedure.act")
    batch = Batch.objects.select_related("definition").filter(pk=batch_id).first()
    if batch is None or not region.within(scope.region_code, batch.region_code):
        raise problems.BATCH_NOT_FOUND(batch=batch_id)
    if batch.closed_at:
        raise problems.BATCH_CLOSED()
    numbers = list(dict.fromkeys(subjects))
    places = _places(scope, batch.content, numbers)
    return _opened(scope, batch.definition, batch, numbers, places, on or clock.today())


def open_case(
    scope: Scope, pack: str, name: str, *, subject: str = "", title: str = "",
    region_code: str = "", values: Mapping[str, Any] | None = None, on: date | None = None,
) -> int:  # fmt: skip
    """Begin a case that stands alone (an application, a complaint, a project); its id.

    Subjects the registry knows are named by number; others get a title and one of their own.
    `values` are the answers of the paper it begins with (the application, the complaint), kept
    in the first record. Raises Problem `procedures.*`.
    """
    scope.require("procedure.act")
    found = procedure(pack, name)
    if found.opening.batched:
        raise _bad("本流程按批次办理", "This procedure goes by batches")
    day = on or clock.today()
    answers = _first_paper(found, values or {}, day)
    if found.subject in ("project", "application"):
        place = region_code or scope.region_code
        _named(scope, found, title, place)
        subject = subject or secrets.token_hex(8)
        places = {subject: place}
    elif not subject:
        raise _bad("没有选择办理对象", "Choose whom the case is about")
    else:
        places = _places(scope, found, [subject])
    with transaction.atomic():
        ids = _opened(scope, kept(found), None, [subject], places, day, title.strip(), answers)
    return ids[0]


def _first_paper(found: Procedure, given: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The answers of the opening form, personal ones sealed. Raises `procedures.refused`."""
    form = found.forms.get(found.opening.form)
    if form is None:
        return {}
    values, wrong = answered(form, given)
    _refuse([*wrong, *form_needs(form, Action("open", "", day, values=values), {})])
    return values


def _named(scope: Scope, found: Procedure, title: str, place: str) -> None:
    """A case of something the registry does not know needs a title, and a place that lies in
    the region of whoever acts in it: of a county's case no township could do its step."""
    if not title.strip() or len(title) > 200:
        raise _bad("标题要写明，200 字以内", "give it a title of at most 200 characters")
    if place not in divisions.names() or not scope.covers(place):
        raise _bad("地区不在辖区内", "The place is not in your region")
    levels = [*region.LEVELS.values()]
    deepest = max((a.level for a in found.actors.values()), key=levels.index)
    if levels.index(region.level(place)) < levels.index(deepest):
        zh = {"county": "县（市、区）", "township": "乡镇（街道）", "village": "村（社区）"}
        raise _bad(
            f"地区要选到{zh.get(deepest, deepest)}：本流程有这一级办理的步骤",
            f"choose the {deepest}: steps of this procedure are done there",
        )


def _places(scope: Scope, found: Procedure, numbers: list[str]) -> dict[str, str]:
    """Region code of each subject that exists inside the scope."""
    if found.subject == "household":
        rows_ = Household.objects.filter(scope.q(), household_no__in=numbers)
        return dict(rows_.values_list("household_no", "village_code"))
    if found.subject == "person":
        from bangfu.registry.models import Person

        people = Person.objects.filter(scope.q(), person_no__in=numbers)
        return dict(people.values_list("person_no", "village_code"))
    levels = {n: region.LEVELS.get(len(n)) for n in numbers}
    return {n: n for n in numbers
            if levels[n] == found.subject and scope.covers(n) and n in divisions.names()}  # fmt: skip


def _opened(
    scope: Scope, definition: Definition, batch: Batch | None, numbers: list[str],
    places: Mapping[str, str], on: date, title: str = "",
    answers: Mapping[str, Any] | None = None,
) -> list[int]:  # fmt: skip
    found = definition.content
    person = who(scope)
    if on > clock.today():
        _refuse([Missing("future", {"on": on})])
    if batch is not None and on < batch.opened_on:
        _refuse([Missing("before_previous", {"on": on, "last": batch.opened_on})])
    year = batch.year if batch else on.year
    _all_may_enter(found, person, numbers, places, year)
    first = machine.opened(found, person, on, clock.now())
    if answers:
        first = replace(first, action=replace(first.action, values=answers))
    with audit.event(
        "procedure.opened", actor=scope.actor,
        subject=numbers[0] if len(numbers) == 1 else f"{len(numbers)} 件",
        region_code=scope.region_code,
        detail={"procedure": found.id, "batch": batch.pk if batch else None, "on": str(on),
                "subjects": numbers[:100]},
    ) as event:  # fmt: skip
        try:
            records = beginning.write(
                definition, batch, first, {n: places[n] for n in numbers}, event.id, title=title
            )
        except IntegrityError:
            _tell_open(found, numbers)
            raise
        event.detail["records"] = rows.digest(r.hash for r in records)
    return [r.case_id for r in records]


def _all_may_enter(
    found: Procedure, person: Who, numbers: list[str], places: Mapping[str, str], year: int
) -> None:
    if not numbers:
        raise _bad("没有选择对象", "Nothing was chosen")
    known = facts.facts(found, places.items(), year)
    told: list[tuple[str, list[Missing]]] = []
    for number in numbers:
        if number not in places:
            told.append((number, [Missing("wrong_region")]))
            continue
        ways = [machine.may_act(found.actors[a], person, places[number])
                for a in found.opening.enrols]  # fmt: skip
        if all(ways):
            told.append((number, ways[0]))
        only = found.opening.only
        if only.tests and not only.holds(known[number]):
            told.append((number, [Missing("not_eligible")]))
    if told:
        raise problems.NOT_ENROLLED(
            count=len(told),
            zh="；".join(f"{n}：{m[0].show('zh')}" for n, m in told[:SHOWN]),
            en="; ".join(f"{n}: {m[0].show('en')}" for n, m in told[:SHOWN]),
        )


def _tell_open(found: Procedure, numbers: list[str]) -> None:
    open_ = list(
        Case.objects.filter(
            procedure=found.id, pack=found.pack, subject__in=numbers, ended=False
        ).values_list("subject", flat=True)
    )
    if open_:
        missing = Missing("already_open")
        raise problems.NOT_ENROLLED(
            count=len(open_),
            zh="；".join(f"{n}：{missing.show('zh')}" for n in open_[:SHOWN]),
            en="; ".join(f"{n}: {missing.show('en')}" for n in open_[:SHOWN]),
        )


__all__ = [
    "Asked", "State", "act", "act_many", "close_batch", "enrol", "kept", "open_batch",
    "open_case", "place_of", "procedure", "who",
]  # fmt: skip
