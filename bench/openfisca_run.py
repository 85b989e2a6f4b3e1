"""OpenFisca's side of the comparison: Parquet in, Parquet out, as a process of its own.

    python -m bench.openfisca_run MODULE.py SNAPSHOT OUT

MODULE is what `bench.translate` wrote. Reading is as quick as we could make it (pyarrow, only
the columns needed, codes from Parquet's own dictionaries, one table of keys for all links), so
that the comparison is of engines, not of loading habits. A variable that nothing asks for any
more is let go of, as a careful user would.
"""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from openfisca_core.simulations import SimulationBuilder

from bench import openfisca_base as base

PERIOD = "2016"
Array = np.ndarray[Any, Any]
KEYS = {"person": "person_no", "household": "household_no"}
NO_DAY, NO_LINK, NOBODY = 2**31 - 1, -1, -2


def rules_of(module: Path) -> ModuleType:
    """The translated rules, imported as any package of rules is (compiled once)."""
    spec = spec_from_file_location(module.stem, module)
    if spec is None or spec.loader is None:
        raise ImportError(str(module))
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


class Reader:
    """Columns of a snapshot as the arrays OpenFisca takes."""

    def __init__(self, snapshot: Path, rules: ModuleType) -> None:
        self.snapshot = snapshot
        self.rules = rules
        self.tables = {
            "person": self._table("person", "person_no", "household_no"),
            "household": self._table("household", "household_no", "village_code"),
        }
        self.keys = {
            entity: self.tables[entity].column(key).combine_chunks() for entity, key in KEYS.items()
        }
        self._places: dict[str, tuple[pa.Table, Array]] = {}

    def _table(self, table: str, *always: str) -> pa.Table:
        """The columns that rules read of one table, all counties."""
        asked = {row[4]: row[2] for row in self.rules.INPUTS if row[3] == table}
        codes = [name for name, kind in asked.items() if kind == "code"]
        form = ds.ParquetFileFormat(dictionary_columns=codes)
        files = sorted((self.snapshot / table).glob("county_code=*/*.parquet"))
        return ds.dataset(files, format=form).to_table(columns=[*dict.fromkeys((*always, *asked))])

    def belongs(self) -> Array:
        """Each person's row in the households."""
        numbers = self.tables["person"].column("household_no")
        rows = pc.index_in(numbers, value_set=self.keys["household"])
        return np.asarray(rows).astype(np.intp)

    def inputs(self) -> list[tuple[str, Array]]:
        """Every input by its name; relatives' rows together, so that keys are hashed once."""
        found = self._links()
        for name, _, kind, table, column, codes, recorded in self.rules.INPUTS:
            if kind == "link":
                continue
            if table in self.tables:
                values = self.tables[table].column(column)
                found[name] = (
                    np.asarray(pc.is_valid(values)) if recorded else array(values, kind, codes)
                )
            else:
                there, rows = self._place(table)
                found[name] = array(there.column(column), kind, codes)[rows]
        return list(found.items())

    def _links(self) -> dict[str, Array]:
        names = {row[0]: row[4] for row in self.rules.INPUTS if row[2] == "link"}
        if not names:
            return {}
        columns = [self.tables["person"].column(column) for column in names.values()]
        chunks = [chunk for column in columns for chunk in column.chunks]
        rows = pc.index_in(pa.chunked_array(chunks), value_set=self.keys["person"])
        flat = np.asarray(pc.fill_null(rows, NO_LINK))
        number = len(self.keys["person"])
        found = {}
        for index, (name, column) in enumerate(zip(names, columns, strict=True)):
            own = flat[index * number : (index + 1) * number]
            nobody = np.asarray(pc.fill_null(pc.equal(column, "none"), False))
            found[name] = np.where(nobody, np.int32(NOBODY), own) if nobody.any() else own
        return found

    def _place(self, table: str) -> tuple[pa.Table, Array]:
        """A table of places and each household's row in it."""
        if table not in self._places:
            key = f"{table}_code"
            there = self._table(table, key)
            own = self.tables["household"].column("village_code")
            digits = 12 if table == "village" else 6
            here = pc.utf8_slice_codeunits(own, 0, digits) if table == "county" else own
            rows = pc.index_in(here, value_set=there.column(key).combine_chunks())
            self._places[table] = there, np.asarray(rows)
        return self._places[table]


def array(values: pa.ChunkedArray, kind: str, codes: tuple[str, ...] = ()) -> Array:
    """A column in the form OpenFisca takes; see `bench.formulas` for what stands for unknown."""
    if kind == "code":
        listed = pa.array(codes, pa.string())
        parts = []
        for chunk in values.chunks:
            own = np.asarray(pc.fill_null(pc.index_in(chunk.dictionary, value_set=listed), -1))
            table = np.append(own, -1).astype(np.int32)  # the last for the unknown
            parts.append(table[np.asarray(pc.fill_null(chunk.indices, len(own)))])
        return np.concatenate(parts)
    if kind == "bool":
        return np.asarray(pc.fill_null(values, False))
    if kind == "date":
        return np.asarray(pc.fill_null(pc.cast(values, pa.int32()), NO_DAY))
    if kind == "int":
        return np.asarray(pc.fill_null(pc.cast(values, pa.int32()), 0))
    return np.asarray(pc.fill_null(pc.cast(values, pa.float32()), 0.0))


def simulate(reader: Reader) -> Any:
    """The simulation with its inputs; the reader keeps only what is written."""
    builder = SimulationBuilder()
    system = base.system(reader.rules)
    builder.create_entities(system)
    belongs = reader.belongs()
    counts = {entity: len(keys) for entity, keys in reader.keys.items()}
    for entity, population in builder.populations.items():
        population.count = counts[entity]
        population.ids = np.arange(counts[entity])
    builder.populations["household"].members_entity_id = belongs
    made = builder.build(system)
    for name, values in reader.inputs():
        made.set_input(name, PERIOD, values)
    return made


def main(module: Path, snapshot: Path, out: Path) -> None:
    """Read, compute every rule, write."""
    reader = Reader(snapshot, rules_of(module))
    simulation = simulate(reader)
    homes = reader.tables["person"].column("household_no").combine_chunks()
    reader.tables.clear()
    out.mkdir(parents=True, exist_ok=True)
    np.seterr(all="ignore")  # an unknown area is 0, and is divided by
    done = iter(reader.rules.DONE)

    def compute(name: str) -> Array:
        found: Array = simulation.calculate(name, PERIOD)
        for old in next(done):
            simulation.delete_arrays(old)
        return found

    for table, outputs in reader.rules.OUTPUTS.items():
        if table in ("criteria", "variables"):
            wide = {"household_no": reader.keys["household"]}
            wide |= {name: pa.array(compute(variable)) for name, _, variable in outputs}
            pq.write_table(pa.table(wide), out / f"{table}.parquet")
        else:
            _write_long(out / f"{table}.parquet", table, outputs, compute, reader, homes)


def _write_long(
    path: Path, table: str, outputs: Any, compute: Any, reader: Reader, homes: pa.Array
) -> None:
    """One row per rule and subject, rule by rule."""
    amounts = table in ("entitlements", "limits")
    text = pa.string()
    columns = [("rule", pa.dictionary(pa.int8(), text)), ("subject", text), ("household_no", text)]
    schema = pa.schema([*columns, *([("amount", pa.float32())] if amounts else [])])
    with pq.ParquetWriter(path, schema, use_dictionary=["rule"]) as writer:
        for rule, entity, variable in outputs:
            values = compute(variable)
            chosen = np.flatnonzero(values)
            keys = reader.keys[entity].take(pa.array(chosen))
            home = homes.take(pa.array(chosen)) if entity == "person" else keys
            names = pa.DictionaryArray.from_arrays(np.zeros(len(chosen), np.int8), [rule])
            row = [names, keys, home]
            if amounts:
                in_kind = values.dtype == bool
                given = pa.nulls(len(chosen), pa.float32()) if in_kind else pa.array(values[chosen])
                row.append(given)
            writer.write_table(pa.table(row, schema=schema))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
