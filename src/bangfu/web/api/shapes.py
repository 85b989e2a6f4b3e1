"""Shapes of what the API takes and gives. Money and other decimals are text, so that no
program reads them as floating point; unknown values are null."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from ninja import Schema
from pydantic import AfterValidator, Field, WithJsonSchema

from bangfu.dictionary import entity
from bangfu.findings.models import HouseholdResult
from bangfu.findings.queries import READINESS
from bangfu.findings.rules import RuleInfo, RuleSet

T = TypeVar("T")


def _one_of(values: tuple[str, ...]) -> tuple[AfterValidator, WithJsonSchema]:
    def check(value: str) -> str:
        if value not in values:
            raise ValueError(f"one of: {', '.join(values)}")
        return value

    return AfterValidator(check), WithJsonSchema({"type": "string", "enum": list(values)})


_H = entity("household").fields
COLLECTABLE = tuple(n for n in _H if n not in ("household_no", "village_code", "status"))
SORTS = tuple(
    f"{sign}{name}"
    for name in ("household_no", "registered_on", "poverty_score", "dwelling_area", "status",
                 "category", "cause_main", "dwelling_grade")
    for sign in ("", "-")
)  # fmt: skip
Status = Annotated[str, *_one_of(_H["status"].codes)]
Category = Annotated[str, *_one_of(_H["category"].codes)]
Cause = Annotated[str, *_one_of(_H["cause_main"].codes)]
Relocation = Annotated[str, *_one_of(_H["relocation"].codes)]
Collectable = Annotated[str, *_one_of(("", *COLLECTABLE))]
Readiness = Annotated[str, *_one_of(("", *READINESS))]
Sort = Annotated[str, *_one_of(("", *SORTS))]
Year = Annotated[int, Field(ge=1990, le=2100)]
Limit = Annotated[int, Field(ge=1, le=200, description="每页条数")]
Cursor = Annotated[str, Field(max_length=400, description="上一页答复中的 next")]


class HouseholdQuery(Schema):
    """Filters of the household list: the same as the page's."""

    region: str = Field("", max_length=12, description="区划代码，默认为账号辖区")
    q: str = Field("", max_length=60, description="户编号（或其开头）、身份证号、电话、成员全名")
    status: list[Status] = []
    category: list[Category] = []
    cause: list[Cause] = []
    relocation: list[Relocation] = []
    missing: Collectable = Field("", description="未填的户字段")
    year: Year | None = Field(None, description="missing 为年度字段时的年度")
    readiness: Readiness = Field("", description="脱贫标准")
    fails: str = Field("", max_length=40, description="未达标的规则编号")
    meets: str = Field("", max_length=40, description="达标的规则编号")
    undecided: str = Field("", max_length=40, description="待定的规则编号或 any")
    gap: str = Field("", max_length=80, description="认定所缺字段，如 household.has_tv，或 any")
    entitled: str = Field("", max_length=40, description="应享受的规则编号或 any")
    alert: str = Field("", max_length=40, description="预警的规则编号或 any")
    sort: Sort = ""


class PageQuery(Schema):
    """Keyset paging."""

    after: Cursor = ""
    limit: Limit = 50
    count: bool = Field(False, description="是否计算总数")


class Page(Schema, Generic[T]):
    """One page; `next` is '' on the last."""

    items: list[T]
    next: str
    total: int | None = None
    total_is_floor: bool = False


class Division(Schema):
    """An administrative division."""

    code: str
    name: str
    level: str
    parent_code: str | None


class Result(Schema):
    """What the current run found of a household, of the rules one may see."""

    assessed: bool
    ready: bool | None
    failed: list[str]
    undecided: list[str]
    net_income_per_capita: str | None
    entitled_total: str | None

    @classmethod
    def of(cls, row: HouseholdResult, seen: RuleSet, *, whole: bool) -> Result:
        """`row` less what belongs to other departments (`whole`: all departments)."""
        return cls(
            assessed=row.assessed,
            ready=row.ready if seen.exit_rule else None,
            failed=[r for r in row.failed if r in seen.by_id],
            undecided=[r for r in row.unknown if r in seen.by_id],
            net_income_per_capita=text(row.net_income_per_capita),
            entitled_total=text(row.entitled_total) if whole else None,
        )


class HouseholdRow(Schema):
    """A household in a list. `values` are dictionary fields of current state."""

    household_no: str
    village_code: str
    place: str
    head: str = Field(description="户主姓名，已脱敏")
    phone: str = Field(description="已脱敏，空为未填")
    persons: int
    values: dict[str, Any]
    result: Result | None


class Household(Schema):
    """One household: current state, and the values of `year`."""

    household_no: str
    village_code: str
    place: str
    head: str
    phone: str
    bank_account: str
    year: int
    years: list[int]
    values: dict[str, Any]
    annual: dict[str, Any]
    result: Result | None


class Member(Schema):
    """A present member; name and identity number are masked."""

    person_no: str
    name: str
    id_number: str
    values: dict[str, Any]
    annual: dict[str, Any]


class FieldChange(Schema):
    """One field's change. Of personal fields only that they changed is said."""

    field: str
    label: str
    personal: bool
    before: Any = None
    after: Any = None


class RowChange(Schema):
    """One row's change under an event."""

    entity: str
    key: str
    op: str
    fields: list[FieldChange]


class HistoryEvent(Schema):
    """One act: who, when, what, why."""

    event: int
    at: datetime
    actor: str
    role: str
    action: str
    source: str
    reason: str
    changes: list[RowChange]


class Rule(Schema):
    """A rule of the current run's policy pack, with its clause."""

    id: str
    zh: str
    en: str
    kind: str
    entity: str
    department: str
    components: list[str]
    unit: str
    period: str
    document: str
    section: str
    in_force: bool

    @classmethod
    def of(cls, rule: RuleInfo) -> Rule:
        """The shape of `rule`."""
        return cls(**{name: getattr(rule, name) for name in cls.model_fields if name != "components"},
                   components=list(rule.components))  # fmt: skip


def text(value: Decimal | None) -> str | None:
    """A decimal as text, exactly."""
    return None if value is None else format(value, "f")


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Dictionary values as JSON: decimals as text, dates as ISO."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return text(value)
    return value.isoformat() if isinstance(value, date) else value
