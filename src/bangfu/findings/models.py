"""Tables of the room: evaluation runs, and the work tables that pages read.

The work tables hold the current run and the one before it, one PostgreSQL partition a run
(`partitions`): a run is loaded beside the others and attached whole, so no page ever sees
half of one. Older runs stay as Parquet files and can be loaded again. Rows are only ever
written by `loading`; `village_code` is what scope and row-level security compare.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from bangfu.findings.rules import RuleInfo, RuleSet

CODE: dict[str, Any] = {"max_length": 20, "db_collation": "C"}
RULE: dict[str, Any] = {"max_length": 40, "db_collation": "C"}
MONEY: dict[str, Any] = {"max_digits": 18, "decimal_places": 2}


class Run(models.Model):
    """One evaluation: a snapshot judged by a pack as of a day."""

    STATES = (
        ("waiting", "排队中"),
        ("running", "进行中"),
        ("done", "已完成"),
        ("failed", "失败"),
        ("stopped", "已取消"),
        ("superseded", "已被替代"),
    )

    pack = models.CharField(max_length=60)
    pack_title = models.CharField(max_length=120, blank=True)
    pack_hash = models.CharField(max_length=64, blank=True)
    as_of = models.DateField()
    period = models.CharField(max_length=7)
    snapshot_path = models.CharField(max_length=300, blank=True)
    snapshot_digest = models.CharField(max_length=64, blank=True)
    # The newest row of history that the snapshot took in: what came later is not in the findings.
    last_change = models.BigIntegerField(default=0)
    findings_path = models.CharField(max_length=300, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    region_code = models.CharField(max_length=12, db_collation="C", db_index=True)
    state = models.CharField(max_length=10, choices=STATES, default="waiting", db_index=True)
    is_current = models.BooleanField(default=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    started_by = models.CharField(max_length=150)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    seconds = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    rules = models.JSONField(default=list)
    exit_rule = models.CharField(max_length=40, blank=True)
    problem = models.JSONField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("is_current",), condition=models.Q(is_current=True),
                name="findings_one_current_run",
            ),
        )  # fmt: skip

    @property
    def is_open(self) -> bool:
        """Whether it may still change."""
        return self.state in ("waiting", "running")

    @property
    def year(self) -> int:
        """Registration year of the period."""
        return int(self.period[:4])

    @property
    def rule_set(self) -> RuleSet:
        """The pack's rules as they were in this run."""
        return RuleSet(tuple(RuleInfo.from_json(r) for r in self.rules), self.exit_rule)

    @property
    def total_seconds(self) -> float | None:
        """How long it took, None while unknown."""
        return round(sum(self.seconds.values()), 1) if self.seconds else None


class _Loaded(models.Model):
    """A row of a run. Partitioned by run: see `partitions`."""

    run = models.ForeignKey(
        Run, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    village_code = models.CharField("行政村代码", **CODE)

    class Meta:
        abstract = True


class HouseholdResult(_Loaded):
    """A household's outcome over all its rules.

    `assessed` = it is to be judged for exit (registered or returned to poverty, or its status
    is not recorded); then `ready` is the exit standard's truth, NULL undecided. `failed` and
    `unknown` are ids of household criteria; a criterion in neither is met. Criteria of the
    exit standard stand here only for assessed households.
    """

    pk = models.CompositePrimaryKey("run", "household_no")
    household_no = models.CharField("户编号", **CODE)
    status = models.CharField("户状态", max_length=32, null=True)
    persons = models.IntegerField("人口")
    assessed = models.BooleanField()
    ready = models.BooleanField("达到脱贫标准", null=True)
    failed = ArrayField(models.CharField(max_length=40))
    unknown = ArrayField(models.CharField(max_length=40))
    failed_items = models.SmallIntegerField(
        "未达标项数", help_text="of the exit standard's components"
    )
    net_income_per_capita = models.DecimalField("家庭年人均纯收入", null=True, **MONEY)
    entitled_rules = models.SmallIntegerField("应享受政策项数")
    entitled_total = models.DecimalField("年度应享受金额", **MONEY)
    gaps = models.SmallIntegerField("待采集字段数")


class Failing(_Loaded):
    """A household criterion that is not met: `HouseholdResult.failed` a row each.

    Row-level security keeps array operators from using an index (they are not leakproof);
    plain comparisons may.
    """

    pk = models.CompositePrimaryKey("run", "rule", "household_no")
    rule = models.CharField("规则", **RULE)
    household_no = models.CharField("户编号", **CODE)


class Entitlement(_Loaded):
    """Somebody is entitled to something. `amount` NULL: in kind."""

    pk = models.CompositePrimaryKey("run", "rule", "subject")
    rule = models.CharField("规则", **RULE)
    entity = models.CharField(max_length=12)
    subject = models.CharField("对象", **CODE)
    household_no = models.CharField("户编号", null=True, **CODE)
    amount = models.DecimalField("金额", null=True, **MONEY)
    unit = models.CharField(max_length=20)
    period = models.CharField(max_length=12, null=True)


class Alert(_Loaded):
    """A warning that is raised; also a criterion of a person or village that is met."""

    pk = models.CompositePrimaryKey("run", "rule", "subject")
    rule = models.CharField("规则", **RULE)
    entity = models.CharField(max_length=12)
    subject = models.CharField("对象", **CODE)
    household_no = models.CharField("户编号", null=True, **CODE)


class Undecided(_Loaded):
    """A rule that cannot be decided for a subject, and the fields (entity.name) it lacks."""

    pk = models.CompositePrimaryKey("run", "rule", "subject")
    rule = models.CharField("规则", **RULE)
    entity = models.CharField(max_length=12)
    subject = models.CharField("对象", **CODE)
    household_no = models.CharField("户编号", null=True, **CODE)
    missing = ArrayField(models.CharField(max_length=80))


class DoubleClaim(_Loaded):
    """Somebody is entitled by several rules of a group that gives once (`overlaps.yaml`).

    `entity` is whose claims are compared; `subject` a household_no or a person_no; `amount` and
    `excess` are yuan a year. Rows are written by `loading`, group by group.
    """

    pk = models.CompositePrimaryKey("run", "group", "subject")
    group = models.CharField("重叠组", db_column="overlap", **RULE)
    kind = models.CharField(max_length=12)
    entity = models.CharField(max_length=12)
    subject = models.CharField("对象", **CODE)
    household_no = models.CharField("户编号", null=True, **CODE)
    rules = ArrayField(models.CharField(max_length=40))
    claims = models.SmallIntegerField("享受份数")
    amount = models.DecimalField("金额", **MONEY)
    excess = models.DecimalField("超出金额", **MONEY)


class VillageTotal(_Loaded):
    """One village's totals in a run: what home, maps and reports add up."""

    pk = models.CompositePrimaryKey("run", "village_code")
    households = models.IntegerField()
    persons = models.IntegerField()
    assessed = models.IntegerField()
    assessed_persons = models.IntegerField()
    ready = models.IntegerField()
    ready_persons = models.IntegerField()
    not_ready = models.IntegerField()
    not_ready_persons = models.IntegerField()
    undecided = models.IntegerField()
    undecided_persons = models.IntegerField()
    with_gaps = models.IntegerField()
    entitled = models.IntegerField()
    entitled_total = models.DecimalField(**MONEY)


class RuleTotal(_Loaded):
    """One rule's outcome in one village: households, subjects, money."""

    pk = models.CompositePrimaryKey("run", "rule", "outcome", "village_code")
    rule = models.CharField(**RULE)
    outcome = models.CharField(max_length=12)
    households = models.IntegerField()
    subjects = models.IntegerField()
    amount = models.DecimalField(null=True, **MONEY)


class GapTotal(_Loaded):
    """One missing field in one village: households and subjects that lack it."""

    pk = models.CompositePrimaryKey("run", "field", "village_code")
    field = models.CharField(max_length=80, db_collation="C")
    households = models.IntegerField()
    subjects = models.IntegerField()


LOADED: tuple[type[_Loaded], ...] = (
    HouseholdResult, Failing, Entitlement, Alert, Undecided, DoubleClaim, VillageTotal, RuleTotal,
    GapTotal,
)  # fmt: skip


class Clause(models.Model):
    """One rule or duty of one pack as the library finds it. Derived: `library.refresh` fills it
    from the pack's files when their hash changes. Holds nothing about people."""

    pack = models.CharField("政策包", max_length=60)
    pack_hash = models.CharField(max_length=64)
    position = models.IntegerField()
    rule = models.CharField("编号", **RULE)
    title = models.CharField("名称", max_length=200)
    title_en = models.CharField(max_length=300, blank=True)
    kind = models.CharField("类别", max_length=12)
    entity = models.CharField("对象", max_length=40)
    document = models.CharField(max_length=60)
    document_title = models.CharField("文件", max_length=200)
    plan = models.CharField(max_length=60)
    section = models.CharField("条款", max_length=120)
    line = models.IntegerField(null=True)
    department = models.CharField("责任单位", max_length=300)
    starts = models.DateField("施行", null=True)
    ends = models.DateField("止", null=True)
    deadline = models.CharField("时限", max_length=200, blank=True)
    measure = models.CharField("衡量", max_length=200, blank=True)
    target = models.CharField("目标", max_length=120, blank=True)
    unit = models.CharField("单位", max_length=20, blank=True)
    vector = SearchVectorField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("pack", "rule"), name="findings_clause_once"),
        )
        indexes = (GinIndex(fields=("vector",), name="findings_clause_vector"),)


# Django finds an app's tables here.
from bangfu.findings.scenarios.models import Scenario, ScenarioResult  # noqa: E402, F401
