"""Reads take the scope first: a query without one cannot be written by forgetting it."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

from django.db.models import Model, QuerySet

from bangfu.access import Scope

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "bangfu"
# Asks about nobody and no place.
WITHOUT = {
    "bangfu.registry.queries.latest_year": "a year",
    "bangfu.collect.queries.default_year": "a year",
}


def _functions() -> Iterator[tuple[str, FunctionType]]:
    rooms = [f.parent for f in PACKAGE.glob("*/models.py")]
    for file in sorted(f for room in rooms for f in room.rglob("queries.py")):
        name = ".".join(("bangfu", *file.relative_to(PACKAGE).with_suffix("").parts))
        for word, found in vars(import_module(name)).items():
            own = isinstance(found, FunctionType) and found.__module__ == name
            if own and not word.startswith("_"):
                yield f"{name}.{word}", found


def _holds(kind: Any) -> bool:
    """Whether a first argument is the scope, or rows that somebody read with a scope."""
    plain = typing.get_origin(kind) or kind
    return isinstance(plain, type) and issubclass(plain, Scope | Model | QuerySet)


def test_every_public_query_takes_the_scope_or_what_was_read_with_it() -> None:
    faults, scoped = [], 0
    for name, function in _functions():
        hints = typing.get_type_hints(function)
        parameters = [hints[p] for p in inspect.signature(function).parameters]
        first = parameters[0] if parameters else None
        scoped += first is Scope
        if not _holds(first) and name not in WITHOUT:
            faults.append(name)
    assert not faults
    assert scoped > 30


def test_the_exceptions_still_exist() -> None:
    assert set(WITHOUT) <= {name for name, _ in _functions()}
