"""Exact money: yuan as Decimal with two places, never float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def yuan(value: Decimal | int | str) -> Decimal:
    """`value` in yuan rounded half up to the cent. Raises TypeError on float."""
    if isinstance(value, float):
        raise TypeError("money is never float")
    return Decimal(value).quantize(CENT, rounding=ROUND_HALF_UP)


def show(value: Decimal | int | None) -> str:
    """For people: 12,345.00 -> '12,345', 12.5 -> '12.50', None -> '—'."""
    if value is None:
        return "—"
    exact = yuan(value)
    return f"{exact:,.0f}" if exact == exact.to_integral_value() else f"{exact:,.2f}"
