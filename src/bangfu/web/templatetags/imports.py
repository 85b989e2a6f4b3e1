"""What the import pages need: a batch's totals, and fields' names in the page's language."""

from __future__ import annotations

from typing import Any

from django import template

from bangfu.collect.models import Batch
from bangfu.dictionary import entity
from bangfu.web.templatetags.bangfu import name_of, num

register = template.Library()


@register.simple_tag
def batch_total(batch: Batch, what: str) -> str:
    """Rows of both entities, '—' before the file was checked."""
    return num(batch.total(what)) if batch.checked_at else "—"


@register.inclusion_tag("parts/stat.html")
def batch_stat(label: str, batch: Batch, what: str, kind: str) -> dict[str, Any]:
    """A count of the batch; one that is zero is not coloured."""
    number = batch.total(what)
    return {"label": label, "value": num(number), "kind": kind if number else "", "href": "",
            "unit": "", "note": ""}  # fmt: skip


@register.simple_tag
def field_label(name: str, field: str, zh: str) -> str:
    """A field's name in the page's language; `zh` where it is no field."""
    fields = entity(name).fields
    return name_of(fields[field]) if field in fields else zh
