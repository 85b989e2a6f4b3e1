"""The findings lists: whom a rule entitles or flags, and households by the exit standard. Each
has its rows, columns and exact length; page and Excel file are made from the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope, crypto, mask
from bangfu.dictionary import entity
from bangfu.findings import packs, queries, totals
from bangfu.findings.models import HouseholdResult
from bangfu.findings.queries import FindingFilter
from bangfu.findings.rules import RuleInfo, RuleSet
from bangfu.policy.pack import UNITS
from bangfu.registry import divisions, records
from bangfu.registry import queries as registry
from bangfu.registry.models import Household, Person
from bangfu.registry.queries import HouseholdFilter
from bangfu.web import language
from bangfu.web.listing import Column, Listing
from bangfu.web.templatetags.bangfu import label_of, name_of

PERIODS = {
    "year": mark("每年"), "month": mark("每月"), "semester": mark("每学期"), "day": mark("每天"),
    "once": mark("一次性"), "batch": mark("每批次"),
}  # fmt: skip


def unit_text(unit: str, period: str | None) -> str:
    """'元 / 每学期', in the page's language."""
    if unit == "in_kind":
        return str(_("实物或减免"))
    shown = UNITS.get(unit, (unit, unit))[1 if language.current() == "en" else 0]
    words = [shown] if shown else []
    if period in PERIODS:
        words.append(_(PERIODS[period]))
    return " / ".join(words)


@dataclass(frozen=True)
class SubjectRow:
    """One entitlement or alert: whom it is about, of which household, where."""

    item: Any
    name: str
    relation: str
    head: str

    @property
    def household_no(self) -> str:
        """The row's page."""
        return self.item.household_no or ""


@dataclass(frozen=True)
class HouseholdRow:
    """One household with its result in the current run."""

    household: Household
    result: HouseholdResult | None
    rules: RuleSet

    @property
    def household_no(self) -> str:
        """The row's page."""
        return self.household.household_no

    def titles(self, ids: Sequence[str]) -> str:
        """Titles of the exit standard's items among `ids`."""
        return "、".join(r.title(language.current()) for r in self.rules.exit_items if r.id in ids)


def _village(code: str) -> str:
    return divisions.full_name(code, from_level="township")


def _masked(sealed: Any) -> str:
    return mask("name", crypto.unseal(sealed))


_SUBJECT_COLUMNS = (
    Column(
        "household_no", mark("户编号"), lambda r: r.item.household_no or r.item.subject, lead=True
    ),
    Column("head", mark("户主"), lambda r: r.head),
    Column("subject", mark("对象"), lambda r: r.name),
    Column("relation", mark("与户主关系"), lambda r: r.relation),
    Column("village", mark("所在村"), lambda r: _village(r.item.village_code)),
)
_PAID = Listing(
    "entitled",
    [
        *_SUBJECT_COLUMNS,
        Column("amount", mark("金额"), lambda r: r.item.amount if r.item.amount is not None else "",
               numeric=True, sort="amount"),
        Column("unit", mark("标准"), lambda r: unit_text(r.item.unit, r.item.period)),
    ],
)  # fmt: skip
_RAISED = Listing("alerts", list(_SUBJECT_COLUMNS))
_LACKING = Listing(
    "open",
    [*_SUBJECT_COLUMNS,
     Column("missing", mark("缺少的信息"),
            lambda r: "、".join(gap_label(key) for key in r.item.missing))],
)  # fmt: skip


def _result(name: str) -> Callable[[HouseholdRow], Any]:
    return lambda row: getattr(row.result, name) if row.result else None


_HOUSEHOLD_COLUMNS = (
    Column("household_no", mark("户编号"), lambda r: r.household.household_no, lead=True),
    Column("head", mark("户主"), lambda r: _masked(r.household.head_sealed)),
    Column("persons", mark("人口"), lambda r: r.household.persons or 0, numeric=True),
    Column("village", mark("所在村"), lambda r: _village(r.household.village_code)),
    Column("net_income_per_capita", mark("家庭年人均纯收入"), _result("net_income_per_capita"),
           numeric=True),
    Column("entitled_total", mark("年度应享受金额"), _result("entitled_total"), numeric=True),
)  # fmt: skip
_FAILS = Column("fails", mark("未达标项"), lambda r: r.titles(r.result.failed) if r.result else "")
_UNKNOWN = Column(
    "unknown", mark("待定项"), lambda r: r.titles(r.result.unknown) if r.result else ""
)
_READY = Listing("ready", list(_HOUSEHOLD_COLUMNS))
_NOT_READY = Listing("not_ready", [*_HOUSEHOLD_COLUMNS, _FAILS, _UNKNOWN])
_OPEN = Listing(
    "undecided",
    [*_HOUSEHOLD_COLUMNS, _UNKNOWN,
     Column("gaps", mark("待采集字段数"), _result("gaps"), numeric=True)],
)  # fmt: skip


@dataclass(frozen=True)
class FindingList:
    """One list: `found` gives its rows' query, `rows` what is shown of a page of them, `total`
    its exact length from the run's totals, `order` the column it goes by before its key."""

    name: str
    title: str
    listing: Listing
    key: str
    found: Callable[[Scope, QueryDict], QuerySet[Any]]
    rows: Callable[[Scope, list[Any]], list[Any]]
    total: Callable[[Scope, QueryDict], int]
    order: str = ""


def rule_of(scope: Scope, query: QueryDict, *kinds: str) -> RuleInfo | None:
    """The rule a list is about: the one asked for, else the first of its kind; None when the
    run has none. Raises Problem `findings.unknown_rule`."""
    if asked := query.get("rule"):
        return queries.rule(scope, asked)
    found = queries.rules(scope).of(*kinds)
    return found[0] if found else None


def subject_rows(scope: Scope, items: list[Any]) -> list[SubjectRow]:
    """Entitlements or alerts with masked names."""
    persons = {
        p.person_no: p
        for p in Person.objects.filter(
            scope.q(), person_no__in=[i.subject for i in items if i.entity == "person"]
        )
    }
    heads = dict(
        Person.objects.filter(
            scope.q(), household_no__in={i.household_no for i in items if i.household_no},
            relation="head",
        ).values_list("household_no", "name_sealed")
    )  # fmt: skip
    keys: dict[str, list[str]] = {}
    for item in items:
        keys.setdefault(item.entity, []).append(item.subject)
    named = {**divisions.names(), **records.titles(scope, keys)}
    return [_subject_row(i, persons.get(i.subject), heads, named) for i in items]


def _subject_row(
    item: Any, person: Any, heads: dict[str, Any], named: dict[str, str]
) -> SubjectRow:
    head = _masked(heads.get(item.household_no))
    if item.entity == "person":
        relation = label_of(entity("person").fields["relation"], person.relation) if person else ""
        return SubjectRow(item, _masked(person.name_sealed) if person else "", relation, head)
    if item.entity == "household":
        return SubjectRow(item, _("全户"), "", head)
    if item.entity == "loan":
        return SubjectRow(item, f"{_('贷款')} {item.subject}", "", head)
    return SubjectRow(item, named.get(item.subject, item.subject), "", "")


def household_rows(scope: Scope, households: list[Any]) -> list[HouseholdRow]:
    """Households with their results."""
    results = queries.results_of(scope, [h.household_no for h in households])
    rules = queries.rules(scope)
    return [HouseholdRow(h, results.get(h.household_no), rules) for h in households]


def _entitled(scope: Scope, query: QueryDict) -> QuerySet[Any]:
    rule = rule_of(scope, query, "entitlement", "limit")
    return queries.entitlements(scope, rule.id if rule else "", query.get("region", ""))


def _alerts(scope: Scope, query: QueryDict) -> QuerySet[Any]:
    rule = rule_of(scope, query, "alert")
    return queries.alerts(scope, rule.id if rule else "", query.get("region", ""))


_ANY = ("criterion", "entitlement", "limit", "alert")


def _open(scope: Scope, query: QueryDict) -> QuerySet[Any]:
    rule = rule_of(scope, query, *_ANY)
    found = queries.undecided(scope, rule.id if rule else "", region_code=query.get("region", ""))
    return found.order_by("subject")


def _tally(*kinds: str, outcome: str = "") -> Callable[[Scope, QueryDict], int]:
    def total(scope: Scope, query: QueryDict) -> int:
        rule = rule_of(scope, query, *kinds)
        found = totals.by_rule(scope, query.get("region", ""), rule.id) if rule else []
        if not found:
            return 0
        return (found[0].of(outcome) if outcome else found[0].positive).subjects

    return total


def _households(readiness: str) -> Callable[[Scope, QueryDict], QuerySet[Any]]:
    def found(scope: Scope, query: QueryDict) -> QuerySet[Any]:
        at = HouseholdFilter(region_code=query.get("region", ""))
        return registry.annotated(queries.households(scope, at, FindingFilter(readiness=readiness)))

    return found


def _place(name: str) -> Callable[[Scope, QueryDict], int]:
    def total(scope: Scope, query: QueryDict) -> int:
        return int(getattr(totals.overall(scope, query.get("region", "")), name))

    return total


LISTS = {
    found.name: found
    for found in (
        FindingList("entitled", mark("应享受名单"), _PAID, "subject", _entitled, subject_rows,
                    _tally("entitlement", "limit")),
        FindingList("alerts", mark("预警名单"), _RAISED, "subject", _alerts, subject_rows,
                    _tally("alert")),
        FindingList("open", mark("待定对象名单"), _LACKING, "subject", _open, subject_rows,
                    _tally(*_ANY, outcome="undecided")),
        FindingList("ready", mark("达到脱贫标准名单"), _READY, "household_no", _households("ready"),
                    household_rows, _place("ready"), "village_code"),
        FindingList("not_ready", mark("未达标名单"), _NOT_READY, "household_no",
                    _households("not_ready"), household_rows, _place("not_ready"), "village_code"),
        FindingList("undecided", mark("待定名单"), _OPEN, "household_no", _households("undecided"),
                    household_rows, _place("undecided"), "village_code"),
    )
}  # fmt: skip


def gap_label(key: str) -> str:
    """Name of a missing field in the page's language, with its entity's."""
    field = totals.field_of(key)
    if field is None:
        entity, _dot, name = key.partition(".")
        title = packs.parameter_title(name, language.current()) if entity == "param" else None
        return f"{_(ENTITIES['param'])}：{title}" if title else key
    return f"{_(ENTITIES[field.entity])}：{name_of(field)}"


ENTITIES = {
    "household": mark("户"), "person": mark("成员"), "village": mark("村"), "county": mark("县"),
    "township": mark("乡镇"), "loan": mark("贷款"), "enterprise": mark("企业"),
    "cooperative": mark("合作社"), "project": mark("项目"), "param": mark("政策参数"),
}  # fmt: skip


def amount_text(value: Decimal | None) -> str:
    """Yuan with separators, '' for none."""
    return "" if value is None else f"{value:,.2f}"
