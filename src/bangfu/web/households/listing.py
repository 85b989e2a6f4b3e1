"""Filters and columns of the household list; its Excel file has the same columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope, crypto, mask
from bangfu.dictionary import Field, entity
from bangfu.findings import queries as findings
from bangfu.findings.models import HouseholdResult
from bangfu.findings.queries import FindingFilter
from bangfu.findings.rules import RuleSet
from bangfu.registry import divisions, queries
from bangfu.registry.models import Household
from bangfu.web.language import current
from bangfu.web.listing import Column, Listing
from bangfu.web.templatetags.bangfu import TRUTH, is_money, label_of, name_of, text_of

FIELDS = entity("household").fields
_USUAL = frozenset({"status", "category", "cause_main"})
# Filters that stand behind 更多筛选.
EXTRA = ("undecided", "entitled", "alert", "category", "cause", "relocation", "missing")
_SORTED = frozenset(
    {"registered_on", "poverty_score", "dwelling_area", "hamlet_households", "status", "category",
     "cause_main", "dwelling_grade"}
)  # fmt: skip
_HIDDEN = frozenset({"household_no", "village_code", "phone", "bank_account"})
# Fields a clerk is asked to complete; the list can be narrowed to households lacking one.
COLLECTABLE = tuple(n for n in FIELDS if n not in {"household_no", "village_code", "status"})


@dataclass(frozen=True)
class Row:
    """One row: the household, its values of the year, and what the current run found."""

    household: Household
    annual: dict[str, Any]
    result: HouseholdResult | None


def _open(sealed: Any, kind: str) -> str:
    return mask(kind, crypto.unseal(sealed))


def _of(field: Field) -> Callable[[Row], Any]:
    def value(row: Row) -> Any:
        found = row.annual.get(field.name) if field.annual else getattr(row.household, field.name)
        if found is None or field.type in ("int", "decimal"):
            return found
        return text_of(field, found)

    return value


def _column(field: Field) -> Column:
    group = mark("年度情况") if field.annual else mark("基本情况")
    return Column(
        field.name, field.zh, _of(field), usual=field.name in _USUAL,
        numeric=field.type in ("int", "decimal"), money=is_money(field),
        sort=field.name if field.name in _SORTED else "",
        group=mark("个别政策所需") if field.extra else group,
    )  # fmt: skip


_BASE = mark("基本情况")
_FOUND = mark("认定结果")


def _found(name: str) -> Callable[[Row], Any]:
    return lambda row: getattr(row.result, name) if row.result else ""


def readiness(row: Row) -> str:
    """Exit standard: met, not_met or undecided; '' when it is not judged for exit."""
    if row.result is None or not row.result.assessed:
        return ""
    return {True: "met", False: "not_met", None: "undecided"}[row.result.ready]


def _ready_text(row: Row) -> str:
    key = readiness(row)
    return _(TRUTH[key][0]) if key else ""


HOUSEHOLDS = Listing(
    "households",
    [
        Column("household_no", mark("户编号"), lambda r: r.household.household_no,
               sort="household_no", group=_BASE, lead=True),
        Column("head", mark("户主"), lambda r: _open(r.household.head_sealed, "name"), group=_BASE),
        Column("persons", mark("人口"), lambda r: r.household.persons or 0, numeric=True,
               group=_BASE),
        Column("village", mark("所在村"), lambda r: divisions.full_name(
            r.household.village_code, from_level="township"), group=_BASE),
        Column("phone", mark("联系电话"), lambda r: _open(r.household.phone_sealed, "phone"),
               usual=False, group=_BASE),
        Column("ready", mark("脱贫标准"), _ready_text, group=_FOUND, badge=readiness),
        Column("failed_items", mark("未达标项数"), _found("failed_items"), numeric=True,
               usual=False, group=_FOUND),
        Column("net_income_per_capita", mark("家庭年人均纯收入"), _found("net_income_per_capita"),
               numeric=True, money=True, group=_FOUND),
        Column("entitled_total", mark("年度应享受金额"), _found("entitled_total"), numeric=True,
               money=True, group=_FOUND),
        Column("gaps", mark("待采集字段数"), _found("gaps"), numeric=True, usual=False,
               group=_FOUND),
        *(_column(f) for f in FIELDS.values() if f.name not in _HIDDEN),
    ],
)  # fmt: skip


def filter_of(query: QueryDict) -> queries.HouseholdFilter:
    """The filter that the URL asks for; unknown words are left out."""

    def many(name: str, field: str) -> tuple[str, ...]:
        return tuple(v for v in query.getlist(name) if v in FIELDS[field].codes)

    missing = query.get("missing", "")
    return queries.HouseholdFilter(
        region_code=query.get("region", ""),
        text=query.get("q", "").strip(),
        status=many("status", "status"),
        category=many("category", "category"),
        cause=many("cause", "cause_main"),
        relocation=many("relocation", "relocation"),
        missing=missing if missing in COLLECTABLE else "",
    )


FINDING_WORDS = {
    "fails": mark("未达标项"), "meets": mark("达标项"), "undecided": mark("待定项"),
    "entitled": mark("应享受"), "alert": mark("预警"),
}  # fmt: skip
READINESS = {
    "assessed": mark("参加认定"), "ready": mark("达标"), "not_ready": mark("未达标"),
    "undecided": mark("待定"),
}  # fmt: skip


def chips(query: QueryDict, ff: FindingFilter, rules: RuleSet) -> list[tuple[str, str]]:
    """(what the list is narrowed to, URL query without it)."""
    f = filter_of(query)
    found: list[tuple[str, str]] = []

    def add(label: str, *names: str) -> None:
        rest = query.copy()
        for name in (*names, "after", "before"):
            rest.pop(name, None)
        found.append((label, "?" + rest.urlencode()))

    if f.text:
        add(f"{_('查找')}：{f.text}", "q")
    if f.region_code:
        add(divisions.full_name(f.region_code), "region")
    for name, field, values in (
        ("status", "status", f.status), ("category", "category", f.category),
        ("cause", "cause_main", f.cause), ("relocation", "relocation", f.relocation),
    ):  # fmt: skip
        if values:
            spec = FIELDS[field]
            add(f"{name_of(spec)}：{'、'.join(label_of(spec, v) for v in values)}", name)
    if f.missing:
        add(f"{_('未填')}：{name_of(FIELDS[f.missing])}", "missing")
    if ff.readiness:
        add(f"{_('脱贫标准')}：{_(READINESS[ff.readiness])}", "readiness")
    for word, label in FINDING_WORDS.items():
        if rule := getattr(ff, word):
            known = rules.by_id.get(rule)
            add(f"{_(label)}：{known.title(current()) if known else _('任一项')}", word)
    if ff.missing:
        add(f"{_('认定所缺')}：{gap_name(ff.missing)}", "gap")
    return found


def gap_name(key: str) -> str:
    """What a rule lacks, in words: 'household.has_tv' or 'any'."""
    entity_name, _dot, name = key.partition(".")
    try:
        return name_of(entity(entity_name).fields[name])
    except KeyError:
        return _("任一项") if key == "any" else key


def choices(rules: RuleSet) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(word, label, [(rule id, title)]) of the rule filters that make sense here."""
    lang = current()

    def titled(*kinds: str) -> list[tuple[str, str]]:
        return [(r.id, r.title(lang)) for r in rules.of(*kinds) if r.entity != "county"]

    items = [(r.id, r.title(lang)) for r in rules.exit_items]
    some = [("any", _("任一项"))]
    options = {
        "fails": items,
        "undecided": some + items,
        "entitled": some + titled("entitlement"),
        "alert": some + titled("alert"),
    }
    found = [(word, _(FINDING_WORDS[word]), rules_) for word, rules_ in options.items()]
    return [c for c in found if any(value != "any" for value, _label in c[2])]


def _words(query: QueryDict) -> dict[str, str]:
    return {name: str(query[name]) for name in query}


def finding_filter(scope: Scope, query: QueryDict) -> FindingFilter:
    """What of the findings the address asks for."""
    return FindingFilter.from_query(_words(query), findings.rules(scope))


def found(scope: Scope, query: QueryDict) -> QuerySet[Household]:
    """The households that a list's address asks for, with what its columns need."""
    ff = finding_filter(scope, query)
    return queries.annotated(findings.households(scope, filter_of(query), ff))


def rows_of(scope: Scope, households: list[Household]) -> list[Row]:
    """The rows of one page, with their values of the latest year."""
    year = queries.latest_year()
    numbers = [h.household_no for h in households]
    annual = queries.annual_of(scope, numbers, year) if year else {}
    results = findings.results_of(scope, numbers)
    return [Row(h, annual.get(h.household_no, {}), results.get(h.household_no)) for h in households]
