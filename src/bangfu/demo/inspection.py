"""Inspections of the demo's batches: samples that can be drawn again, one of a team from outside,
findings of every kind, and orders in every state.

Every act goes through the room's own commands. Whoever is named here is invented.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from django.db import transaction
from PIL import Image, ImageDraw

from bangfu.access.commands import change_password
from bangfu.access.models import User
from bangfu.access.scope import Scope, scope_of
from bangfu.evidence.commands import Given
from bangfu.inspection import forms, planning, recording
from bangfu.inspection.models import Finding, Order, Plan, Sampled
from bangfu.inspection.planning import Wanted
from bangfu.inspection.recording import Seen
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.procedures.models import Batch

EVALUATOR, NAME = "evaluator", "梁知行"
_DEPARTMENT = "教育局"  # whose account the demo has
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Told:
    """One check of the script: what is found, which indicator is not met, and in what words;
    `again` is the finding that corrects it later."""

    result: str
    item: str = ""
    text: str = ""
    again: str = ""


@dataclass(frozen=True)
class Asked:
    """One order of the script, days counted from today: to whom, for what, issued when and due
    when; then each act with its day (back: with the new deadline)."""

    finding: int
    level: str
    text: str
    issued: int
    due: int
    department: str = ""
    answer: tuple[int, str] | None = None
    accept: int | None = None
    back: tuple[int, int, str] | None = None


# What the team from outside found, in the order of its sample; the rest waits for it.
_TEAM = (
    Told("problem", "housing", "正房西墙开裂，雨季漏水，与验收表“有住房保障”不符"),
    Told("unable", text="户主外出务工，两次上门无人在家", again="sound"),
    Told("sound"),
    Told("problem", "electricity", "入户线老化，雨天断电"),
    Told("sound"),
)
_TEAM_ORDERS = (
    Asked(0, "township", "核实住房情况，限期修缮，未修好前不得按脱贫上报", -27, -12,
          answer=(-15, "已由村里组织修缮，西墙加固、屋面换瓦，附照片"), accept=-11),
)  # fmt: skip
# What the city's inspectors found of this year's batch.
_CITY = (
    Told("problem", "income", "核算收入时把一次性补助计入，扣除后低于标准"),
    Told("sound"),
    Told("problem", "road", "屯内最后600米为土路，雨天不通车"),
    Told("problem", "water", "水柜渗漏，枯水期每月断水十余天"),
    Told("problem", "schooling", "长子初二辍学在家，验收表记为在校"),
    Told("unable", text="户主外出务工，两次上门无人在家"),
    Told("sound"),
)
_CITY_ORDERS = (
    Asked(0, "township", "按规定口径重新核算收入，附明细", -10, 6,
          answer=(-2, "已重新核算，仍达标"), back=(-1, 9, "没有附收入明细和佐证，重新核算后再报")),
    Asked(2, "county", "把该屯道路列入今年硬化计划，明确完工日期", -3, 12),
    Asked(3, "township", "修复水柜，保证枯水期供水", -22, -6),
    Asked(4, "county", "劝返入学，落实“控辍保学”责任人", -18, 2, _DEPARTMENT),
    Asked(4, "township", "更正验收表，说明核验时为何未发现", -18, -5,
          answer=(-3, "已更正；核验当天仅听户主口述，未核学籍，已批评经办人")),
)  # fmt: skip


@dataclass(frozen=True)
class _Staff:
    inspector: Scope
    county: Scope
    township: Scope
    department: Scope | None

    def answering(self, order: Order) -> Scope:
        if order.department and self.department:
            return self.department
        return self.township if order.level == "township" else self.county


def seed(password: str, progress: Progress) -> User | None:
    """Inspect the demo's batches, unless that was done; the evaluator, None where there is none
    (a demo too small to have a household that has exited, or without the demo's accounts)."""
    people = {
        name: scope_of(user)
        for name in ("inspector", "county", "township", "department")
        if (user := User.objects.filter(username=name).first())
    }
    batches = list(Batch.objects.filter(procedure="household-exit").order_by("opened_on")[:2])
    if not Plan.objects.exists() and len(people) == 4 and len(batches) == 2:
        staff = _Staff(*(people[n] for n in ("inspector", "county", "township", "department")))
        with transaction.atomic():
            _third_party(staff, batches[0], password)
            progress(1, 3, NAME)
            _by_the_city(staff, batches[1])
            progress(2, 3, "")
            _by_the_county(staff, batches[1])
            progress(3, 3, "")
    return User.objects.filter(username=EVALUATOR, role="evaluator").first()


def _plan(scope: Scope, batch: Batch, starts: int, ends: int, **asked: Any) -> Plan | None:
    """A sample, None where the batch has nothing to draw from."""
    today = clock.today()
    wanted = Wanted(starts_on=_day(today, starts), ends_on=_day(today, ends), **asked)
    try:
        return planning.plan(scope, batch.pk, wanted)
    except Problem as fault:
        if fault.code != "inspection.nothing_to_draw":
            raise
        return None


def _third_party(staff: _Staff, batch: Batch, password: str) -> None:
    """A team from outside checks who exited last year; some of its sample is still to do."""
    made = _plan(
        staff.inspector, batch, -40, 30, title="上年脱贫户第三方评估", kind="third_party",
        method="share", number=100, after=planning.determined_at(batch.content),
        seed="20161017", approval="桂扶领函〔2016〕28号", region_code=staff.county.region_code,
    )  # fmt: skip
    if made is None:
        return
    first = secrets.token_urlsafe(12)
    user = planning.engage(
        staff.inspector, made, username=EVALUATOR, display_name=NAME, password=first
    ).user
    change_password(user, first, password)
    found = _checked(scope_of(user), made, _TEAM, -30)
    _ordered(staff, found, _TEAM_ORDERS)


def _by_the_city(staff: _Staff, batch: Batch) -> None:
    """The city checks how households were verified, and orders what is wrong to be put right."""
    made = _plan(
        staff.inspector, batch, -28, 20, title="市督查组核验质量抽查", kind="spot_check",
        method="share", number=60, after=batch.content.first, seed="河池抽查一",
    )  # fmt: skip
    if made is not None:
        _ordered(staff, _checked(staff.inspector, made, _CITY, -27), _CITY_ORDERS)


def _by_the_county(staff: _Staff, batch: Batch) -> None:
    """Drawn today, nothing checked yet: three households of every township, verified or not."""
    _plan(
        staff.county, batch, 0, 15, title="县督查室核验过程督查", kind="supervision",
        method="each", number=3, per="township", seed="都督2016-3",
    )  # fmt: skip


def _checked(scope: Scope, made: Plan, script: tuple[Told, ...], first: int) -> list[Finding]:
    """The sample checked in its order as far as the script goes, the last finding of each; one
    household at least stays to be checked where there are three."""
    form = forms.of(made.form, made.subject)
    most = max(2, made.drawn - 1)
    sample = Sampled.objects.filter(plan=made).order_by("position")[:most]
    found = []
    for position, (one, told) in enumerate(zip(sample, script, strict=False)):
        on = _day(clock.today(), min(0, first + position))
        row = recording.record(scope, one.pk, _seen(form, told, on))
        if told.again:
            row = recording.record(scope, one.pk, _seen(form, Told(told.again), on))
        found.append(row)
    return found


def _seen(form: Any, told: Told, on: date) -> Seen:
    items: Mapping[str, str] = {}
    values: dict[str, Any] = {"met_person": "none"}
    if told.result != "unable":
        items = {i.id: "met" for i in form.items} | ({told.item: "not_met"} if told.item else {})
        sound = told.result == "sound"
        values = {"met_person": "head", "knows": "true", "agrees": "true" if sound else "false",
                  "own_signature": "true", "income_found": "3680" if sound else "2740"}  # fmt: skip
    files = [Given("现场.jpg", _photo(told.item))] if told.result == "problem" else []
    return Seen(told.result, on, values, items, told.text, files)


def _ordered(staff: _Staff, found: list[Finding], script: tuple[Asked, ...]) -> None:
    today = clock.today()
    for asked in script:
        if asked.finding >= len(found):
            continue
        order = recording.issue(
            staff.inspector, found[asked.finding].pk, level=asked.level, text=asked.text,
            department=asked.department, due_on=_day(today, asked.due), on=_day(today, asked.issued),
        )  # fmt: skip
        who = staff.answering(order)
        if asked.answer and who.region_code == order.region_code:
            on, text = asked.answer
            given = [Given("整改.jpg", _photo("done"))]
            recording.answer(who, order.pk, text, given, on=_day(today, on))
            if asked.accept is not None:
                recording.judge(
                    staff.inspector, order.pk, accepted=True, text="现场复核，属实",
                    on=_day(today, asked.accept),
                )  # fmt: skip
            if asked.back is not None:
                on, due, why = asked.back
                recording.judge(
                    staff.inspector, order.pk, accepted=False, text=why,
                    due_on=_day(today, due), on=_day(today, on),
                )  # fmt: skip


def _day(today: date, number: int) -> date:
    return today + timedelta(days=number)


_SHADES = {"housing": (176, 160, 140), "water": (120, 150, 175), "road": (165, 140, 105),
           "done": (150, 175, 140)}  # fmt: skip


def _photo(what: str) -> bytes:
    """A picture that stands for one taken on the spot: ground, a house, the sky."""
    picture = Image.new("RGB", (800, 600), (205, 218, 228))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 400, 800, 600), fill=_SHADES.get(what, (150, 150, 140)))
    pen.rectangle((240, 230, 560, 440), fill=(196, 186, 170), outline=(110, 100, 90), width=3)
    pen.polygon(((210, 235), (400, 130), (590, 235)), fill=(140, 90, 75))
    pen.rectangle((370, 330, 430, 440), fill=(95, 75, 60))
    if what in ("housing", "water"):
        pen.line((300, 230, 330, 300, 305, 360, 340, 440), fill=(60, 55, 50), width=4)
    out = BytesIO()
    picture.save(out, "JPEG", quality=70)
    return out.getvalue()
