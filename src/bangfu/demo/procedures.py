"""This year's batch of household exit, with cases at every step, and the last one in its year of
observation, so that every level of a demo has work waiting.

Every act goes through the same commands as an officer's would; names of signers are invented.
The village is that of the demo's own accounts: only its officer can record its meeting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from bangfu.access.models import User
from bangfu.access.scope import Scope, scope_of
from bangfu.demo.minutes import scan
from bangfu.evidence.commands import Given, attach
from bangfu.kernel import clock
from bangfu.policy.procedures.definition import Form
from bangfu.procedures import acting, commands, entering, facts
from bangfu.procedures.acting import Asked
from bangfu.procedures.models import Batch, Case
from bangfu.registry import divisions

PACK, NAME = "hechi", "household-exit"
OPEN, OLD = 60, 430  # days ago: this year's batch, and the one under observation
BESIDE = 16  # households of the township's other villages, whose verification is late
ROUNDS = 2
# Where a household of the village comes to stand, in the order in which households are dealt
# out. Of the steps after the verification the clerk's notice is shown in every state.
PLACES = (
    "determine", "appraise", "over", "objected", "announce", "hanging", "observe", "verify",
    "strike", "receive", "unposted", "file", "watched", "not_met", "struck_off", "appraise",
    "returned",
)  # fmt: skip
EARLIER = ("watched", "strike", "struck_off", "returned")
_ORDER = ("verify", "appraise", "publish", "determine", "announce", "file", "receive", "observe")
_AT = {"unposted": "publish", "hanging": "publish", "objected": "publish", "over": "publish"}
_SIGNERS = (
    ("head", "户主本人"), ("helper", "陈帮扶"), ("verifier", "李核验"), ("verifier", "周核验"),
)  # fmt: skip
Progress = Callable[[int, int, str], None]
Dealt = dict[str, list[int]]


@dataclass(frozen=True)
class Staff:
    """Who acts, and how many households were verified so far, of how many."""

    city: Scope
    county: Scope
    town: Scope
    village: Scope
    inspector: Scope
    told: Callable[[], None]


def seed(progress: Progress) -> Batch | None:
    """Make the batches, unless there are some; None where the demo's accounts are missing.

    One transaction: a demo that is killed here begins this step again.
    """
    people = {
        name: scope_of(user)
        for name in ("city", "county", "township", "village", "inspector")
        if (user := User.objects.filter(username=name).first())
    }
    if Batch.objects.exists() or len(people) < 5:
        return None
    done = [0]

    def told() -> None:
        done[0] += 1
        progress(done[0], ROUNDS * len(PLACES) + 4, NAME)

    staff = Staff(
        people["city"], people["county"], people["township"], people["village"],
        people["inspector"], told,
    )  # fmt: skip
    with transaction.atomic():
        return _batches(staff)


def _batches(staff: Staff) -> Batch:
    today = clock.today()
    batch = _open(staff, today - timedelta(days=OPEN), _calendar(today))
    past = _open(staff, today - timedelta(days=OLD), "second")
    mine, others = _households(staff, batch)
    dealt: dict[str, list[str]] = {name: [] for name in PLACES}
    for position, number in enumerate(mine):
        dealt[PLACES[position % len(PLACES)]].append(number)
    dealt["verify"] += others
    earlier = {k: v for k, v in dealt.items() if k in EARLIER}
    current = {k: v for k, v in dealt.items() if k not in EARLIER}
    _Walk(staff, past, OLD).all(earlier)
    _Walk(staff, batch, OPEN).all(current)
    _complaint(staff, today)
    return batch


def _households(staff: Staff, batch: Batch) -> tuple[list[str], list[str]]:
    """Households of the officer's village and of the township's others. Those that the engine
    finds ready come first; a small demo has too few, then the team finds more than it."""
    mine: list[str] = []
    others: list[str] = []
    for ready in (True, False):
        there = entering.candidates(staff.town, batch, ready=ready)
        own = there.filter(village_code=staff.village.region_code).values_list("pk", flat=True)
        most = ROUNDS * len(PLACES) if ready else len(PLACES)
        mine += [n for n in own[: most + len(mine)] if n not in mine][: max(0, most - len(mine))]
        beside = there.exclude(village_code=staff.village.region_code).values_list("pk", flat=True)
        others += [n for n in beside[: BESIDE * 2] if n not in others][: BESIDE - len(others)]
    return mine, others


def _calendar(today: date) -> str:
    """This year's batch that is under way: the second from November on."""
    return "second" if today.month >= 11 else "first"


def _open(staff: Staff, on: date, calendar: str) -> Batch:
    county, town = staff.county, staff.town
    places = divisions.children(county, county.region_code).values_list("code", flat=True)
    plan = {code: {"households": 60 if code == town.region_code else 30} for code in places}
    year = clock.today().year if calendar == "first" else on.year
    return commands.open_batch(county, PACK, NAME, year=year, calendar=calendar, plan=plan, on=on)


class _Walk:
    """The cases of one batch, step by step, each group as far as it goes. Days are counted from
    the opening."""

    def __init__(self, staff: Staff, batch: Batch, opened: int) -> None:
        self.staff, self.batch = staff, batch
        self.start = clock.today() - timedelta(days=opened)
        self.ids: Dealt = {}

    def day(self, number: int) -> date:
        return self.start + timedelta(days=number)

    def all(self, dealt: dict[str, list[str]]) -> None:
        numbers = [n for group in dealt.values() for n in group]
        if not numbers:
            return
        made = commands.enrol(self.staff.town, self.batch.pk, numbers, on=self.day(5))
        by_number = dict(zip(numbers, made, strict=True))
        self.ids = {k: [by_number[n] for n in v] for k, v in dealt.items()}
        self._verify()
        self._appraise()
        self._publish()
        self._county()
        self._observe()

    def past(self, step: str) -> list[int]:
        """Cases that go beyond `step`."""
        rank = _ORDER.index(step)
        return [i for name, ids in self.ids.items() for i in ids
                if name != "not_met" and self._rank(name) > rank]  # fmt: skip

    def _rank(self, name: str) -> int:
        at = _AT.get(name, name)
        return len(_ORDER) if name in EARLIER else _ORDER.index(at)

    def _verify(self) -> None:
        for position, case_id in enumerate(self.past("verify")):
            _verified(self.staff.town, case_id, self.day(10 + position % 20), met=True)
            self.staff.told()
        for case_id in self.ids.get("not_met", ()):
            _verified(self.staff.town, case_id, self.day(12), met=False)
            self.staff.told()

    def _appraise(self) -> None:
        ids, on = self.past("appraise"), self.day(40)
        village = self.staff.village
        if not ids:
            return
        subject = f"group:{self.batch.pk}:appraise:{village.region_code}"
        (kept,) = attach(village, subject, village.region_code, [Given("会议记录.jpg", scan(on))],
                         step="appraise", piece="minutes")  # fmt: skip
        acting.act_many(village, ids, Asked(
            "done", "appraise", on, "agreed", evidence=(("minutes", kept.content_id),),
            values={"held_on": on.isoformat(), "place": "村委会会议室", "representatives": 42,
                    "present": 37, "in_favour": 36, "against": 1, "opinion": "同意列入初审名单"},
            signatures=(("appraiser", "韦代表", on), ("appraiser", "蓝代表", on)),
        ))  # fmt: skip

    def _publish(self) -> None:
        """Some go on, of some the term is over, some hang since yesterday, one is objected to."""
        town, further = self.staff.town, self.past("publish")
        posted = {"place": "村委会公告栏", "phone": "0778-1234567"}
        yesterday = clock.today() - timedelta(days=1)
        for ids, on in (
            (further + self.ids.get("over", []), self.day(44)),
            (self.ids.get("objected", []), yesterday - timedelta(days=1)),
            (self.ids.get("hanging", []), yesterday),
        ):
            _many(town, ids, Asked("post", "publish", on, values=posted))
        for case_id in self.ids.get("objected", [])[:1]:
            acting.act(town, case_id, Asked(
                "object", "publish", yesterday, reason="该户在县城有一间门面出租", person="匿名村民"
            ))  # fmt: skip
        signed = (("auditor", "韦青山", self.day(48)),)
        _many(town, further, Asked("done", "publish", self.day(48), "clear", signatures=signed,
                                   values={"opinion": "公示三天无异议"}))  # fmt: skip

    def _county(self) -> None:
        content, county = self.batch.content, self.staff.county
        review = dict.fromkeys((i.id for i in content.forms["verification"].items), True)
        base = Asked("done", "", self.day(0))
        for step, who, day, outcome, values in (
            ("determine", county, 50, "approved", {}),
            ("announce", county, 52, "announced",
             {"document_no": "都扶发〔2016〕9号", "place": "村务公开栏"}),
            ("file", county, 53, "filed", {"document_no": "都扶报〔2016〕12号"}),
            ("receive", self.staff.city, 55, "received", {"region_no": "河扶备〔2016〕7号"}),
        ):  # fmt: skip
            asked = replace(base, step=step, on=self.day(day), outcome=outcome, values=values,
                            review=review if step == "determine" else {})  # fmt: skip
            _many(who, self.past(step), asked)

    def _observe(self) -> None:
        """The year of observation, of the batch that is old enough for it to be over."""
        town = self.staff.town
        ends = self.ids.get("strike", []) + self.ids.get("struck_off", [])
        for case_id in ends:
            on = self.day(230)
            acting.act(town, case_id, Asked("entry", "observe", on, values={
                "visited_on": on.isoformat(), "income": "务工和养牛收入稳定", "support": "产业奖补、雨露计划",
            }))  # fmt: skip
            acting.act(
                town,
                case_id,
                Asked(
                    "done",
                    "observe",
                    self.day(422),
                    "stable",
                    values={"opinion": "收入稳定，同意销号"},
                ),
            )
        _many(self.staff.county, self.ids.get("struck_off", []),
              Asked("done", "strike", self.day(425), "struck"))  # fmt: skip
        for case_id in self.ids.get("returned", []):
            acting.act(town, case_id, Asked(
                "done", "observe", self.day(300), "relapsed", reason="户主患重病，收入低于标准"
            ))  # fmt: skip


def _many(who: Scope, ids: Iterable[int], asked: Asked) -> None:
    if chosen := list(ids):
        acting.act_many(who, chosen, asked)


def _verified(town: Scope, case_id: int, on: date, *, met: bool) -> None:
    """What the team found: where the engine says otherwise, why."""
    case = Case.objects.get(pk=case_id)
    form = case.content.forms["verification"]
    offered = facts.prefill(town, case.content, form, case.subject)
    items = _judged(form, facts.engine(town, case.content, form, case.subject))
    if not met:
        items["water"] = ("not_met", "入户查看，水柜渗漏，枯水期断水")
    acting.act(town, case_id, Asked(
        "done", "verify", on, "listed" if met else "not_met", items=items,
        values={"visited_on": on.isoformat(), "net_income": offered.get("net_income", "3600"),
                "helper_present": True, "absent": False},
        signatures=tuple((party, name, on) for party, name in _SIGNERS),
    ))  # fmt: skip


def _judged(form: Form, engine: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {
        i.id: ("met", "" if i.id in engine and engine[i.id].outcome == "met"
               else "入户核实，与登记不符，已达标")
        for i in form.items
    }  # fmt: skip


def _complaint(staff: Staff, today: date) -> None:
    """One complaint that points to an offence, with the inspection; one that the county has yet
    to accept."""
    on = today - timedelta(days=20)
    for title, channel, topic in (
        ("来信反映低保名额优亲厚友", "letter", "cadre"), ("来电反映危房改造补助未到账", "phone", "money"),
    ):  # fmt: skip
        case_id = commands.open_case(
            staff.county, PACK, "complaint", title=title, region_code=staff.town.region_code,
            on=on, values={"received_on": on.isoformat(), "channel": channel, "topic": topic,
                           "content": title},
        )  # fmt: skip
        staff.told()
        if "来信" in title:
            acting.act(staff.county, case_id, Asked(
                "done", "accept", on + timedelta(days=3), "accepted",
                values={"cadre_matter": True, "opinion": "涉及村干部，转督查部门核查"},
            ))  # fmt: skip
