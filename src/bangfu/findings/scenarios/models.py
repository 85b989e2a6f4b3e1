"""Tables of saved simulations. What a place may see of a result is a row of its own, so that
row-level security keeps one county's numbers from another."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Scenario(models.Model):
    """One simulation, or the effects of the amendments between two days. Holds no numbers."""

    STATES = (
        ("waiting", "排队中"),
        ("running", "进行中"),
        ("done", "已完成"),
        ("failed", "失败"),
        ("stopped", "已取消"),
    )
    KINDS = (("simulate", "政策模拟"), ("diff", "政策变化"))

    name = models.CharField("名称", max_length=100)
    kind = models.CharField("类型", max_length=10, choices=KINDS)
    state = models.CharField(
        "状态", max_length=10, choices=STATES, default="waiting", db_index=True
    )
    pack = models.CharField("政策包", max_length=60)
    pack_title = models.CharField(max_length=120)
    as_of = models.DateField("判定日期")
    from_day = models.DateField("比较起点", null=True)
    period = models.CharField("期次", max_length=7)
    snapshot_path = models.CharField(max_length=300)
    snapshot_digest = models.CharField("快照指纹", max_length=64)
    changes = models.JSONField(default=dict)
    described = models.JSONField(default=list)
    # Everything of the result but the numbers: rules, hashes, threshold.
    about = models.JSONField(default=dict)
    digest = models.CharField("结果指纹", max_length=64, blank=True)
    region_code = models.CharField("地区", max_length=12, db_collation="C", db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    owner = models.CharField("创建人", max_length=150)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True)
    problem = models.JSONField(null=True)
    created_at = models.DateTimeField("创建时间", auto_now_add=True, db_index=True)
    finished_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.CharField(max_length=150, blank=True)

    class Meta:
        app_label = "findings"
        ordering = ("-id",)

    @property
    def is_open(self) -> bool:
        """Whether it may still change."""
        return self.state in ("waiting", "running")


class ScenarioResult(models.Model):
    """The published tables of one place (`policy.outcome`), small cells withheld."""

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="results")
    region_code = models.CharField(max_length=12, db_collation="C")
    section = models.JSONField()

    class Meta:
        app_label = "findings"
        constraints = (
            models.UniqueConstraint(
                fields=("scenario", "region_code"), name="findings_scenario_place"
            ),
        )
