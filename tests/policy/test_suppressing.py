"""Small cells withheld: nothing small is shown, and nothing withheld can be worked out."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bangfu.policy.suppressing import withheld

Lines = list[tuple[Hashable, tuple[Hashable, ...]]]


def table(rows: Sequence[Sequence[int]]) -> tuple[dict[Hashable, int], Lines]:
    """A two-way table with its margins."""
    wide = len(rows[0])
    values: dict[Hashable, int] = {
        (r, c): v for r, row in enumerate(rows) for c, v in enumerate(row)
    }
    values |= {("row", r): sum(row) for r, row in enumerate(rows)}
    values |= {("column", c): sum(row[c] for row in rows) for c in range(wide)}
    values["all"] = sum(map(sum, rows))
    lines: Lines = [(("row", r), tuple((r, c) for c in range(wide))) for r in range(len(rows))]
    lines += [(("column", c), tuple((r, c) for r in range(len(rows)))) for c in range(wide)]
    lines.append(("all", tuple(("row", r) for r in range(len(rows)))))
    lines.append(("all", tuple(("column", c) for c in range(wide))))
    return values, lines


def solved(hidden: frozenset[Any], lines: Lines) -> set[Any]:
    """Cells that the equations determine, by exact elimination: another way than the code's."""
    names = sorted(hidden, key=str)
    rows: list[list[Fraction]] = []
    for parent, children in lines:
        row = [Fraction(0)] * len(names)
        for at, name in enumerate(names):
            row[at] += (name in children) - (name == parent)
        if any(row):
            rows.append(row)
    pivots: list[int] = []
    for at in range(len(names)):
        chosen = next((r for r in rows[len(pivots) :] if r[at]), None)
        if chosen is None:
            continue
        rows.remove(chosen)
        scaled = [value / chosen[at] for value in chosen]
        rows = [[a - r[at] * b for a, b in zip(r, scaled, strict=True)] for r in rows]
        rows.insert(len(pivots), scaled)
        pivots.append(at)
    return {names[at] for at, row in zip(pivots, rows, strict=False) if sum(map(bool, row)) == 1}


def test_a_small_count_takes_the_next_smallest_with_it() -> None:
    values = {"all": 78, "a": 3, "b": 25, "c": 50}
    assert withheld(values, [("all", ("a", "b", "c"))]) == {"a", "b"}


def test_two_small_counts_that_together_are_small_take_a_third() -> None:
    values = {"all": 57, "a": 3, "b": 4, "c": 50, "d": 0}
    assert withheld(values, [("all", ("a", "b", "c", "d"))]) == {"a", "b", "c"}


def test_nothing_small_nothing_withheld() -> None:
    values = {"all": 60, "a": 10, "b": 50, "c": 0}
    assert withheld(values, [("all", ("a", "b", "c"))]) == frozenset()


def test_a_pattern_that_only_the_whole_system_gives_away() -> None:
    """Each line has two withheld cells, yet rows less columns would leave one alone."""
    values, lines = table([[5, 6, 90, 90], [6, 5, 90, 90], [90, 90, 5, 6], [90, 90, 6, 5]])
    hidden = withheld(values, lines)
    assert solved(hidden, lines) == set()
    assert {key for key, value in values.items() if 0 < value < 10} <= hidden


def test_a_threshold_of_nothing_protects_what_is_named() -> None:
    values = {"all": 300, "a": 100, "b": 150, "c": 50}
    assert withheld(values, [("all", ("a", "b", "c"))], 0, ["a"]) == {"a", "c"}


def test_a_table_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(ValueError, match="not the sum"):
        withheld({"all": 5, "a": 3}, [("all", ("a",))])
    with pytest.raises(ValueError, match="unknown cell"):
        withheld({"all": 5}, [("all", ("a",))])


COUNTS = st.one_of(st.integers(0, 12), st.integers(0, 200))


@settings(max_examples=150, deadline=None)
@given(st.integers(2, 5).flatmap(
    lambda wide: st.lists(st.lists(COUNTS, min_size=wide, max_size=wide), min_size=2, max_size=5)
))  # fmt: skip
def test_no_withheld_cell_can_be_worked_out(rows: list[list[int]]) -> None:
    values, lines = table(rows)
    hidden = withheld(values, lines)
    assert {key for key, value in values.items() if 0 < value < 10} <= hidden
    if len(hidden) < len(values):
        assert solved(hidden, lines) == set()
    for parent, children in lines:
        told(values, hidden, parent, children)


def told(
    values: Mapping[Hashable, int], hidden: frozenset[Hashable], parent: Hashable,
    children: tuple[Hashable, ...],
) -> None:  # fmt: skip
    """What a shown total leaves over for its withheld cells is not small either."""
    inside = [child for child in children if child in hidden]
    if parent not in hidden and inside:
        assert len(inside) > 1
        assert sum(values[child] for child in inside) >= 10
