"""A township's batch to try procedures on: people of every level, a clock that can be moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

from PIL import Image

from bangfu.access.scope import Scope
from bangfu.evidence.commands import Given, attach
from bangfu.kernel import clock
from bangfu.kernel.clock import SHANGHAI
from bangfu.procedures import commands
from bangfu.procedures.acting import Asked
from bangfu.procedures.models import Batch, Case, StepRecord
from tests import world

TOWN = world.scope(world.GAOLING, username="clerk")
OTHER_TOWN = world.scope(world.DISU, username="other")
VILLAGE = world.scope(world.DINGFU, "village_officer", username="officer")
COUNTY = world.scope(world.DUAN, "county_office", username="county")
CITY = world.scope(world.CITY, "city_office", username="city")
ITEMS = ("income_source", "housing", "medical", "schooling", "road", "water", "electricity",
         "television", "income")  # fmt: skip
MAY = date(2016, 5, 10)


@contextmanager
def day(on: date, hour: int = 12) -> Iterator[None]:
    """The clock stands at `hour` of `on`."""
    clock.use(lambda: datetime(on.year, on.month, on.day, hour, tzinfo=SHANGHAI))
    try:
        yield
    finally:
        clock.use(None)


def batch(on: date = date(2016, 1, 20), calendar: str = "first") -> Batch:
    """The county's batch of 2016."""
    with day(on):
        return commands.open_batch(
            COUNTY, "hechi", "household-exit", year=2016, calendar=calendar,
            plan={world.GAOLING: {"households": "3"}, world.DISU: {"households": 1}},
        )  # fmt: skip


def enrolled(made: Batch, *numbers: str, scope: Scope = TOWN, on: date = MAY) -> list[int]:
    """Cases of these households."""
    with day(on):
        return commands.enrol(scope, made.pk, numbers or (world.FIRST,), on=on)


def do(scope: Scope, case_id: int, asked: Asked, seen: int | None = None) -> StepRecord:
    """One act, on its own day."""
    with day(asked.on):
        return commands.act(scope, case_id, asked, seen)


def case(case_id: int) -> Case:
    """The case as it is now."""
    return Case.objects.get(pk=case_id)


def verified(on: date = MAY, **changes: Any) -> Asked:
    """A complete verification."""
    signers = (("head", "韦大明"), ("helper", "陈帮扶"), ("verifier", "甲"), ("verifier", "乙"))
    made: dict[str, Any] = {
        "act": "done", "step": "verify", "on": on, "outcome": "listed",
        "values": {"visited_on": on.isoformat(), "net_income": "3100", "helper_present": "是",
                   "absent": "否"},
        "items": dict.fromkeys(ITEMS, ("met", "已核实")),
        "signatures": tuple((party, name, on) for party, name in signers),
    }  # fmt: skip
    return Asked(**made | changes)


def picture() -> bytes:
    """A photo, as small as one can be."""
    out = BytesIO()
    Image.new("RGB", (64, 48), "white").save(out, "JPEG")
    return out.getvalue()


def minutes(scope: Scope, place: str, on: date) -> str:
    """Keep the minutes of a village's meeting; their hash."""
    with day(on):
        given = [Given("会议记录.jpg", picture())]
        (kept,) = attach(scope, f"place:{place}", place, given, step="appraise", piece="minutes")
    return str(kept.content_id)


def appraised(on: date, **changes: Any) -> Asked:
    """A complete meeting; the minutes are kept first."""
    kept = minutes(VILLAGE, world.DINGFU, on)
    made: dict[str, Any] = {
        "act": "done", "step": "appraise", "on": on, "outcome": "agreed",
        "values": {"held_on": on.isoformat(), "place": "村委会", "representatives": "30",
                   "present": "25", "in_favour": "24", "against": "1", "opinion": "同意"},
        "evidence": (("minutes", kept),), "signatures": (("appraiser", "丙", on),),
    }  # fmt: skip
    return Asked(**made | changes)


def posted(on: date) -> Asked:
    """The notice goes up."""
    return Asked("post", "publish", on, values={"place": "村委会公告栏", "phone": "0778-1234567"})


def cleared(on: date) -> Asked:
    """No objection."""
    return Asked("done", "publish", on, "clear", values={"opinion": "公示无异议"},
                 signatures=(("auditor", "丁", on),))  # fmt: skip


def determined(on: date, **changes: Any) -> Asked:
    """Reviewed item by item."""
    return Asked("done", "determine", on, "approved",
                 **{"review": dict.fromkeys(ITEMS, True)} | changes)  # fmt: skip


def announced(on: date) -> Asked:
    """Approved and announced."""
    return Asked("done", "announce", on, "announced",
                 values={"document_no": "都扶发〔2016〕9号", "place": "村务公开栏"})  # fmt: skip


def to_notice(case_id: int) -> None:
    """Verified in May, appraised on 1 July, posted on 1 August."""
    do(TOWN, case_id, verified())
    do(VILLAGE, case_id, appraised(date(2016, 7, 1)))
    do(TOWN, case_id, posted(date(2016, 8, 1)))


def to_county(case_id: int) -> None:
    """The notice over, with the county."""
    to_notice(case_id)
    do(TOWN, case_id, cleared(date(2016, 8, 5)))


def to_observation(case_id: int) -> None:
    """Announced on 25 August, filed, observed."""
    to_county(case_id)
    do(COUNTY, case_id, determined(date(2016, 8, 20)))
    do(COUNTY, case_id, announced(date(2016, 8, 25)))
    do(COUNTY, case_id, Asked("done", "file", date(2016, 8, 26), "filed",
                              values={"document_no": "1"}))  # fmt: skip
    do(CITY, case_id, Asked("done", "receive", date(2016, 8, 26) + timedelta(days=9), "received",
                            values={"region_no": "2"}))  # fmt: skip
