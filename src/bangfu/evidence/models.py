"""Tables of the room."""

from __future__ import annotations

from typing import Any

from django.db import models

CODE: dict[str, Any] = {"max_length": 20, "db_collation": "C"}


class Content(models.Model):
    """A file in the store, once however often it was sent. It says nothing about anybody."""

    sha256 = models.CharField(primary_key=True, max_length=64, db_collation="C")
    media = models.CharField(max_length=40)
    shown_media = models.CharField(max_length=40)
    size = models.BigIntegerField()
    width = models.IntegerField(default=0)
    height = models.IntegerField(default=0)
    pages = models.IntegerField(default=1)
    kept_at = models.DateTimeField()


class Attachment(models.Model):
    """A file as part of something: `subject` is "case:12" or "notice:5", `step` and `piece` what
    it proves. `taken_at`, `latitude` and `longitude` are what the camera wrote or the person
    said; `withdrawn_at` NULL while it counts."""

    content = models.ForeignKey(Content, on_delete=models.PROTECT)
    region_code = models.CharField(**CODE)
    subject = models.CharField(max_length=60, db_collation="C")
    step = models.CharField(max_length=60, blank=True)
    piece = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=200)
    place = models.CharField(max_length=200, blank=True)
    taken_at = models.DateTimeField(null=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    by = models.CharField(max_length=150)
    at = models.DateTimeField()
    event_id = models.BigIntegerField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=("subject", "step"), name="evidence_subject"),
            models.Index(fields=("region_code", "id"), name="evidence_place"),
        )  # fmt: skip

    @property
    def is_pdf(self) -> bool:
        """Whether it is a scan of pages."""
        return self.content.media == "application/pdf"
