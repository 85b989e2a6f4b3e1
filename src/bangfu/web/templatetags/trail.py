"""What pages need to show events of the audit log."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope
from bangfu.audit.models import Event
from bangfu.web.audit import words
from bangfu.web.changes import Changed
from bangfu.web.templatetags.bangfu import name_of, text_of

register = template.Library()
ENTITIES = {
    "household": mark("农户"), "household_year": mark("农户年度情况"), "person": mark("成员"),
    "person_year": mark("成员年度情况"), "membership": mark("家庭归属"), "village": mark("村"),
    "village_year": mark("村年度情况"), "county": mark("县"), "county_year": mark("县年度情况"),
    "township": mark("乡镇"), "loan": mark("贷款"), "enterprise": mark("企业"),
    "cooperative": mark("合作社"), "project": mark("项目"),
}  # fmt: skip
OPS = {"insert": mark("新增"), "update": mark("修改"), "delete": mark("删除")}


@register.simple_tag
def action_label(action: str) -> str:
    """An action for people."""
    return words.action_label(action)


@register.simple_tag
def actor_role(role: str) -> str:
    """The role under which somebody acted."""
    return words.role_label(role)


@register.simple_tag
def place_name(code: str) -> str:
    """A region's name."""
    return words.place(code)


@register.simple_tag
def entity_label(name: str) -> str:
    """What kind of record a row change is about."""
    return _(ENTITIES[name]) if name in ENTITIES else name


@register.simple_tag
def op_label(op: str) -> str:
    """新增, 修改 or 删除."""
    return _(OPS[op]) if op in OPS else op


@register.simple_tag(takes_context=True)
def subject_of(context: template.Context, event: Event) -> SafeString | str:
    """What an event is about, as a link where there is a page for it."""
    scope: Scope = context["scope"]
    subject, household = event.subject, event.subject[:18]
    about_people = event.action.partition(".")[0] in ("household", "person")
    is_number = len(household) == 18 and household.isdigit() and scope.covers(household)
    if about_people and is_number and scope.has("household.view"):
        href = reverse("households:show", args=[household])
        return format_html('<a href="{}">{}</a>', href, subject)
    return subject or "—"


@register.simple_tag
def column_name(column: Changed) -> str:
    """A changed column's name: the dictionary's, else its own."""
    if column.field is not None:
        return name_of(column.field)
    own = {"ended_on": _("离户日期"), "started_on": _("入户日期"), "year": _("年度")}
    return own.get(column.name, column.name)


@register.simple_tag
def column_value(column: Changed, value: Any) -> str:
    """A value for people; '—' for unknown."""
    if value is None:
        return "—"
    if column.field is None or (column.field.type == "date" and isinstance(value, str)):
        return str(value)
    return text_of(column.field, value) or "—"
