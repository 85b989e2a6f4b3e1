"""Operations on the registry: divisions, households, members, history."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router
from ninja.params import functions as ask

from bangfu.access import Scope, crypto, mask
from bangfu.dictionary import entity
from bangfu.findings import queries as findings
from bangfu.findings.queries import FindingFilter
from bangfu.registry import divisions as places
from bangfu.registry import paging, queries
from bangfu.registry.models import Household
from bangfu.registry.queries import HistoryEntry, HouseholdFilter
from bangfu.web.api import shapes
from bangfu.web.api.door import operation
from bangfu.web.changes import columns_of

router = Router()
_PUBLIC = tuple(
    f.name for f in entity("household").select(annual=False, pii=False)
    if f.name not in ("household_no", "village_code")
)  # fmt: skip
_KEYS = ("household_no", "village_code", "person_no")
Number = ask.Path(..., max_length=20, description="18 位户编号")


def _open(sealed: Any, kind: str) -> str:
    return mask(kind, crypto.unseal(sealed))


@operation(router, "/divisions", "household.view", answer=list[shapes.Division])
def divisions(
    request: HttpRequest, scope: Scope, parent: str = ask.Query("", max_length=12)
) -> Any:
    """下级区划：parent 之下的各区划，默认为账号辖区之下。"""
    return [_division(d) for d in places.children(scope, parent or scope.region_code)]


@operation(router, "/divisions/{code}", "household.view", answer=shapes.Division)
def division(request: HttpRequest, scope: Scope, code: str = ask.Path(..., max_length=12)) -> Any:
    """一个区划。"""
    return _division(places.get(scope, code))


def _division(row: Any) -> dict[str, Any]:
    return {n: getattr(row, n) for n in ("code", "name", "level", "parent_code")}


@operation(router, "/households", "household.view", answer=shapes.Page[shapes.HouseholdRow])
def households(
    request: HttpRequest, scope: Scope, asked: Query[shapes.HouseholdQuery],
    page: Query[shapes.PageQuery],
) -> Any:  # fmt: skip
    """农户名单：与网页相同的筛选条件，按游标翻页。"""
    narrowed = HouseholdFilter(
        region_code=asked.region, text=asked.q.strip(), status=tuple(asked.status),
        category=tuple(asked.category), cause=tuple(asked.cause),
        relocation=tuple(asked.relocation), missing=asked.missing, year=asked.year,
    )  # fmt: skip
    wanted = FindingFilter(
        readiness=asked.readiness, fails=asked.fails, meets=asked.meets,
        undecided=asked.undecided, missing=asked.gap, entitled=asked.entitled, alert=asked.alert,
    )  # fmt: skip
    if wanted:
        scope.require("finding.view")
    found = paging.paged(
        queries.annotated(findings.households(scope, narrowed, wanted)), key="household_no",
        sort="" if asked.sort == "household_no" else asked.sort, after=page.after,
        size=page.limit, count=page.count,
    )  # fmt: skip
    results = _results(scope, [h.household_no for h in found.items])
    return {
        "items": [_row(h, results.get(h.household_no)) for h in found.items],
        "next": found.next, "total": found.total, "total_is_floor": found.total_is_floor,
    }  # fmt: skip


def _results(scope: Scope, numbers: list[str]) -> dict[str, shapes.Result]:
    if not scope.has("finding.view"):
        return {}
    seen, whole = findings.rules(scope), scope.department is None
    rows = findings.results_of(scope, numbers)
    return {no: shapes.Result.of(row, seen, whole=whole) for no, row in rows.items()}


def _row(row: Household, result: shapes.Result | None) -> dict[str, Any]:
    return {
        "household_no": row.household_no,
        "village_code": row.village_code,
        "place": places.full_name(row.village_code),
        "head": _open(row.head_sealed, "name"),
        "phone": _open(row.phone_sealed, "phone"),
        "persons": row.persons or 0,
        "values": shapes.plain({n: getattr(row, n) for n in _PUBLIC}),
        "result": result,
    }


def _year(scope: Scope, household_no: str, asked: int | None) -> tuple[int, list[int]]:
    years = queries.years(scope, household_no)
    return asked or (years[0] if years else queries.latest_year() or 0), years


@operation(router, "/households/{household_no}", "household.view", answer=shapes.Household)
def household(
    request: HttpRequest, scope: Scope, household_no: str = Number,
    year: shapes.Year | None = ask.Query(None),
) -> Any:  # fmt: skip
    """一户：当前状况和某年度的情况（默认最近年度）。"""
    main = queries.household(scope, household_no)
    chosen, years = _year(scope, household_no, year)
    head = queries.members(scope, household_no).filter(relation="head").first()
    rows = queries.rows(scope, household_no, chosen)
    annual = {f.name for f in entity("household").select(annual=True)}
    return {
        "household_no": main.household_no,
        "village_code": main.village_code,
        "place": places.full_name(main.village_code),
        "head": _open(head.name_sealed, "name") if head else "",
        "phone": _open(main.phone_sealed, "phone"),
        "bank_account": _open(main.bank_account_sealed, "bank_account"),
        "year": chosen,
        "years": years,
        "values": shapes.plain({n: rows.household[n] for n in _PUBLIC}),
        "annual": shapes.plain({n: v for n, v in rows.household.items() if n in annual}),
        "result": _results(scope, [household_no]).get(household_no),
    }


@operation(
    router, "/households/{household_no}/members", "household.view", answer=list[shapes.Member]
)
def members(
    request: HttpRequest, scope: Scope, household_no: str = Number,
    year: shapes.Year | None = ask.Query(None),
) -> Any:  # fmt: skip
    """现有家庭成员，户主在前；姓名和身份证号已脱敏。"""
    queries.household(scope, household_no)
    chosen, _years = _year(scope, household_no, year)
    values = {m["person_no"]: m for m in queries.rows(scope, household_no, chosen).members}
    annual = {f.name for f in entity("person").select(annual=True)}
    return [
        {
            "person_no": p.person_no,
            "name": _open(p.name_sealed, "name"),
            "id_number": _open(p.id_number_sealed, "id_number"),
            "values": shapes.plain(
                {n: v for n, v in values[p.person_no].items() if n not in annual and n not in _KEYS}
            ),
            "annual": shapes.plain({n: v for n, v in values[p.person_no].items() if n in annual}),
        }
        for p in queries.members(scope, household_no)
    ]


@operation(
    router, "/households/{household_no}/history", "household.view",
    answer=list[shapes.HistoryEvent],
)  # fmt: skip
def history(request: HttpRequest, scope: Scope, household_no: str = Number) -> Any:
    """变更历史：谁、何时、由何改为何，最新在前；个人信息只说明已变更。"""
    return [_event(entry) for entry in queries.history(scope, household_no)]


def _event(entry: HistoryEntry) -> dict[str, Any]:
    event = entry.event
    return {
        "event": event.pk, "at": event.at, "actor": event.actor, "role": event.role,
        "action": event.action, "source": event.source,
        "reason": str(event.detail.get("reason", "")),
        "changes": [
            {
                "entity": c.entity, "key": c.key, "op": c.op,
                "fields": [
                    {"field": x.name, "label": x.field.zh if x.field else x.name,
                     "personal": x.personal, **shapes.plain({"before": x.before, "after": x.after})}
                    for x in columns_of(c)
                ],
            }
            for c in entry.changes
        ],
    }  # fmt: skip
