"""Database columns made from the dictionary: one name everywhere."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from bangfu.dictionary import Field, entity

CODE: dict[str, Any] = {"max_length": 20, "db_collation": "C"}


def column(field: Field) -> models.Field[Any, Any]:
    """The column of one dictionary field; NULL always means unknown."""
    label = field.zh
    match field.type:
        case "int":
            return models.IntegerField(label, null=True)
        case "decimal":
            return models.DecimalField(label, max_digits=18, decimal_places=2, null=True)
        case "bool":
            return models.BooleanField(label, null=True)
        case "date":
            return models.DateField(label, null=True)
        case "code":
            return models.CharField(
                label, max_length=32, null=True,
                choices=[(c, field.label_of(c)) for c in field.codes],
            )  # fmt: skip
        case "codes":
            return ArrayField(models.CharField(max_length=32), verbose_name=label, null=True)
        case _:
            return models.CharField(label, max_length=200, null=True)


def columns(
    name: str, *, annual: bool, skip: tuple[str, ...] = ()
) -> dict[str, models.Field[Any, Any]]:
    """Columns of entity `name`: its annual fields or its others; personal data sealed.

    `skip` names the keys, which the model declares itself.
    """
    made: dict[str, models.Field[Any, Any]] = {}
    for field in entity(name).select(annual=annual):
        if field.name in skip:
            continue
        if field.pii:
            made[f"{field.name}_sealed"] = models.BinaryField(field.zh, null=True)
            made[f"{field.name}_blind"] = models.BinaryField(null=True)
        else:
            made[field.name] = column(field)
    return made
