"""Tables of the room: events in a hash chain, and the row changes each event made."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.db import models


class ExactDecoder(json.JSONDecoder):
    """Numbers with a point come back as Decimal: history shows money as it was."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **(kwargs | {"parse_float": Decimal}))


class Event(models.Model):
    """One act by one person. `hash` covers this row and the hash before it (chain_no - 1)."""

    id = models.BigIntegerField(primary_key=True)
    chain_no = models.BigIntegerField(unique=True)
    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=150, db_index=True)
    role = models.CharField(max_length=32)
    action = models.CharField(max_length=80, db_index=True)
    subject = models.CharField(max_length=120, blank=True, db_index=True)
    region_code = models.CharField(max_length=12, blank=True, db_collation="C", db_index=True)
    source = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    changes = models.IntegerField(default=0)
    change_digest = models.CharField(max_length=64, blank=True)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("-chain_no",)


class Head(models.Model):
    """The end of the chain, one row: says when the newest events were taken away."""

    chain_no = models.BigIntegerField()
    hash = models.CharField(max_length=64)


class Change(models.Model):
    """One row's change. `before`/`after` hold only the columns that differ.

    An insert keeps neither (the row, undone through later changes, is its own record);
    a delete keeps the whole row in `before`.
    """

    id = models.BigAutoField(primary_key=True)
    # No database constraint: the event row is appended when its work is done, and a
    # million-row import should not queue a million deferred checks for it.
    event = models.ForeignKey(
        Event, on_delete=models.DO_NOTHING, db_constraint=False, related_name="rows"
    )
    at = models.DateTimeField()
    entity = models.CharField(max_length=32)
    key = models.CharField(max_length=40, db_collation="C")
    region_code = models.CharField(max_length=12, db_collation="C")
    op = models.CharField(max_length=8)
    before = models.JSONField(null=True, decoder=ExactDecoder)
    after = models.JSONField(null=True, decoder=ExactDecoder)

    class Meta:
        indexes = (models.Index(fields=("key", "entity", "id"), name="audit_change_key"),)
