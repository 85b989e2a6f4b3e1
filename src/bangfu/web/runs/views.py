"""The list of runs, one run with its progress, the form that starts one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.findings import commands, packs, problems, queries
from bangfu.findings.models import Run
from bangfu.findings.totals import RuleCount, Tally
from bangfu.kernel.problems import Problem
from bangfu.registry import paging
from bangfu.web.http import done, is_htmx, page, route
from bangfu.web.language import current


@route("run.view")
def index(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Runs, newest first, by state."""
    commands.recover()
    state = request.GET.get("state", "")
    state = state if state in dict(Run.STATES) else ""
    rows = paging.paged(
        queries.runs(scope, state), key="id", sort="-created_at",
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    context = {"page": rows, "state": state, "states": Run.STATES}
    return page(request, "runs/_list.html" if is_htmx(request) else "runs/list.html", context)


def _tally(raw: dict[str, Any]) -> Tally:
    amount = raw.get("amount")
    return Tally(raw["households"], raw["subjects"], Decimal(amount) if amount else None)


def _counts(scope: Scope, run: Run) -> list[RuleCount]:
    """Outcomes by rule as they were when the run ended."""
    found = run.counts.get("rules", {})
    return [
        RuleCount(r, {o: _tally(t) for o, t in found.get(r.id, {}).items()})
        for r in queries.rules(scope, run)
        if r.id in found
    ]


def _context(scope: Scope, run: Run) -> dict[str, Any]:
    mine = run.job is not None and scope.covers(run.job.region_code)
    return {
        "run": run,
        "counts": _counts(scope, run) if run.digest else [],
        "may_stop": run.is_open and scope.has("run.start") and mine,
        "may_reload": (
            run.state == "superseded" and scope.has("run.start") and commands.may_choose(scope)
        ),
        # A department does not see what adds up over all rules.
        "whole": scope.department is None,
    }


@route("run.view")
def show(request: HttpRequest, scope: Scope, run_id: int) -> HttpResponse:
    """One run: progress while it works, then counts, versions, durations, or what went wrong."""
    commands.recover()
    return page(request, "runs/show.html", _context(scope, queries.run(scope, run_id)))


@route("run.view")
def progress(request: HttpRequest, scope: Scope, run_id: int) -> HttpResponse:
    """The progress line, polled while the run is open; reloads the page once it has ended."""
    commands.recover()
    run = queries.run(scope, run_id)
    response = page(request, "runs/_progress.html", _context(scope, run))
    if not run.is_open:
        response["HX-Refresh"] = "true"
    return response


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise problems.BAD_REQUEST(
            what=_("判定日期“%(day)s”应写作 2016-12-31") % {"day": text}
        ) from None


@route("run.start", methods=("GET", "POST"))
def start(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The form: what will be evaluated, by what, as of when; starting is confirmed by it."""
    usual = commands.usual(scope)
    context: dict[str, Any] = {
        "usual": usual,
        "given": {**usual, "as_of": str(usual["as_of"])},
        "may_choose": commands.may_choose(scope),
        "packs": packs.known(),
        "first": queries.current(scope) is None,
    }
    if request.method == "POST":
        given = {name: request.POST.get(name, "").strip() for name in ("pack", "period", "as_of")}
        try:
            run = commands.start(
                scope, pack=given["pack"], period=given["period"], as_of=_day(given["as_of"])
            )
        except Problem as problem:
            context |= {"problem": problem.as_dict(current()), "given": context["given"] | given}
        else:
            messages.success(request, _("评估已开始。"))
            where = reverse("runs:show", args=[run.pk])
            return done(location=where) if is_htmx(request) else redirect(where)
    name = "runs/_start.html" if is_htmx(request) else "runs/start.html"
    return page(request, name, context)


@route("run.start", methods=("POST",))
def stop(request: HttpRequest, scope: Scope, run_id: int) -> HttpResponse:
    """Cancel a run."""
    commands.stop(scope, run_id)
    messages.success(request, _("已要求取消评估；原有认定结果不变。"))
    return redirect("runs:show", run_id)


@route("run.start", methods=("POST",))
def reload(request: HttpRequest, scope: Scope, run_id: int) -> HttpResponse:
    """Show an earlier run's findings again."""
    commands.reload(scope, run_id)
    messages.success(request, _("正在恢复这次评估的结果。"))
    return redirect("runs:show", run_id)
