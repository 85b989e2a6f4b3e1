"""One township's batch of household exit, part of the way, so that a demo has work to show.

Every act goes through the same commands as an officer's would; names of signers are invented.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO

from PIL import Image, ImageDraw

from bangfu.access.models import User
from bangfu.access.scope import Scope, scope_of
from bangfu.evidence.commands import Given, attach
from bangfu.kernel import clock
from bangfu.procedures import acting, commands, entering, facts
from bangfu.procedures.acting import Asked
from bangfu.procedures.models import Batch, Case
from bangfu.registry import divisions

PACK, NAME = "hechi", "household-exit"
HOUSEHOLDS = 40
_SIGNERS = (
    ("head", "户主本人"),
    ("helper", "陈帮扶"),
    ("verifier", "李核验"),
    ("verifier", "周核验"),
)
Progress = Callable[[int, int, str], None]


def seed(progress: Progress) -> Batch | None:
    """Make the batch, unless there is one; None where the demo's accounts are missing."""
    people = {u.username: u for u in User.objects.filter(
        username__in=("county", "township", "village")
    )}  # fmt: skip
    if Batch.objects.exists() or len(people) < 3:
        return None
    county, town, village = (scope_of(people[n]) for n in ("county", "township", "village"))
    today = clock.today()
    batch = _open(county, town, today - timedelta(days=60))
    there = entering.candidates(town, batch)
    mine = list(there.filter(village_code=village.region_code).values_list("pk", flat=True)[:24])
    others = there.exclude(village_code=village.region_code)
    numbers = mine + list(others.values_list("pk", flat=True)[: HOUSEHOLDS - len(mine)])
    if not numbers:
        return batch
    ids = commands.enrol(town, batch.pk, numbers, on=today - timedelta(days=55))
    own = [i for i, n in zip(ids, numbers, strict=True) if n in set(mine)]
    ready = own[: len(own) * 5 // 6]
    for position, case_id in enumerate(ready):
        progress(position, len(ready), "household-exit")
        _verify(town, case_id, today - timedelta(days=45 - position))
    agreed = ready[: len(ready) * 2 // 3]
    if agreed:
        _appraise(village, batch, agreed, today - timedelta(days=12))
    _publish(town, agreed, today - timedelta(days=10))
    return batch


def _open(county: Scope, town: Scope, on: date) -> Batch:
    places = divisions.children(county, county.region_code).values_list("code", flat=True)
    plan = {code: {"households": 60 if code == town.region_code else 30} for code in places}
    return commands.open_batch(
        county, PACK, NAME, year=on.year, calendar="second", plan=plan, on=on
    )


def _verify(town: Scope, case_id: int, on: date) -> None:
    case = Case.objects.get(pk=case_id)
    form = case.content.forms["verification"]
    engine = facts.engine(town, case.content, form, case.subject)
    offered = facts.prefill(town, case.content, form, case.subject)
    found = {i.id: engine[i.id].outcome if i.id in engine else "met" for i in form.items}
    items = {
        k: ("met", "") if v == "met" else ("met", "入户核实，与登记不符，已达标")
        for k, v in found.items()
    }
    acting.act(town, case_id, Asked(
        "done", "verify", on, "listed", items=items,
        values={"visited_on": on.isoformat(), "net_income": offered.get("net_income", "3600"),
                "helper_present": True, "absent": False},
        signatures=tuple((party, name, on) for party, name in _SIGNERS),
    ))  # fmt: skip


def _appraise(village: Scope, batch: Batch, ids: list[int], on: date) -> None:
    subject = f"group:{batch.pk}:appraise:{village.region_code}"
    (kept,) = attach(village, subject, village.region_code, [Given("会议记录.jpg", _minutes())],
                     step="appraise", piece="minutes")  # fmt: skip
    acting.act_many(village, ids, Asked(
        "done", "appraise", on, "agreed", evidence=(("minutes", kept.content_id),),
        values={"held_on": on.isoformat(), "place": "村委会会议室", "representatives": 42,
                "present": 37, "in_favour": 36, "against": 1, "opinion": "同意列入初审名单"},
        signatures=(("appraiser", "韦代表", on), ("appraiser", "蓝代表", on)),
    ))  # fmt: skip


def _publish(town: Scope, ids: list[int], on: date) -> None:
    """The notice is over for some and stopped by an objection for one."""
    if not ids:
        return
    hung, posted = ids[: len(ids) * 2 // 3 + 1], {"place": "村委会公告栏", "phone": "0778-1234567"}
    acting.act_many(town, hung, Asked("post", "publish", on, values=posted))
    acting.act(town, hung[0], Asked(
        "object", "publish", on + timedelta(days=1), reason="该户在县城有一间门面出租", person="匿名村民"
    ))  # fmt: skip
    over = hung[1 : len(hung) // 2 + 1]
    if not over:
        return
    acting.act_many(town, over, Asked(
        "done", "publish", on + timedelta(days=5), "clear", values={"opinion": "公示三天无异议"},
        signatures=(("auditor", "韦青山", on + timedelta(days=5)),),
    ))  # fmt: skip


def _minutes() -> bytes:
    """A page that stands for the scan of the minutes."""
    picture = Image.new("RGB", (800, 1100), "white")
    pen = ImageDraw.Draw(picture)
    for row in range(14):
        pen.line((90, 180 + row * 60, 710, 180 + row * 60), fill=(150, 150, 150), width=2)
    pen.rectangle((60, 60, 740, 1040), outline=(90, 90, 90), width=3)
    out = BytesIO()
    picture.save(out, "JPEG", quality=70)
    return out.getvalue()
