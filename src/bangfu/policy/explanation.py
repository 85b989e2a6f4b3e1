"""What an explanation is made of: frozen, with `as_dict` for pages and the API.

Amounts and quantities are exact; in `as_dict` a Decimal becomes its digits as text, a date
its ISO form.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Input:
    """A value that a condition or formula read. For members' values `subject` is the person
    and `truth` whether the member fulfils the condition asked of each."""

    field: str
    zh: str
    value: Any
    shown: str
    subject: str | None = None
    truth: bool | None = None


@dataclass(frozen=True)
class ConditionFinding:
    """One condition with its truth (None unknown), the values it read and what it lacks."""

    zh: str
    en: str
    expr: str
    truth: bool | None
    inputs: tuple[Input, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class ParameterUsed:
    """A parameter with its value here and its citation."""

    name: str
    zh: str
    value: Any
    unit: str
    cite: dict[str, Any]


@dataclass(frozen=True)
class VariableFinding:
    """A pack variable of a subject, with its formula."""

    name: str
    zh: str
    entity: str
    subject: str
    value: Any
    shown: str
    unit: str
    formula: str
    inputs: tuple[Input, ...]
    rule: str = ""


@dataclass(frozen=True)
class RuleFinding:
    """A rule's outcome for one subject, and why."""

    id: str
    title: str
    title_en: str
    kind: str
    entity: str
    subject: str
    outcome: str
    amount: Decimal | None
    unit: str
    period: str
    department: str
    cite: dict[str, Any]
    conditions: tuple[ConditionFinding, ...] = ()
    parameters: tuple[ParameterUsed, ...] = ()
    components: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    in_kind: bool = False


@dataclass(frozen=True)
class Explanation:
    """Everything a pack says of one household at a date."""

    pack: str
    pack_hash: str
    as_of: date
    household_no: str
    variables: tuple[VariableFinding, ...]
    rules: tuple[RuleFinding, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        found = plain(self)
        assert isinstance(found, dict)
        return found


def plain(value: Any) -> Any:
    """Dataclasses, tuples, decimals and dates as JSON can hold them."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value
