"""A parameter's value as a person writes it: "3200", "3200元", "0.5", "是", "A、B"; checked
against the parameter's unit and kind. Used by simulations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation

from bangfu import dictionary
from bangfu.policy import problems
from bangfu.policy.pack import UNITS, Parameter, Value

_NUMBER = re.compile(r"^([+-]?\d[\d,，]*(?:\.\d+)?|[+-]?\.\d+)\s*(.*)$", re.DOTALL)
_TRUE, _FALSE = ("true", "是", "yes"), ("false", "否", "no")
_WHOLE = ("persons", "households", "villages", "count", "score")
_PERIODS = {
    "year": ("年", "year", "a year"), "month": ("月", "month", "a month"),
    "semester": ("学期", "semester"), "day": ("天", "日", "day"), "once": ("次", "once"),
    "batch": ("批", "batch"),
}  # fmt: skip
_LARGEST = Decimal(10) ** 12


def as_text(value: Value) -> str:
    """A value as `value_of` reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def kind_of(parameter: Parameter) -> str:
    """bool, number, date, list or text: what its values are, else what its unit says."""
    for one in parameter.values:
        match one.value:
            case bool():
                return "bool"
            case int() | Decimal():
                return "number"
            case date():
                return "date"
            case tuple():
                return "list"
            case _:
                return "text"
    return {"bool": "bool", "date": "date", "text": "text", "code": "list"}.get(
        parameter.unit, "number"
    )


def unit_name(parameter: Parameter, lang: str = "zh") -> str:
    """The unit with its period: 元/年."""
    own = UNITS.get(parameter.unit, ("", ""))[0 if lang == "zh" else 1]
    if not parameter.period or not own:
        return own or ("比例（0至1）" if parameter.unit == "share" and lang == "zh" else own)
    return f"{own}/{_PERIODS[parameter.period][0 if lang == 'zh' else 1]}"


def value_of(parameter: Parameter, text: str) -> Value:
    """The value that `text` gives the parameter.

    Raises OVERRIDE_INVALID (empty, wrong type, out of bounds), OVERRIDE_UNIT,
    OVERRIDE_NEGATIVE.
    """
    if not text:
        raise _invalid(parameter, text, "没有写值")
    match kind_of(parameter):
        case "bool":
            return _bool(parameter, text)
        case "number":
            return _number(parameter, text)
        case "date":
            return _date(parameter, text)
        case "list":
            return _list(parameter, text)
        case _:
            return text


def _both(parameter: Parameter) -> str:
    own = unit_name(parameter)
    return f"{own}（{unit_name(parameter, 'en')}）" if own else "无单位的数（a bare number）"


def _invalid(parameter: Parameter, text: str, reason: str) -> Exception:
    return problems.OVERRIDE_INVALID(name=parameter.name, value=text or "（空）", reason=reason)


def _bool(parameter: Parameter, text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise _invalid(parameter, text, "要写 是 或 否（true、false）")


def _date(parameter: Parameter, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _invalid(parameter, text, "日期要写作 2016-12-31") from None


def _number(parameter: Parameter, text: str) -> int | Decimal:
    found = _NUMBER.match(text)
    if found is None:
        raise _invalid(parameter, text, "要写一个数")
    if found[2] and not _fits(parameter, found[2]):
        raise problems.OVERRIDE_UNIT(name=parameter.name, value=text, unit=_both(parameter))
    try:
        number = Decimal(found[1].replace(",", "").replace("，", ""))
    except InvalidOperation:
        raise _invalid(parameter, text, "要写一个数") from None
    if number < 0:
        raise problems.OVERRIDE_NEGATIVE(name=parameter.name, value=text)
    _bounds(parameter, number, text)
    return int(number) if number == number.to_integral_value() else number


def _fits(parameter: Parameter, suffix: str) -> bool:
    """Whether the unit written behind a number is the parameter's own."""
    plain = suffix.strip().lower().replace("／", "/").replace("每", "/").replace(" per ", "/")
    unit, _, period = (part.strip() for part in plain.partition("/"))
    units = {parameter.unit, *(name.lower() for name in UNITS.get(parameter.unit, ()) if name)}
    periods = _PERIODS.get(parameter.period, ()) if parameter.period else ()
    return unit in units and (not period or period in periods)


def _bounds(parameter: Parameter, number: Decimal, text: str) -> None:
    if parameter.unit == "share" and number > 1:
        raise _invalid(parameter, text, "比例在0到1之间，25%写作0.25")
    if parameter.unit == "percent" and number > 100:
        raise _invalid(parameter, text, "百分比在0到100之间")
    whole = number == number.to_integral_value()
    if parameter.unit in _WHOLE and not whole and _all_whole(parameter):
        raise _invalid(parameter, text, "要写整数")
    if parameter.unit == "yuan" and number != round(number, 2):
        raise _invalid(parameter, text, "金额最多两位小数")
    if number > _LARGEST:
        raise _invalid(parameter, text, "数太大")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -6:
        raise _invalid(parameter, text, "最多六位小数")


def _all_whole(parameter: Parameter) -> bool:
    return all(isinstance(v.value, int) for v in parameter.values)


def _list(parameter: Parameter, text: str) -> tuple[str, ...]:
    items = tuple(part for part in re.split(r"[,，、;；\s]+", text.strip("[]")) if part)
    if not items:
        raise _invalid(parameter, text, "至少写一个代码，用逗号分开")
    known = set(codes_of(parameter))
    for item in items:
        if known and item not in known:
            listed = "、".join(sorted(known))
            raise _invalid(parameter, text, f"没有代码 {item}；可用的有 {listed}")
    return tuple(dict.fromkeys(items))


def codes_of(parameter: Parameter) -> dict[str, str]:
    """Codes a list parameter may hold, with their labels: those of the dictionary's fields
    that hold all of its present ones. Empty where no field does (names, division codes)."""
    present = {c for v in parameter.values if isinstance(v.value, tuple) for c in v.value}
    found: dict[str, str] = {}
    for field in _coded():
        if present and present <= set(field.codes):
            for code in field.codes:
                found.setdefault(code, field.label_of(code))
    return found


def _coded() -> Iterator[dictionary.Field]:
    for name in dictionary.ENTITIES:
        yield from (f for f in dictionary.entity(name).fields.values() if f.codes)
