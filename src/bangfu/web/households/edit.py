"""Correcting a household or a member, and revealing one personal value; both leave a trace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from bangfu.access import Scope
from bangfu.dictionary import Field, entity
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from bangfu.registry import commands, problems, queries
from bangfu.web import problems as web_problems
from bangfu.web.households import panels
from bangfu.web.http import done, page, route
from bangfu.web.language import current
from bangfu.web.templatetags.bangfu import label_of


def _choices(field: Field) -> list[tuple[str, str]] | None:
    if field.type == "bool":
        return [("true", _("是")), ("false", _("否"))]
    if field.type == "code":
        return [(code, label_of(field, code)) for code in field.codes]
    return None


def _as_text(field: Field, value: Any) -> str:
    if value is None:
        return ""
    if field.type == "bool":
        return "true" if value else "false"
    if field.type == "codes":
        return "、".join(field.label_of(v) for v in value)
    return str(value)


_Groups = list[tuple[str, list[dict[str, Any]]]]


def _form(
    name: str, values: dict[str, Any], given: dict[str, str] | None
) -> tuple[_Groups, _Groups]:
    """(heading, inputs) of the fields a clerk may correct: those of the page in its order, and
    those of single policies; `given` keeps what was typed after a refusal."""
    return (
        _inputs(name, panels.form_groups(name), values, given),
        _inputs(name, panels.EXTRA_GROUPS[name], values, given),
    )


def _inputs(
    name: str, wanted: Iterable[tuple[str, tuple[str, ...]]], values: dict[str, Any],
    given: dict[str, str] | None,
) -> _Groups:  # fmt: skip
    fields = entity(name).fields
    groups = []
    for title, names in wanted:
        inputs = [
            _input(fields[n], values.get(n), given)
            for n in names
            if n not in commands.FIXED and not fields[n].pii
        ]
        if inputs:
            groups.append((_(title), inputs))
    return groups


def _input(field: Field, value: Any, given: dict[str, str] | None) -> dict[str, Any]:
    before = _as_text(field, value)
    return {
        "field": field,
        "before": before,
        "value": (given or {}).get(field.name, before),
        "choices": _choices(field),
        "kind": {"int": "numeric", "decimal": "decimal"}.get(field.type, "text"),
    }


def _changed(request: HttpRequest, inputs: list[dict[str, Any]]) -> dict[str, str]:
    """What the person changed, by field name: each field carries the value it was shown with."""
    found = {}
    for entry in inputs:
        name = entry["field"].name
        typed = request.POST.get(name, "").strip()
        if name in request.POST and typed != request.POST.get(f"was_{name}", entry["before"]):
            found[name] = typed
    return found


def _edit(
    request: HttpRequest, scope: Scope, name: str, key: str, household_no: str
) -> HttpResponse:
    years = queries.years(scope, household_no)
    asked = request.POST.get("year") or request.GET.get("year") or ""
    year = int(asked) if asked.isdigit() else (years[0] if years else clock.today().year)
    rows = queries.rows(scope, household_no, year)
    values = rows.household
    if name == "person":
        found = [m for m in rows.members if m["person_no"] == key]
        if not found:
            raise problems.HOUSEHOLD_NOT_FOUND(household_no=key[:18])
        values = found[0]
    context: dict[str, Any] = {"key": key, "year": year, "name": name}
    groups, extra = _form(name, values, None)
    inputs = [entry for _title, entries in [*groups, *extra] for entry in entries]
    if request.method == "POST":
        changed = _changed(request, inputs)
        # Somebody else may have saved since this form was opened.
        stale = [
            e["field"].zh for e in inputs
            if e["field"].name in changed
            and request.POST.get(f"was_{e['field'].name}", e["before"]) != e["before"]
        ]  # fmt: skip
        try:
            if stale:
                raise problems.CHANGED_MEANWHILE(fields="、".join(stale))
            if not changed:
                return done()
            save = commands.correct_household if name == "household" else commands.correct_person
            save(scope, key, year, changed, reason=request.POST.get("reason", "").strip())
        except Problem as problem:
            context |= {"problem": problem.as_dict(current()), "reason": request.POST.get("reason")}
            groups, extra = _form(name, values, {k: str(v) for k, v in request.POST.items()})
        else:
            messages.success(request, _("已保存，更正记录已写入历史。"))
            return done(refresh=True)
    context |= {"groups": groups, "extra": extra}
    return page(request, "households/_edit.html", context)


@route("household.edit", methods=("GET", "POST"))
def household(request: HttpRequest, scope: Scope, household_no: str) -> HttpResponse:
    """The form for a household's own fields."""
    return _edit(request, scope, "household", household_no, household_no)


@route("household.edit", methods=("GET", "POST"))
def person(request: HttpRequest, scope: Scope, household_no: str, person_no: str) -> HttpResponse:
    """The form for a member's fields."""
    return _edit(request, scope, "person", person_no, household_no)


@route("household.reveal", methods=("GET", "POST"))
def reveal(
    request: HttpRequest, scope: Scope, household_no: str, key: str, field: str
) -> HttpResponse:
    """Ask why, keep it, and show one personal value in full."""
    name = "household" if key == household_no else "person"
    spec = entity(name).fields.get(field)
    if spec is None or not spec.pii:
        raise web_problems.NOT_FOUND()
    queries.household(scope, household_no)
    context: dict[str, Any] = {"field": spec, "key": key, "household_no": household_no}
    if request.method == "POST":
        try:
            context["value"] = commands.reveal(
                scope, name, key, field, reason=request.POST.get("reason", "")
            )
        except Problem as problem:
            if problem.kind.status == 404:
                raise
            context["problem"] = problem.as_dict(current())
    return page(request, "households/_reveal.html", context)
