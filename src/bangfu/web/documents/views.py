"""What can be made for a batch or place, making it, printing it, and the files made so far."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope
from bangfu.documents import casepapers, commands, html, queries
from bangfu.documents import word as writer
from bangfu.documents.finding import Wanted
from bangfu.findings import commands as findings
from bangfu.findings import packs
from bangfu.jobs import commands as jobs
from bangfu.jobs import queries as job_queries
from bangfu.kernel import region
from bangfu.procedures import queries as procedures
from bangfu.procedures.models import Batch
from bangfu.web import regions
from bangfu.web.http import is_htmx, page, route
from bangfu.web.language import current
from bangfu.web.procedures.asking import whole

ABOUT = {"household": mark("每户一份"), "village": mark("每村一份"), "county": mark("每县一份")}
PERSONAL = {"full": mark("含完整姓名"), "masked": mark("姓名脱敏，可张贴")}


def _asked(scope: Scope, query: QueryDict) -> Wanted:
    """What the address asks for; the place, pack and year of a batch where one is named."""
    usual = findings.usual(scope)
    number, year = query.get("batch", ""), query.get("year", "")
    batch = _batches(scope).get(whole(number) or 0)
    place = query.get("region", "") or scope.region_code
    scope.narrowed(place)
    return Wanted(
        document=query.get("document", ""),
        pack=batch.pack if batch else query.get("pack", "") or usual["pack"],
        region_code=place,
        year=batch.year if batch else whole(year) or int(usual["period"][:4]),
        batch=batch.pk if batch else None,
        subject=query.get("subject", ""),
        phone=query.get("phone", "").strip()[:40],
    )


def _batches(scope: Scope) -> dict[int, Batch]:
    """Batches that have to do with the scope's place, newest first."""
    own = scope.region_code
    found = Batch.objects.select_related("definition").order_by("-pk")[:200]
    return {
        b.pk: b for b in found if region.within(own, b.region_code) or b.region_code.startswith(own)
    }


def _title(batch: Batch) -> str:
    lang, content = current(), batch.content
    calendar = content.calendar(batch.calendar)
    parts = [
        str(batch.year),
        content.title.show(lang),
        calendar.title.show(lang) if calendar else "",
    ]
    return " ".join(p for p in parts if p)


@route("procedure.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Documents of a batch (or, without one, of the current run) and one's files."""
    wanted = _asked(scope, request.GET)
    batches = _batches(scope)
    batch = batches.get(wanted.batch or 0)
    offered = queries.offered(scope, wanted.pack, batch.procedure if batch else "")
    query = request.GET.copy()
    for name in ("document", "after", "before"):
        query.pop(name, None)
    query["pack"] = wanted.pack
    context: dict[str, Any] = {
        "documents": [(d, d.title.show(current()), _(ABOUT[d.about]), _(PERSONAL[d.personal]))
                      for d in offered],
        "wanted": wanted, "batch": batch, "query": query.urlencode(),
        "batches": [(b.pk, _title(b)) for b in batches.values()],
        "packs": packs.known(),
        "cascade": regions.cascade(scope, request.GET.get("region", "")),
        "made": queries.made(scope, wanted.batch),
    }  # fmt: skip
    return page(
        request, "documents/_list.html" if is_htmx(request) else "documents/list.html", context
    )


@route("procedure.view")
def offer(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Buttons on the page of a case: its papers as Word and to print; those of its step first."""
    number = request.GET.get("case", "")
    case = procedures.case(scope, whole(number) or 0)
    about = case.content.subject
    found = [d for d in queries.offered(scope, case.pack, case.procedure)
             if d.about in (about, "village")]  # fmt: skip
    found.sort(key=lambda d: (case.step not in d.steps, d.id))
    rows = []
    for document in found:
        query = QueryDict(mutable=True)
        query.update({"document": document.id, "pack": case.pack, "year": str(case.year)})
        query["batch"] = str(case.batch_id or "")
        query["region"] = case.region_code
        query["subject"] = case.subject if document.about == about else ""
        rows.append((document, document.title.show(current()), query.urlencode()))
    plain = [(p, p.title if current() == "zh" else p.title_en or p.title,
              urlencode({"paper": p.key})) for p in casepapers.papers_of(case)]  # fmt: skip
    plain.sort(key=lambda row: row[0].step != case.step)
    context = {"rows": rows, "plain": plain, "step": case.step, "case_id": case.pk}
    return page(request, "documents/_offer.html", context)


@route("procedure.view")
def case_word(request: HttpRequest, scope: Scope, case_id: int) -> HttpResponse:
    """A form or notice of a case for which no layout is prescribed, as Word."""
    content, name = casepapers.as_word(scope, case_id, request.GET.get("paper", ""))
    response = HttpResponse(content, content_type=writer.MEDIA)
    _named(response, name)
    return response


@route("procedure.view")
def case_print(request: HttpRequest, scope: Scope, case_id: int) -> HttpResponse:
    """The same, to be printed by the browser."""
    key = request.GET.get("paper", "")
    one, paper, made = casepapers.as_sheets(scope, case_id, key)
    context = {
        "title": one.title if current() == "zh" else one.title_en or one.title,
        "style": mark_safe(html.style([paper.page])),  # noqa: S308 - ours, no value of anybody's in it
        "sheets": mark_safe("".join(made)),  # noqa: S308 - escaped where it is made
        "count": len(made), "copies": 1,
        "word_url": f"{reverse('documents:case_word', args=[case_id])}?{urlencode({'paper': key})}",
    }  # fmt: skip
    return page(request, "documents/print.html", context)


@route("procedure.view")
def files(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The list of files, polled while one is being made."""
    jobs.fail_abandoned()
    number = request.GET.get("batch", "")
    made = queries.made(scope, whole(number))
    return page(request, "documents/_files.html", {"made": made, "batch_id": number})


@route("procedure.view", methods=("POST",))
def make(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Have the worker make a file."""
    wanted = _asked(scope, request.POST)
    commands.start(scope, replace(wanted, subject=""))
    messages.success(request, _("正在后台生成，完成后在本页下载。"))
    back = request.POST.copy()
    for name in ("csrfmiddlewaretoken", "document"):
        back.pop(name, None)
    return redirect(f"/documents/?{back.urlencode()}")


def _named(response: HttpResponse | StreamingHttpResponse, name: str) -> None:
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["X-Content-Type-Options"] = "nosniff"


@route("procedure.view")
def word(request: HttpRequest, scope: Scope) -> HttpResponse:
    """One paper, or a few, as a Word file at once."""
    content, name = commands.one(scope, _asked(scope, request.GET))
    response = HttpResponse(content, content_type=writer.MEDIA)
    _named(response, name)
    return response


@route("procedure.view")
def sheets(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The same, to be printed by the browser."""
    source, made = commands.sheets(scope, _asked(scope, request.GET))
    context = {
        "title": f"{source.document.no} {source.document.title.show(current())}",
        "style": mark_safe(html.style(source.pages)),  # noqa: S308 - ours, no value of anybody's in it
        "sheets": mark_safe("".join(made)),  # noqa: S308 - escaped where it is made
        "count": len(made), "copies": source.document.copies,
        "word": request.GET.urlencode(),
    }  # fmt: skip
    return page(request, "documents/print.html", context)


@route("procedure.view")
def file(request: HttpRequest, scope: Scope, job_id: int) -> Any:
    """A made file of one's own."""
    del request
    job = job_queries.job(scope, job_id)
    pieces = commands.content(scope, job)
    response = StreamingHttpResponse(pieces, content_type=writer.MEDIA)
    _named(response, str((job.result or {}).get("name", "bangfu.docx")))
    return response
