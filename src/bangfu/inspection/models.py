"""Tables of the room. Plans, samples, findings and what is recorded of an order are only ever
added to (triggers refuse the rest); `Order` repeats where its records lead.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from bangfu.procedures.models import Batch, Case

CODE: dict[str, Any] = {"max_length": 20, "db_collation": "C"}
NAME: dict[str, Any] = {"max_length": 60}


class CheckForm(models.Model):
    """The text of the forms of a pack as it was when a sample was drawn."""

    hash = models.CharField(max_length=64, unique=True)
    text = models.TextField()


class Plan(models.Model):
    """One inspection of a batch and the drawing of its sample. `method` share: `number` percent,
    rounded up; each: `number` cases; of every division of level `per`, or of all together ('').
    `after` = only cases that have done this step ('' = all)."""

    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="inspections")
    subject = models.CharField(max_length=20)
    region_code = models.CharField(**CODE, db_index=True)
    after = models.CharField(**NAME, blank=True)
    method = models.CharField(max_length=10)
    number = models.IntegerField()
    per = models.CharField(max_length=10, blank=True)
    seed = models.CharField(max_length=64)
    pool = models.JSONField()
    pool_digest = models.CharField(max_length=64)
    among = models.IntegerField()
    drawn = models.IntegerField()
    form = models.ForeignKey(CheckForm, on_delete=models.PROTECT)
    starts_on = models.DateField()
    ends_on = models.DateField()
    approval = models.CharField(max_length=120, blank=True)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()
    event_id = models.BigIntegerField()

    class Meta:
        ordering = ("-id",)


class Sampled(models.Model):
    """A case of a sample; `position` is its place in the lot. It repeats the plan's title, since
    a township sees its sampled cases and not the plan of a whole county."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="sample")
    plan_title = models.CharField(max_length=120)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(**CODE)
    region_code = models.CharField(**CODE, db_index=True)
    position = models.IntegerField()

    class Meta:
        ordering = ("plan_id", "region_code", "position")
        constraints = (
            models.UniqueConstraint(fields=("plan", "case"), name="inspection_sampled_once"),
        )


class Finding(models.Model):
    """What was found of a sampled case; a later one of the same case corrects an earlier one.
    `hash` covers the row and stands in the event that wrote it."""

    sampled = models.ForeignKey(Sampled, on_delete=models.PROTECT, related_name="findings")
    form = models.ForeignKey(CheckForm, on_delete=models.PROTECT)
    region_code = models.CharField(**CODE, db_index=True)
    result = models.CharField(max_length=12)
    values = models.JSONField(default=dict)
    items = models.JSONField(default=dict)
    text = models.TextField(blank=True)
    evidence = models.JSONField(default=list)
    on = models.DateField()
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    role = models.CharField(max_length=32)
    event_id = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("-id",)


class Order(models.Model):
    """Who must put right what a finding tells, by when: `level` and, for a department, its name;
    `region_code` is theirs. `state` open, answered or accepted."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="orders")
    region_code = models.CharField(**CODE, db_index=True)
    level = models.CharField(max_length=10)
    department = models.CharField(max_length=64, blank=True)
    text = models.TextField()
    state = models.CharField(max_length=10)
    due_on = models.DateField()
    issued_on = models.DateField()
    issued_by = models.CharField(max_length=150)
    version = models.IntegerField()

    class Meta:
        ordering = ("due_on", "id")
        indexes = (models.Index(fields=("state", "due_on"), name="inspection_order_due"),)


class OrderRecord(models.Model):
    """One act on an order: issue, answer, accept, back."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="records")
    region_code = models.CharField(**CODE)
    seq = models.IntegerField()
    act = models.CharField(max_length=10)
    text = models.TextField(blank=True)
    due_on = models.DateField()
    evidence = models.JSONField(default=list)
    late = models.BooleanField(default=False)
    on = models.DateField()
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    role = models.CharField(max_length=32)
    actor_region = models.CharField(max_length=12)
    event_id = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("order_id", "seq")
        constraints = (
            models.UniqueConstraint(fields=("order", "seq"), name="inspection_order_record"),
        )
