"""Known defects planted at the rates of figures.yaml, so that validation has something to find.

Each is recorded (household, person, kind, field). Kinds that show only in identity numbers
cannot be expressed in a snapshot and are listed there no more than the numbers are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from bangfu.demo import columns as col
from bangfu.demo import figures
from bangfu.demo.columns import Bytes, Ints
from bangfu.demo.identity import check_digits
from bangfu.demo.people import People

NOT_IN_SNAPSHOT = ("invalid_check_digit", "id_against_birth", "person_in_two_households")
HOUSEHOLD_GAPS = (
    "income_business", "income_wages", "income_transfer", "production_cost", "cropland_mu",
    "forest_mu", "dwelling_structure", "dwelling_area", "dwelling_grade", "water_source",
    "has_electricity", "has_tv", "road_grade", "road_motorable", "cause_main", "category",
    "hamlet_households", "relocation", "in_cooperative", "phone",
)  # fmt: skip
PERSON_GAPS = (
    "medical_insurance", "school_stage", "boarding", "labour", "months_working_away",
    "months_absent", "health", "on_dibao", "education_level", "dropout",
)  # fmt: skip
SCHEMA = pa.schema([(name, pa.string()) for name in ("household_no", "person_no", "kind", "field")])
_PAST_ANY_AGE = 47_500  # days, 130 years


@dataclass
class Defects:
    """Rows chosen for each kind, and the cells that were emptied."""

    household: Mapping[str, Ints]
    person: Mapping[str, Ints]
    gaps: list[tuple[str, str, Ints]] = field(default_factory=list)  # entity, column, rows

    def table(self, household_no: pa.Array, person_no: pa.Array, people: People) -> pa.Table:
        """All defects as rows of SCHEMA."""
        parts = [SCHEMA.empty_table()]

        def add(entity: str, kind: str, column: str, rows: Ints) -> None:
            if not len(rows):
                return
            homes = rows if entity == "household" else people.household[rows]
            persons = pa.nulls(len(rows), pa.string())
            if entity == "person":
                persons = person_no.take(pa.array(rows))
            told = [household_no.take(pa.array(homes)), persons]
            told += [pa.array([text] * len(rows), pa.string()) for text in (kind, column)]
            parts.append(pa.Table.from_arrays(told, schema=SCHEMA))

        for entity, column, rows in self.gaps:
            add(entity, "missing_field", column, rows)
        for entity, chosen in (("household", self.household), ("person", self.person)):
            for kind, rows in chosen.items():
                if kind != "missing_field":
                    add(entity, kind, _FIELD.get(kind, ""), rows)
        return pa.concat_tables(parts)


_FIELD = {
    "negative_income": "income_wages",
    "impossible_area": "dwelling_area",
    "impossible_age": "birth_date",
    "stage_against_age": "school_stage",
    "months_over_year": "months_working_away",
    "reimbursed_over_cost": "reimbursed",
    "invalid_check_digit": "id_number",
    "id_against_birth": "id_number",
    "person_in_two_households": "id_number",
}


def choose(rng: np.random.Generator, people: People, at_least: int) -> Defects:
    """Disjoint rows for each kind; `at_least` this many of each even in a small city."""
    homes = rng.permutation(people.households)
    free = np.ones(len(people), np.bool_)
    twins = np.flatnonzero(people.twin_of >= 0)
    free[twins] = False
    free[people.twin_of[twins]] = False
    persons = rng.permutation(np.flatnonzero(free))
    adults = persons[(people.age[persons] >= 40) & (people.age[persons] <= 75)]
    household_rates = figures.defect_rates("household")
    person_rates = dict(figures.defect_rates("person"))
    person_rates.pop("person_in_two_households")
    adult = _slices(rng, adults, {"stage_against_age": person_rates.pop("stage_against_age")},
                    at_least, len(people))  # fmt: skip
    persons = persons[~np.isin(persons, adult["stage_against_age"])]
    chosen = {**_slices(rng, persons, person_rates, at_least, len(people)), **adult}
    chosen["person_in_two_households"] = twins
    return Defects(_slices(rng, homes, household_rates, at_least, people.households), chosen)


def _slices(
    rng: np.random.Generator, rows: Ints, rates: Mapping[str, float], at_least: int, count: int
) -> dict[str, Ints]:
    taken, chosen = 0, {}
    for kind, rate in rates.items():
        number = max(int(rate * count + rng.random()), at_least)
        chosen[kind] = np.sort(rows[taken : taken + number])
        taken += number
    return chosen


def spoil_numbers(number: Bytes, defects: Defects) -> None:
    """Wrong check digits, and birth years ten off under a right check digit, in place."""
    wrong = defects.person["invalid_check_digit"]
    last = number[wrong, 17]
    number[wrong, 17] = np.where(last == ord("0"), ord("1"), ord("0"))
    other = defects.person["id_against_birth"]
    tens = number[other, 8] - ord("0")
    number[other, 8] = np.where(tens == 0, 1, tens - 1) + ord("0")
    number[other, 17] = check_digits(number[other, :17])


def spoil(
    rng: np.random.Generator,
    defects: Defects,
    household: dict[str, pa.Array],
    person: dict[str, pa.Array],
    birth: Ints,
) -> None:
    """Put the impossible values and the gaps into the columns."""

    def money(columns: dict[str, pa.Array], name: str, rows: Ints, value: float) -> None:
        columns[name] = col.put(columns[name], rows, col.money(np.full(len(rows), value)))

    money(household, "income_wages", defects.household["negative_income"], -3200)
    money(household, "dwelling_area", defects.household["impossible_area"], 99_999)
    money(person, "months_working_away", defects.person["months_over_year"], 14)
    rows = defects.person["reimbursed_over_cost"]
    money(person, "inpatient_cost", rows, 2000)
    money(person, "reimbursed", rows, 3500)
    rows = defects.person["impossible_age"]
    person["birth_date"] = col.put(
        person["birth_date"], rows, col.dates(birth[rows] - _PAST_ANY_AGE)
    )
    rows = defects.person["stage_against_age"]
    pupil = col.pick(np.zeros(len(rows), np.int64), ["primary"])
    person["school_stage"] = col.put(person["school_stage"], rows, pupil)
    person["school_year"] = col.put(person["school_year"], rows, col.ints(np.full(len(rows), 3)))
    for entity, columns, names, chosen in (
        ("household", household, HOUSEHOLD_GAPS, defects.household["missing_field"]),
        ("person", person, PERSON_GAPS, defects.person["missing_field"]),
    ):
        which = rng.integers(len(names), size=len(chosen))
        for index, name in enumerate(names):
            rows = chosen[which == index]
            rows = rows[np.asarray(columns[name].take(pa.array(rows)).is_valid())]
            columns[name] = col.blank(columns[name], rows)
            defects.gaps.append((entity, name, rows))
