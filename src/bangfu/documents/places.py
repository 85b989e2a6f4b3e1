"""Names and figures of villages and counties, as forms say them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bangfu import dictionary
from bangfu.access.scope import Scope
from bangfu.kernel import region
from bangfu.registry import divisions
from bangfu.registry.models import County, CountyYear, Village, VillageYear

# What stands in a blank: the total less those who have it.
_GAPS = {"gap.housing": "households_housing_ok", "gap.water": "households_water_ok",
         "gap.electricity": "households_electricity"}  # fmt: skip


def names(code: str) -> dict[str, str]:
    """Names of the divisions a place lies in, by level."""
    known = divisions.names()
    return {region.level(c): _plain(known.get(c, c)) for c in region.ancestors(code)}


def _plain(name: str) -> str:
    """A village by its name, not by its committee's, which is what the codes are listed under."""
    for committee, place in (("村民委员会", "村"), ("村委会", "村"), ("社区居民委员会", "社区"),
                             ("社区居委会", "社区"), ("居委会", "社区")):  # fmt: skip
        if name.endswith(committee):
            return name.removesuffix(committee) + place
    return name


def counties(scope: Scope) -> list[str]:
    """Counties inside the scope; a scope below a county has none."""
    return sorted(
        County.objects.filter(scope.q("county_code")).values_list("county_code", flat=True)
    )


def figures(entity: str, code: str, year: int, asked: Iterable[str]) -> dict[str, str]:
    """Figures that a document asks of a village or county: fields of the dictionary, households
    without something, poverty incidence. What is not recorded is left out. A county's are the
    sums of its villages' and are left out when one village lacks the figure."""
    wanted = {n for n in asked if n.startswith(("gap.", f"{entity}.")) or n == "incidence"}
    if not wanted:
        return {}
    found = _fields(entity, code, year, wanted)
    total = _sum(code, year, "households_total")
    for name in wanted & _GAPS.keys():
        have = _sum(code, year, _GAPS[name])
        if total is not None and have is not None:
            found[name] = str(total - have)
    if "incidence" in wanted:
        poor, people = _sum(code, year, "residents_poor"), _sum(code, year, "residents_total")
        if poor is not None and people:
            share = (Decimal(poor) * 100 / people).quantize(Decimal("0.01"), ROUND_HALF_UP)
            found["incidence"] = f"{share}%"
    return found


def _fields(entity: str, code: str, year: int, wanted: set[str]) -> dict[str, str]:
    spec = dictionary.entity(entity).fields
    models: tuple[Any, Any] = (
        (Village, VillageYear) if entity == "village" else (County, CountyYear)
    )
    key = f"{entity}_code"
    row = models[0].objects.filter(**{key: code}).first()
    of_year = models[1].objects.filter(**{key: code}, year=year).first()
    found = {}
    for name in wanted:
        field = spec.get(name.removeprefix(f"{entity}."))
        value = getattr(of_year if field.annual else row, field.name, None) if field else None
        if field is not None and value is not None:
            found[name] = field.label_of(value) if field.codes else str(value)
    return found


def _sum(code: str, year: int, field: str) -> int | None:
    """The figure of a village, or of all villages of a county; None where one is not recorded."""
    values = list(
        VillageYear.objects.filter(village_code__startswith=code, year=year).values_list(
            field, flat=True
        )
    )
    return None if not values or None in values else sum(values)
