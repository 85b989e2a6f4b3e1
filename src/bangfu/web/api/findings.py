"""Operations on the findings: rules, runs, one household explained, lists, counts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.params import functions as ask

from bangfu.access import Scope
from bangfu.findings import explaining, queries, totals
from bangfu.findings.models import Run
from bangfu.registry import divisions, paging
from bangfu.web.api import shapes
from bangfu.web.api.door import operation

router = Router()
RuleId = ask.Query(..., max_length=40, description="规则编号")
Region = ask.Query("", max_length=12, description="区划代码，默认为账号辖区")


class Subject(Schema):
    """Somebody a rule says something of: a person, household or village."""

    rule: str
    entity: str
    subject: str
    household_no: str | None
    village_code: str


class Entitled(Subject):
    """Somebody entitled; `amount` null: in kind."""

    amount: str | None
    unit: str
    period: str | None


class Lacking(Subject):
    """A rule that cannot be decided, and the fields it lacks."""

    missing: list[str]


class RunRow(Schema):
    """An evaluation run."""

    id: int
    pack: str
    pack_title: str
    pack_hash: str
    as_of: date
    period: str
    state: str
    is_current: bool
    started_by: str
    created_at: datetime
    finished_at: datetime | None
    seconds: float | None
    digest: str
    counts: dict[str, Any]


class Counts(Schema):
    """Totals of a division in the current run; `assessed` = judged for exit."""

    code: str
    name: str
    households: int
    persons: int
    assessed: int
    assessed_persons: int
    ready: int
    ready_persons: int
    not_ready: int
    not_ready_persons: int
    undecided: int
    undecided_persons: int
    with_gaps: int
    entitled: int
    entitled_total: str


class Outcome(Schema):
    """Households, subjects and yuan of one outcome."""

    households: int
    subjects: int
    amount: str | None


class RuleCount(Schema):
    """A rule's outcomes: met, not_met | entitled | flagged, and undecided."""

    rule: str
    title: str
    kind: str
    outcomes: dict[str, Outcome]


class Gap(Schema):
    """A field that rules lack: data to collect."""

    field: str
    label: str
    households: int
    subjects: int


class Explained(Schema):
    """One household judged now: every rule, each condition with its value and truth, the
    amount, what lacks, the clause."""

    household_no: str
    as_of: date
    year: int
    pack: str
    assessed: bool
    ready: bool | None
    items: list[str]
    variables: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    differences: list[dict[str, Any]]


@operation(router, "/rules", "finding.view", answer=list[shapes.Rule])
def rules(request: HttpRequest, scope: Scope) -> Any:
    """当前评估所用的规则及其条款；行业部门只见本部门职责内的规则。"""
    return [shapes.Rule.of(r) for r in queries.rules(scope)]


@operation(router, "/runs", "run.view", answer=shapes.Page[RunRow])
def runs(request: HttpRequest, scope: Scope, page: Query[shapes.PageQuery]) -> Any:
    """评估任务，最新在前。"""
    return _page(queries.runs(scope), page, key="id", sort="-created_at", shape=_run)


@operation(router, "/runs/{run_id}", "run.view", answer=RunRow)
def run(request: HttpRequest, scope: Scope, run_id: int = ask.Path(..., ge=1, le=2**62)) -> Any:
    """一次评估。"""
    return _run(queries.run(scope, run_id))


def _run(row: Run) -> dict[str, Any]:
    names = ("id", "pack", "pack_title", "pack_hash", "as_of", "period", "state", "is_current",
             "started_by", "created_at", "finished_at", "digest", "counts")  # fmt: skip
    return {n: getattr(row, n) for n in names} | {"seconds": row.total_seconds}


@operation(router, "/households/{household_no}/findings", "finding.view", answer=Explained)
def household_findings(
    request: HttpRequest, scope: Scope,
    household_no: str = ask.Path(..., max_length=20, description="18 位户编号"),
    as_of: date | None = ask.Query(None, description="按哪一天的政策"),
    year: shapes.Year | None = ask.Query(None, description="登记年度"),
) -> Any:  # fmt: skip
    """一户的认定结果及理由：按当前登记数据即时计算。"""
    found = explaining.explanation(scope, household_no, as_of=as_of, year=year)
    return {
        "household_no": found.household_no, "as_of": found.as_of, "year": found.year,
        "pack": found.pack, "assessed": found.assessed, "ready": found.ready,
        "items": [i.rule.id for i in found.items],
        "variables": _json(found.variables), "rules": _json(found.rules),
        "differences": _json([asdict(d) for d in found.differences]),
    }  # fmt: skip


@operation(router, "/findings/entitlements", "finding.view", answer=shapes.Page[Entitled])
def entitlements(
    request: HttpRequest, scope: Scope, page: Query[shapes.PageQuery], rule: str = RuleId,
    region: str = Region,
) -> Any:  # fmt: skip
    """按规则：应享受的对象和金额。"""
    found = queries.entitlements(scope, rule, region)
    return _page(found, page, key="subject", shape=_entitled)


@operation(router, "/findings/alerts", "finding.view", answer=shapes.Page[Subject])
def alerts(
    request: HttpRequest, scope: Scope, page: Query[shapes.PageQuery], rule: str = RuleId,
    region: str = Region,
) -> Any:  # fmt: skip
    """按规则：预警对象，或符合条件的个人。"""
    return _page(queries.alerts(scope, rule, region), page, key="subject", shape=_subject)


@operation(router, "/findings/undecided", "finding.view", answer=shapes.Page[Lacking])
def undecided(
    request: HttpRequest, scope: Scope, page: Query[shapes.PageQuery],
    rule: str = ask.Query("", max_length=40, description="规则编号"),
    field: str = ask.Query("", max_length=80, description="所缺字段，如 household.has_tv"),
    region: str = Region,
) -> Any:  # fmt: skip
    """待定的认定及所缺数据。"""
    found = queries.undecided(scope, rule, field, region)
    return _page(found, page, key="subject", sort="rule", shape=_lacking)


def _subject(row: Any) -> dict[str, Any]:
    names = ("rule", "entity", "subject", "household_no", "village_code")
    return {n: getattr(row, n) for n in names}


def _entitled(row: Any) -> dict[str, Any]:
    return _subject(row) | {
        "amount": shapes.text(row.amount), "unit": row.unit, "period": row.period,
    }  # fmt: skip


def _lacking(row: Any) -> dict[str, Any]:
    return _subject(row) | {"missing": row.missing}


@operation(router, "/counts", "finding.view", answer=list[Counts])
def counts(request: HttpRequest, scope: Scope, region: str = Region) -> Any:
    """当前评估的户数、人数，按下一级区划。"""
    _known(scope, region)
    return [_counts(p) for p in totals.village_totals(scope, region)]


@operation(router, "/counts/overall", "finding.view", answer=Counts)
def overall(request: HttpRequest, scope: Scope, region: str = Region) -> Any:
    """当前评估的户数、人数合计。"""
    _known(scope, region)
    return _counts(totals.overall(scope, region))


@operation(router, "/counts/rules", "finding.view", answer=list[RuleCount])
def rule_counts(request: HttpRequest, scope: Scope, region: str = Region) -> Any:
    """当前评估的结果，按规则。"""
    _known(scope, region)
    return [
        {
            "rule": c.rule.id, "title": c.rule.zh, "kind": c.rule.kind,
            "outcomes": {
                name: {"households": t.households, "subjects": t.subjects,
                       "amount": shapes.text(t.amount)}
                for name, t in c.outcomes.items()
            },
        }
        for c in totals.by_rule(scope, region)
    ]  # fmt: skip


@operation(router, "/counts/gaps", "finding.view", answer=list[Gap])
def gaps(request: HttpRequest, scope: Scope, region: str = Region) -> Any:
    """待采集的数据：各规则所缺字段及涉及户数。"""
    _known(scope, region)
    return [
        {"field": g.key, "label": g.field.zh if g.field else g.key,
         "households": g.households, "subjects": g.subjects}
        for g in totals.gaps(scope, region)
    ]  # fmt: skip


def _known(scope: Scope, region: str) -> None:
    if region:
        divisions.get(scope, region)


def _counts(place: totals.PlaceTotals) -> dict[str, Any]:
    name = divisions.names().get(place.code, place.code)
    return asdict(place) | {"name": name, "entitled_total": shapes.text(place.entitled_total)}


def _page(found: Any, asked: shapes.PageQuery, *, key: str, shape: Any, sort: str = "") -> Any:
    page = paging.paged(
        found, key=key, sort=sort, after=asked.after, size=asked.limit, count=asked.count
    )
    return {"items": [shape(row) for row in page.items], "next": page.next,
            "total": page.total, "total_is_floor": page.total_is_floor}  # fmt: skip


def _json(value: Any) -> Any:
    """Decimals as text, dates as ISO, however deep."""
    if isinstance(value, dict):
        return {str(k): _json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_json(v) for v in value]
    if isinstance(value, Decimal):
        return shapes.text(value)
    return value.isoformat() if isinstance(value, date) else value
