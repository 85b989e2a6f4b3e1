"""What `make demo` does before it serves: a city, accounts, an evaluation. Repeatable.

Each step looks first whether it is done, so a second run, or one after a kill, goes on from
there. It touches only a registry that is empty or that it filled itself.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from bangfu.access import commands as access
from bangfu.access.models import User
from bangfu.access.roles import ROLES
from bangfu.access.scope import system_scope
from bangfu.audit.models import Event
from bangfu.config import problems
from bangfu.findings import commands as findings
from bangfu.findings import queries as findings_queries
from bangfu.findings.evaluation import watched_by
from bangfu.kernel import region
from bangfu.registry.models import Division, Household

PASSWORD = "bangfu-demo"  # noqa: S105 - printed on purpose; a demo on this machine only
CITY = "4512"
PERIOD = "2016-12"
DEPARTMENT = "教育局"
# (account, name, role, length of its region's code); the names are invented
_ACCOUNTS = (
    ("village", "蓝小月", "village_officer", 12),
    ("township", "韦青山", "township_clerk", 9),
    ("county", "覃海平", "county_office", 6),
    ("department", "莫文林", "county_department", 6),
    ("city", "黄江河", "city_office", 4),
    ("inspector", "罗明山", "inspector", 4),
    ("admin", "管理员", "administrator", 4),
)
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Account:
    """A demo account as it is printed."""

    username: str
    role_zh: str
    role_en: str
    region_code: str
    region_name: str


def refuse_real_data() -> None:
    """Raises Problem `config.not_a_demo` when the registry holds data that is no demo's."""
    if Household.objects.exists() and not _loaded():
        raise problems.NOT_A_DEMO(database=connection.settings_dict["NAME"])


def _loaded() -> Event | None:
    return Event.objects.filter(action="demo.loaded").order_by("-id").first()


def loaded_persons() -> int | None:
    """Persons asked for when the present demo city was loaded, None when there is none."""
    event = _loaded() if Household.objects.exists() else None
    if event is None:
        return None
    words = event.source.removeprefix("demo city, ").split(" ")
    return int(words[0]) if words[0].isdigit() else None


def wipe() -> None:
    """Remove the demo's database and files; the caller has made sure that it is a demo."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '10s'")
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
        cursor.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
    connection.close()
    for folder in ("lake", "findings", "files", "evidence", "documents"):
        shutil.rmtree(settings.BANGFU_VAR / folder, ignore_errors=True)


def load(persons: int, progress: Progress) -> None:
    """Fill the registry, unless it is filled."""
    from bangfu.demo import load as city

    if not Household.objects.exists():
        city.fill(persons, progress=progress)


def accounts(progress: Progress) -> list[Account]:
    """The account of each role; those that are missing are made."""
    village = _busiest_village()
    found = []
    for number, (username, name, role, length) in enumerate(_ACCOUNTS):
        progress(number, len(_ACCOUNTS), username)
        code = village[:length]
        user = User.objects.filter(username=username).first()
        if user is None:
            user = access.save_user(
                system_scope(),
                username=username,
                display_name=name,
                role=role,
                region_code=code,
                department=DEPARTMENT if role == "county_department" else "",
                password=PASSWORD,
            )
        found.append(_account(user))
    return found


def _account(user: User) -> Account:
    names = [_name(part) for part in region.ancestors(user.region_code) if len(part) > 2]
    return Account(user.username, *ROLES[user.role][:2], user.region_code, "".join(names))


def _busiest_village() -> str:
    """The largest village of the largest township, so that each account has much to see."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT village_code FROM (
                SELECT village_code, count(*) AS own,
                       sum(count(*)) OVER (PARTITION BY left(village_code, 9)) AS around
                FROM registry_household GROUP BY village_code
            ) AS counted
            ORDER BY around DESC, own DESC, village_code LIMIT 1
            """
        )
        row = cursor.fetchone()
    return str(row[0])


def _name(code: str) -> str:
    return str(Division.objects.values_list("name", flat=True).get(code=code))


def evaluate(progress: Progress) -> None:
    """Judge the city by the pack, unless a run stands."""
    scope = system_scope(CITY)
    if findings_queries.current(scope) is None:
        with watched_by(progress):
            findings.start(scope, period=PERIOD, now=True)


def procedures(progress: Progress) -> None:
    """Batches of household exit on their way, unless there are some."""
    from bangfu.demo import procedures as work

    work.seed(progress)


def inspection(progress: Progress) -> list[Account]:
    """Inspections of those batches, unless there are some: the account of the evaluator from
    outside, who sees one sample and nothing else."""
    from bangfu.demo import inspection as work

    user = work.seed(PASSWORD, progress)
    return [] if user is None else [_account(user)]
