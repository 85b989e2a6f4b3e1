"""What expressions mean, said again in the plainest Python: the judge of the compiler.

An expression is a tuple; `text` writes it as a pack's author would, `value` works it out on
a household (a dict of fields with `members`). None is unknown. Numbers are exact fractions.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

Row = dict[str, Any]
Tree = tuple[Any, ...]


def text(tree: Tree) -> str:  # noqa: C901  # one line per form
    """The expression as a pack's author writes it."""
    kind, *rest = tree
    match kind:
        case "field" | "number":
            return str(rest[0])
        case "not":
            return f"not ({text(rest[0])})"
        case "and" | "or":
            return "(" + f" {kind} ".join(text(part) for part in rest) + ")"
        case "+" | "-" | "*" | "/" | "=" | "<>" | "<" | "<=" | ">" | ">=":
            return f"(({text(rest[0])}) {kind} ({text(rest[1])}))"
        case "null":
            return f"(({text(rest[0])}) is null)"
        case "is":
            return f"(({text(rest[0])}) is {str(rest[1]).lower()})"
        case "if":
            when, yes, no = (text(part) for part in rest)
            return f"(case when {when} then {yes} else {no} end)"
        case "coalesce" | "least" | "greatest":
            return f"{kind}({', '.join(text(part) for part in rest)})"
        case "round" | "floor" | "ceil":
            places = f", {rest[1]}" if kind == "round" else ""
            return f"{kind}({text(rest[0])}{places})"
        case "any" | "all":
            return f"{kind}(member where {text(rest[0])})"
        case "count":
            return f"count(member where {text(rest[0])})"
        case "size":
            return "count(member)"
        case _:  # sum, min, max of a member's field
            return f"{kind}(member.{rest[0]} where {text(rest[1])})"


def value(tree: Tree, row: Row) -> Any:
    """Its value on a row: True, False, a Fraction, or None for unknown."""
    kind, *rest = tree
    match kind:
        case "field":
            found = row.get(rest[0])
            return found if isinstance(found, bool) or found is None else Fraction(found)
        case "number":
            return Fraction(str(rest[0]))
        case "not":
            inner = value(rest[0], row)
            return None if inner is None else not inner
        case "and" | "or":
            return _joined(kind, [value(part, row) for part in rest])
        case "null":
            return value(rest[0], row) is None
        case "is":
            return value(rest[0], row) is rest[1]
        case "if":
            return value(rest[1] if value(rest[0], row) is True else rest[2], row)
        case "coalesce":
            return next((v for part in rest if (v := value(part, row)) is not None), None)
        case "any" | "all" | "count" | "size" | "sum" | "min" | "max":
            return _gathered(kind, rest, row["members"])
    parts = [value(part, row) for part in rest if isinstance(part, tuple)]
    if any(part is None for part in parts):
        return None
    return _strict(kind, parts, rest)


def _strict(kind: str, parts: list[Any], rest: list[Any]) -> Any:
    match kind:
        case "round":
            return _rounded(parts[0], rest[1])
        case "floor":
            return Fraction(parts[0].__floor__())
        case "ceil":
            return Fraction(parts[0].__ceil__())
        case "least":
            return min(parts)
        case "greatest":
            return max(parts)
    one, two = parts
    if kind == "/":
        return None if two == 0 else one / two
    return {
        "+": lambda: one + two, "-": lambda: one - two, "*": lambda: one * two,
        "=": lambda: one == two, "<>": lambda: one != two, "<": lambda: one < two,
        "<=": lambda: one <= two, ">": lambda: one > two, ">=": lambda: one >= two,
    }[kind]()  # fmt: skip


def _rounded(number: Fraction, places: int) -> Fraction:
    """Half away from zero, as accountants round."""
    scaled = abs(number) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Fraction(whole if number >= 0 else -whole, 10**places)


def _joined(kind: str, parts: list[Any]) -> Any:
    decisive = kind == "or"
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _gathered(kind: str, rest: list[Any], members: list[Row]) -> Any:
    if kind == "size":
        return Fraction(len(members))
    where = rest[-1]
    truths = [value(where, member) for member in members]
    if kind in ("any", "all"):
        return _joined("or" if kind == "any" else "and", truths)
    if None in truths:
        return None
    if kind == "count":
        return Fraction(sum(truths))
    chosen = [member.get(rest[0]) for member, truth in zip(members, truths, strict=True) if truth]
    if None in chosen:
        return None
    numbers = [Fraction(number) for number in chosen]
    if kind == "sum":
        return sum(numbers, Fraction(0))
    return (min if kind == "min" else max)(numbers) if numbers else None
