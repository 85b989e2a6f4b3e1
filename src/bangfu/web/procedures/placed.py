"""Villages and counties on the case page: the households behind an indicator, the award that
the entry will record."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from bangfu.access import Scope
from bangfu.kernel import clock, money
from bangfu.policy.procedures.awarding import SCHEDULES
from bangfu.policy.procedures.definition import Form, Item
from bangfu.procedures import awards, places
from bangfu.procedures.models import Case
from bangfu.registry import divisions
from bangfu.web.language import current


def title(found: Case) -> str:
    """What a case is called: its title, its place's name, or its subject's number."""
    if found.title or found.content.subject not in places.PLACES:
        return found.title or found.subject
    return divisions.names().get(found.subject, found.subject)


def behind(scope: Scope, item: Item, code: str) -> list[dict[str, Any]]:
    """The households behind an indicator: in words, how many, where they are listed."""
    return [
        {"title": b.title_en if current() == "en" and b.title_en else b.title, "count": b.count,
         "undecided": b.undecided, "marks": b.marks,
         "href": f"{reverse('households:list')}?{urlencode(b.query)}"}
        for b in places.behind(scope, item, code)
    ]  # fmt: skip


def all_behind(scope: Scope, found: Case, but: Form | None) -> list[dict[str, Any]]:
    """The same for every indicator of the case's procedure, of the form `but` not."""
    content = found.content
    if content.subject not in places.PLACES:
        return []
    items = [i for f in content.forms.values() if f != but for i in f.items if i.behind]
    told = [{"title": i.title.show(current()), "behind": behind(scope, i, found.subject)}
            for i in items]  # fmt: skip
    return [t for t in told if t["behind"]]


def award(found: Case, form: Form | None) -> dict[str, Any] | None:
    """What the entry would record today of the award, with the clauses; None without one."""
    if form is None or form.award is None:
        return None
    told, clauses = awards.reckoned(found, form, clock.today())
    lang = current()
    return {
        "planned": told.planned, "year": found.year, "schedule": SCHEDULES[told.schedule].show(lang),
        "kind": told.schedule, "amount": told.amount,
        "clauses": [
            {"title": c.title_en if lang == "en" and c.title_en else c.title,
             "amount": money.show(c.amount), "cite": c.cite}
            for c in clauses
        ],
    }  # fmt: skip
