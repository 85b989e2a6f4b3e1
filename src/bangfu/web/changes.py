"""Row changes of an audit event in field names; personal values are never shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bangfu.audit.models import Change
from bangfu.dictionary import ENTITIES, Field, entity

_SEALED = ("_sealed", "_blind")


@dataclass(frozen=True)
class Changed:
    """One column: its dictionary field (None for columns of ours, such as ended_on), and the
    values, which of personal fields are withheld."""

    name: str
    field: Field | None
    personal: bool
    before: Any = None
    after: Any = None


def columns_of(change: Change) -> Iterator[Changed]:
    """The columns of one row's change in the row's order, each once."""
    name = change.entity.removesuffix("_year")
    fields = entity(name).fields if name in ENTITIES else {}
    before, after = change.before or {}, change.after or {}
    seen: set[str] = set()
    for column in {**before, **after}:
        base = next((column.removesuffix(s) for s in _SEALED if column.endswith(s)), column)
        if base in seen:
            continue
        seen.add(base)
        spec = fields.get(base)
        if base != column or (spec is not None and spec.pii):
            yield Changed(base, spec, personal=True)
        else:
            yield Changed(base, spec, False, before.get(column), after.get(column))
