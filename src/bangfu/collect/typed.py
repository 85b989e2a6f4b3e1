"""A batch of cells to typed columns and faults.

Most columns hold few different texts (codes, 是/否, round sums): each different text is typed
once and the result spread over the rows. Numbers of households, persons and identity cards
differ in every row and are typed as they stand. No Python runs per row.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bangfu.collect import cells, numbers
from bangfu.collect.reading import Sheet
from bangfu.dictionary import Field, entity

KEEPS_VALUE = "name_form"  # the one cell fault that is only a warning
_FAULTS = pa.schema(
    [("row_no", pa.int32()), ("field", pa.string()), ("code", pa.string()), ("value", pa.string())]
)


@dataclass(frozen=True)
class _Column:
    """One typed column: values, fault codes, texts without blanks, and who asks to be cleared.
    The last three are None where there is none in the batch."""

    values: pa.Array
    codes: pa.Array | None
    texts: pa.Array | None
    clears: pa.Array | None


def batch(
    con: duckdb.DuckDBPyConnection, sheet: Sheet, rows: pa.Table
) -> tuple[pa.Table, pa.Table]:
    """Typed rows (row_no, fields, cleared) without the blank ones, and the faults of cells."""
    fields = entity(sheet.entity).fields
    rows = _without_blank_rows(rows)
    columns = {
        name: _column(con, fields[name], _whole(rows.column(name)))
        for name in sheet.columns
        if name
    }
    row_no = _whole(rows.column("row_no"))
    values = {"row_no": row_no, **{name: c.values for name, c in columns.items()}}
    values["cleared"] = _cleared(columns, rows.num_rows)
    faults = [_FAULTS.empty_table()]
    for name, column in columns.items():
        if column.codes is None or column.texts is None:
            continue
        wrong = column.codes.is_valid()
        count = pc.sum(wrong).as_py()
        faults.append(
            pa.Table.from_arrays(
                [row_no.filter(wrong), pa.array([name] * count, pa.string()),
                 column.codes.filter(wrong), column.texts.filter(wrong)],
                schema=_FAULTS,
            )
        )  # fmt: skip
    return pa.table(values), pa.concat_tables(faults)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    joined = column.combine_chunks()
    if isinstance(joined, pa.ChunkedArray):
        return pa.concat_arrays(joined.chunks) if joined.num_chunks else pa.array([], joined.type)
    return joined


def _without_blank_rows(batch: pa.Table) -> pa.Table:
    """Rows in which some cell holds more than blanks. Only rows with an empty cell in the
    fullest column can be blank, so usually nothing needs to be looked at."""
    names = [n for n in batch.column_names if n != "row_no"]
    fullest = min(names, key=lambda n: batch.column(n).null_count)
    if not batch.column(fullest).null_count and not _has_blank(batch.column(fullest)):
        return batch
    filled = None
    for name in names:
        text = pc.utf8_trim(batch.column(name), cells.BLANKS)
        here = pc.fill_null(pc.greater(pc.binary_length(text), 0), False)
        filled = here if filled is None else pc.or_(filled, here)
    return batch.filter(filled)


def _has_blank(column: pa.ChunkedArray) -> bool:
    shortest = pc.min(pc.binary_length(column)).as_py()
    return shortest is not None and shortest < 2


def _column(con: duckdb.DuckDBPyConnection, field: Field, texts: pa.Array) -> _Column:
    if texts.null_count == len(texts):
        return _typed(con, field, texts)
    if field.name in cells.FORMS:
        if numbers.all_fit(field.name, texts):
            found = _Column(texts, None, None, None)
        else:
            found = _typed(con, field, texts)
        return _checked_numbers(found) if field.name == "id_number" else found
    spread = texts.dictionary_encode()
    few = _typed(con, field, spread.dictionary)
    return _Column(*(None if a is None else a.take(spread.indices) for a in _parts(few)))


def _parts(column: _Column) -> tuple[pa.Array, pa.Array | None, pa.Array | None, pa.Array | None]:
    return column.values, column.codes, column.texts, column.clears


def _typed(con: duckdb.DuckDBPyConnection, field: Field, texts: pa.Array) -> _Column:
    made = cells.cell(field, "t", "v")
    kept = f"f IS NULL OR f = '{KEEPS_VALUE}'" if field.name == "name" else "f IS NULL"
    con.register("cell", pa.table({"raw": texts}))
    found = con.execute(
        f"WITH look AS (SELECT raw, {cells.fits(field, 'raw')} AS fits FROM cell),"
        f" text AS (SELECT fits, CASE WHEN fits THEN raw ELSE {cells.trimmed('raw')} END AS t FROM look),"
        f" value AS (SELECT fits, t, {made.value} AS v FROM text),"
        f" fault AS (SELECT t, v, CASE WHEN NOT fits THEN {made.fault} END AS f FROM value)"
        f" SELECT CAST(CASE WHEN {kept} AND NOT clear THEN v END AS {field.duckdb_type}) AS v, f, t,"
        " CASE WHEN clear THEN true END AS c FROM (SELECT *,"
        f" coalesce(t IN ({cells.listed(cells.CLEAR)}), false) AS clear FROM fault)"
    ).to_arrow_table()
    con.unregister("cell")
    values, codes, stripped, clears = (_whole(found.column(n)) for n in ("v", "f", "t", "c"))
    wrong = codes.null_count < len(codes)
    return _Column(
        values,
        codes if wrong else None,
        stripped if wrong else None,
        clears if field.name not in cells.KEYS and clears.null_count < len(clears) else None,
    )


def _checked_numbers(column: _Column) -> _Column:
    """Identity numbers of the right form, their date and check digit checked."""
    found = numbers.faults(column.values)
    if found.null_count == len(found):
        return column
    codes = found if column.codes is None else pc.coalesce(column.codes, found)
    texts = column.values if column.texts is None else pc.coalesce(column.texts, column.values)
    right = pc.if_else(found.is_valid(), pa.nulls(len(found), pa.string()), column.values)
    return _Column(right, codes, texts, column.clears)


def _cleared(columns: dict[str, _Column], count: int) -> pa.Array:
    """For each row the fields whose cells ask to be cleared."""
    asking = {name: c.clears for name, c in columns.items() if c.clears is not None}
    kind = pa.list_(pa.string())
    if not asking:
        return pa.nulls(count, kind)
    names = list(asking)
    flags = np.column_stack([pc.fill_null(c, False).to_numpy(False) for c in asking.values()])
    lists: list[list[str] | None] = [None] * count
    for row in np.flatnonzero(flags.any(axis=1)):  # only the rows that ask
        lists[row] = [name for name, flag in zip(names, flags[row], strict=True) if flag]
    return pa.array(lists, kind)
