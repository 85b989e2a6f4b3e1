"""The whitelist of scalar functions: name, arguments, result. Nothing else can be called.

To offer a function: a builder here, its SQL in `lower`, its line in docs/policy-packs.md.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from bangfu.policy import ir
from bangfu.policy.reasons import Refused

if TYPE_CHECKING:
    from bangfu.policy.binding import Binder

Args = tuple[ir.Node, ...]


def build(name: str, args: Args, binder: Binder) -> ir.Node:
    """A checked call. Raises Refused (forbidden_function, arguments, type)."""
    if name not in FUNCTIONS:
        known = "、".join(sorted({*FUNCTIONS, "any", "all", "count", "sum", "min", "max",
                                 "met", "amount", "age_on"} - {"years_between"}))  # fmt: skip
        raise Refused("forbidden_function", name=name, known=known)
    least, most, builder = FUNCTIONS[name]
    if not least <= len(args) <= most:
        raise Refused("arguments", name=name)
    return builder(name, args, binder)


def _coalesce(name: str, args: Args, binder: Binder) -> ir.Node:
    from bangfu.policy.binding import fit, unify

    fitted = tuple(fit(arg, args[0]) for arg in args)
    return ir.Call(name, fitted, unify(fitted))


def _extreme(name: str, args: Args, binder: Binder) -> ir.Node:
    from bangfu.policy.binding import unify

    kind = unify(args)
    if not kind.numeric and kind.kind != "date":
        raise Refused(
            "type", where=name, want="数或日期", want_en="numbers or dates", got=kind.kind
        )
    return ir.Call(name, args, kind)


def _nullif(name: str, args: Args, binder: Binder) -> ir.Node:
    return ir.Case(
        ((binder.compare("=", args[0], args[1]), ir.Lit(None, ir.NULL)),), args[0], args[0].type
    )


def _round(name: str, args: Args, binder: Binder) -> ir.Node:
    value = binder.want(args[0], "number", name)
    places = args[1] if len(args) == 2 else ir.Lit(0, ir.INT)
    if not isinstance(places, ir.Lit) or not isinstance(places.value, int):
        raise Refused("type", where=name, want="0 至 6 的整数", want_en="0 to 6", got="…")
    if not 0 <= places.value <= 6:
        raise Refused("type", where=name, want="0 至 6 的整数", want_en="0 to 6", got=places.value)
    kind = ir.Type("decimal", places.value) if places.value else ir.INT
    return ir.Call(name, (value, places), kind)


def _abs(name: str, args: Args, binder: Binder) -> ir.Node:
    if args[0].type.kind == "ratio":
        raise Refused("round_first")
    return ir.Call(name, args, binder.want(args[0], "number", name).type)


def _whole(name: str, args: Args, binder: Binder) -> ir.Node:
    return ir.Call(name, (binder.want(args[0], "number", name),), ir.INT)


def _if(name: str, args: Args, binder: Binder) -> ir.Node:
    from bangfu.policy.binding import case

    return case(((binder.want(args[0], "bool", name), args[1]),), args[2])


def _date_part(name: str, args: Args, binder: Binder) -> ir.Node:
    day = binder.want(args[0], "date", name)
    if isinstance(day, ir.Lit) and isinstance(day.value, date):
        return ir.Lit(int(getattr(day.value, name)), ir.INT)
    return ir.Call(name, (day,), ir.INT)


def _since(name: str, args: Args, binder: Binder) -> ir.Node:
    start = binder.want(args[0], "date", name)
    today = ir.Lit(binder.names.as_of, ir.DATE)
    return ir.Call(name.removesuffix("_since"), (start, today), ir.INT)


def _between(name: str, args: Args, binder: Binder) -> ir.Node:
    for arg in args:
        binder.want(arg, "date", name)
    return ir.Call(name.removesuffix("_between"), args, ir.INT)


def _make_date(name: str, args: Args, binder: Binder) -> ir.Node:
    """A constant date, e.g. make_date(year(as_of), 8, 31)."""
    parts = [arg.value for arg in args if isinstance(arg, ir.Lit) and arg.type.kind == "int"]
    try:
        if len(parts) == 3:
            return ir.Lit(date(*(int(str(part)) for part in parts)), ir.DATE)
    except ValueError:
        pass
    raise Refused("type", where=name, want="固定的年月日", want_en="a constant date", got="…")


def _starts_with(name: str, args: Args, binder: Binder) -> ir.Node:
    if args[0].type.kind != "str" or not isinstance(args[1], ir.Lit):
        raise Refused("type", where=name, want="文本", want_en="text", got=args[0].type.kind)
    binder.want(args[1], "str", name)
    return ir.Call(name, args, ir.BOOL)


def _contains(name: str, args: Args, binder: Binder) -> ir.Node:
    from bangfu.policy.binding import fit

    if not isinstance(args[1], ir.Lit):
        raise Refused("type", where=name, want="代码", want_en="a code", got=args[1].type.kind)
    return ir.Call(name, (binder.want(args[0], "codes", name), fit(args[1], args[0])), ir.BOOL)


Builder = Callable[[str, Args, "Binder"], ir.Node]
FUNCTIONS: dict[str, tuple[int, int, Builder]] = {
    "coalesce": (2, 9, _coalesce),
    "nullif": (2, 2, _nullif),
    "least": (2, 9, _extreme),
    "greatest": (2, 9, _extreme),
    "abs": (1, 1, _abs),
    "round": (1, 2, _round),
    "floor": (1, 1, _whole),
    "ceil": (1, 1, _whole),
    "if": (3, 3, _if),
    "year": (1, 1, _date_part),
    "month": (1, 1, _date_part),
    "day": (1, 1, _date_part),
    "years_since": (1, 1, _since),
    "months_since": (1, 1, _since),
    "years_between": (2, 2, _between),
    "months_between": (2, 2, _between),
    "make_date": (3, 3, _make_date),
    "starts_with": (2, 2, _starts_with),
    "contains": (2, 2, _contains),
}
