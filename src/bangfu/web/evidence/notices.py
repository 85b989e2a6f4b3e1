"""One notice: where and until when it hangs, the proof that it was posted, who is on it.

The names come down by themselves: once the term is over the page no longer lists them.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from bangfu.access import Scope
from bangfu.documents import casepapers
from bangfu.evidence import problems, queries
from bangfu.kernel import clock
from bangfu.procedures import queries as procedures
from bangfu.procedures.models import Case, Notice
from bangfu.registry import divisions
from bangfu.web.evidence import proofs
from bangfu.web.http import page, route

MOST = 500  # names on one page; a village has fewer


def listed(scope: Scope, notice: Notice) -> tuple[str, list[tuple[str, str, str]]]:
    """(kind of subject, rows of group, name, persons) on a notice of `procedures.queries.notices`,
    names masked; no rows once its term is over."""
    found = Case.objects.filter(scope.q("region_code"), notice=notice).order_by("subject")
    cases = list(found.select_related("definition")[:MOST])
    kind = cases[0].content.subject if cases else "household"
    return kind, casepapers.rows(scope, kind, cases) if procedures.hangs(notice) else []


def _undated(scope: Scope, notice: Notice) -> int:
    """How many photos of the posting bear no time, or one at which it did not hang."""
    taken = queries.attached(scope, f"notice:{notice.pk}", piece=proofs.POSTING)
    days = [t.astimezone(clock.SHANGHAI).date() if t else None
            for t in taken.values_list("taken_at", flat=True)]  # fmt: skip
    return sum(d is None or not notice.posted_on <= d <= notice.ends_on for d in days)


@route("procedure.view")
def show(request: HttpRequest, scope: Scope, notice_id: int) -> HttpResponse:
    """A notice with its proof of posting and, while it hangs, its names."""
    notice = procedures.notices(scope).filter(pk=notice_id).first()
    if notice is None:
        raise problems.NOT_FOUND(file=f"notice:{notice_id}")
    today = clock.today()
    kind, rows = listed(scope, notice)
    context: dict[str, Any] = {
        "notice": notice, "place": divisions.full_name(notice.region_code),
        "hanging": procedures.hangs(notice), "left": max(1, (notice.ends_on - today).days + 1),
        "rows": rows, "homes": kind == "household", "undated": _undated(scope, notice),
        "subject": f"notice:{notice.pk}",
        "proofs": queries.attached(scope, f"notice:{notice.pk}", piece=proofs.POSTING).count(),
    }  # fmt: skip
    return page(request, "evidence/notice.html", context)
