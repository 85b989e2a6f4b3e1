"""What a list and its Excel file share: the columns, which of them a person chose, and the
workbook with exactly those columns.

    COLUMNS = Listing("households", [Column("status", mark("户状态"), lambda row: ...), ...])
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from bangfu import audit
from bangfu.access import Scope, crypto
from bangfu.kernel import clock

EXPORT_NOW = 2000  # rows; more than this becomes a background job
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Column:
    """One column. `value` gives what a person sees and Excel holds (text, number or date);
    `money` shows two places; `badge` gives a truth key (met, not_met, undecided, …) to show
    instead on the page; `sort` the database column to sort by; `lead` is always shown and
    links to the row's page."""

    name: str
    label: str
    value: Callable[[Any], Any]
    usual: bool = True
    numeric: bool = False
    money: bool = False
    sort: str = ""
    badge: Callable[[Any], str] | None = None
    group: str = ""
    lead: bool = False


class Listing:
    """The columns of one list, by name."""

    def __init__(self, name: str, columns: Sequence[Column]) -> None:
        self.name = name
        self.columns = {c.name: c for c in columns}

    def chosen(self, request: HttpRequest) -> list[Column]:
        """Columns to show: from the URL, else as last chosen here, else the usual ones."""
        given = request.GET.getlist("cols")
        wanted = given or request.COOKIES.get(self._cookie(request), "").split(".")
        return self.named(wanted)

    def named(self, names: Iterable[str]) -> list[Column]:
        """Columns by name in the list's own order; the usual ones when none is known."""
        known = {n for n in names if n in self.columns}
        found = [c for n, c in self.columns.items() if n in known or (known and c.lead)]
        return found or [c for c in self.columns.values() if c.usual or c.lead]

    def remember(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Keep the choice made in this request for the person's next visits."""
        if names := request.GET.getlist("cols"):
            chosen = ".".join(c.name for c in self.named(names))
            response.set_cookie(
                self._cookie(request), chosen, max_age=_YEAR, samesite="Lax", httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
            )  # fmt: skip
        return response

    def sort_of(self, request: HttpRequest) -> str:
        """The sort asked for ('-x' falling), '' when it is not one of the columns'."""
        asked = request.GET.get("sort", "")
        return asked if asked.lstrip("-") in {c.sort for c in self.columns.values()} else ""

    def _cookie(self, request: HttpRequest) -> str:
        return f"cols_{self.name}_{request.user.pk}"


def told_filters(query: QueryDict) -> str:
    """The filters for the audit log: what was searched for may be a name or a number, so only
    that something was."""
    told = query.copy()
    if told.get("q"):
        told["q"] = "***"
    for name in ("after", "before", "cols"):
        told.pop(name, None)
    return told.urlencode(safe="*")


def sealed_filters(query: QueryDict) -> str:
    """The filters as a task keeps them until the worker reads them."""
    return crypto.seal(query.urlencode()).hex()


def opened_filters(sealed: str) -> QueryDict:
    """The filters of `sealed_filters` again."""
    return QueryDict(crypto.unseal(bytes.fromhex(sealed)) or "")


def workbook(
    title: str, labels: Sequence[str], rows: Iterable[Sequence[Any]], *, note: str = ""
) -> bytes:
    """An .xlsx file: a title line with `note` (who, when, filters), headings, rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A3"
    for at, label in enumerate(labels, start=1):
        sheet.column_dimensions[get_column_letter(at)].width = max(10, min(28, 4 + 2 * len(label)))
    head = WriteOnlyCell(sheet, f"{title}　{note}")
    head.font = Font(bold=True, size=12)
    sheet.append([head])
    sheet.append([_heading(sheet, label) for label in labels])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _heading(sheet: Any, label: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, label)
    cell.font = Font(bold=True, color="FFFFFF")
    cell.fill = PatternFill("solid", fgColor="1D4F8C")
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


def _cell(sheet: Any, value: Any) -> Any:
    if value is None or (isinstance(value, int | Decimal) and not isinstance(value, bool)):
        return value
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if not isinstance(value, str):
        return value
    # Text stays text: a name that begins with "=" must not become a formula.
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    return cell


def download(
    scope: Scope, request: HttpRequest, listing: Listing, rows: list[Any], title: str, action: str
) -> HttpResponse:
    """A list as this person sees it, as Excel; the audit event `action` says who took it."""
    columns = listing.chosen(request)
    with audit.event(
        action, actor=scope.actor, region_code=scope.region_code,
        detail={"list": listing.name, "rows": len(rows), "filter": told_filters(request.GET)},
    ):  # fmt: skip
        content = workbook(
            title, [_(c.label) for c in columns], ([c.value(r) for c in columns] for r in rows),
            note=f"{scope.username} {clock.today()}",
        )  # fmt: skip
    return excel_response(content, f"{title}-{clock.today():%Y%m%d}")


def excel_response(content: bytes, name: str) -> HttpResponse:
    """The file as a download called `name`.xlsx."""
    from urllib.parse import quote

    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.xlsx"
    return response
