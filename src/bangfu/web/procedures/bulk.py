"""Deciding together cases that stand alone: a village's applicants at one step, one list, one
notice. Those of a batch are decided at the batch (`acts.decide`)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.kernel.problems import Problem
from bangfu.policy.loading import known_packs
from bangfu.policy.procedures.library import procedures
from bangfu.procedures import queries
from bangfu.web.http import page, route
from bangfu.web.language import current
from bangfu.web.procedures import acts


@route("procedure.act", methods=("GET", "POST"))
def decide(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Decide the cases of a place that stand alone at one step of a procedure."""
    pack, _slash, name = request.GET.get("procedure", "").partition("/")
    content = procedures(pack).get(name) if pack in known_packs() else None
    data = request.POST if request.method == "POST" else request.GET
    step = content.steps.get(data.get("step", "")) if content else None
    if content is None or step is None or not step.bulk:
        raise Http404
    code = data.get("region", "")[:12] or scope.region_code
    wanted = queries.CaseFilter(region_code=code, procedure=name, step=step.id, ended=False)
    there = queries.cases(scope, wanted).filter(pack=pack, batch=None)
    proof = f"group:{pack}/{name}:{step.id}:{code}"
    back = f"{reverse('procedures:cases')}?procedure={name}&step={step.id}&state=open"
    context: dict[str, Any] = {"back": back}
    if request.method == "POST":
        try:
            count = acts.decided(request, scope, content, step, there, proof)
        except Problem as problem:
            if problem.kind.status in (403, 404):
                raise
            context["problem"] = problem.as_dict(current())
        else:
            messages.success(request, _("已办理 %(n)s 件。") % {"n": count})
            return redirect(back)
    total = there.count()
    rows = list(there.order_by("region_code", "subject")[: acts.BULK])
    context |= acts.bulk_context(request, scope, content, step, rows)
    context |= {"code": code, "total": total, "rest": max(0, total - len(rows)), "proof": proof}
    return page(request, "procedures/decide.html", context,
                status=422 if "problem" in context else 200)  # fmt: skip
