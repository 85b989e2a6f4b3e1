"""A small place to test in: two townships of one county, one of another, a few families.

Names, identity numbers and phones are invented; tests look for them where they must not be.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from bangfu import audit
from bangfu.access.models import User
from bangfu.access.roles import rights_of
from bangfu.access.scope import Scope, system_scope
from bangfu.kernel import identity

CITY, DUAN, NANDAN = "4512", "451228", "451221"
GAOLING, DISU = "451228101", "451228102"  # townships of Du'an
DINGFU, SANLIAN = "451228101201", "451228101202"  # villages of Gaoling
DISU_VILLAGE = "451228102201"
LONGZANG = "451221101206"  # in Nandan
ACTOR = audit.Actor("tester", "system")
PASSWORD = "correct horse 9"
DIVISIONS = (
    ("45", "广西壮族自治区", "region", None),
    (CITY, "河池市", "city", "45"),
    (DUAN, "都安瑶族自治县", "county", CITY),
    (NANDAN, "南丹县", "county", CITY),
    (GAOLING, "高岭镇", "township", DUAN),
    (DISU, "地苏镇", "township", DUAN),
    ("451221101", "大厂镇", "township", NANDAN),
    (DINGFU, "定福村", "village", GAOLING),
    (SANLIAN, "三联村", "village", GAOLING),
    (DISU_VILLAGE, "大定村", "village", DISU),
    (LONGZANG, "龙藏村", "village", "451221101"),
)


def id_number(first17: str) -> str:
    """A valid identity number from its first 17 digits."""
    return first17 + identity.check_digit(first17)


def scope(region_code: str, role: str = "township_clerk", **changes: Any) -> Scope:
    """The scope of an account nobody had to make."""
    values = {"username": "tester", "role": role, "region_code": region_code, "department": None,
              "rights": rights_of(role)}  # fmt: skip
    return Scope(**values | changes)


def divisions() -> None:
    """The division tree above, with its village and county rows."""
    from bangfu.registry import divisions as room
    from bangfu.registry.models import County, Division, Village

    Division.objects.bulk_create(
        Division(code=c, name=n, level=lv, parent_code=p) for c, n, lv, p in DIVISIONS
    )
    with audit.event("division.loaded", actor=ACTOR):
        for code, _name, level, _parent in DIVISIONS:
            if level == "village":
                Village.objects.create(village_code=code)
            if level == "county":
                County.objects.create(county_code=code)
    room._names.cache_clear()


def household(number: str, *, year: int = 2016, annual: dict[str, Any] | None = None,
              **values: Any) -> str:  # fmt: skip
    """One household (inside an event of the caller's); its number."""
    from bangfu.registry.commands import sealed
    from bangfu.registry.models import Household, HouseholdYear

    phone = values.pop("phone", None)
    Household.objects.create(
        household_no=number, village_code=number[:12], **sealed("phone", phone), **values
    )
    HouseholdYear.objects.create(
        household_no=number, village_code=number[:12], year=year, **(annual or {})
    )
    return number


def person(household_no: str, serial: int, name: str, number: str, **values: Any) -> str:
    """One present member (inside an event of the caller's); the person's number."""
    from bangfu.registry.commands import sealed
    from bangfu.registry.models import Membership, Person, PersonYear

    person_no = f"{household_no}{serial:02d}"
    annual = values.pop("annual", {})
    common = {"person_no": person_no, "village_code": household_no[:12]}
    Person.objects.create(
        **common, household_no=household_no, **sealed("name", name),
        **sealed("id_number", number), **values,
    )  # fmt: skip
    PersonYear.objects.create(**common, year=2016, **annual)
    Membership.objects.create(**common, household_no=household_no, started_on=date(2015, 12, 1))
    return person_no


# (household, phone, [(name, identity number, relation)])
FAMILIES = (
    (f"{DINGFU}000001", "13977810001",
     [("韦大明", id_number("45272819700101123"), "head"),
      ("韦小花", id_number("45272820080214124"), "child")]),
    (f"{DINGFU}000002", None, [("蓝桂英", id_number("45272819650505224"), "head")]),
    (f"{SANLIAN}000001", "13977810003", [("黄秀兰", id_number("45272819800808324"), "head")]),
    (f"{DISU_VILLAGE}000001", "13977810004", [("覃建国", id_number("45272819750909415"), "head")]),
    (f"{LONGZANG}000001", "13977810005", [("莫文武", id_number("45272119720707513"), "head")]),
)  # fmt: skip
FIRST = FAMILIES[0][0]
SECOND = FAMILIES[1][0]
FOREIGN = FAMILIES[3][0]  # another township


def secrets() -> list[str]:
    """Every planted name, identity number and phone in full."""
    found = []
    for _no, phone, people in FAMILIES:
        found += [x for x in (phone, *(v for p in people for v in p[:2])) if x]
    return found


def families() -> int:
    """The families above, made in one event; its id."""
    with audit.event("test.families", actor=ACTOR, region_code="45") as event:
        for number, phone, people in FAMILIES:
            status = "registered" if number != SECOND else "observed"
            household(number, phone=phone, status=status, cause_main="illness",
                      annual={"income_wages": "1200.50"})  # fmt: skip
            for serial, (name, idn, relation) in enumerate(people, start=1):
                person(number, serial, name, idn, relation=relation)
    return event.id


def user(username: str, role: str, region_code: str, department: str = "") -> User:
    """An account with PASSWORD."""
    from bangfu.access.commands import save_user

    return save_user(
        system_scope(), username=username, display_name=f"用户{username}", role=role,
        region_code=region_code, department=department, password=PASSWORD,
    )  # fmt: skip


def staff() -> dict[str, User]:
    """One account of each role, by role."""
    places = {
        "village_officer": DINGFU, "township_clerk": GAOLING, "county_office": DUAN,
        "county_department": DUAN, "city_office": CITY, "inspector": CITY, "administrator": CITY,
    }  # fmt: skip
    return {
        role: user(role, role, code, "教育局" if role == "county_department" else "")
        for role, code in places.items()
    }
