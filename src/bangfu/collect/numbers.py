"""GB 11643 over a whole column: dates and check digits of identity numbers (ISO 7064 MOD 11-2).

The same rule as `kernel.identity`, a test compares the two.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], np.int32)
_CHECKS = np.frombuffer(b"10X98765432", np.uint8)
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int32)
_CODES = pa.array([None, "id_date", "id_check"], pa.string())


def faults(numbers: pa.Array) -> pa.Array:
    """'id_date', 'id_check' or null for each number of the right form; null stays null."""
    given = np.asarray(numbers.is_valid())
    result = np.zeros(len(numbers), np.int8)
    if given.any():
        packed = numbers.drop_null().cast(pa.binary()).cast(pa.binary(18))
        start = packed.offset * 18
        raw = np.frombuffer(packed.buffers()[1], np.uint8)[start : start + len(packed) * 18]
        matrix = raw.reshape(-1, 18)
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
