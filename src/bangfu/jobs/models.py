"""The table of jobs."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Job(models.Model):
    """One piece of long work: who asked, how far it is, what came of it."""

    STATES = (
        ("waiting", "排队中"),
        ("running", "进行中"),
        ("done", "已完成"),
        ("failed", "失败"),
        ("stopped", "已取消"),
    )

    kind = models.CharField(max_length=40, db_index=True)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=STATES, default="waiting", db_index=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    region_code = models.CharField(max_length=12, db_collation="C", db_index=True)
    params = models.JSONField(default=dict)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    result = models.JSONField(default=dict)
    problem = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    @property
    def percent(self) -> int:
        """How far, 0..100."""
        if self.state == "done":
            return 100
        return min(99, int(100 * self.done / self.total)) if self.total else 0

    @property
    def is_open(self) -> bool:
        """Whether it may still change."""
        return self.state in ("waiting", "running")
