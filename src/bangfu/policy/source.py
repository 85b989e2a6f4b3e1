"""YAML with line numbers: packs and cases are read through here so that errors name their line.

Numbers with a point become Decimal (money is exact), dates become dates. Duplicate keys,
which YAML lets pass silently, are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from bangfu.policy.reasons import PackProblem

_DEPTH = 40
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Node:
    """A YAML value and its line. `value` is a scalar, a dict[str, Node] or a list[Node]."""

    value: Any
    line: int
    file: str

    @property
    def is_map(self) -> bool:
        """Whether it is a mapping."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.value, list)

    def get(self, key: str) -> Node | None:
        """The child `key` of a mapping, None when absent, null or not a mapping."""
        found = self.value.get(key) if self.is_map else None
        return found if found is not None and found.value is not None else None

    def items(self) -> Iterator[tuple[str, Node]]:
        """Children of a mapping in file order."""
        return iter(self.value.items() if self.is_map else ())

    def __iter__(self) -> Iterator[Node]:
        return iter(self.value if self.is_list else ())

    def plain(self) -> Any:
        """The value without lines (for cases and reports)."""
        if self.is_map:
            return {k: v.plain() for k, v in self.value.items()}
        if self.is_list:
            return [v.plain() for v in self.value]
        return self.value


class SourceError(Exception):
    """The file is not YAML we can read; carries the problem."""

    def __init__(self, problem: PackProblem) -> None:
        self.problem = problem
        super().__init__(problem.reason_en)


def read(path: Path, shown: str | None = None) -> Node:
    """The file as a Node. Raises SourceError with file and line."""
    name = shown or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise SourceError(PackProblem(name, 1, None, "yaml", {"detail": str(fault)})) from fault
    return parse(text, name)


def parse(text: str, name: str) -> Node:
    """YAML text as a Node. Raises SourceError with the line."""
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return Node(None, 1, name)
        return _convert(loader, root, name, 0)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        detail = {"detail": fault.problem or str(fault)}
        line = mark.line + 1 if mark else 1
        raise SourceError(PackProblem(name, line, None, "yaml", detail)) from fault
    except (yaml.YAMLError, ValueError) as fault:
        raise SourceError(PackProblem(name, 1, None, "yaml", {"detail": str(fault)})) from fault
    finally:
        loader.dispose()


def _convert(loader: Any, node: Any, name: str, depth: int) -> Node:
    line = node.start_mark.line + 1
    if depth > _DEPTH:
        raise SourceError(PackProblem(name, line, None, "too_deep"))
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key_node.tag == "tag:yaml.org,2002:merge":
                below = _convert(loader, value_node, name, depth + 1)
                for part in below if below.is_list else (below,):
                    merged = {**dict(part.items()), **merged}
                continue
            if key in found:
                at = key_node.start_mark.line + 1
                raise SourceError(PackProblem(name, at, None, "duplicate_key", {"key": key}))
            found[key] = _convert(loader, value_node, name, depth + 1)
        return Node({**merged, **found}, line, name)
    if isinstance(node, yaml.SequenceNode):
        return Node([_convert(loader, child, name, depth + 1) for child in node.value], line, name)
    return Node(_scalar(loader, node), line, name)


def _scalar(loader: Any, node: Any) -> Any:
    if node.tag == "tag:yaml.org,2002:float":
        try:
            number = Decimal(node.value.replace("_", ""))
        except InvalidOperation as fault:
            raise ValueError(f"not a number: {node.value}") from fault
        if not number.is_finite():
            raise ValueError(f"not a number: {node.value}")
        return number
    value = loader.construct_object(node)
    if isinstance(value, str | int | bool | date) or value is None:
        return value
    raise ValueError(f"not allowed here: {node.tag}")
