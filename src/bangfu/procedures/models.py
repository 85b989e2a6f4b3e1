"""Tables of the room. `StepRecord` and `Signature` are only ever added to (triggers refuse the
rest); `Case` repeats where its records lead, so that lists need not fold them.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db import models

from bangfu.policy.procedures.definition import Procedure, Step
from bangfu.policy.procedures.library import of_text

CODE: dict[str, Any] = {"max_length": 20, "db_collation": "C"}
NAME: dict[str, Any] = {"max_length": 60}


class Definition(models.Model):
    """The text of a procedure as it was when cases began under it."""

    pack = models.CharField(**NAME)
    procedure = models.CharField(**NAME)
    hash = models.CharField(max_length=64, unique=True)
    text = models.TextField()
    kept_at = models.DateTimeField(auto_now_add=True)

    @property
    def content(self) -> Procedure:
        """The procedure itself."""
        return of_text(self.text, self.pack)


class Batch(models.Model):
    """The cases of a region, year and calendar that go together; `plan` = by region code, the
    answers of the opening form."""

    definition = models.ForeignKey(Definition, on_delete=models.PROTECT)
    pack = models.CharField(**NAME)
    procedure = models.CharField(**NAME)
    region_code = models.CharField(**CODE)
    year = models.IntegerField()
    calendar = models.CharField(**NAME, blank=True)
    plan = models.JSONField(default=dict)
    opened_on = models.DateField()
    opened_by = models.CharField(max_length=150)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("procedure", "pack", "region_code", "year", "calendar"),
                name="procedures_batch_once",
            ),
        )

    @cached_property
    def content(self) -> Procedure:
        """The procedure it goes by."""
        return self.definition.content


class Notice(models.Model):
    """A public notice that hangs, or hung, in a region for the cases it names."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True)
    procedure = models.CharField(**NAME)
    step = models.CharField(**NAME)
    region_code = models.CharField(**CODE, db_index=True)
    title = models.CharField(max_length=200)
    place = models.CharField(max_length=200)
    phone = models.CharField(max_length=60, blank=True)
    posted_on = models.DateField()
    ends_on = models.DateField()
    posted_by = models.CharField(max_length=150)
    cases = models.IntegerField(default=0)

    class Meta:
        ordering = ("-posted_on", "-id")


class Case(models.Model):
    """One subject on its way. `version` = number of its records; `level` = whose turn it is.
    `restarts` = the procedure that its end hands the subject on to; `origin` = the case that
    handed it to this one."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True)
    definition = models.ForeignKey(Definition, on_delete=models.PROTECT)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, null=True)
    pack = models.CharField(**NAME)
    procedure = models.CharField(**NAME)
    subject = models.CharField(**CODE)
    title = models.CharField(max_length=200, blank=True)
    region_code = models.CharField(**CODE)
    year = models.IntegerField()
    calendar = models.CharField(**NAME, blank=True)
    step = models.CharField(**NAME)
    level = models.CharField(max_length=10, blank=True)
    role = models.CharField(max_length=32, blank=True)
    ended = models.BooleanField(default=False)
    since = models.DateField()
    due_on = models.DateField(null=True)
    notice_ends = models.DateField(null=True)
    objections = models.SmallIntegerField(default=0)
    drawn = models.CharField(**CODE, blank=True)
    version = models.IntegerField()
    last_on = models.DateField()
    last_hash = models.CharField(max_length=64)
    restarts = models.CharField(**NAME, blank=True, default="")
    origin = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="followers"
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("procedure", "pack", "subject"), condition=models.Q(ended=False),
                name="procedures_case_one_open",
            ),
        )  # fmt: skip
        indexes = (
            models.Index(fields=("region_code", "id"), name="procedures_case_place"),
            models.Index(fields=("batch", "step", "region_code"), name="procedures_case_board"),
            models.Index(fields=("batch", "due_on", "id"), name="procedures_case_due"),
            models.Index(
                fields=("level", "due_on", "region_code"), condition=models.Q(ended=False),
                name="procedures_case_turn",
            ),
            models.Index(fields=("subject",), name="procedures_case_subject"),
            models.Index(
                fields=("restarts", "region_code"), condition=~models.Q(restarts=""),
                name="procedures_case_restarts",
            ),
        )  # fmt: skip

    @property
    def content(self) -> Procedure:
        """The procedure it goes by."""
        return self.definition.content

    @property
    def at(self) -> Step | None:
        """The step it stands at, None once it has ended."""
        return self.content.steps.get(self.step)


class StepRecord(models.Model):
    """One act on a case, as `trail.Record`; `content` holds what the act brought. `hash` covers
    the row and the hash of the record before it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="records")
    region_code = models.CharField(**CODE)
    seq = models.IntegerField()
    act = models.CharField(max_length=12)
    step = models.CharField(**NAME, blank=True)
    outcome = models.CharField(**NAME, blank=True)
    to_step = models.CharField(**CODE | {"max_length": 60}, blank=True)
    on = models.DateField()
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    role = models.CharField(max_length=32)
    actor_region = models.CharField(max_length=12)
    late = models.BooleanField(default=False)
    content = models.JSONField(default=dict)
    event_id = models.BigIntegerField(db_index=True)
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("case_id", "seq")
        constraints = (
            models.UniqueConstraint(fields=("case", "seq"), name="procedures_record_order"),
        )


class Signature(models.Model):
    """One signature under a record: the name sealed, its blind index the signer's key."""

    record = models.ForeignKey(StepRecord, on_delete=models.PROTECT)
    region_code = models.CharField(**CODE)
    party = models.CharField(**NAME)
    name_sealed = models.BinaryField()
    name_blind = models.BinaryField()
    on = models.DateField()


class Objection(models.Model):
    """Who objected to a case on notice, and what the recheck found; the records `seq` and
    `settled_seq` of the case are the truth of it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, null=True)
    region_code = models.CharField(**CODE, db_index=True)
    seq = models.IntegerField()
    name_sealed = models.BinaryField(null=True)
    phone_sealed = models.BinaryField(null=True)
    text = models.TextField()
    filed_on = models.DateField()
    settled_on = models.DateField(null=True)
    upheld = models.BooleanField(null=True)
    finding = models.TextField(blank=True)


class Draw(models.Model):
    """A drawing by lot: from `seed` and the cases it chose among, it can be repeated. Without
    `batch` it was among the cases of `procedure` and `year` that stand alone."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True)
    pack = models.CharField(**NAME, default="")
    procedure = models.CharField(**NAME, default="")
    year = models.IntegerField(null=True)
    region_code = models.CharField(**CODE, db_index=True)
    step = models.CharField(**NAME)
    seed = models.CharField(max_length=64)
    percent = models.IntegerField()
    among = models.IntegerField()
    among_digest = models.CharField(max_length=64)
    drawn = models.IntegerField()
    on = models.DateField()
    by = models.CharField(max_length=150)


class Lot(models.Model):
    """A case that was drawn, as the region that checks it sees it."""

    draw = models.ForeignKey(Draw, on_delete=models.PROTECT)
    case = models.ForeignKey(Case, on_delete=models.PROTECT)
    region_code = models.CharField(**CODE, db_index=True)
    checked = models.BooleanField(default=False)


class Reminder(models.Model):
    """What `bangfu remind` told one account on one day: cases by bucket, and by step in `lines`
    ([bucket, procedure, step, batch, count, first deadline])."""

    username = models.CharField(max_length=64)
    region_code = models.CharField(**CODE)
    on = models.DateField()
    at = models.DateTimeField()
    overdue = models.IntegerField()
    today = models.IntegerField()
    coming = models.IntegerField()
    above = models.IntegerField()
    lines = models.JSONField(default=list)

    class Meta:
        ordering = ("-on", "username")
        constraints = (
            models.UniqueConstraint(fields=("username", "on"), name="procedures_reminder_once"),
        )
