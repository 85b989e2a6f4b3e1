"""A scoring table of a form: groups of items, each answer worth points, a total nobody types.

The items are blanks of the form like others (one answer each), so that they are asked for,
recorded and shown item by item; here stands what they are worth and how they add up. Points
are numbers of the file or names of parameters, which a county may set (`to_be_set`); until
then the answers are recorded and there is no total.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bangfu.policy.pack import Parameter, Text

if TYPE_CHECKING:
    from bangfu.policy.procedures.definition import Form

Points = Decimal | str
"""A number of points, or the name of the parameter that gives it."""


@dataclass(frozen=True)
class Group:
    """Items that stand together, worth `maximum` at most."""

    id: str
    title: Text
    items: tuple[str, ...]
    maximum: Points | None = None


@dataclass(frozen=True)
class Line:
    """A score that divides: whoever scores no more than (`at_most`) or no less than it."""

    id: str
    title: Text
    at: Points
    at_most: bool = True


@dataclass(frozen=True)
class Scoring:
    """The table. `id` is the blank that holds the total; `low_first`: the lowest is the poorest
    and stands first in a comparison."""

    id: str
    title: Text
    maximum: Points
    groups: tuple[Group, ...]
    lines: tuple[Line, ...] = ()
    low_first: bool = True

    @property
    def items(self) -> tuple[str, ...]:
        """The items' blanks, in order."""
        return tuple(name for group in self.groups for name in group.items)


def parameters(form: Form) -> Iterator[str]:
    """Names of the parameters that the points of `form` are read from."""
    table = form.scoring
    if table is None:
        return
    wanted: list[Points | None] = [table.maximum, *(line.at for line in table.lines)]
    wanted += [group.maximum for group in table.groups]
    wanted += [o.points for f in form.fields if f.id in table.items for o in f.options]
    yield from dict.fromkeys(p for p in wanted if isinstance(p, str))


def known(points: Points | None, given: Mapping[str, Decimal]) -> Decimal | None:
    """The number of points, None where the county has yet to set it."""
    return given.get(points) if isinstance(points, str) else points


def points_of(
    form: Form, values: Mapping[str, Any], given: Mapping[str, Decimal]
) -> dict[str, Decimal | None]:
    """Points of each item answered; None where they are yet to be set."""
    table = form.scoring
    found: dict[str, Decimal | None] = {}
    for blank in form.fields if table else ():
        if table and blank.id in table.items and blank.id in values:
            chosen = next((o for o in blank.options if o.value == values[blank.id]), None)
            found[blank.id] = known(chosen.points, given) if chosen else None
    return found


def total(form: Form, values: Mapping[str, Any], given: Mapping[str, Decimal]) -> Decimal | None:
    """The exact sum; None while an item that must be answered is not, or points are not set."""
    table = form.scoring
    if table is None:
        return None
    needed = {f.id for f in form.fields if f.required and f.id in table.items}
    points = points_of(form, values, given)
    if needed - points.keys() or not points:
        return None
    numbers = [n for n in points.values() if n is not None]
    return sum(numbers, Decimal(0)) if len(numbers) == len(points) else None


def scored(form: Form, values: Mapping[str, Any], given: Mapping[str, Decimal]) -> dict[str, Any]:
    """`values` with the total that follows from them, whatever total they brought."""
    assert form.scoring is not None
    found = {name: value for name, value in values.items() if name != form.scoring.id}
    reckoned = total(form, found, given)
    if reckoned is not None:
        found[form.scoring.id] = str(reckoned)
    return found


def in_force(parameter: Parameter, region: str, on: date, kind: str = "") -> Decimal | None:
    """The points that `parameter` gives in a place on a day, None while they are not set."""
    for value in parameter.in_force(on):
        if region.startswith(value.region) and value.county_kind in ("", kind):
            return Decimal(str(value.value))
    return None


def over(form: Form, given: Mapping[str, Decimal]) -> Iterator[tuple[str, Decimal, Decimal]]:
    """(title, points, maximum) of the table or groups whose items add up to more than their
    maximum under the parameters' values `given`."""
    table = form.scoring
    if table is None:
        return
    blanks, whole = {f.id: f for f in form.fields}, Decimal(0)
    for group in table.groups:
        full = Decimal(0)
        for name in group.items:
            worth = [n for o in blanks[name].options if (n := known(o.points, given)) is not None]
            full += max(worth, default=Decimal(0))
        whole += full
        most = known(group.maximum, given)
        if most is not None and full > most:
            yield group.title.zh, full, most
    most = known(table.maximum, given)
    if most is not None and whole > most:
        yield table.title.zh, whole, most
