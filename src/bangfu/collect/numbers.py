"""Numbers of fixed width over a whole column: their form, and for identity numbers (GB 11643)
date and check digit (ISO 7064 MOD 11-2), as `kernel.identity` has it; a test compares the two.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], np.int32)
_CHECKS = np.frombuffer(b"10X98765432", np.uint8)
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int32)
_CODES = pa.array([None, "id_date", "id_check"], pa.string())


_WIDTHS = {
    "household_no": 18, "person_no": 20, "village_code": 12, "father_no": 20, "mother_no": 20,
    "spouse_no": 20, "id_number": 18,
}  # fmt: skip


def _matrix(numbers: pa.Array, width: int) -> npt.NDArray[np.uint8]:
    packed = numbers.drop_null().cast(pa.binary()).cast(pa.binary(width))
    start = packed.offset * width
    raw = np.frombuffer(packed.buffers()[1], np.uint8)[start : start + len(packed) * width]
    return raw.reshape(-1, width)


def all_fit(field: str, texts: pa.Array) -> bool:
    """Whether every text of a column is a number of the field's width as it stands, so that
    no cell of it needs a closer look."""
    width = _WIDTHS.get(field)
    if width is None or texts.null_count == len(texts):
        return False
    lengths = pc.min_max(pc.binary_length(texts)).as_py()
    if lengths["min"] != width or lengths["max"] != width:
        return False
    matrix = _matrix(texts, width)
    digits = (matrix >= ord("0")) & (matrix <= ord("9"))
    if field == "id_number":
        digits[:, -1] |= matrix[:, -1] == ord("X")
    return bool(digits.all())


def faults(numbers: pa.Array) -> pa.Array:
    """'id_date', 'id_check' or null for each number of the right form; null stays null."""
    given = np.asarray(numbers.is_valid())
    result = np.zeros(len(numbers), np.int8)
    if given.any():
        matrix = _matrix(numbers, 18)
        digits = matrix[:, :17].astype(np.int32) - ord("0")
        wrong_check = _CHECKS[digits @ _WEIGHTS % 11] != matrix[:, 17]
        result[given] = np.where(~_is_date(digits), 1, np.where(wrong_check, 2, 0))
    return _CODES.take(pa.array(result))


def _is_date(digits: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    year = digits[:, 6:10] @ np.array([1000, 100, 10, 1], np.int32)
    month = digits[:, 10] * 10 + digits[:, 11]
    day = digits[:, 12] * 10 + digits[:, 13]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    known = (month >= 1) & (month <= 12) & (year >= 1)
    last = _DAYS[np.where(known, month, 0)] + (leap & (month == 2))
    return np.asarray(known & (day >= 1) & (day <= last))
