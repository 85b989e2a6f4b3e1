"""What templates need to show things the same way everywhere: icons, numbers, truth values,
statuses, absent and masked values, and the small parts under `templates/parts/`."""

from __future__ import annotations

import json as jsonlib
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import crypto
from bangfu.access import mask as mask_value
from bangfu.dictionary import ENTITIES, Field, entity
from bangfu.kernel import money
from bangfu.web import language

register = template.Library()

_MONEY = re.compile(
    r"^income_|_cost$|_loan$|reimbursed$|_income$|^net_income_|^pension_band$|^asset_share$"
    r"|^employer_insurance$|_fund$"
)
TRUTH = {
    "true": (mark("成立"), "check"),
    "false": (mark("不成立"), "x"),
    "none": (mark("待定"), "help-circle"),
    "met": (mark("达标"), "circle-check"),
    "not_met": (mark("未达标"), "circle-x"),
    "entitled": (mark("应享受"), "circle-check"),
    "not_entitled": (mark("不符合"), "minus"),
    "flagged": (mark("预警"), "alert-triangle"),
    "not_flagged": (mark("无预警"), "check"),
    "undecided": (mark("待定"), "help-circle"),
    "not_in_force": (mark("未施行"), "clock"),
}


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """The icon `name` of the sprite; decorative, so hidden from screen readers."""
    return format_html(
        '<svg class="icon {}" fill="none" stroke="currentColor" stroke-linecap="round"'
        ' stroke-linejoin="round" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        extra, static("dist/icons.svg"), name,
    )  # fmt: skip


@register.filter
def yuan(value: Decimal | int | str | None) -> str:
    """Money in yuan, '—' for unknown."""
    return money.show(Decimal(value) if isinstance(value, str) else value)


@register.filter
def num(value: Any) -> str:
    """A count or measure with thousands separators and no idle zeros; '—' for unknown."""
    if value is None or value == "":
        return "—"
    if isinstance(value, Decimal | float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,}"


def is_money(field: Field) -> bool:
    """Whether a dictionary field is an amount of yuan (two places), not an area or a share."""
    return field.type == "decimal" and bool(_MONEY.search(field.name))


@register.filter
def moment(value: datetime | date | None) -> str:
    """A date, or a date with time in Shanghai, as offices write it."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        return localtime(value).strftime("%Y-%m-%d %H:%M")
    return value.strftime("%Y-%m-%d")


@register.simple_tag
def truth(value: Any) -> SafeString:
    """A badge for a condition's truth (True, False, None) or a rule's outcome."""
    key = "none" if value is None else str(value).lower()
    label, symbol = TRUTH.get(key, (key, "minus"))
    return format_html(
        '<span class="truth truth-{}">{}{}</span>', key, icon(symbol, "icon-sm"), _(label)
    )


@register.simple_tag
def absent(label: str = "") -> SafeString:
    """A value that has not been collected: never shown as empty or zero."""
    return format_html('<span class="absent">{}</span>', label or _("缺"))


@register.simple_tag
def shown(field: Field, value: Any) -> SafeString | str:
    """A dictionary field's value for people: label of a code, 是/否, unit, or 'absent'."""
    text = text_of(field, value)
    return absent() if text is None else text


def text_of(field: Field, value: Any) -> str | None:
    """The same as plain text; None when the value is unknown."""
    if value is None:
        return None
    match field.type:
        case "bool":
            return _("是") if value else _("否")
        case "code":
            return label_of(field, value)
        case "codes":
            return "、".join(label_of(field, v) for v in value) or _("无")
        case "date":
            return moment(value)
        case "int" | "decimal":
            exact = Decimal(value) if isinstance(value, str) else value
            return money.show(exact) if is_money(field) else num(exact)
        case _:
            return str(value)


def label_of(field: Field, code: str | None) -> str:
    """Label of a code in the page's language."""
    if language.current() == "en" and code:
        return code.replace("_", " ")
    return field.label_of(code)


def name_of(field: Field) -> str:
    """A field's name in the page's language."""
    return field.en if language.current() == "en" else field.zh


@register.filter
def field_name(field: Field) -> str:
    """A dictionary field's name in the page's language."""
    return name_of(field)


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """`mapping[key]`, None when absent."""
    return mapping.get(key)


@register.inclusion_tag("parts/stat.html")
def stat(
    label: str, value: Any, href: str = "", unit: str = "", note: str = "", kind: str = ""
) -> dict[str, Any]:
    """A number that opens the list behind it. `kind`: met, unmet, unknown or plain."""
    shown_value = num(value) if isinstance(value, int | Decimal) or value is None else value
    return {"label": label, "value": shown_value, "href": href, "unit": unit, "note": note,
            "kind": kind}  # fmt: skip


@register.inclusion_tag("parts/empty.html")
def empty(title: str, advice: str = "", href: str = "", action: str = "") -> dict[str, Any]:
    """Instead of an empty table: what it means and what to do."""
    return {"title": title, "advice": advice, "href": href, "action": action}


@register.inclusion_tag("parts/pager.html", takes_context=True)
def pager(context: template.Context, page: Any) -> dict[str, Any]:
    """Next and previous of a keyset `Page` (web/paging.py), keeping the filters in the URL."""
    return {"page": page, "request": context["request"]}


@register.inclusion_tag("parts/crumbs.html")
def crumbs(items: list[tuple[str, str]], current: str = "") -> dict[str, Any]:
    """Breadcrumb of (label, href), the last without link."""
    return {"items": items, "current": current}


@register.inclusion_tag("parts/progress.html")
def progress(job: Any, href: str) -> dict[str, Any]:
    """A job's progress, polled from `href` while it is open."""
    return {"job": job, "href": href}


@register.simple_tag
def column_label(column: Any) -> str:
    """A column's heading in the page's language; dictionary fields bring their own English."""
    if language.current() == "en":
        for entity_name in ENTITIES:
            field = entity(entity_name).fields.get(column.name)
            if field is not None and field.zh == column.label:
                return field.en
    return _(column.label)


@register.simple_tag
def group_label(label: str) -> str:
    """A heading that is a msgid."""
    return _(label) if label else ""


@register.simple_tag
def code_label(field: Field, code: str) -> str:
    """Label of a code in the page's language."""
    return label_of(field, code)


@register.simple_tag
def cell(column: Any, row: Any) -> SafeString | str:
    """A list cell: the column's value, or the mark of an uncollected one."""
    if column.badge is not None:
        key = column.badge(row)
        return truth(key) if key else "—"
    value = column.value(row)
    if value == "":
        return "—"
    if value is None:
        return absent()
    if column.money:
        return money.show(value)
    return num(value) if column.numeric else str(value)


@register.simple_tag
def of(entity_name: str, record: Any, name: str) -> SafeString | str:
    """A dictionary field of a model row, for people: {% of "household" h "status" %}."""
    return shown(entity(entity_name).fields[name], getattr(record, name))


@register.inclusion_tag("parts/stat.html")
def stat_of(figure: Any, value: str, href: str, note: str = "") -> dict[str, Any]:
    """A stat card from a figure object with label, unit (msgids) and kind."""
    return {"label": _(figure.label), "value": value, "href": href, "unit": _(figure.unit),
            "note": note, "kind": figure.kind}  # fmt: skip


@register.simple_tag
def label_at(items: Any, position: int) -> str:
    """The label (a msgid) of the item at `position`: phone cards name each cell."""
    return _(items[position].label)


@register.filter
def json(value: Any) -> str:
    """JSON for a data- attribute; the template escapes it."""
    return jsonlib.dumps(value, ensure_ascii=False, default=str)


@register.filter
def field_of(record: Any, name: str) -> Any:
    """`record.name` where the name is itself a value."""
    return getattr(record, name, None)


@register.filter
def head_name(sealed: Any) -> str:
    """The head's name, masked as in every list."""
    return mask_value("name", crypto.unseal(sealed)) or _("姓名缺")
