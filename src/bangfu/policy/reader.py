"""Typed reading of YAML nodes with errors collected, used by `loading`.

Every method gives a usable value and notes a PackProblem when the node is not what it
should be, so that one pass over a pack finds every error in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bangfu.policy.pack import Cite, Place, Text
from bangfu.policy.reasons import PackProblem
from bangfu.policy.source import Node

CITE_KEYS = ("document", "section", "line", "source")


class Reader:
    """Collects problems; `rule` names the rule being read."""

    def __init__(self) -> None:
        self.problems: list[PackProblem] = []
        self.rule: str | None = None

    def refuse(self, node: Node | Place, code: str, **details: Any) -> None:
        """Note a problem at `node`."""
        problem = PackProblem(node.file, node.line, self.rule, code, details)
        if problem not in self.problems:
            self.problems.append(problem)

    def mapping(self, node: Node, known: Iterable[str], required: Iterable[str] = ()) -> bool:
        """Whether `node` is a mapping; unknown and missing keys are noted."""
        if not node.is_map:
            self.refuse(node, "not_mapping")
            return False
        keys = tuple(known)
        for key, child in node.items():
            if key not in keys:
                self.refuse(child, "unknown_key", key=key, known="、".join(keys))
        for key in required:
            if node.get(key) is None:
                self.refuse(node, "missing_key", key=key)
        return True

    def children(self, node: Node | None) -> list[Node]:
        """Items of a list node; nothing for an absent one."""
        if node is None:
            return []
        if not node.is_list:
            self.refuse(node, "not_list")
            return []
        return list(node)

    def string(self, node: Node, key: str, default: str = "") -> str:
        """A short string; numbers are not taken for strings."""
        child = node.get(key)
        if child is None:
            return default
        if not isinstance(child.value, str):
            self._bad(child, key, "文本", "text")
            return default
        return child.value.strip()

    def choice(self, node: Node, key: str, known: Iterable[str], default: str = "") -> str:
        """A string out of `known`."""
        value = self.string(node, key, default)
        options = tuple(known)
        child = node.get(key)
        if child is not None and isinstance(child.value, str) and value not in options:
            self.refuse(child, "bad_choice", key=key, got=value, known="、".join(options))
            return default
        return value

    def text(self, node: Node, key: str) -> Text:
        """`key: words` or `key: {zh:, en:}`."""
        child = node.get(key)
        if child is None:
            return Text("")
        if child.is_map:
            self.mapping(child, ("zh", "en"), ("zh",))
            return Text(self.string(child, "zh"), self.string(child, "en"))
        if isinstance(child.value, bool) or child.is_list:
            self._bad(child, key, "文本", "text")
            return Text("")
        return Text(str(child.value).strip())

    def day(self, node: Node, key: str) -> date | None:
        """A date, None when absent or wrong."""
        child = node.get(key)
        if child is None:
            return None
        if not isinstance(child.value, date) or isinstance(child.value, datetime):
            self._bad(child, key, "日期（如 2016-01-01）", "a date such as 2016-01-01")
            return None
        return child.value

    def flag(self, node: Node, key: str) -> bool:
        """A boolean, False when absent."""
        child = node.get(key)
        if child is not None and not isinstance(child.value, bool):
            self._bad(child, key, "true 或 false", "true or false")
            return False
        return bool(child.value) if child else False

    def cite(self, node: Node, documents: Iterable[str]) -> Cite:
        """The `cite` of a rule, parameter or variable."""
        child = node.get("cite")
        if child is None or not self.mapping(child, CITE_KEYS):
            return Cite()
        document = self.string(child, "document")
        if document and document not in documents:
            self.refuse(child, "unknown_document", name=document)
        line = child.get("line")
        if line is not None and (not isinstance(line.value, int) or isinstance(line.value, bool)):
            self._bad(line, "line", "行号", "a line number")
            line = None
        section = child.get("section")
        return Cite(
            document,
            str(section.value) if section and not section.is_map and not section.is_list else "",
            line.value if line else None,
            self.string(child, "source"),
        )

    def value(self, node: Node, key: str) -> Any:
        """A parameter value: number, text, flag, date or a list of texts; None when wrong."""
        child = node.get(key)
        if child is None:
            return None
        if child.is_list:
            items = [item.value for item in child]
            if items and all(isinstance(item, str) for item in items):
                return tuple(items)
        elif isinstance(child.value, bool | int | Decimal | str | date):
            return child.value
        self._bad(child, key, "数、文本、日期或文本列表", "a number, text, date or list of texts")
        return None

    def expression(self, node: Node, key: str) -> str:
        """Expression text; a bare number, date or flag is its own expression."""
        child = node.get(key)
        if child is None:
            return ""
        if child.is_map or child.is_list:
            self._bad(child, key, "表达式", "an expression")
            return ""
        if isinstance(child.value, bool):
            return "true" if child.value else "false"
        if isinstance(child.value, date):
            return f"date '{child.value.isoformat()}'"
        return str(child.value)

    def _bad(self, node: Node, key: str, want: str, want_en: str) -> None:
        got = "…" if node.is_map or node.is_list else str(node.value)
        self.refuse(node, "bad_value", key=key, want=want, want_en=want_en, got=got)


def place(node: Node) -> Place:
    """Where a node stands."""
    return Place(node.file, node.line)
