"""Division codes (GB/T 2260 and GB/T 10114 as the statistics bureau extends them).

The code is the tree: 2 digits region, 4 city, 6 county, 9 township, 12 village.
Everything scopes by prefix.
"""

from __future__ import annotations

LEVELS: dict[int, str] = {2: "region", 4: "city", 6: "county", 9: "township", 12: "village"}
LEVEL_ZH = {
    "region": "自治区",
    "city": "市",
    "county": "县（市、区）",
    "township": "乡镇（街道）",
    "village": "村（社区）",
}


def level(code: str) -> str:
    """Level of `code` by its length. Raises ValueError when it is no division code."""
    if not is_code(code):
        raise ValueError(f"not a division code: {code!r}")
    return LEVELS[len(code)]


def is_code(code: str) -> bool:
    """Whether `code` has the form of a division code (it may still name no division)."""
    return code.isascii() and code.isdigit() and len(code) in LEVELS


def parent(code: str) -> str | None:
    """Code of the division above, None for the region."""
    lengths = sorted(LEVELS)
    position = lengths.index(len(code))
    return code[: lengths[position - 1]] if position else None


def ancestors(code: str) -> list[str]:
    """Codes from the region down to and including `code`."""
    return [code[:n] for n in sorted(LEVELS) if n <= len(code)]


def within(code: str, prefix: str) -> bool:
    """Whether `code` lies in the division `prefix` (itself included)."""
    return code.startswith(prefix)


def upper_bound(prefix: str) -> str:
    """What follows every code of `prefix` in code-point order ('4512' -> '4513', '4519' -> '451:'):
    the open end of a range in SQL."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else ":"
