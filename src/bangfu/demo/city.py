"""The demo city, county by county: `city(persons, seed)`.

Called by the exports (snapshot, CSV, workbook) and by the loader that fills a registry. One
county is in memory at a time; the same seed and size give the same city to the byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangfu import dictionary, lake
from bangfu.demo import (
    asked,
    defects,
    families,
    figures,
    homes,
    identity,
    livelihood,
    places,
    problems,
    records,
    schooling,
    services,
    totals,
    wellbeing,
)
from bangfu.demo import columns as col
from bangfu.demo.chance import generator
from bangfu.demo.columns import Bools, Bytes, Floats, Ints
from bangfu.demo.people import ETHNIC, People, lay_out

SMALLEST = 500
_PERSON = dictionary.entity("person").fields
_SERVICES = 7  # the stream that services are drawn from


@dataclass(frozen=True)
class CountyPart:
    """One county with all its rows, personal data in plain text; `defects` are the planted ones."""

    county_code: str
    household: pa.Table
    person: pa.Table
    village: pa.Table
    county: pa.Table
    defects: pa.Table
    records: Mapping[str, pa.Table]

    def table(self, entity: str) -> pa.Table:
        """Table of one entity with every dictionary column."""
        tables: dict[str, pa.Table] = {
            "household": self.household,
            "person": self.person,
            "village": self.village,
            "county": self.county,
            **self.records,
        }
        return tables[entity]

    def without_pii(self, entity: str) -> pa.Table:
        """Table of one entity as a snapshot holds it."""
        return self.table(entity).select(lake.arrow_schema(entity).names)


@cache
def full_schema(entity: str) -> pa.Schema:
    """Every dictionary field of an entity in its order, personal data included (as strings)."""
    known = {field.name: field for field in lake.arrow_schema(entity)}
    fields = dictionary.entity(entity).fields
    return pa.schema([known.get(name, pa.field(name, pa.string())) for name in fields])


def city(persons: int, seed: int = 1) -> Iterator[CountyPart]:
    """The eleven counties of a city of exactly `persons` persons, in code order.

    Raises TOO_SMALL below 500 persons and BAD_SEED for a negative seed.
    """
    if persons < SMALLEST:
        raise problems.TOO_SMALL(persons=persons, least=SMALLEST)
    if seed < 0:
        raise problems.BAD_SEED(seed=seed)
    plans = places.plan(persons, seed)
    largest = max(plans, key=lambda plan: plan.persons).code
    for plan in plans:
        rng = generator(seed, int(plan.code))
        yield _county(rng, plan, seed, at_least=int(plan.code == largest))


@dataclass(frozen=True)
class _Setting:
    """What is decided about the households of a county before their members' lives."""

    plan: places.CountyPlan
    people: People
    village: Ints
    household_digits: Bytes
    status: Ints
    active: Bools
    hardship: Floats
    size: Ints
    residents: totals.Residents
    hamlets: places.Hamlets


def _setting(rng: np.random.Generator, plan: places.CountyPlan) -> _Setting:
    twins = figures.defect_rates("person")["person_in_two_households"] * 3.7
    family = families.draw(rng, plan.persons, twins)
    count = len(family.present)
    village = plan.settle(count)
    hardship = 0.36 * plan.hardship[village] + plan.depth + 0.9 * rng.standard_normal(count)
    status = livelihood.statuses(rng, hardship)
    active = livelihood.is_active(status)
    size = family.size
    everyone = totals.residents(rng, plan, village, size, active)
    first = np.searchsorted(village, village)
    serial = np.arange(count) - first + 1
    return _Setting(
        plan=plan,
        people=lay_out(rng, family, figures.counties()[plan.code]["ethnic"]),
        village=village,
        household_digits=col.digits(plan.villages[village] * 10**6 + serial, 18),
        status=status,
        active=active,
        hardship=livelihood.circumstances(hardship, status),
        size=size,
        residents=everyone,
        hamlets=places.hamlets(rng, plan, village, everyone.households),
    )


def _county(
    rng: np.random.Generator, plan: places.CountyPlan, seed: int, at_least: int
) -> CountyPart:
    s = _setting(rng, plan)
    people = s.people
    stage, year = schooling.stage(rng, people, s.hardship)
    grade = wellbeing.disability(rng, people, s.hardship)
    reason, leaves = schooling.dropouts(rng, people, stage, s.hardship, grade)
    stage, year = np.where(leaves, 0, stage), np.where(leaves, 0, year)
    well = wellbeing.draw(rng, people, s.hardship, grade, stage >= schooling.PRIMARY)
    granted = livelihood.guarantee(rng, people, well, s.hardship, s.active)
    chosen = defects.choose(rng, people, at_least)
    own = generator(seed, int(plan.code), _SERVICES)
    person = {
        **_identity(rng, s, chosen),
        **schooling.columns(rng, people, stage, year, reason),
        **wellbeing.columns(rng, people, well, s.active, s.hardship),
        "special_education": col.bools((stage > 0) & (grade > 0) & (rng.random(len(grade)) < 0.5)),
        "on_dibao": col.bools(granted.dibao),
        "on_wubao": col.bools(granted.wubao),
        **services.of_persons(own, people, well, granted, stage > 0),
    }
    site = homes.Site(s.hardship, s.size, s.active, livelihood.is_candidate(s.status), s.hamlets)
    home = homes.draw(rng, site)
    household = {
        **_place(s),
        **home.columns,
        **livelihood.incomes(rng, people, well, granted, s.hardship),
        **livelihood.identification(rng, people, well, stage, s.hardship),
        **identity.contacts(rng, plan.code, people.households),
        "category": _household_code("category", granted.category),
        "registered_on": livelihood.registered_on(rng, s.status),
        **asked.of_households(home.relocation, home.columns["road_grade"]),
        **services.of_households(
            own, s.status, granted.category, home.relocation,
            people.count(well.labour <= wellbeing.WEAK), home.grade,
        ),
    }  # fmt: skip
    insured = people.count(np.asarray(pc.not_equal(person["medical_insurance"], "none")))
    village = totals.villages(rng, plan, s.village, s.residents, home, insured)
    village = {**village, **asked.of_villages(village["road_hardened"])}
    covered = int((s.active & (people.count(granted.dibao) > 0)).sum())
    county = totals.county(rng, plan, covered)
    defects.spoil(rng, chosen, household, person, people.birth)
    planted = chosen.table(household["household_no"], person["person_no"], people)
    homes_table, places_table = _table("household", household), _table("village", village)
    return CountyPart(
        plan.code,
        homes_table,
        _table("person", person),
        places_table,
        _table("county", county),
        planted,
        records.records(seed, plan.code, homes_table, places_table),
    )


def _place(s: _Setting) -> dict[str, pa.Array]:
    groups = [f"第{number}组" for number in range(places.MAX_HAMLETS + 1)]
    return {
        "household_no": col.text(s.household_digits),
        "village_code": col.text(s.household_digits[:, :12]),
        "hamlet_name": col.pick(s.hamlets.name_index, s.hamlets.name),
        "hamlet_households": col.ints(s.hamlets.size),
        "group_no": col.pick(s.hamlets.group, groups),
        "status": _household_code("status", s.status),
    }


def _identity(
    rng: np.random.Generator, s: _Setting, chosen: defects.Defects
) -> dict[str, pa.Array]:
    people = s.people
    number = identity.row_numbers(s.household_digits[people.household], people.serial)

    def link(rows: Ints) -> pa.Array:
        return col.text(number[np.maximum(rows, 0)], rows >= 0)

    relation = _PERSON["relation"].codes
    by_slot = np.array([relation.index(code) for code in families.RELATION])
    named = identity.columns(rng, people, s.plan.code, lambda n: defects.spoil_numbers(n, chosen))
    return {
        "person_no": col.text(number),
        "household_no": col.text(s.household_digits[people.household]),
        **named,
        "sex": col.pick(np.where(people.male, 0, 1), _PERSON["sex"].codes),
        "birth_date": col.dates(people.birth),
        "ethnicity": col.pick(people.ethnic, ETHNIC),
        "relation": col.pick(by_slot[people.slot], relation),
        "father_no": link(people.father),
        "mother_no": link(people.mother),
        "spouse_no": link(people.spouse),
    }


def _household_code(name: str, index: Ints) -> pa.Array:
    return col.pick(index, dictionary.entity("household").fields[name].codes)


def _table(entity: str, columns: Mapping[str, pa.Array]) -> pa.Table:
    """The columns in dictionary order; what single policies ask may have been left out."""
    schema = full_schema(entity)
    extra = {f.name for f in dictionary.entity(entity).fields.values() if f.extra}
    unknown = (set(columns) ^ set(schema.names)) - extra
    if unknown:
        raise AssertionError(f"{entity}: columns not as in the dictionary: {sorted(unknown)}")
    rows = len(next(iter(columns.values())))
    filled = [columns[f.name] if f.name in columns else pa.nulls(rows, f.type) for f in schema]
    return pa.Table.from_arrays(filled, schema=schema)
