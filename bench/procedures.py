"""A county's batch of 60,000 households: boards, inbox, and the decision on 5,000 at once.

`python -m bench.procedures` works on the site of BANGFU_VAR and takes everything back at the end;
`make bench` gives it a site of its own.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from bench.measure import percentile

HOUSEHOLDS, DECIDED, YEAR = 60_000, 5_000, 2031


def main() -> None:
    """Print each figure as `name: value`."""
    from bangfu.config import bootstrap

    bootstrap.django()
    from django.db import transaction

    with transaction.atomic():
        for name, value in figures():
            print(f"{name}: {value}", flush=True)
        transaction.set_rollback(True)


def _timed(act: Callable[[], Any], times: int = 1) -> float:
    best = []
    for _n in range(times):
        start = time.perf_counter()
        act()
        best.append(time.perf_counter() - start)
    return sorted(best)[len(best) // 2]


def _board(county: str, batch: int) -> float:
    """95th percentile of the seconds in which the board comes back as a page."""
    from django.test import Client

    from bangfu.access import system_scope
    from bangfu.access.commands import save_user

    user = save_user(
        system_scope(), username=f"bench-{secrets.token_hex(3)}", display_name="测试",
        role="county_office", region_code=county, password=secrets.token_urlsafe(16),
    )  # fmt: skip
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    spent = []
    for _n in range(43):
        start = time.perf_counter()
        if (code := client.get(f"/procedures/batches/{batch}/").status_code) != 200:
            raise RuntimeError(f"the board came back as {code}")
        spent.append(time.perf_counter() - start)
    return percentile(spent[3:], 0.95)


def figures() -> list[tuple[str, str]]:
    """Make the batch and measure."""
    from django.db import connection

    from bangfu import audit
    from bangfu.access.roles import rights_of
    from bangfu.access.scope import Scope
    from bangfu.access.session import scoped
    from bangfu.kernel import clock
    from bangfu.procedures import acting, commands, queries
    from bangfu.registry.models import Division, Household

    town_code = Division.objects.filter(level="village").order_by("code")[0].code[:9]
    county_code = town_code[:6]

    def scope(role: str, code: str) -> Scope:
        return Scope(f"bench-{role}", role, code, None, rights_of(role))

    county = scope("county_office", county_code)
    villages = list(Division.objects.filter(level="village", code__startswith=county_code)
                    .order_by("code").values_list("code", flat=True))  # fmt: skip
    numbers = [f"{villages[n % len(villages)]}{900_000 + n // len(villages):06d}"
               for n in range(HOUSEHOLDS)]  # fmt: skip
    start = datetime(YEAR, 5, 10, 9, tzinfo=clock.SHANGHAI)
    now = [start]
    clock.use(lambda: now[0])
    with audit.event("bench", actor=county.actor):
        Household.objects.bulk_create(
            (Household(household_no=n, village_code=n[:12], status="registered") for n in numbers),
            batch_size=5000,
        )
    batch = commands.open_batch(
        county, "hechi", "household-exit", year=YEAR, calendar="first",
        plan={town_code: {"households": 1}}, on=date(YEAR, 5, 1),
    )  # fmt: skip
    by_town: dict[str, list[str]] = {}
    for number in numbers:
        by_town.setdefault(number[:9], []).append(number)
    ids: list[int] = []
    spent = 0.0
    for code, mine in by_town.items():
        town = scope("township_clerk", code)
        begun = time.perf_counter()
        ids += commands.enrol(town, batch.pk, mine)
        spent += time.perf_counter() - begun
    now[0] = start + timedelta(days=60)
    with connection.cursor() as cursor:  # what autovacuum does once the enrolment is committed
        cursor.execute("ANALYZE procedures_case")
    board = _board(county_code, batch.pk)
    told = [("enrol_60k_s", f"{spent:.1f}")]
    with scoped(county):
        inbox = _timed(lambda: queries.inbox(county), 7)
        page = _timed(lambda: list(queries.cases(county, queries.CaseFilter(batch=batch.pk))
                                   .order_by("due_on", "pk")[:51]), 7)  # fmt: skip
    _to_county(batch, ids[:DECIDED])
    ask = acting.Asked("done", "determine", now[0].date(), "approved", review=dict.fromkeys(
        (i.id for i in batch.content.forms["verification"].items), True))  # fmt: skip
    with scoped(county):
        decided = _timed(lambda: acting.act_many(county, ids[:DECIDED], ask))
        announce = acting.Asked("done", "announce", now[0].date(), "announced",
                                values={"document_no": "1", "place": "村"})  # fmt: skip
        announced = _timed(lambda: acting.act_many(county, ids[:DECIDED], announce))
    clock.use(None)
    return [
        *told, ("board_60k_p95_ms", f"{board * 1000:.0f}"),
        ("inbox_60k_ms", f"{inbox * 1000:.0f}"),
        ("cases_60k_ms", f"{page * 1000:.0f}"),
        ("bulk_approve_5000_s", f"{decided:.1f}"),
        ("bulk_announce_5000_s", f"{announced:.1f}"),
    ]  # fmt: skip


def _to_county(batch: Any, ids: list[int]) -> None:
    """Bring cases to the county's step by their own commands, as the townships would."""
    from bangfu import audit
    from bangfu.kernel import clock
    from bangfu.policy.procedures.trail import Action, Judged, Record, advance, fold
    from bangfu.procedures import acting, rows
    from bangfu.procedures.acting import Done
    from bangfu.procedures.models import Case, StepRecord

    content, at = batch.content, clock.now()
    items = {i.id: Judged("met", "", "met", "") for i in content.forms["verification"].items}
    day = at.date() - timedelta(days=20)
    acts = (
        Action("done", "verify", day, "listed", "appraise", items=items),
        Action("done", "appraise", day, "agreed", "publish"), Action("post", "publish", day),
        Action("done", "publish", day + timedelta(days=4), "clear", "determine"),
    )  # fmt: skip
    trails = rows.trails(ids)
    cases = list(Case.objects.filter(pk__in=ids).order_by("pk"))
    states = {c.pk: fold(content, trails[c.pk]) for c in cases}
    for action in acts:
        with audit.event("bench", actor=audit.Actor("bench", "system")) as event:
            done = []
            for case in cases:
                record = Record(states[case.pk].seq + 1, action, at, "bench", "township_clerk")
                states[case.pk] = advance(content, states[case.pk], record)
                row = rows.row_of(case, record, event.id)
                one = Done(case, record, states[case.pk], row)
                acting.place(content, one)
                done.append(one)
            StepRecord.objects.bulk_create([d.row for d in done], batch_size=1000)
            acting.move(done)


if __name__ == "__main__":
    main()
