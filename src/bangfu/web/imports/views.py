"""The list of imports, giving files, one batch with its preview and refused rows, and the
decisions about it. Checking and writing are jobs; nothing here reads a file's content."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu import audit
from bangfu.access import Scope
from bangfu.collect import commands, guard, queries
from bangfu.collect import template as workbook_template
from bangfu.collect.models import Batch
from bangfu.jobs import commands as jobs
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.registry import divisions, paging
from bangfu.web.http import done, is_htmx, page, route, wants_json
from bangfu.web.language import current
from bangfu.web.listing import XLSX, excel_response

ENTITY = {"household": mark("户"), "person": mark("人")}
_STATE_TONE = {
    "staged": "unknown", "refused": "not_met", "applied": "met", "failed": "not_met",
}  # fmt: skip
_KINDS = {"xlsx": XLSX, "csv": "text/csv; charset=utf-8", "zip": "application/zip"}


@route("import.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Batches, newest first, by state and by file name or person."""
    jobs.fail_abandoned()
    state, text = request.GET.get("state", ""), request.GET.get("text", "").strip()
    state = state if state in dict(Batch.STATES) else ""
    found = paging.paged(
        queries.batches(scope, state, text), key="id", sort="-created_at",
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    for batch in found.items:
        queries.settle(batch)
    context = {
        "page": found, "state": state, "text": text, "states": Batch.STATES, "tones": _STATE_TONE,
        "filtered": bool(state or text), "names": divisions.names(),
    }  # fmt: skip
    return page(request, "imports/_list.html" if is_htmx(request) else "imports/list.html", context)


@route("import.apply", methods=("GET", "POST"))
def upload(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The form that takes files; what can be seen at once is refused at once."""
    this_year = clock.today().year
    context: dict[str, Any] = {
        "years": range(this_year, commands.FIRST_YEAR - 1, -1),
        "year": queries.default_year(),
        "region": divisions.full_name(scope.region_code),
        "limits": {"xlsx": guard.MAX_XLSX >> 20, "csv": guard.MAX_CSV >> 20},
        "wide_form": True,
    }
    if request.method == "POST":
        try:
            batch = _receive(request, scope)
        except Problem as problem:
            if wants_json(request):
                raise
            context["problem"] = problem.as_dict(current())
        else:
            where = reverse("imports:show", args=[batch.pk])
            return JsonResponse({"location": where}) if wants_json(request) else redirect(where)
    return page(request, "imports/new.html", context)


def _receive(request: HttpRequest, scope: Scope) -> Batch:
    year = request.POST.get("year", "")
    given = [
        commands.Given(file.name or "", file.chunks()) for file in request.FILES.getlist("file")
    ]
    encoding = request.POST.get("encoding", "auto")
    encoding = encoding if encoding in ("auto", "utf-8", "gb18030") else "auto"
    batch = commands.receive(scope, given, int(year) if year.isdigit() else 0, encoding=encoding)
    commands.start_check(scope, batch)
    return batch


@route("import.view")
def template(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The workbook to fill in."""
    _ = request, scope
    return excel_response(workbook_template.workbook(), "登记库导入模板")


def _context(scope: Scope, batch: Batch) -> dict[str, Any]:
    job = queries.job_of(batch)
    busy = job is not None and job.is_open
    may = scope.has("import.apply") and batch.is_open and not busy
    return {
        "batch": batch,
        "job": job,
        "busy": busy,
        "tone": _STATE_TONE.get(batch.state, ""),
        "entities": [(n, ENTITY[n], batch.counts[n]) for n in ENTITY if n in batch.counts],
        "writes": batch.total("new") + batch.total("changed"),
        "refused": batch.total("refused"),
        "warned": batch.total("warned"),
        "may_apply": may and batch.total("new") + batch.total("changed") > 0,
        "may_cancel": may,
        "may_undo": scope.has("import.undo") and batch.state == "applied" and not busy,
        "may_download": scope.has("import.apply") and bool(batch.marked),
        "summary": queries.summary(batch),
        "problem": _problem(batch, job),
        "region": divisions.full_name(batch.region_code),
        "samples": [
            (ENTITY[name], name, batch.preview.get(name, {}))
            for name in ENTITY
            if any(batch.preview.get(name, {}).values())
        ],
    }


def _problem(batch: Batch, job: Any) -> dict[str, str] | None:
    """Why the batch failed, or why the last attempt on it did."""
    if batch.problem:
        message, advice = batch.problem[current()]
        return {"code": batch.problem["code"], "message": message, "advice": advice}
    if job is not None and job.problem and job.state == "failed":
        return {k: job.problem.get(k, "") for k in ("code", "message", "advice")}
    return None


@route("import.view")
def show(request: HttpRequest, scope: Scope, batch_id: int) -> HttpResponse:
    """One batch: progress while it is worked on, counts, preview, refused rows, decisions."""
    jobs.fail_abandoned()
    batch = queries.batch(scope, batch_id)
    context = _context(scope, batch) | _rows(request, scope, batch)
    return page(request, "imports/show.html", context)


@route("import.view")
def live(request: HttpRequest, scope: Scope, batch_id: int) -> HttpResponse:
    """The progress line, polled while a job is open; reloads the page once it has ended."""
    context = _context(scope, queries.batch(scope, batch_id))
    response = page(request, "imports/_live.html", context)
    if not context["busy"]:
        response["HX-Refresh"] = "true"
    return response


def _rows(request: HttpRequest, scope: Scope, batch: Batch) -> dict[str, Any]:
    level, entity = request.GET.get("level", ""), request.GET.get("entity", "")
    code = request.GET.get("code", "")
    level = level if level in ("error", "warning") else ""
    entity = entity if entity in ENTITY else ""
    found = paging.paged(
        queries.issues(scope, batch, level=level, entity_name=entity, code=code), key="id",
        after=request.GET.get("after", ""), before=request.GET.get("before", ""), size=25,
    )  # fmt: skip
    return {
        "page": found,
        "rows": [queries.opened(issue) for issue in found.items],
        "level": level, "entity": entity, "code": code, "entity_names": ENTITY.items(),
        "codes": {line["code"]: line["text"] for line in queries.summary(batch)}.items(),
        "batch": batch,
    }  # fmt: skip


@route("import.view")
def rows(request: HttpRequest, scope: Scope, batch_id: int) -> HttpResponse:
    """Refused and doubtful rows by level, entity and fault."""
    batch = queries.batch(scope, batch_id)
    if not is_htmx(request):
        query = request.GET.urlencode()
        return redirect(f"{reverse('imports:show', args=[batch.pk])}?{query}#rows")
    return page(request, "imports/_rows.html", _rows(request, scope, batch))


@route("import.apply")
def marked(request: HttpRequest, scope: Scope, batch_id: int) -> Any:
    """The file with its errors marked in place. It holds personal data, so taking it is kept."""
    name, kind, content = queries.marked_file(scope, batch_id)
    with audit.event(
        "import.marked_taken", actor=scope.actor, subject=f"batch:{batch_id}",
        region_code=scope.region_code, source=name[:200],
    ):  # fmt: skip
        response = FileResponse(content, content_type=_KINDS[kind])
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def _back(request: HttpRequest, batch_id: int) -> HttpResponse:
    where = reverse("imports:show", args=[batch_id])
    return done(location=where) if is_htmx(request) else redirect(where)


@route("import.apply", methods=("POST",))
def apply(request: HttpRequest, scope: Scope, batch_id: int) -> HttpResponse:
    """Write what was staged."""
    commands.start_apply(scope, batch_id, only_valid=request.POST.get("only_valid") == "yes")
    messages.success(request, _("正在导入，可以离开本页，完成后在这里查看结果。"))
    return _back(request, batch_id)


@route("import.apply", methods=("POST",))
def cancel(request: HttpRequest, scope: Scope, batch_id: int) -> HttpResponse:
    """Give the batch up."""
    commands.cancel(scope, batch_id)
    messages.success(request, _("批次已取消，登记库没有任何改动。"))
    return _back(request, batch_id)


@route("import.undo", methods=("GET", "POST"))
def undo(request: HttpRequest, scope: Scope, batch_id: int) -> HttpResponse:
    """What undoing would put back; then do it."""
    batch = queries.batch(scope, batch_id)
    context: dict[str, Any] = {"batch": batch, "seen": None}
    try:
        if request.method == "POST":
            reason = request.POST.get("reason", "").strip()
            commands.start_undo(scope, batch_id, reason or _("未填写"))
            messages.success(request, _("正在撤销，完成后登记库恢复到导入之前。"))
            return _back(request, batch_id)
        seen = queries.undo_preview(scope, batch)
        context["seen"] = seen
        context["lines"] = [
            (_TABLES.get(name, name), ops.get("insert", 0), ops.get("update", 0))
            for name, ops in seen.counts.items()
        ]
    except Problem as problem:
        context["problem"] = problem.as_dict(current())
    return page(request, "imports/_undo.html" if is_htmx(request) else "imports/undo.html", context)


_TABLES = {
    "household": mark("户"), "household_year": mark("户的年度数据"), "person": mark("人"),
    "person_year": mark("人的年度数据"), "membership": mark("家庭成员关系"),
}  # fmt: skip
