"""The menu: each subject's `urls.py` gives its entries, shown to whoever holds the right."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

if TYPE_CHECKING:
    from bangfu.access import Scope

# In menu order. A subject is a folder here with `urls.py` (urlpatterns, optionally NAV).
SUBJECTS = (
    "session", "home", "households", "findings", "procedures", "inspection", "policies", "imports", "runs",
    "simulation", "jobs", "exports", "documents", "evidence", "users", "audit",
)  # fmt: skip
AT_ROOT = ("session", "home")
GROUPS = {
    "work": mark("业务"),
    "policy": mark("政策"),
    "data": mark("数据与评估"),
    "manage": mark("管理"),
}


@dataclass(frozen=True)
class NavItem:
    """One entry. `label` is a msgid; `url` a url name; `tab` puts it in the phone's bottom bar."""

    label: str
    url: str
    icon: str
    right: str
    group: str = "work"
    tab: bool = False


def subject_urls() -> list[tuple[str, Any]]:
    """(subject, its urls module) of the subjects that are here."""
    return [
        (name, import_module(f"bangfu.web.{name}.urls"))
        for name in SUBJECTS
        if find_spec(f"bangfu.web.{name}") and find_spec(f"bangfu.web.{name}.urls")
    ]


def menu(scope: Scope, path: str) -> list[dict[str, Any]]:
    """Groups of entries for this person: {title, items: [{label, href, icon, current, tab}]}."""
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in GROUPS}
    for _subject, module in subject_urls():
        for item in getattr(module, "NAV", ()):
            if not scope.has(item.right):
                continue
            href = reverse(item.url)
            current = path == href if href == "/" else path.startswith(href)
            groups[item.group].append(
                {"label": _(item.label), "href": href, "icon": item.icon,
                 "current": current, "tab": item.tab}
            )  # fmt: skip
    _only_longest(groups)
    return [{"title": _(GROUPS[g]), "items": items} for g, items in groups.items() if items]


def _only_longest(groups: dict[str, list[dict[str, Any]]]) -> None:
    """Where several entries hold the path (/findings/, /findings/ready/), mark the deepest."""
    current = [i for items in groups.values() for i in items if i["current"]]
    for entry in sorted(current, key=lambda i: len(i["href"]))[:-1]:
        entry["current"] = False
