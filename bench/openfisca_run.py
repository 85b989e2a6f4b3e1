"""OpenFisca's side of the comparison: Parquet in, Parquet out, as a process of its own.

    python -m bench.openfisca_run SNAPSHOT OUT

Reading is as quick as we could make it (pyarrow, only the columns needed, codes as
integers), so that the comparison is of engines, not of loading habits.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from openfisca_core.simulations import SimulationBuilder

from bench import openfisca_base as base
from bench import openfisca_rules as rules

PERIOD = "2016"


def read(snapshot: Path, entity: str, columns: list[str]) -> pa.Table:
    """Columns of one snapshot table, all counties."""
    files = sorted((snapshot / entity).glob("county_code=*/*.parquet"))
    return ds.dataset(files, format="parquet").to_table(columns=columns)


def numbers(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """Decimals as float32, unknown as 0."""
    return np.asarray(pc.fill_null(pc.cast(column, pa.float32()), 0.0))


def flags(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    """Booleans, unknown as no."""
    return np.asarray(pc.fill_null(column, False))


def codes(column: pa.ChunkedArray, field: str) -> np.ndarray[Any, Any]:
    """Places in the code list, unknown as -1."""
    found = pc.index_in(column, value_set=pa.array(base.CODES[field]))
    return np.asarray(pc.fill_null(found, -1))


def rows_of(links: pa.ChunkedArray, keys: pa.Array) -> np.ndarray[Any, Any]:
    """Row of each linked person, -1 where there is none."""
    return np.asarray(pc.fill_null(pc.index_in(links, value_set=keys), -1))


def column(table: pa.Table, name: str, kind: type) -> np.ndarray[Any, Any]:
    """One input column in the form OpenFisca takes."""
    values = table.column(name)
    if kind is bool:
        return flags(values)
    if name in base.CODES:
        return codes(values, name)
    if kind is int:
        return np.asarray(pc.fill_null(pc.cast(values, pa.int32()), -1))
    return numbers(values)


def main(snapshot: Path, out: Path) -> None:
    """Read, build, compute every rule, write."""
    computed = {"is_poverty_village", "birth_year", "birth_monthday",
                "father_row", "mother_row", "spouse_row"}  # fmt: skip
    wanted = [n for n in base.HOUSEHOLD_INPUTS if n not in computed]
    household = read(snapshot, "household", ["household_no", "village_code", *wanted])
    wanted = [n for n in base.PERSON_INPUTS if n not in computed]
    person = read(
        snapshot, "person",
        ["person_no", "household_no", "birth_date", "father_no", "mother_no", "spouse_no", *wanted],
    )  # fmt: skip
    simulation = _population(household, person)
    _household_inputs(simulation, snapshot, household)
    _person_inputs(simulation, person)
    _write(simulation, household, person, out)


def _population(household: pa.Table, person: pa.Table) -> Any:
    builder = SimulationBuilder()
    system = rules.system()
    builder.create_entities(system)
    builder.declare_person_entity("person", np.arange(person.num_rows))
    group = builder.declare_entity("household", np.arange(household.num_rows))
    keys = household.column("household_no").combine_chunks()
    belongs = np.asarray(pc.index_in(person.column("household_no"), value_set=keys))
    builder.join_with_persons(group, belongs, np.zeros(person.num_rows, dtype=np.int64))
    return builder.build(system)


def _household_inputs(simulation: Any, snapshot: Path, household: pa.Table) -> None:
    village = read(snapshot, "village", ["village_code", "is_poverty_village"])
    poor = village.filter(village.column("is_poverty_village")).column("village_code")
    is_poor = pc.is_in(household.column("village_code"), value_set=poor.combine_chunks())
    for name, kind in base.HOUSEHOLD_INPUTS.items():
        values = (
            np.asarray(is_poor) if name == "is_poverty_village" else column(household, name, kind)
        )
        simulation.set_input(name, PERIOD, values)


def _person_inputs(simulation: Any, person: pa.Table) -> None:
    birth = person.column("birth_date")
    special = {
        "birth_year": np.asarray(pc.fill_null(pc.year(birth), 9999)),
        "birth_monthday": np.asarray(
            pc.fill_null(pc.add(pc.multiply(pc.month(birth), 100), pc.day(birth)), 0)
        ),
    }
    keys = person.column("person_no").combine_chunks()
    for name in ("father", "mother", "spouse"):
        special[f"{name}_row"] = rows_of(person.column(f"{name}_no"), keys)
    for name, kind in base.PERSON_INPUTS.items():
        values = special[name] if name in special else column(person, name, kind)
        simulation.set_input(name, PERIOD, values)


def _write(simulation: Any, household: pa.Table, person: pa.Table, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    criteria = {"household_no": household.column("household_no")}
    for name in rules.CRITERIA:
        criteria[name] = pa.array(simulation.calculate(name, PERIOD))
    criteria["net_income_per_capita"] = pa.array(
        simulation.calculate("net_income_per_capita", PERIOD)
    )
    pq.write_table(pa.table(criteria), out / "criteria.parquet")
    parts = []
    for name in rules.AMOUNTS:
        amount = simulation.calculate(name, PERIOD)
        chosen = np.flatnonzero(amount)
        parts.append(
            pa.table(
                {
                    "rule": pa.array([name]).take(pa.array(np.zeros(len(chosen), dtype=np.int64))),
                    "subject": person.column("person_no").take(chosen),
                    "household_no": person.column("household_no").take(chosen),
                    "amount": pa.array(amount[chosen]),
                }
            )
        )
    pq.write_table(pa.concat_tables(parts), out / "entitlements.parquet")
    flagged = []
    for name in rules.FLAGS:
        chosen = np.flatnonzero(simulation.calculate(name, PERIOD))
        flagged.append(
            pa.table(
                {
                    "rule": pa.array([name]).take(pa.array(np.zeros(len(chosen), dtype=np.int64))),
                    "subject": person.column("person_no").take(chosen),
                    "household_no": person.column("household_no").take(chosen),
                }
            )
        )
    pq.write_table(pa.concat_tables(flagged), out / "alerts.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
