"""Citizen identity numbers: GB 11643-1999 form, date and check digit (ISO 7064 MOD 11-2)."""

from __future__ import annotations

from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def check_digit(first17: str) -> str:
    """Check digit of the first 17 digits."""
    return _CHECKS[sum(int(d) * w for d, w in zip(first17, _WEIGHTS, strict=True)) % 11]


def birth_date(number: str) -> date | None:
    """Birth date written in `number`, None when it is no date."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def sex(number: str) -> str:
    """'male' or 'female' from the 17th digit."""
    return "male" if int(number[16]) % 2 else "female"


def fault(number: str) -> str | None:
    """None when valid, else 'form', 'date' or 'check_digit'."""
    if len(number) != 18 or not number[:17].isascii() or not number[:17].isdigit():
        return "form"
    if number[17] not in "0123456789X":
        return "form"
    if birth_date(number) is None:
        return "date"
    return None if check_digit(number[:17]) == number[17] else "check_digit"
