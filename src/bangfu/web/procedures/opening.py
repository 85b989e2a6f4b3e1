"""Beginning a case that stands alone: which procedure, about whom, the paper it begins with.

Who may begin one is what the procedure itself says (`opening.actor`), so the right is that of
acting; `procedure.open` is for batches, which villages never open.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope, crypto, mask
from bangfu.findings import commands as findings
from bangfu.kernel import clock, region
from bangfu.kernel.problems import Problem
from bangfu.policy.loading import known_packs
from bangfu.policy.procedures.definition import Procedure
from bangfu.policy.procedures.library import procedures
from bangfu.policy.procedures.machine import may_act
from bangfu.procedures import commands, facts, queries
from bangfu.registry import divisions, paging
from bangfu.registry import queries as registry
from bangfu.registry.models import Household, Person
from bangfu.registry.queries import HouseholdFilter
from bangfu.web.http import page, route
from bangfu.web.language import current
from bangfu.web.procedures import scored, shown, views
from bangfu.web.procedures.asking import day
from bangfu.web.regions import cascade

ABOUT = {
    "household": mark("农户"), "person": mark("个人"), "village": mark("村"),
    "township": mark("乡镇"), "county": mark("县（市、区）"), "project": mark("项目"),
    "application": mark("申请、来信来访等事项"),
}  # fmt: skip
UNNAMED = ("project", "application")


def openable(scope: Scope) -> list[tuple[str, Procedure]]:
    """(pack/procedure, procedure) of which this person may begin a case, usual pack first."""
    person = commands.who(scope)
    found = [
        (f"{pack}/{one.id}", one)
        for pack in known_packs()
        for one in procedures(pack).values()
        if not one.opening.batched
        and any(not may_act(one.actors[a], person, scope.region_code) for a in one.opening.enrols)
    ]
    usual = findings.usual(scope)["pack"]
    return sorted(found, key=lambda pair: (not pair[0].startswith(f"{usual}/"), pair[0]))


@route("procedure.act", methods=("GET", "POST"))
def new(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Choose the procedure and whom it is about, fill in its first paper, begin the case."""
    data = request.POST if request.method == "POST" else request.GET
    subject = data.get("subject", "").strip()[:20]
    choices = openable(scope)
    chosen = next((p for k, p in choices if k == data.get("procedure", "")), None)
    context: dict[str, Any] = {"subject": subject, "today": clock.today()}
    if chosen is None:
        context["choices"] = _choices(scope, choices, subject)
        return page(request, "procedures/open.html", context)
    status = 200
    if request.method == "POST":
        try:
            case_id = _begun(request, scope, chosen)
        except Problem as problem:
            context["problem"] = problem.as_dict(current())
            status = problem.kind.status
        else:
            messages.success(request, _("已立件，开始办理。"))
            return redirect("procedures:case", case_id)
    context |= {
        "key": f"{chosen.pack}/{chosen.id}", "title": shown.say(chosen.title),
        "about": _(ABOUT[chosen.subject]), "kind": chosen.subject, "given": request.POST,
        "first": shown.say(chosen.steps[chosen.first].title),
    }  # fmt: skip
    context |= _about(request, scope, chosen, subject)
    if context.get("ready"):
        form = chosen.forms.get(chosen.opening.form)
        offered = facts.prefill(scope, chosen, form, subject) if form and subject else {}
        context["form"] = {
            "title": shown.say(form.title), "annex": form.annex, "items": [], "signatures": [],
            "blanks": views.blanks(request, form, offered),
            "scoring": scored.table(chosen, form, scope.region_code, request.POST),
        } if form else {"items": []}  # fmt: skip
    return page(request, "procedures/open.html", context, status=status)


def _begun(request: HttpRequest, scope: Scope, chosen: Procedure) -> int:
    post = request.POST
    form = chosen.forms.get(chosen.opening.form)
    values: dict[str, Any] = {
        b.id: post.getlist(f"f-{b.id}") if b.type == "choices" else post.get(f"f-{b.id}", "")
        for b in (form.fields if form else ()) if not b.computed
    }  # fmt: skip
    return commands.open_case(
        scope, chosen.pack, chosen.id, subject=post.get("subject", "").strip()[:20],
        title=post.get("title", ""), region_code=post.get("region", "")[:12], values=values,
        on=day(post.get("on", "")),
    )  # fmt: skip


def _choices(
    scope: Scope, choices: list[tuple[str, Procedure]], subject: str
) -> list[dict[str, Any]]:
    """The procedures to choose from; for a household, those about households (or their
    members) and whether each fits."""
    row = Household.objects.filter(scope.q(), household_no=subject).first() if subject else None
    found = []
    for key, one in choices:
        if row is not None and one.subject not in ("household", "person"):
            continue
        why, under_way = "", None
        if row is not None and one.subject == "household":
            why, under_way = _fits(scope, one, subject, row.village_code)
        query = {"procedure": key}
        if row is not None:
            query |= {"subject": subject} if one.subject == "household" else {"q": subject}
        found.append({"key": key, "title": shown.say(one.title), "about": _(ABOUT[one.subject]),
                      "pack": one.pack, "why": why, "under_way": under_way,
                      "query": urlencode(query)})  # fmt: skip
    return found


def _fits(scope: Scope, one: Procedure, subject: str, place: str) -> tuple[str, int | None]:
    """Why a case cannot begin about `subject` ('' = it can), and the open case, if one is."""
    open_ = queries.of_subject(scope, subject).filter(
        procedure=one.id, pack=one.pack, ended=False
    ).first()  # fmt: skip
    if open_ is not None:
        return _("已在办理中"), int(open_.pk)
    known = facts.facts(one, [(subject, place)], clock.today().year)[subject]
    if one.opening.only.tests and not one.opening.only.holds(known):
        return _("不符合纳入条件"), None
    return "", None


def _about(request: HttpRequest, scope: Scope, one: Procedure, subject: str) -> dict[str, Any]:
    """What the page shows of whom the case is about: the one chosen, or a search for it."""
    data = request.POST if request.method == "POST" else request.GET
    code = data.get("region", "")[:12]
    if one.subject in UNNAMED:
        return {"ready": True, "cascade": cascade(scope, code if scope.covers(code) else "")}
    if one.subject in region.LEVELS.values():
        if region.level(scope.region_code) == one.subject:
            subject = scope.region_code
        elif len(code) in region.LEVELS and region.level(code) == one.subject:
            subject = code
        if subject and scope.covers(subject) and subject in divisions.names():
            return _chosen(scope, one, subject, subject, divisions.full_name(subject))
        return {"cascade": cascade(scope, code if scope.covers(code) else ""), "places": True}
    found = _subject(scope, one.subject, subject) if subject else None
    if found is not None:
        return _chosen(scope, one, subject, found[1], found[0])
    return _search(request, scope, one)


def _chosen(
    scope: Scope, one: Procedure, subject: str, place: str, name: str
) -> dict[str, Any]:  # fmt: skip
    why, under_way = _fits(scope, one, subject, place)
    return {"ready": not why, "why": why, "under_way": under_way, "subject": subject,
            "name": name, "place": divisions.full_name(place)}  # fmt: skip


def _subject(scope: Scope, kind: str, number: str) -> tuple[str, str] | None:
    """(masked name, village) of a household or person of the scope, None when there is none."""
    if kind == "person":
        person = Person.objects.filter(scope.q(), person_no=number).first()
        if person is None:
            return None
        return mask("name", crypto.unseal(person.name_sealed)), person.village_code
    found = Household.objects.filter(scope.q(), household_no=number)
    row = registry.annotated(found).first()
    if row is None:
        return None
    head = mask("name", crypto.unseal(row.head_sealed))
    return _("%(head)s户") % {"head": head}, row.village_code


def _search(request: HttpRequest, scope: Scope, one: Procedure) -> dict[str, Any]:
    """Households (or their members) by the registry's own search, those that fit."""
    get = request.GET
    wanted = HouseholdFilter(region_code=get.get("region", "")[:12], text=get.get("q", "").strip())
    homes = registry.households(scope, wanted)
    for name, values in one.opening.only.tests:
        entity, _dot, field = name.partition(".")
        if entity == "household" and hasattr(Household, field):
            homes = homes.filter(**{f"{field}__in": values})
    after, before = get.get("after", ""), get.get("before", "")
    if one.subject == "person":
        people = Person.objects.filter(scope.q(), household_no__in=homes.values("household_no"))
        rows = paging.paged(people.order_by("person_no"), key="person_no", size=20, after=after,
                            before=before)  # fmt: skip
        lines = [(p.person_no, mask("name", crypto.unseal(p.name_sealed)), p.village_code)
                 for p in rows.items]  # fmt: skip
    else:
        rows = paging.paged(registry.annotated(homes), key="household_no", size=20,
                            after=after, before=before)  # fmt: skip
        lines = [(h.household_no, mask("name", crypto.unseal(h.head_sealed)), h.village_code)
                 for h in rows.items]  # fmt: skip
    return {
        "page": rows, "search": True, "filter": wanted, "cascade": cascade(scope, wanted.region_code),
        "lines": [(no, name, divisions.full_name(place)) for no, name, place in lines],
    }  # fmt: skip
