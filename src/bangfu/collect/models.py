"""Tables of the room: batches, and the rows of theirs that were refused or warned about."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Batch(models.Model):
    """One import: its files, who gave them, how far it is, what it counted.

    `files`: [{name, size, sha256, encoding}]. `counts`: {entity: {total, new, changed,
    unchanged, refused, warned}}. `summary`: [{entity, field, code, level, rows}], most
    frequent first. `preview`: masked samples of what would change.
    """

    STATES = (
        ("checking", "校验中"),
        ("staged", "待确认"),
        ("refused", "有错误"),
        ("applied", "已导入"),
        ("undone", "已撤销"),
        ("cancelled", "已取消"),
        ("failed", "失败"),
    )

    folder = models.CharField(max_length=32, unique=True)
    files = models.JSONField(default=list)
    year = models.IntegerField("年度")
    encoding = models.CharField(max_length=20, default="auto")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    username = models.CharField(max_length=150)
    region_code = models.CharField(max_length=12, db_collation="C", db_index=True)
    state = models.CharField(max_length=10, choices=STATES, default="checking", db_index=True)
    counts = models.JSONField(default=dict)
    summary = models.JSONField(default=list)
    preview = models.JSONField(default=dict)
    notes = models.JSONField(default=list)
    problem = models.JSONField(null=True)
    # The staged rows differ from the registry as it is now; the preview was made anew.
    refreshed = models.BooleanField(default=False)
    marked = models.CharField(max_length=20, blank=True)
    event_id = models.BigIntegerField(null=True, db_index=True)
    undo_event_id = models.BigIntegerField(null=True)
    job_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    checked_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    swept_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    @property
    def title(self) -> str:
        """File names, for lists."""
        return "、".join(str(f["name"]) for f in self.files)

    def total(self, what: str) -> int:
        """`new`, `changed`, `unchanged`, `refused` or `warned` over both entities."""
        return sum(int(c.get(what, 0)) for c in self.counts.values())

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a decision."""
        return self.state in ("staged", "refused")


class RowIssue(models.Model):
    """What is wrong with (or doubtful in) one row. The values are personal data: sealed JSON
    [{field, code, value, note}]. Only the first rows of a very bad file are kept here; the
    marked file has all of them."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="issues")
    region_code = models.CharField(max_length=12, db_collation="C")
    level = models.CharField(max_length=8)
    entity = models.CharField(max_length=16)
    sheet = models.CharField(max_length=100)
    row_no = models.IntegerField()
    key = models.CharField(max_length=40, blank=True)
    codes = ArrayField(models.CharField(max_length=80))
    sealed = models.BinaryField()

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("batch", "level", "id"), name="collect_issue_batch"),)
