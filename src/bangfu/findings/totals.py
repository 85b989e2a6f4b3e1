"""Counts of the current run: by place, by rule, by item of the exit standard, by missing field.

Every count is the length of the household list (or findings list) with the same filter. They
are added up from the villages' totals made when the run was loaded; what a department may
see of missing fields is counted from its own rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

from django.db import connection
from django.db.models import Sum, Value
from django.db.models.functions import Substr

from bangfu.access.scope import Scope
from bangfu.dictionary import Field, load
from bangfu.findings import queries
from bangfu.findings.models import GapTotal, RuleTotal, Run, VillageTotal
from bangfu.findings.rules import RuleInfo, RuleSet
from bangfu.kernel import region

_SUMS = (
    "households", "persons", "assessed", "assessed_persons", "ready", "ready_persons",
    "not_ready", "not_ready_persons", "undecided", "undecided_persons", "with_gaps", "entitled",
    "entitled_total",
)  # fmt: skip


@dataclass(frozen=True)
class PlaceTotals:
    """One division's totals. `assessed` households are those judged for exit, of which
    `ready` + `not_ready` + `undecided`; `entitled_total` is yuan a year."""

    code: str
    households: int = 0
    persons: int = 0
    assessed: int = 0
    assessed_persons: int = 0
    ready: int = 0
    ready_persons: int = 0
    not_ready: int = 0
    not_ready_persons: int = 0
    undecided: int = 0
    undecided_persons: int = 0
    with_gaps: int = 0
    entitled: int = 0
    entitled_total: Decimal = Decimal(0)

    @property
    def ready_share(self) -> float | None:
        """Share of the assessed households that are ready, None where there are none."""
        return self.ready / self.assessed if self.assessed else None


@dataclass(frozen=True)
class Tally:
    """Households, subjects and yuan (of the rule's own period) of one outcome."""

    households: int = 0
    subjects: int = 0
    amount: Decimal | None = None


@dataclass(frozen=True)
class RuleCount:
    """One rule's outcomes: met, not_met | entitled | flagged, and undecided."""

    rule: RuleInfo
    outcomes: dict[str, Tally] = field(default_factory=dict)

    def of(self, outcome: str) -> Tally:
        """The tally of one outcome, zero where there is none."""
        return self.outcomes.get(outcome, Tally())

    @property
    def positive(self) -> Tally:
        """Met, entitled or flagged."""
        return self.of(POSITIVE[self.rule.kind])


POSITIVE = {
    "criterion": "met", "entitlement": "entitled", "limit": "entitled", "alert": "flagged",
}  # fmt: skip


def level_below(code: str) -> int:
    """Length of the codes one level below `code`; a village's is its own."""
    return next((n for n in region.LEVELS if n > len(code)), max(region.LEVELS))


def village_totals(
    scope: Scope, region_code: str = "", length: int | None = None
) -> list[PlaceTotals]:
    """Totals by division of code length `length` (default: one level below the region).

    Empty without a run. Raises Problem for a region outside the scope.
    """
    narrow = scope.narrowed(region_code)
    at = queries.current(scope)
    if at is None:
        return []
    found = (
        VillageTotal.objects.filter(narrow.q(), run=at)
        .values(code=Substr("village_code", 1, length or level_below(narrow.region_code)))
        .annotate(**{f"{name}_": Sum(name) for name in _SUMS})
        .order_by("code")
    )
    return [_place(scope, at, cast("dict[str, Any]", row)) for row in found]


def overall(scope: Scope, region_code: str = "") -> PlaceTotals:
    """Totals of the scope, or of a division inside it; zeros without a run."""
    narrow = scope.narrowed(region_code)
    at = queries.current(scope)
    if at is None:
        return PlaceTotals(narrow.region_code)
    row: dict[str, Any] = VillageTotal.objects.filter(narrow.q(), run=at).aggregate(
        **{f"{name}_": Sum(name) for name in _SUMS}
    )
    return _place(scope, at, {**row, "code": narrow.region_code})


def _place(scope: Scope, at: Run, row: dict[str, Any]) -> PlaceTotals:
    values: dict[str, Any] = {name: row[f"{name}_"] or 0 for name in _SUMS}
    if scope.department is not None:
        # What adds up over all rules is not one department's to see.
        hidden = ["entitled", "entitled_total", "with_gaps"]
        if not queries.rules(scope, at).exit_rule:
            hidden += [n for n in _SUMS if n.startswith(("ready", "not_ready", "undecided"))]
        values |= dict.fromkeys(hidden, 0)
    return PlaceTotals(row["code"], **values)


def by_rule(scope: Scope, region_code: str = "", only: str = "") -> list[RuleCount]:
    """Every rule one may see, or `only` one, in pack order, with its outcomes. Empty without a
    run."""
    narrow = scope.narrowed(region_code)
    at = queries.current(scope)
    if at is None:
        return []
    outcomes: dict[str, dict[str, Tally]] = {}
    rows = RuleTotal.objects.filter(narrow.q(), run=at)
    if only:
        rows = rows.filter(rule=only)
    found = rows.values("rule", "outcome").order_by()
    for row in found.annotate(h=Sum("households"), s=Sum("subjects"), a=Sum("amount")):
        outcomes.setdefault(row["rule"], {})[row["outcome"]] = Tally(row["h"], row["s"], row["a"])
    return [
        RuleCount(r, outcomes.get(r.id, {})) for r in queries.rules(scope, at) if only in ("", r.id)
    ]


@dataclass(frozen=True)
class MatrixRow:
    """One place against the items of the exit standard; lists follow the items."""

    code: str
    totals: PlaceTotals
    fails: list[int]
    unknown: list[int]


@dataclass(frozen=True)
class Matrix:
    """Which of the items fail where, in households."""

    items: list[RuleInfo]
    rows: list[MatrixRow]
    total: MatrixRow


def item_matrix(scope: Scope, region_code: str = "", length: int | None = None) -> Matrix:
    """Items of the exit standard × places one level below the region."""
    narrow = scope.narrowed(region_code)
    at = queries.require_current(scope)
    items = queries.rules(scope, at).exit_items
    size = length or level_below(narrow.region_code)
    found = (
        RuleTotal.objects.filter(
            narrow.q(), run=at, rule__in=[i.id for i in items], outcome__in=("not_met", "undecided")
        )
        .values("rule", "outcome", code=Substr("village_code", 1, size))
        .annotate(n=Sum("households"))
        .order_by()
    )
    cells = {(r["code"], r["rule"], r["outcome"]): r["n"] for r in found}
    rows = [
        MatrixRow(
            place.code,
            place,
            [cells.get((place.code, i.id, "not_met"), 0) for i in items],
            [cells.get((place.code, i.id, "undecided"), 0) for i in items],
        )
        for place in village_totals(scope, region_code, size)
        if place.assessed
    ]
    return Matrix(
        items, rows, _sum_row(narrow.region_code, overall(scope, region_code), items, rows)
    )


def _sum_row(
    code: str, totals: PlaceTotals, items: list[RuleInfo], rows: list[MatrixRow]
) -> MatrixRow:
    return MatrixRow(
        code,
        totals,
        [sum(r.fails[n] for r in rows) for n in range(len(items))],
        [sum(r.unknown[n] for r in rows) for n in range(len(items))],
    )


@dataclass(frozen=True)
class Gap:
    """A field that rules lack: how many households and subjects to ask. `field` is None for
    a parameter left to the county ("param.x")."""

    key: str
    field: Field | None
    households: int
    subjects: int

    @property
    def entity(self) -> str:
        """household, person, village, county or param."""
        return self.key.partition(".")[0]


def field_of(key: str) -> Field | None:
    """Dictionary field of "household.has_tv", None for a parameter."""
    name, _, column = key.partition(".")
    return load()[name].fields.get(column) if name in load() else None


def gaps(scope: Scope, region_code: str = "") -> list[Gap]:
    """Fields to collect, most households first. Empty without a run."""
    found = _gap_rows(scope, region_code, "")
    return sorted(
        (Gap(key, field_of(key), h, s) for key, _code, h, s in found),
        key=lambda g: (-g.households, g.key),
    )


def gaps_by_place(
    scope: Scope, key: str, region_code: str = "", length: int | None = None
) -> list[tuple[str, int, int]]:
    """(division code, households, subjects) lacking the field `key`, one level below."""
    size = length or level_below(scope.narrowed(region_code).region_code)
    return [(code, h, s) for _key, code, h, s in _gap_rows(scope, region_code, key, size)]


def _gap_rows(
    scope: Scope, region_code: str, key: str, length: int = 0
) -> list[tuple[str, str, int, int]]:
    narrow = scope.narrowed(region_code)
    at = queries.current(scope)
    if at is None:
        return []
    if scope.department is not None:
        return _gap_rows_of(narrow, at, queries.rules(scope, at), key, length)
    found = GapTotal.objects.filter(narrow.q(), run=at)
    if key:
        found = found.filter(field=key)
    rows = (
        found.values("field", code=Substr("village_code", 1, length) if length else Value(""))
        .annotate(h=Sum("households"), s=Sum("subjects"))
        .order_by("field", "code")
    )
    return [(r["field"], r["code"], r["h"], r["s"]) for r in rows]


def _gap_rows_of(
    narrow: Scope, at: Run, seen: RuleSet, key: str, length: int
) -> list[tuple[str, str, int, int]]:
    """The same for a department: households count once however many of its rules lack it."""
    place, values = narrow.sql("village_code")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT field, left(village_code, %s) AS code, count(DISTINCT household_no),"
            " count(DISTINCT subject) FROM findings_undecided u, unnest(u.missing) AS field"
            f" WHERE run_id = %s AND rule = ANY(%s) AND {place}"
            " AND (%s = '' OR field = %s) GROUP BY 1, 2 ORDER BY 1, 2",
            [length, at.pk, [r.id for r in seen], *values, key, key],
        )
        return [(f, code, h, s) for f, code, h, s in cursor.fetchall()]
