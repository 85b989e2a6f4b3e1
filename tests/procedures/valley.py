"""The exit of villages to try: three villages of the county walk to the city's re-check."""

from __future__ import annotations

from datetime import date
from typing import Any

from bangfu import audit
from bangfu.procedures import commands
from bangfu.procedures.acting import Asked
from bangfu.procedures.models import Batch
from bangfu.registry.models import Village
from tests import world
from tests.procedures import town

ITEMS = ("industry", "housing", "medical", "schooling", "road", "water", "electricity", "services",
         "television", "collective", "committees", "incidence")  # fmt: skip
VILLAGES = (world.DINGFU, world.SANLIAN, world.DISU_VILLAGE)
OCTOBER = date(2016, 10, 10)
JANUARY = date(2017, 1, 20)


def batch() -> Batch:
    """The county's batch of 2016; its villages are poverty villages."""
    with audit.event("test", actor=world.ACTOR):
        Village.objects.filter(pk__in=VILLAGES).update(is_poverty_village=True)
    with town.day(date(2016, 2, 1)):
        return commands.open_batch(
            town.COUNTY, "hechi", "village-exit", year=2016, calendar="annual",
            plan={world.GAOLING: {"villages": "2"}, world.DISU: {"villages": "1"}},
        )  # fmt: skip


def enrolled(made: Batch) -> list[int]:
    """Cases of the three villages, in their order."""
    return [
        *town.enrolled(made, world.DINGFU, world.SANLIAN, on=OCTOBER),
        *town.enrolled(made, world.DISU_VILLAGE, scope=town.OTHER_TOWN, on=OCTOBER),
    ]


def to_city(case_id: int) -> None:
    """Verified, reported, posted by the county for five days, with the city."""
    place = town.case(case_id).region_code
    clerk = town.TOWN if place.startswith(world.GAOLING) else town.OTHER_TOWN
    town.do(clerk, case_id, Asked(
        "done", "verify", OCTOBER, "listed",
        values={"verified_on": "2016-10-10", "incidence": "2.5"},
        items=dict.fromkeys(ITEMS, ("met", "已核实")),
        signatures=(("verifier", "甲", OCTOBER), ("verifier", "乙", OCTOBER)),
    ))  # fmt: skip
    november = date(2016, 11, 1)
    town.do(clerk, case_id, Asked("done", "report", november, "reported",
                                  values={"opinion": "同意"},
                                  signatures=(("leader", "丙", november),)))  # fmt: skip
    town.do(town.COUNTY, case_id, Asked("post", "publish", date(2017, 1, 5),
                                        values={"place": "集市", "phone": "0778-1"}))  # fmt: skip
    town.do(town.COUNTY, case_id, Asked(
        "done", "publish", date(2017, 1, 11), "clear", review=dict.fromkeys(ITEMS, True),
        values={"opinion": "无异议", "duty_phone": "0778-1"},
    ))  # fmt: skip


def confirmed(on: date = JANUARY, **changes: Any) -> Asked:
    """The city confirms, item by item."""
    made: dict[str, Any] = {
        "values": {"opinion": "同意", "report_no": "河扶〔2017〕1号"},
        "review": dict.fromkeys(ITEMS, True),
    }
    return Asked("done", "recheck", on, "confirmed", **made | changes)


def checked(on: date = JANUARY, outcome: str = "pass") -> Asked:
    """A drawn village was visited."""
    return Asked("check", "recheck", on, outcome,
                 values={"checked_on": on.isoformat(), "finding": "属实"})  # fmt: skip
