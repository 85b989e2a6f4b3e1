"""Recording what was found, ordering it to be put right, answering, accepting, sending back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bangfu import audit
from bangfu.access.roles import DEPARTMENTS
from bangfu.access.scope import Scope
from bangfu.evidence import queries as evidence
from bangfu.evidence.commands import Given, attach
from bangfu.inspection import forms, problems, queries
from bangfu.inspection.models import Finding, Order, OrderRecord, Sampled
from bangfu.inspection.planning import bad
from bangfu.inspection.verifying import hash_of
from bangfu.kernel import clock, region
from bangfu.policy.procedures.answers import parse
from bangfu.policy.procedures.needs import form as needed
from bangfu.policy.procedures.trail import Action

MET = ("met", "not_met", "unknown")


@dataclass(frozen=True)
class Seen:
    """What a page or program says of a check: result, answers, indicators, words, photos."""

    result: str
    on: date
    values: Mapping[str, Any] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    files: Sequence[Given] = ()


def record(scope: Scope, check_id: int, seen: Seen) -> Finding:
    """Keep what was found of a sampled case, with its photos; all of it or nothing. A later
    finding of the same case corrects an earlier one. Raises Problem."""
    scope.require("inspection.record")
    found = queries.sampled(scope, check_id)
    form_row = found.plan.form
    values, items = _answers(found, seen)
    with audit.event(
        "inspection.recorded", actor=scope.actor, subject=f"check:{found.pk}",
        region_code=found.region_code, detail={"result": seen.result},
    ) as event:  # fmt: skip
        if seen.files:
            wide = queries.opened(scope, found)
            attach(wide, f"check:{found.pk}", found.region_code[:12], seen.files, piece="photo")
        photos = evidence.attached(queries.opened(scope, found), f"check:{found.pk}")
        row = Finding(
            sampled=found, form=form_row, region_code=found.region_code, result=seen.result,
            values=values, items=items, text=seen.text.strip()[:2000],
            evidence=sorted(a.content_id for a in photos), on=seen.on, at=clock.now(),
            by=scope.username, role=scope.role, event_id=event.id,
        )  # fmt: skip
        row.hash = hash_of(row)
        row.save()
        event.detail |= {"hash": row.hash, "finding": row.pk}
    return row


def _answers(found: Sampled, seen: Seen) -> tuple[dict[str, Any], dict[str, str]]:
    form = forms.of(found.plan.form, found.plan.subject)
    if seen.result not in queries.RESULTS:
        raise bad("请选择核查结论", "choose a result")
    if not found.plan.starts_on <= seen.on <= clock.today():
        raise bad(
            "核查日期不得早于核查起日，也不得晚于今天",
            "the day lies before the first day or after today",
        )
    if seen.result != "sound" and not seen.text.strip():
        raise bad(
            "有问题或无法核查的，须写明情况", "say what is wrong or why it could not be checked"
        )
    values, wrong = parse(form, seen.values)
    if seen.result != "unable":
        wrong += list(needed(form, Action("check", "", seen.on, values=values), {}))
    if wrong:
        raise bad("；".join(m.show("zh") for m in wrong), "; ".join(m.show("en") for m in wrong))
    items = {i.id: seen.items[i.id] for i in form.items if seen.items.get(i.id) in MET}
    if seen.result != "unable" and len(items) < len(form.items):
        raise bad("还有指标没有核查", "some indicators have not been looked at")
    if seen.result == "sound" and "not_met" in items.values():
        raise bad(
            "有指标未达标，结论不能是“属实”", "an indicator is not met: the result cannot be sound"
        )
    return values, items


def issue(
    scope: Scope, finding_id: int, *, level: str, text: str, due_on: date, department: str = "",
    on: date | None = None,
) -> Order:  # fmt: skip
    """Order the township or county of a finding, or a county's department, to put it right by
    the day `due_on`. `on` = the day of the paper, today unless told. Raises Problem."""
    scope.require("inspection.order")
    found = queries.finding(scope, finding_id)
    day = _day(on, found.on)
    length = next((n for n, lv in region.LEVELS.items() if lv == level), 0)
    if found.result != "problem":
        raise bad("只有“有问题”的核查结果才下达整改", "only a problem is ordered to be put right")
    if level not in ("township", "county") or (department and department not in DEPARTMENTS):
        raise bad(
            "责任单位应为乡镇、县或县直部门", "a township, a county or its department answers"
        )
    if department and level != "county":
        raise bad("部门属于县级", "departments are of the county")
    if not text.strip() or not day < due_on:
        raise bad(
            "须写明整改要求，期限须晚于下达日期", "say what to do, by a day after the order's"
        )
    place = found.region_code[:length]
    if len(scope.region_code) > length or (len(scope.region_code) == length and not department
                                           and scope.role != "inspector"):  # fmt: skip
        raise problems.NOT_YOURS(what="只能责成下级整改", what_en="only a level below is ordered")
    with audit.event(
        "inspection.ordered", actor=scope.actor, subject=f"finding:{found.pk}", region_code=place,
        detail={"level": level, "department": department, "due_on": due_on.isoformat()},
    ) as event:  # fmt: skip
        made = Order.objects.create(
            finding=found, region_code=place, level=level, department=department,
            text=text.strip()[:2000], state="open", due_on=due_on, issued_on=day,
            issued_by=scope.username, version=1,
        )  # fmt: skip
        _add(scope, made, "issue", text, (), event, day)
    return made


def answer(
    scope: Scope, order_id: int, text: str, files: Sequence[Given] = (), seen: int | None = None,
    on: date | None = None,
) -> Order:  # fmt: skip
    """Tell what was put right, with its proof, on the day `on` (today unless told). Raises
    Problem."""
    scope.require("inspection.answer")
    found = _locked(scope, order_id, seen, "open")
    day = _day(on, _last(found).on)
    if not queries.is_theirs(scope, found):
        raise problems.NOT_YOURS(what="由责任单位答复", what_en="whoever is named answers")
    if not text.strip() or not files:
        raise bad("须写明整改情况并附佐证照片或扫描件", "say what was done, with a photo or scan")
    with audit.event(
        "inspection.answered", actor=scope.actor, subject=f"order:{found.pk}",
        region_code=found.region_code,
    ) as event:  # fmt: skip
        kept = attach(scope, f"order:{found.pk}", found.region_code, files, piece="answer")
        return _move(scope, found, "answer", text, [a.content_id for a in kept], event, day)


def judge(
    scope: Scope, order_id: int, *, accepted: bool, text: str = "", due_on: date | None = None,
    seen: int | None = None, on: date | None = None,
) -> Order:  # fmt: skip
    """Accept an answer, or send it back with a reason and a new day, on the day `on` (today
    unless told). Raises Problem."""
    scope.require("inspection.order")
    found = _locked(scope, order_id, seen, "answered")
    last = _last(found)
    day = _day(on, last.on)
    if not queries.may_judge(scope, found) or last.by == scope.username:
        raise problems.NOT_YOURS(
            what="由上级或督查人员验收，答复人不得自己验收",
            what_en="the level above or an inspector accepts, never who answered",
        )
    if not accepted and (not text.strip() or due_on is None or due_on <= day):
        raise bad(
            "退回须写明原因和晚于退回日期的新期限", "sending back needs a reason and a new day"
        )
    act = "accept" if accepted else "back"
    with audit.event(
        f"inspection.{'accepted' if accepted else 'sent_back'}", actor=scope.actor,
        subject=f"order:{found.pk}", region_code=found.region_code,
    ) as event:  # fmt: skip
        if due_on is not None and not accepted:
            found.due_on = due_on
        return _move(scope, found, act, text, [], event, day)


def _day(on: date | None, earliest: date) -> date:
    """The day of an act: not before the act it follows, not after today."""
    day = on or clock.today()
    if not earliest <= day <= clock.today():
        raise bad(
            "日期不得早于上一步，也不得晚于今天", "the day lies before the last act or after today"
        )
    return day


def _last(found: Order) -> OrderRecord:
    return OrderRecord.objects.filter(order=found).latest("seq")


def _locked(scope: Scope, order_id: int, seen: int | None, state: str) -> Order:
    queries.order(scope, order_id)
    found = Order.objects.select_for_update().get(pk=order_id)
    if found.state != state or (seen is not None and seen != found.version):
        raise problems.MOVED()
    return found


def _move(
    scope: Scope, found: Order, act: str, text: str, proof: Sequence[str], event: Any, on: date
) -> Order:
    from bangfu.inspection.verifying import STATES

    found.version += 1
    found.state = STATES[act]
    found.save(update_fields=["version", "state", "due_on"])
    _add(scope, found, act, text, proof, event, on)
    return found


def _add(
    scope: Scope, found: Order, act: str, text: str, proof: Sequence[str], event: Any, on: date
) -> None:
    row = OrderRecord(
        order=found, region_code=found.region_code, seq=found.version, act=act,
        text=text.strip()[:2000], due_on=found.due_on, evidence=list(proof),
        late=act == "answer" and on > found.due_on, on=on, at=clock.now(),
        by=scope.username, role=scope.role, actor_region=scope.region_code, event_id=event.id,
    )  # fmt: skip
    row.hash = hash_of(row)
    row.save()
    event.detail |= {"hash": row.hash, "act": act, "seq": row.seq}
