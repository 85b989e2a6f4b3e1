"""Writes of the registry, each inside its audit event."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from bangfu import audit
from bangfu.access import crypto
from bangfu.access import problems as access_problems
from bangfu.access.scope import Scope
from bangfu.dictionary import Field, entity
from bangfu.kernel import clock, identity
from bangfu.registry import problems, queries
from bangfu.registry.models import (
    County,
    Household,
    HouseholdYear,
    Membership,
    Person,
    PersonYear,
    Village,
)

# Kept by prescribed procedures or by the registry itself, never by a form.
FIXED = frozenset(
    {"household_no", "village_code", "person_no", "status", "registered_on",
     "father_no", "mother_no", "spouse_no"}
)  # fmt: skip
_CENT = Decimal("0.01")
_EXPECTED = {
    "int": "整数", "decimal": "数字，最多两位小数", "bool": "是或否", "date": "日期（如 2016-12-31）",
    "str": "文字（200 字以内）",
}  # fmt: skip


def parse(field: Field, text: str) -> Any:
    """The typed value of what a person wrote in a form; '' is None (unknown).

    Raises Problem `registry.bad_value`.
    """
    text = text.strip()
    if not text:
        return None
    expected = "、".join(field.zh_values or field.codes) or _EXPECTED.get(field.type, "文字")
    try:
        return _typed(field, text)
    except (ValueError, KeyError, InvalidOperation):
        raise problems.BAD_VALUE(field=field.zh, value=text, expected=expected) from None


def _typed(field: Field, text: str) -> Any:
    match field.type:
        case "int":
            whole = int(text)
            if abs(whole) >= 2**31:
                raise ValueError(text)
            return whole
        case "decimal":
            number = Decimal(text)
            # Sixteen digits before the point: what the column, NUMERIC(18,2), holds.
            if not number.is_finite() or abs(number) >= 10**16 or number % _CENT:
                raise ValueError(text)
            return number
        case "bool":
            return {"是": True, "否": False, "true": True, "false": False}[text.lower()]
        case "date":
            return date.fromisoformat(text)
        case "code":
            code = field.code_of(text)
            if code is None:
                raise ValueError(text)
            return code
        case "codes":
            codes = [field.code_of(part.strip()) for part in text.replace("、", ",").split(",")]
            if None in codes:
                raise ValueError(text)
            return codes
        case _:
            if (
                len(text) > 200
                or not text.isprintable()
                or (field.name == "id_number" and identity.fault(text.upper()))
            ):
                raise ValueError(text)
            return text.upper() if field.name == "id_number" else text


def correct_household(
    scope: Scope, household_no: str, year: int, values: dict[str, str], *, reason: str
) -> int:
    """Correct a household's fields as written in a form; the audit event's id.

    `values` maps dictionary names to text; '' makes a field unknown. All or nothing.
    Raises Problem (unknown field, wrong value, outside the scope, no right).
    """
    scope.require("household.edit")
    target = queries.household(scope, household_no)
    return _correct(scope, "household", target, household_no, year, values, reason)


def correct_person(
    scope: Scope, person_no: str, year: int, values: dict[str, str], *, reason: str
) -> int:
    """Correct a person's fields; as `correct_household`."""
    scope.require("household.edit")
    target = Person.objects.filter(scope.q(), person_no=person_no).first()
    if target is None:
        raise problems.HOUSEHOLD_NOT_FOUND(household_no=person_no[:18])
    return _correct(scope, "person", target, person_no, year, values, reason)


def _correct(
    scope: Scope, name: str, target: Any, key: str, year: int, values: dict[str, str], reason: str
) -> int:
    fields = entity(name).fields
    for given in values:
        if given not in fields or given in FIXED:
            raise problems.NOT_WRITABLE(field=fields[given].zh if given in fields else given)
    typed = {given: parse(fields[given], text) for given, text in values.items()}
    main: dict[str, Any] = {}
    annual: dict[str, Any] = {}
    for given, value in typed.items():
        if fields[given].pii:
            main |= sealed(given, value)
        elif fields[given].annual:
            annual[given] = value
        else:
            main[given] = value
    key_field = entity(name).key
    model, year_model = (Household, HouseholdYear) if name == "household" else (Person, PersonYear)
    with audit.event(
        f"{name}.corrected", actor=scope.actor, subject=key, region_code=target.village_code,
        source="页面更正", detail={"reason": reason, "fields": sorted(values), "year": year},
    ) as event:  # fmt: skip
        if main:
            model.objects.filter(pk=target.pk).update(**main)
        if annual:
            done = year_model.objects.filter(**{key_field: key}, year=year).update(**annual)
            if not done:
                year_model.objects.create(
                    **{key_field: key}, year=year, village_code=target.village_code, **annual
                )
    return event.id


def sealed(name: str, value: str | None) -> dict[str, bytes | None]:
    """Columns of a personal field: sealed value and blind index."""
    if value is None:
        return {f"{name}_sealed": None, f"{name}_blind": None}
    return {f"{name}_sealed": crypto.seal(value), f"{name}_blind": crypto.blind(name, value)}


# What a prescribed procedure may write, by entity: the table and the column of its place.
PRESCRIBED: dict[str, tuple[Any, str, frozenset[str]]] = {
    "household": (Household, "village_code",
                  frozenset({"status", "exited_on", "poverty_score"})),
    "village": (Village, "village_code", frozenset({"exited_on"})),
    "county": (County, "county_code", frozenset({"exited_on"})),
}  # fmt: skip


def set_by_procedure(scope: Scope, name: str, keys: list[str], values: dict[str, Any]) -> int:
    """What a prescribed procedure decided about these households, villages or counties (status,
    day of exit); how many were written. Inside the audit event of the decision.

    Raises Problem `registry.not_writable` for another entity or field.
    """
    model, place, allowed = PRESCRIBED.get(name, (None, "", frozenset()))
    for field in values.keys() - allowed:
        raise problems.NOT_WRITABLE(field=f"{name}.{field}")
    found = model.objects.filter(scope.q(place), pk__in=keys)
    done: int = found.update(**values)
    return done


def end_membership(scope: Scope, person_no: str, day: date, reason: str) -> int:
    """A person leaves the household (death, marriage, moving away) from `day`; the event's id."""
    scope.require("household.edit")
    person = Person.objects.filter(scope.q(), person_no=person_no).first()
    if person is None:
        raise problems.HOUSEHOLD_NOT_FOUND(household_no=person_no[:18])
    present = Membership.objects.filter(scope.q(), person_no=person_no, ended_on=None).first()
    if present is None:
        raise problems.ALREADY_LEFT(person_no=person_no)
    if not present.started_on <= day <= clock.today():
        expected = f"{present.started_on}（入户日期）至今天的日期"
        raise problems.BAD_VALUE(field="离户日期", value=str(day), expected=expected)
    with audit.event(
        "person.left", actor=scope.actor, subject=person_no, region_code=person.village_code,
        detail={"reason": reason, "on": str(day)},
    ) as event:  # fmt: skip
        Membership.objects.filter(pk=present.pk).update(ended_on=day)
    return event.id


def reveal(scope: Scope, entity_name: str, key: str, field_name: str, *, reason: str) -> str:
    """One personal value in full; who asked, for what and why is kept. Raises Problem."""
    scope.require("household.reveal")
    if not reason.strip():
        raise access_problems.NO_REASON()
    field = entity(entity_name).fields.get(field_name)
    if field is None or not field.pii:
        raise problems.NOT_WRITABLE(field=field_name)
    model: Any = Household if entity_name == "household" else Person
    row = model.objects.filter(scope.q(), pk=key).first()
    if row is None:
        raise problems.HOUSEHOLD_NOT_FOUND(household_no=key[:18])
    with audit.event(
        f"{entity_name}.revealed", actor=scope.actor, subject=key, region_code=row.village_code,
        detail={"field": field_name, "reason": reason.strip()[:200]},
    ):  # fmt: skip
        return crypto.unseal(getattr(row, f"{field_name}_sealed")) or ""
