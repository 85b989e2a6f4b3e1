"""Small cells: counts below a threshold are withheld, and enough others that no total, and no
sum of totals, gives them away.

A table is a set of cells with lines between them: a parent is the sum of its children. First
every count above zero and below the threshold is withheld. Then, as long as a line leaves one
withheld cell alone, or withheld cells that together are below the threshold, its smallest
published one is withheld too. Last, all lines are taken together as equations: a cell that
they determine gets company as well. What remains can be solved for no withheld cell.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

THRESHOLD = 10
K = TypeVar("K", bound=Hashable)
Line = tuple[K, tuple[K, ...]]
_PRIME = 2_147_483_629  # rows are worked modulo this; products stay below 2^63


def withheld(
    values: Mapping[K, int],
    lines: Sequence[Line[K]],
    threshold: int = THRESHOLD,
    also: Iterable[K] = (),
) -> frozenset[K]:
    """Keys of the cells not to be shown. Every parent must be the sum of its children.

    `also` are cells withheld for another reason; threshold 0 protects only those. Raises
    ValueError where a line does not add up or names an unknown cell.
    """
    _check(values, lines)
    hidden = {key for key, value in values.items() if 0 < value < threshold} | set(also)
    if not hidden:
        return frozenset()
    while True:
        while any(_company(values, line, hidden, threshold) for line in lines):
            pass
        known = determined(hidden, lines)
        before = len(hidden)
        for key in sorted(known, key=lambda k: (values[k], str(k))):
            _one_more(values, key, lines, hidden)
        if len(hidden) == before:  # nothing is known, or nothing is left to withhold
            return frozenset(hidden)


def _check(values: Mapping[K, int], lines: Sequence[Line[K]]) -> None:
    for parent, children in lines:
        cells = (parent, *children)
        if any(key not in values for key in cells):
            raise ValueError(f"a line names an unknown cell: {cells}")
        if values[parent] != sum(values[child] for child in children):
            raise ValueError(f"{parent} is not the sum of its children")


def _company(values: Mapping[K, int], line: Line[K], hidden: set[K], threshold: int) -> bool:
    """Withhold one more cell of the line where what it says would give cells away."""
    parent, children = line
    inside = [child for child in children if child in hidden]
    if parent in hidden:
        if inside:
            return False
    elif not inside or (len(inside) > 1 and sum(values[c] for c in inside) >= threshold):
        return False
    return _hide_smallest(values, [*children, parent], hidden, last=parent)


def _hide_smallest(values: Mapping[K, int], cells: Iterable[K], hidden: set[K], *, last: K) -> bool:
    """Withhold the smallest published cell: a full one before an empty one, the total last."""
    open_ = [cell for cell in cells if cell not in hidden]
    if not open_:
        return False
    hidden.add(min(open_, key=lambda c: (c == last, values[c] == 0, values[c], str(c))))
    return True


def _one_more(values: Mapping[K, int], key: K, lines: Sequence[Line[K]], hidden: set[K]) -> None:
    for parent, children in lines:
        cells = [*children, parent]
        if key in cells and _hide_smallest(values, cells, hidden, last=parent):
            return


def determined(hidden: Iterable[K], lines: Sequence[Line[K]]) -> set[K]:
    """Withheld cells whose value follows from the published ones and the lines."""
    import numpy as np

    unknown = {key: at for at, key in enumerate(hidden)}
    rows: dict[tuple[tuple[int, int], ...], None] = {}
    for parent, children in lines:
        row = [(unknown[child], 1) for child in children if child in unknown]
        if parent in unknown:
            row.append((unknown[parent], _PRIME - 1))
        if row:
            rows[tuple(sorted(row))] = None
    matrix = np.zeros((len(rows), len(unknown)), dtype=np.int64)
    for number, row_cells in enumerate(rows):
        for at, value in row_cells:
            matrix[number, at] = value
    pivots = _reduce(matrix)
    names = list(unknown)
    return {names[at] for row, at in pivots if np.count_nonzero(matrix[row]) == 1}


def _reduce(matrix: Any) -> list[tuple[int, int]]:
    """Bring to reduced row echelon form in place; (row, column) of each pivot."""
    import numpy as np

    pivots: list[tuple[int, int]] = []
    top = 0
    for column in range(matrix.shape[1]):
        if top == matrix.shape[0]:
            break
        rows = np.flatnonzero(matrix[top:, column])
        if not len(rows):
            continue
        first = top + int(rows[0])
        if first != top:
            matrix[[top, first]] = matrix[[first, top]]
        matrix[top] = matrix[top] * pow(int(matrix[top, column]), -1, _PRIME) % _PRIME
        others = np.flatnonzero(matrix[:, column])
        for other in others[others != top]:
            matrix[other] = (matrix[other] - matrix[other, column] * matrix[top]) % _PRIME
        pivots.append((top, column))
        top += 1
    return pivots
