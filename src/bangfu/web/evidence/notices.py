"""One notice: where and until when it hangs, the proof that it was posted, who is on it.

The names come down by themselves: once the term is over the page no longer lists them.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from bangfu.access import Scope
from bangfu.documents.finding import roster_row
from bangfu.evidence import problems, queries
from bangfu.kernel import clock
from bangfu.procedures import queries as procedures
from bangfu.procedures.models import Case, Notice
from bangfu.registry import divisions
from bangfu.registry import queries as registry
from bangfu.registry.models import Household
from bangfu.web.evidence import proofs
from bangfu.web.http import page, route

MOST = 500  # names on one page; a village has fewer


def listed(scope: Scope, notice: Notice) -> list[dict[str, str]]:
    """Households on a notice of `procedures.queries.notices`, names masked; none once its term
    is over."""
    if not procedures.hangs(notice):
        return []
    numbers = Case.objects.filter(scope.q("region_code"), notice=notice).values("subject")
    found = Household.objects.filter(scope.q(), household_no__in=numbers).order_by("household_no")
    return [roster_row(h, masked=True) for h in registry.annotated(found[:MOST])]


@route("procedure.view")
def show(request: HttpRequest, scope: Scope, notice_id: int) -> HttpResponse:
    """A notice with its proof of posting and, while it hangs, its names."""
    notice = procedures.notices(scope).filter(pk=notice_id).first()
    if notice is None:
        raise problems.NOT_FOUND(file=f"notice:{notice_id}")
    today = clock.today()
    context: dict[str, Any] = {
        "notice": notice, "place": divisions.full_name(notice.region_code),
        "hanging": procedures.hangs(notice), "left": max(1, (notice.ends_on - today).days + 1),
        "rows": listed(scope, notice), "subject": f"notice:{notice.pk}",
        "proofs": queries.attached(scope, f"notice:{notice.pk}", piece=proofs.POSTING).count(),
    }  # fmt: skip
    return page(request, "evidence/notice.html", context)
