"""What an explanation is made of: frozen, with `as_dict` for pages and the API.

Named tuples: a household has some thousand of them, made anew for every page.

Amounts and quantities are exact; in `as_dict` a Decimal becomes its digits as text, a date
its ISO form.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple


class Input(NamedTuple):
    """A value that a condition or formula read. For members' values `subject` is the person
    and `truth` whether the member fulfils the condition asked of each. `withheld`: the value is
    of a relative outside the scope of whoever asks; it was used but is not told."""

    field: str
    zh: str
    value: Any
    shown: str
    subject: str | None = None
    truth: bool | None = None
    withheld: bool = False


class ConditionFinding(NamedTuple):
    """One condition with its truth (None unknown), the values it read and what it lacks."""

    zh: str
    en: str
    expr: str
    truth: bool | None
    inputs: tuple[Input, ...]
    missing: tuple[str, ...]


class ParameterUsed(NamedTuple):
    """A parameter with its value here and its citation."""

    name: str
    zh: str
    value: Any
    unit: str
    cite: dict[str, Any]


class VariableFinding(NamedTuple):
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


class RuleFinding(NamedTuple):
    """A rule's outcome for one subject, and why. `stored`: told from an evaluation run, since it
    gathers over other households; then without conditions."""

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
    stored: bool = False


@dataclass(frozen=True, slots=True)
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
        return {
            "pack": self.pack, "pack_hash": self.pack_hash, "as_of": plain(self.as_of),
            "household_no": self.household_no, "variables": plain(self.variables),
            "rules": plain(self.rules),
        }  # fmt: skip


def plain(value: Any) -> Any:
    """Parts of an explanation, lists, decimals and dates as JSON can hold them."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: plain(part) for name, part in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value
