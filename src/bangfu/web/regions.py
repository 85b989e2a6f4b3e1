"""The region part of every filter bar: selects from the person's own division downwards."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope
from bangfu.kernel import region
from bangfu.registry import divisions
from bangfu.registry.models import Division

_LEVELS = {
    "county": mark("县（市、区）"),
    "township": mark("乡镇（街道）"),
    "village": mark("村（社区）"),
}


@dataclass(frozen=True)
class Step:
    """One select: its level's label, the divisions to choose from, the code chosen."""

    label: str
    options: list[Division]
    value: str


@dataclass(frozen=True)
class Cascade:
    """The selects, the code chosen (deepest), and the floor that an empty choice means."""

    steps: list[Step]
    chosen: str
    floor: str


def cascade(scope: Scope, chosen: str) -> Cascade:
    """Selects for this person, with `chosen` preset. Raises Problem when it lies outside."""
    own = scope.region_code
    chosen = chosen or own
    if chosen != own:
        divisions.get(scope, chosen)
    path = [c for c in region.ancestors(chosen) if len(c) > len(own)]
    steps, parent = [], own
    for length, level in region.LEVELS.items():
        if length <= len(own) or level not in _LEVELS:
            continue
        value = next((c for c in path if len(c) == length), "")
        options = list(divisions.children(scope, parent)) if parent else []
        steps.append(Step(_(_LEVELS[level]), options, value))
        parent = value
    return Cascade(steps, chosen if chosen != own else "", own)


def crumbs(scope: Scope, code: str, href: str) -> list[tuple[str, str]]:
    """(name, href + code) from the person's own division down to `code`."""
    return [(d.name, f"{href}{d.code}") for d in divisions.trail(scope, code)]
