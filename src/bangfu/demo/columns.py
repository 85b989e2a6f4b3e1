"""NumPy arrays to Arrow columns of the dictionary's types, without a Python object per row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
_ZERO = ord("0")


def digits(values: npt.NDArray[np.integer[Any]], width: int) -> Bytes:
    """Decimal digits of non-negative `values` as an (n, width) matrix of ASCII bytes."""
    matrix = np.empty((len(values), width), np.uint8)
    rest = values.astype(np.int64)
    for column in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        matrix[:, column] = digit + _ZERO
    return matrix


def text(matrix: Bytes, valid: Bools | None = None) -> pa.Array:
    """Rows of an (n, width) byte matrix as strings; null where not `valid`."""
    count, width = matrix.shape
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    body = np.ascontiguousarray(matrix)
    return pa.Array.from_buffers(
        pa.string(), count, [_bitmap(valid), pa.py_buffer(offsets), pa.py_buffer(body)]
    )


def money(values: npt.NDArray[Any], valid: Bools | None = None) -> pa.Array:
    """Yuan (or mu, m2, months) as DECIMAL(18,2), rounded half away from zero to the cent."""
    scaled = np.nan_to_num(np.asarray(values, np.float64) * 100)
    cents = np.trunc(scaled + np.copysign(0.5, scaled)).astype(np.int64)
    wide = np.empty((len(cents), 2), np.int64)
    wide[:, 0] = cents
    wide[:, 1] = cents >> 63  # the upper half of a little-endian int128 repeats the sign
    kind = pa.decimal128(18, 2)
    return pa.Array.from_buffers(kind, len(cents), [_bitmap(valid), pa.py_buffer(wide)])


def ints(values: npt.NDArray[Any], valid: Bools | None = None) -> pa.Array:
    """INTEGER column."""
    return pa.array(values.astype(np.int32), mask=None if valid is None else ~valid)


def bools(values: npt.NDArray[Any], valid: Bools | None = None) -> pa.Array:
    """BOOLEAN column."""
    return pa.array(values.astype(np.bool_), mask=None if valid is None else ~valid)


def dates(days: npt.NDArray[Any], valid: Bools | None = None) -> pa.Array:
    """DATE column from days since 1970-01-01."""
    column = pa.array(days.astype(np.int32), mask=None if valid is None else ~valid)
    return column.cast(pa.date32())


def pick(index: npt.NDArray[Any], choices: Sequence[str], valid: Bools | None = None) -> pa.Array:
    """String column: `choices[index]`, null where not `valid`."""
    taken = pa.array(index.astype(np.int32), mask=None if valid is None else ~valid)
    return pa.array(choices, pa.string()).take(taken)


def blank(column: pa.Array, rows: Ints) -> pa.Array:
    """`column` with the given rows made null."""
    keep = np.ones(len(column), np.bool_)
    keep[rows] = False
    return pc.if_else(pa.array(keep), column, pa.nulls(len(column), column.type))


def put(column: pa.Array, rows: Ints, values: pa.Array) -> pa.Array:
    """`column` with `values` (in the order of ascending `rows`) at the given rows."""
    mask = np.zeros(len(column), np.bool_)
    mask[rows] = True
    return pc.replace_with_mask(column, pa.array(mask), values)


def _bitmap(valid: Bools | None) -> pa.Buffer | None:
    if valid is None:
        return None
    return pa.py_buffer(np.packbits(valid, bitorder="little"))
