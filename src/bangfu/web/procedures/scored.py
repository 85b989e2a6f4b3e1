"""Scoring tables on pages: the survey's items to tick, and the comparison of a village's
applicants by score, item beside item (the "比" of 一进二看三算四比五议), with its Excel file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope, crypto, mask
from bangfu.kernel import clock
from bangfu.policy.loading import known_packs
from bangfu.policy.procedures import scoring
from bangfu.policy.procedures.definition import Form, Procedure
from bangfu.policy.procedures.library import procedures
from bangfu.procedures import entering, facts, queries
from bangfu.procedures.models import Case
from bangfu.procedures.queries import CaseFilter
from bangfu.registry import divisions
from bangfu.registry import queries as registry
from bangfu.registry.models import Household
from bangfu.registry.paging import Page
from bangfu.web.http import is_htmx, page, route
from bangfu.web.listing import Column, Listing, download
from bangfu.web.procedures import shown
from bangfu.web.procedures.asking import whole
from bangfu.web.regions import cascade

SIZE = 50
MOST = 2000  # applicants compared at once; a village has some dozens
EXPORTED = "procedure.exported"


def plain(number: Decimal | None) -> str:
    """Points as people write them: 45.50 is 45.5; '' where they are not set."""
    if number is None:
        return ""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def table(
    procedure: Procedure, form: Form | None, place: str, given: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The scoring table of `form` as the page shows it, None where it has none."""
    if form is None or form.scoring is None:
        return None
    set_ = facts.points(procedure, form, place, clock.today())
    blanks = {f.id: f for f in form.fields}

    def item(name: str) -> dict[str, Any]:
        blank = blanks[name]
        return {
            "name": f"f-{name}", "title": shown.say(blank.title), "optional": not blank.required,
            "options": [{"value": o.value, "title": shown.say(o.title),
                         "points": plain(scoring.known(o.points, set_)),
                         "on": given.get(f"f-{name}") == o.value} for o in blank.options],
        }  # fmt: skip

    spec = form.scoring
    return {
        "title": shown.say(spec.title), "max": plain(scoring.known(spec.maximum, set_)),
        "groups": [{"title": shown.say(g.title), "max": plain(scoring.known(g.maximum, set_)),
                    "items": [item(n) for n in g.items]} for g in spec.groups],
        "lines": [(shown.say(x.title), plain(scoring.known(x.at, set_))) for x in spec.lines],
        "unset": any(n not in set_ for n in scoring.parameters(form)), "count": len(spec.items),
    }  # fmt: skip


@dataclass
class Row:
    """One applicant: the case, what each item was worth, the sum, its place in the order."""

    case: Case
    head: str
    total: Decimal | None
    answers: dict[str, tuple[str, Decimal | None]] = field(default_factory=dict)
    rank: int | None = None
    passed: tuple[str, ...] = ()


def _asked(request: HttpRequest) -> Procedure:
    pack, _slash, name = request.GET.get("procedure", "").partition("/")
    found = procedures(pack).get(name) if pack in known_packs() else None
    if found is None or found.scored is None:
        raise Http404
    return found


def rows_of(scope: Scope, one: Procedure, query: Mapping[str, str]) -> list[Row]:
    """Applicants of the place, poorest first; those not surveyed yet stand last."""
    wanted = CaseFilter(
        region_code=query.get("region", "")[:12], procedure=one.id,
        ended={"open": False, "ended": True}.get(query.get("state", "")),
    )  # fmt: skip
    cases = list(queries.cases(scope, wanted).filter(pack=one.pack).order_by("-id")[:MOST])
    states = entering.states(cases)
    homes = Household.objects.filter(scope.q(), household_no__in={c.subject for c in cases})
    heads = {h.household_no: mask("name", crypto.unseal(h.head_sealed))
             for h in registry.annotated(homes)}  # fmt: skip
    known: dict[tuple[int, str, date], Mapping[str, Decimal]] = {}
    rows = []
    for case in cases:
        form, state = case.content.scored, states[case.pk]
        if form is None or form.scoring is None:
            continue
        step = next((s.id for s in case.content.steps.values() if s.form == form.id), "")
        key = (case.definition_id, case.region_code[:9], state.done_on.get(step, clock.today()))
        if key not in known:
            known[key] = facts.points(case.content, form, case.region_code, key[2])
        rows.append(_row(case, form, state.answers, known[key], heads.get(case.subject, "")))
    return _ranked(one, rows)


def _row(
    case: Case, form: Form, answers: Mapping[str, Any], set_: Mapping[str, Decimal], head: str
) -> Row:
    spec = form.scoring
    assert spec is not None
    mine = {n: answers[f"{form.id}.{n}"] for n in spec.items if f"{form.id}.{n}" in answers}
    worth = scoring.points_of(form, mine, set_)
    titles = {f.id: {o.value: shown.say(o.title) for o in f.options} for f in form.fields}
    kept = answers.get(f"{form.id}.{spec.id}")
    total = Decimal(str(kept)) if kept is not None else None
    passed = []
    for line in spec.lines:
        at = scoring.known(line.at, set_)
        if total is not None and at is not None and (total <= at if line.at_most else total >= at):
            passed.append(shown.say(line.title))
    told = {n: (titles[n].get(v, str(v)), worth.get(n)) for n, v in mine.items()}
    return Row(case, head, total, told, passed=tuple(passed))


def _ranked(one: Procedure, rows: list[Row]) -> list[Row]:
    form = one.scored
    low = form is None or form.scoring is None or form.scoring.low_first
    sign = 1 if low else -1
    rows.sort(key=lambda r: (r.total is None, sign * (r.total or 0), r.case.subject))
    for position, row in enumerate(rows, start=1):
        same = position > 1 and rows[position - 2].total == row.total
        if row.total is not None:
            row.rank = rows[position - 2].rank if same else position
    return rows


def _listing(one: Procedure) -> Listing:
    """Rank, who, the score, and a column for each item of the table."""
    form = one.scored
    assert form is not None
    assert form.scoring is not None
    titles = {f.id: shown.say(f.title) for f in form.fields}

    def cell(name: str) -> Any:
        def value(row: Row) -> str:
            said, points = row.answers.get(name, ("", None))
            return f"{said}（{plain(points)}）" if points is not None else said

        return value

    items = [Column(f"i-{n}", titles[n], cell(n)) for n in form.scoring.items]
    return Listing(
        f"procedure_scores_{one.pack}_{one.id}",
        [
            Column("rank", mark("名次"), lambda r: r.rank or "", numeric=True),
            Column("subject", mark("对象"), lambda r: r.case.title or r.case.subject, lead=True),
            Column("head", mark("户主"), lambda r: r.head),
            Column("place", mark("所在地"), lambda r: divisions.full_name(r.case.region_code)),
            Column("score", mark("总分"), lambda r: "" if r.total is None else r.total,
                   numeric=True, sort="score"),
            Column("line", mark("分数线"), lambda r: "、".join(r.passed)),
            *items,
            Column("step", mark("所在步骤"), lambda r: shown.step_title(r.case.content, r.case.step)),
        ],
    )  # fmt: skip


def _sorted(request: HttpRequest, rows: list[Row]) -> list[Row]:
    sort = request.GET.get("sort", "")
    if sort not in ("score", "-score"):
        return rows
    sign = -1 if sort.startswith("-") else 1
    return sorted(rows, key=lambda r: (r.total is None, sign * (r.total or 0), r.case.subject))


@route("procedure.view")
def scores(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Applicants of a village side by side, by score."""
    one = _asked(request)
    listing, found = _listing(one), _sorted(request, rows_of(scope, one, request.GET))
    end = whole(request.GET.get("before", ""))
    start = max(0, end - SIZE) if end else whole(request.GET.get("after", "")) or 0
    code = request.GET.get("region", "")[:12]
    context: dict[str, Any] = {
        "page": Page(found[start : start + SIZE], str(start + SIZE) if len(found) > start + SIZE
                     else "", str(start) if start else "", len(found)),
        "columns": listing.chosen(request), "all_columns": listing.columns.values(),
        "sort": listing.sort_of(request), "filter": {"region_code": code},
        "cascade": cascade(scope, code), "state": request.GET.get("state", ""),
        "key": f"{one.pack}/{one.id}", "title": shown.say(one.title),
        "full": len(found) >= MOST, "export_query": request.GET.urlencode(),
        "unset": one.scored and any(r.total is None and r.answers for r in found),
    }  # fmt: skip
    name = "procedures/_scores.html" if is_htmx(request) else "procedures/scores.html"
    return listing.remember(request, page(request, name, context))


@route("procedure.view")
def scores_export(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The comparison as seen, as Excel."""
    one = _asked(request)
    rows = _sorted(request, rows_of(scope, one, request.GET))
    return download(scope, request, _listing(one), rows, _("评分比较"), EXPORTED)
