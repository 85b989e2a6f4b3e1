"""Which cells must be filled in so that the current run's open questions can be decided: by
household and member, as the registry stands now (what was filled in since is left out).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bangfu.access.scope import Scope
from bangfu.dictionary import Field, entity
from bangfu.findings import problems, queries
from bangfu.findings.models import Run
from bangfu.registry.models import Household, HouseholdYear, Membership, Person, PersonYear

LIMIT = 5_000  # households in one workbook: what a township can go through
ENTITIES = ("household", "person")
Wanted = dict[str, set[str]]


@dataclass
class ToCollect:
    """Cells to fill: key -> field names, by entity; who each key is; the year they belong to."""

    year: int
    cells: dict[str, Wanted] = field(default_factory=lambda: {e: {} for e in ENTITIES})
    households: dict[str, Household] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)

    def fields(self, name: str) -> list[Field]:
        """Fields of entity `name` that somebody lacks, in dictionary order."""
        asked = {f for wanted in self.cells[name].values() for f in wanted}
        return [f for f in entity(name).fields.values() if f.name in asked]

    @property
    def count(self) -> int:
        """How many cells there are to fill."""
        return sum(len(w) for cells in self.cells.values() for w in cells.values())


def to_collect(scope: Scope, region_code: str = "", key: str = "", rule: str = "") -> ToCollect:
    """Cells that undecided rules of the region lack; of field `key` ("household.has_tv") or
    `rule` only, where given. Raises Problem `findings.too_many` beyond LIMIT households.
    """
    run = queries.require_current(scope)
    narrow = scope.narrowed(region_code)
    open_ = queries.undecided(scope, rule, key, region_code).exclude(household_no=None)
    numbers = list(open_.order_by().values_list("household_no", flat=True).distinct()[: LIMIT + 1])
    if len(numbers) > LIMIT:
        raise problems.TOO_MANY(limit=LIMIT)
    lacks = _lacks(open_.values_list("entity", "subject", "household_no", "missing"), key)
    found = ToCollect(run.year)
    found.households = {
        h.household_no: h for h in Household.objects.filter(narrow.q(), household_no__in=numbers)
    }
    present = Membership.objects.filter(narrow.q(), household_no__in=numbers, ended_on=None)
    people = list(Person.objects.filter(narrow.q(), person_no__in=present.values("person_no")))
    for person in people:
        # A household's rule that lacks a member's field does not say whose: each who lacks it.
        lacks["person"].setdefault(person.person_no, set()).update(
            lacks["members"].get(person.household_no, ())
        )
    found.persons = {p.person_no: p for p in people}
    found.cells["household"] = _empty("household", run, found.households, lacks["household"])
    found.cells["person"] = _empty("person", run, found.persons, lacks["person"])
    return found


def _lacks(rows: Iterable[tuple[str, str, Any, list[str]]], key: str) -> dict[str, Wanted]:
    """What rules lack, by household, by person, and by "any member of this household"."""
    found: dict[str, Wanted] = {"household": {}, "person": {}, "members": {}}
    for subject_entity, subject, household_no, missing in rows:
        for lacked in missing:
            name, _, column = lacked.partition(".")
            if (key and lacked != key) or name not in ENTITIES:
                continue
            if name == "household":
                found["household"].setdefault(household_no, set()).add(column)
            elif subject_entity == "person":
                found["person"].setdefault(subject, set()).add(column)
            else:
                found["members"].setdefault(household_no, set()).add(column)
    return found


def _empty(name: str, run: Run, rows: Mapping[str, Any], wanted: Wanted) -> Wanted:
    """The wanted cells that are empty in the registry now."""
    years: Any = HouseholdYear if name == "household" else PersonYear
    key = entity(name).key
    annual = {
        getattr(y, key): y
        for y in years.objects.filter(year=run.year, **{f"{key}__in": list(rows)})
    }
    fields = entity(name).fields
    found: Wanted = {}
    for number, columns in wanted.items():
        if number not in rows:
            continue
        for column in columns:
            spec = fields.get(column)
            if spec is None or spec.pii:
                continue
            holder = annual.get(number) if spec.annual else rows[number]
            if holder is None or getattr(holder, column) is None:
                found.setdefault(number, set()).add(column)
    return dict(sorted(found.items()))
