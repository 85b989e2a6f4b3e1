"""Hechi's divisions and county boundaries, from the project's own data files."""

from __future__ import annotations

import csv
import json
from functools import cache
from importlib.resources import files
from typing import Any

from django.db.models import QuerySet

from bangfu import audit
from bangfu.access.scope import Scope
from bangfu.kernel import region
from bangfu.registry import problems
from bangfu.registry.models import County, Division, Village

_DATA = files("bangfu.registry") / "data"


def load() -> int:
    """Make the division table equal to the data file; how many divisions there are.

    A village or county row is made for each division that lacks one.
    """
    text = (_DATA / "hechi_divisions.csv").read_text(encoding="utf-8")
    rows = [
        Division(
            code=r["code"], name=r["name"], level=r["level"], parent_code=r["parent_code"] or None
        )
        for r in csv.DictReader(text.splitlines())
    ]
    Division.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["code"],
        update_fields=["name", "level", "parent_code"],
    )  # fmt: skip
    with audit.event("division.loaded", actor=audit.Actor.system(), source="hechi_divisions.csv"):
        known = set(Village.objects.values_list("village_code", flat=True))
        Village.objects.bulk_create(
            Village(village_code=d.code)
            for d in rows
            if d.level == "village" and d.code not in known
        )
        counties = set(County.objects.values_list("county_code", flat=True))
        County.objects.bulk_create(
            County(county_code=d.code)
            for d in rows
            if d.level == "county" and d.code not in counties
        )
    _names.cache_clear()
    return len(rows)


@cache
def boundaries() -> dict[str, Any]:
    """County boundaries as GeoJSON: one feature a county, `id` and `properties.code` its code."""
    found: dict[str, Any] = json.loads(
        (_DATA / "hechi_counties.geojson").read_text(encoding="utf-8")
    )
    return found


def names() -> dict[str, str]:
    """Name of every division by code."""
    found = _names()
    if not found:
        _names.cache_clear()  # asked before the divisions were loaded
    return found


@cache
def _names() -> dict[str, str]:
    return dict(Division.objects.values_list("code", "name"))


def full_name(code: str, *, from_level: str = "county") -> str:
    """'东兰县长乐镇…村': names of the divisions from `from_level` down to `code`."""
    known = names()
    levels = list(region.LEVELS.values())
    start = levels.index(from_level)
    return "".join(
        known.get(c, c) for c in region.ancestors(code) if levels.index(region.level(c)) >= start
    )


def children(scope: Scope, code: str) -> QuerySet[Division]:
    """Divisions directly below `code` that touch the scope: those inside it, or on the way
    down to it. Raises Problem for an unknown code."""
    if not Division.objects.filter(code=code).exists():
        raise problems.UNKNOWN_REGION(code=code)
    below = Division.objects.filter(parent_code=code)
    if code.startswith(scope.region_code):
        return below
    on_the_way = [c for c in region.ancestors(scope.region_code) if c.startswith(code)]
    return below.filter(code__in=on_the_way)


def get(scope: Scope, code: str) -> Division:
    """One division inside the scope. Raises Problem for an unknown or foreign one."""
    found = Division.objects.filter(code=code).first() if scope.covers(code) else None
    if found is None:
        raise problems.UNKNOWN_REGION(code=code)
    return found


def trail(scope: Scope, code: str) -> list[Division]:
    """From the scope's own division down to `code`, for breadcrumbs."""
    wanted = [c for c in region.ancestors(code) if c.startswith(scope.region_code)]
    return list(Division.objects.filter(code__in=wanted).order_by("code"))
