"""What people wrote into a form's blanks, as plain JSON values; or what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from bangfu.policy.procedures.definition import Form, FormField
from bangfu.policy.procedures.refusals import Missing

_WANT = {
    "text": ("200 字以内的文字", "text of at most 200 characters"),
    "long_text": ("2000 字以内的文字", "text of at most 2000 characters"),
    "int": ("整数", "a whole number"), "decimal": ("最多两位小数的数", "a number with two places at most"),
    "bool": ("是或否", "yes or no"), "date": ("日期，如 2016-12-31", "a date such as 2016-12-31"),
    "choice": ("所列选项之一", "one of the options"), "choices": ("所列选项", "some of the options"),
}  # fmt: skip
_CENT = Decimal("0.01")


def parse(form: Form, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Missing]]:
    """Typed values of `given` (texts of a page, or JSON of the API) and what is wrong with
    them. Blanks left empty are left out; whether they are needed, `machine` says."""
    values: dict[str, Any] = {}
    wrong: list[Missing] = []
    known = {f.id: f for f in form.fields}
    for name, raw in given.items():
        if name not in known:
            wrong.append(Missing("field_unknown", {"name": name[:40]}))
            continue
        if raw is None or raw in ("", []):
            continue
        if known[name].computed:
            wrong.append(Missing("field_computed", {"name": known[name].title.zh}))
            continue
        try:
            values[name] = _typed(known[name], raw)
        except (ValueError, TypeError, InvalidOperation):
            wrong.append(_wrong(known[name]))
    return values, wrong


def _wrong(blank: FormField) -> Missing:
    zh, en = _WANT[blank.type]
    limits = [str(x) if x is not None else "" for x in (blank.minimum, blank.maximum)]
    if any(limits):
        zh, en = f"{zh}（{'～'.join(limits)}）", f"{en} ({' to '.join(limits)})"
    return Missing("field_wrong", {"name": blank.title.zh, "want": zh, "want_en": en})


def _typed(blank: FormField, raw: Any) -> Any:
    match blank.type:
        case "int":
            return _within(blank, int(str(raw)))
        case "decimal":
            number = Decimal(str(raw).strip())
            if not number.is_finite() or abs(number) >= 10**16 or number % _CENT:
                raise ValueError(raw)
            return str(_within(blank, number))
        case "bool":
            if isinstance(raw, bool):
                return raw
            return {"true": True, "false": False, "是": True, "否": False}[_key(raw)]
        case "date":
            return date.fromisoformat(str(raw)).isoformat()
        case "choice":
            return _option(blank, raw)
        case "choices":
            return [_option(blank, one) for one in (raw if isinstance(raw, list) else [raw])]
    text = str(raw).strip()
    if len(text) > (2000 if blank.type == "long_text" else 200) or "\0" in text:
        raise ValueError(raw)
    return text


def _key(raw: Any) -> str:
    text = str(raw).lower()
    if text not in ("true", "false", "是", "否"):
        raise ValueError(raw)
    return text


def _option(blank: FormField, raw: Any) -> str:
    if raw not in {o.value for o in blank.options}:
        raise ValueError(raw)
    return str(raw)


def _within(blank: FormField, number: Any) -> Any:
    low, high = blank.minimum, blank.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(number)
    if isinstance(number, int) and abs(number) >= 2**31:
        raise ValueError(number)
    return number
