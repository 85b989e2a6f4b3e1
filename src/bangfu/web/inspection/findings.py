"""What was found: the list and its Excel file, one finding with its orders, and who answers."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.evidence import queries as evidence
from bangfu.inspection import forms, queries
from bangfu.inspection.queries import FindingFilter
from bangfu.kernel import clock
from bangfu.procedures import queries as procedures
from bangfu.registry import divisions, paging
from bangfu.web.http import is_htmx, page, route
from bangfu.web.inspection import words
from bangfu.web.listing import EXPORT_NOW, download
from bangfu.web.procedures import shown
from bangfu.web.procedures.asking import whole
from bangfu.web.regions import cascade


def _filter(request: HttpRequest) -> FindingFilter:
    asked = request.GET
    return FindingFilter(
        region_code=asked.get("region", "")[:12], plan=whole(asked.get("plan", "")),
        result=asked.get("result", "") if asked.get("result") in words.RESULTS else "",
        ordered=asked.get("ordered", "") if asked.get("ordered") in ("yes", "no") else "",
        text=asked.get("q", "").strip(),
    )  # fmt: skip


@route("inspection.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Findings by region, inspection, result."""
    wanted, sort = _filter(request), words.FINDINGS.sort_of(request)
    rows = paging.paged(
        queries.findings(scope, wanted), key="id", sort=sort or "-on",
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    for row in rows.items:
        row.tone = words.TRUTH[row.result]
    context = {
        "page": rows, "columns": words.FINDINGS.chosen(request), "sort": sort, "filter": wanted,
        "all_columns": words.FINDINGS.columns.values(),
        "cascade": cascade(scope, wanted.region_code),
        "results": [(k, _(v)) for k, v in words.RESULTS.items()],
        "export_query": request.GET.urlencode(),
    }  # fmt: skip
    name = "inspection/_findings.html" if is_htmx(request) else "inspection/findings.html"
    return words.FINDINGS.remember(request, page(request, name, context))


@route("inspection.view")
def export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The findings as seen, as Excel."""
    sort = words.FINDINGS.sort_of(request) or "-on"
    found = queries.findings(scope, _filter(request)).order_by(sort, "-id")
    rows = list(found[: EXPORT_NOW * 10])
    return download(scope, request, words.FINDINGS, rows, _("核查结果"), "inspection.exported")


@route("inspection.view")
def show(request: HttpRequest, scope: Scope, finding_id: int) -> HttpResponse:
    """One finding: answers, indicators, photos, its orders."""
    found = queries.finding(scope, finding_id)
    form = forms.of(found.form, found.sampled.case.content.subject)
    photos = evidence.attached(scope, f"check:{found.sampled_id}")
    context = {
        "finding": found, "place": divisions.full_name(found.region_code),
        "result": _(words.RESULTS[found.result]), "truth": words.TRUTH[found.result],
        "answers": shown.answers(form, found.values), "form_title": shown.say(form.title),
        "items": [(shown.say(i.title), found.items.get(i.id, ""),
                   _(words.ITEM.get(found.items.get(i.id, ""), "")) if i.id in found.items else "")
                  for i in form.items],
        "photos": [p for p in photos if p.content_id in found.evidence],
        "orders": [{"order": o, "duty": words.duty(o), "standing": words.standing(o)}
                   for o in queries.orders(scope).filter(finding=found)],
        "may_order": scope.has("inspection.order") and found.result == "problem",
        "departments": words.DEPARTMENT_CHOICES, "today": clock.today(),
    }  # fmt: skip
    return page(request, "inspection/finding.html", context)


@route("inspection.view")
def responsible(request: HttpRequest, scope: Scope, case_id: int) -> HttpResponse:
    """谁认定、谁审核、谁负责: who did each step of a case, with day and signatures; for print."""
    case = procedures.case(scope, case_id)
    _state, told = queries.responsible(scope, case)
    content = case.content
    lines = []
    for one in told:
        step = content.steps.get(one.entry.row.step)
        actor = shown.say(content.actors[step.actor].title) if step else ""
        lines.append({"line": shown.line(content, one.entry), "row": one.entry.row,
                      "name": one.name, "actor": actor,
                      "from": divisions.names().get(one.entry.row.actor_region, "")})  # fmt: skip
    context = {
        "case": case, "lines": lines, "place": divisions.full_name(case.region_code),
        "procedure": shown.say(content.title), "today": clock.today(),
        "found": [{"row": f, "result": _(words.RESULTS[f.result])}
                  for f in queries.findings(scope, FindingFilter()).filter(sampled__case=case)],
    }  # fmt: skip
    return page(request, "inspection/responsible.html", context)
