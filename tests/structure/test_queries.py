"""Reads take the scope first: a query without one cannot be written by forgetting it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "bangfu"
# Asks about nobody and no place.
WITHOUT = {
    "bangfu.registry.queries.latest_year": "a year",
    "bangfu.registry.queries.annotated": "adds columns to a query that has its scope",
}


def _functions() -> Iterator[tuple[str, FunctionType]]:
    for file in sorted(PACKAGE.rglob("queries.py")):
        name = ".".join(("bangfu", *file.relative_to(PACKAGE).with_suffix("").parts))
        for word, found in vars(import_module(name)).items():
            own = isinstance(found, FunctionType) and found.__module__ == name
            if own and not word.startswith("_"):
                yield f"{name}.{word}", found


def test_every_public_query_takes_the_scope_first() -> None:
    faults = []
    for name, function in _functions():
        parameters = list(inspect.signature(function).parameters.values())
        takes = bool(parameters) and parameters[0].name == "scope"
        typed = takes and str(parameters[0].annotation).endswith("Scope")
        if not typed and name not in WITHOUT:
            faults.append(name)
    assert not faults


def test_the_exceptions_still_exist() -> None:
    assert set(WITHOUT) <= {name for name, _ in _functions()}
