"""Keyset paging: the next page starts after the last row's key, so page 500 costs what page 1
does, and rows added meanwhile neither repeat nor vanish. Used by every list of the pages.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Field, Model, Q, QuerySet
from django.db.models.expressions import F, OrderBy

from bangfu.registry import problems

SIZE = 50
COUNT_TO = 10_000


@dataclass(frozen=True)
class Page:
    """One page. `next`/`previous` are cursors for `after`/`before`, '' where there is none.

    `total` counts up to COUNT_TO; beyond it `total_is_floor` says there are more.
    """

    items: list[Any]
    next: str
    previous: str
    total: int | None
    total_is_floor: bool = False

    @property
    def has_next(self) -> bool:
        """Whether rows follow."""
        return bool(self.next)

    @property
    def has_previous(self) -> bool:
        """Whether rows precede."""
        return bool(self.previous)


def paged(
    found: QuerySet[Any],
    *,
    key: str,
    sort: str = "",
    after: str = "",
    before: str = "",
    size: int = SIZE,
    count: bool = True,
) -> Page:
    """One page of `found` by column `sort` ('-x' falling; unknown values last), then by `key`.

    Raises Problem `registry.bad_cursor` for a cursor that is not one of ours.
    """
    backward = bool(before)
    column = sort.lstrip("-")
    falling = sort.startswith("-")
    narrowed = found
    if after or before:
        at = _decode(before or after, found.model, (column, key) if column else (key,))
        narrowed = found.filter(_beyond(column, key, at, falling=falling, backward=backward))
    rows = list(narrowed.order_by(*_order(column, key, falling, backward))[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    total = None
    if count and not (more or after or before):
        total = len(rows)  # all of it is here
    elif count:
        # The key alone: what a page shows besides is not worth computing for a count.
        total = found.order_by().values(key)[: COUNT_TO + 1].count()
    if backward:
        rows.reverse()

    def cursor(row: Any) -> str:
        return _encode([getattr(row, name) for name in ((column, key) if column else (key,))])

    has_next = bool(rows) and (more or backward)
    has_previous = bool(rows) and (bool(after) or (backward and more))
    return Page(
        items=rows,
        next=cursor(rows[-1]) if has_next else "",
        previous=cursor(rows[0]) if has_previous else "",
        total=min(total, COUNT_TO) if total is not None else None,
        total_is_floor=total is not None and total > COUNT_TO,
    )


def _order(column: str, key: str, falling: bool, backward: bool) -> list[OrderBy]:
    order = []
    if column:
        order.append(
            OrderBy(
                F(column),
                descending=falling != backward,
                nulls_first=True if backward else None,
                nulls_last=None if backward else True,
            )
        )
    order.append(OrderBy(F(key), descending=backward))
    return order


def _beyond(column: str, key: str, at: list[Any], *, falling: bool, backward: bool) -> Q:
    side = "lt" if backward else "gt"
    if not column:
        return Q(**{f"{key}__{side}": at[0]})
    value, own = at
    tie = Q(**{column: value, f"{key}__{side}": own})
    null = Q(**{f"{column}__isnull": True})
    if value is None:
        tie = null & Q(**{f"{key}__{side}": own})
        return tie | ~null if backward else tie
    ahead = Q(**{f"{column}__{'lt' if falling != backward else 'gt'}": value})
    return tie | ahead if backward else tie | ahead | null


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date | datetime) else value


def _encode(values: list[Any]) -> str:
    text = json.dumps([_plain(v) for v in values], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, model: type[Model], names: tuple[str, ...]) -> list[Any]:
    try:
        raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(raw, list) or len(raw) != len(names):
            raise ValueError(cursor)
        return [_typed(model, name, value) for name, value in zip(names, raw, strict=True)]
    except (ValueError, TypeError, binascii.Error, ArithmeticError):
        raise problems.BAD_CURSOR() from None


def _typed(model: type[Model], name: str, value: Any) -> Any:
    if value is None:
        return None
    field = model._meta.get_field(name)
    if not isinstance(field, Field):
        raise TypeError(name)
    try:
        return field.to_python(value)
    except Exception as fault:
        raise ValueError(name) from fault
