"""My checks, for a phone in a village: the sample, one case, what was found of it. The only pages
that people from outside can open.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.evidence import queries as evidence
from bangfu.inspection import forms, queries, recording
from bangfu.inspection.models import Sampled
from bangfu.inspection.recording import Seen
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.policy.procedures.definition import Form
from bangfu.registry import divisions, paging
from bangfu.web.http import page, route, wants_json
from bangfu.web.inspection.words import ITEM, RESULTS, SAMPLE, TODO, TRUTH, given
from bangfu.web.language import current
from bangfu.web.listing import EXPORT_NOW, download
from bangfu.web.procedures import shown
from bangfu.web.procedures.asking import day, whole


def _narrowed(request: HttpRequest) -> tuple[int | None, str]:
    """The inspection and the result asked for; by default what is still to be checked."""
    result = request.GET.get("result", "todo")
    return whole(request.GET.get("plan", "")), result if result in (*TODO, "all") else "todo"


@route("inspection.record")
def mine(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The cases to check: those not yet checked, or others by their result."""
    (plan, result), sort = _narrowed(request), SAMPLE.sort_of(request)
    rows = paging.paged(
        queries.sample(scope, plan, "" if result == "all" else result), key="id",
        sort=sort or "region_code", size=30,
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    items = [
        {"row": s, "truth": TRUTH.get(s.result, ""),
         "href": reverse("inspection:check", args=[s.pk])}
        for s in rows.items
    ]  # fmt: skip
    context = {
        "page": rows, "rows": items, "count": queries.waiting(scope), "plan": plan,
        "result": result, "plans": queries.plan_titles(scope), "sort": sort,
        "todo": [(k, _(v)) for k, v in TODO.items()], "columns": SAMPLE.chosen(request),
        "all_columns": SAMPLE.columns.values(), "export_query": request.GET.urlencode(),
    }  # fmt: skip
    return SAMPLE.remember(request, page(request, "inspection/checks.html", context))


@route("inspection.record")
def export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The cases to check as seen, as Excel: numbers and places, no names."""
    plan, result = _narrowed(request)
    found = queries.sample(scope, plan, "" if result == "all" else result)
    rows = list(found.order_by(SAMPLE.sort_of(request) or "region_code", "id")[: EXPORT_NOW * 10])
    return download(scope, request, SAMPLE, rows, _("我的核查"), "inspection.exported")


@route("inspection.record", methods=("GET", "POST"))
def check(request: HttpRequest, scope: Scope, check_id: int) -> HttpResponse:
    """One case: what was determined of it, and the form for what is found."""
    found = queries.sampled(scope, check_id)
    form = forms.of(found.plan.form, found.plan.subject)
    problem = None
    if request.method == "POST":
        try:
            recording.record(scope, check_id, _seen(request, form))
        except Problem as fault:
            if wants_json(request) or fault.kind.status not in (422, 413, 415):
                raise  # the page that sent it says so, and keeps what was filled in
            problem = fault.as_dict(current())
        else:
            messages.success(request, _("已记录。"))
            where = reverse("inspection:checks")
            return JsonResponse({"location": where}) if wants_json(request) else redirect(where)
    context = _context(request, scope, found, form) | {"problem": problem}
    return page(request, "inspection/check.html", context, status=422 if problem else 200)


def _seen(request: HttpRequest, form: Form) -> Seen:
    post = request.POST
    return Seen(
        result=post.get("result", ""), on=day(post.get("on", "")), text=post.get("text", ""),
        values={f.id: post.getlist(f"f-{f.id}") if f.type == "choices" else post.get(f"f-{f.id}", "")
                for f in form.fields},
        items={i.id: post.get(f"i-{i.id}", "") for i in form.items}, files=given(request),
    )  # fmt: skip


def _context(request: HttpRequest, scope: Scope, found: Sampled, form: Form) -> dict[str, Any]:
    sheet = queries.sheet(scope, found)
    judged = {i: j for items in sheet.state.items.values() for i, j in items.items()}
    post = request.POST
    blanks = [
        {"blank": b, "title": shown.say(b.title), "name": f"f-{b.id}",
         "value": post.get(f"f-{b.id}", ""), "values": post.getlist(f"f-{b.id}"),
         "options": [(o.value, shown.say(o.title)) for o in b.options], "optional": not b.required}
        for b in form.fields
    ]  # fmt: skip
    return {
        "sampled": found, "case": sheet.case, "place": divisions.full_name(found.region_code),
        "procedure": shown.say(sheet.content.title), "form_title": shown.say(form.title),
        "now": shown.step_title(sheet.content, sheet.case.step),
        "items": [{"id": i.id, "title": shown.say(i.title), "judged": judged.get(i.id),
                   "given": post.get(f"i-{i.id}", "")} for i in form.items],
        "form": {"blanks": blanks, "items": (), "title": _("走访情况")},
        "choices": [(k, _(v)) for k, v in ITEM.items()],
        "results": [(k, _(v)) for k, v in RESULTS.items()],
        "lines": [shown.line(sheet.content, e) for e in sheet.entries],
        "findings": [{"row": f, "result": _(RESULTS[f.result]), "truth": TRUTH[f.result]}
                     for f in sheet.findings],
        "photos": sheet.photos, "today": clock.today(), "given": post, "min": found.plan.starts_on,
    }  # fmt: skip


@route("inspection.record")
def photo(request: HttpRequest, scope: Scope, photo_id: int) -> HttpResponse:
    """The thumbnail of a photo of a check, or with ?full the photo, without its metadata."""
    wide, found = queries.photo(scope, photo_id)
    if "full" in request.GET:
        _row, content = evidence.shown(wide, found.pk)
        media = found.content.shown_media
    else:
        content, media = evidence.small(wide, found.pk), "image/jpeg"
    response = HttpResponse(content, content_type=media)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; img-src 'self'; sandbox"
    return response
