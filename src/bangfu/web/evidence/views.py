"""The panel of photos and scans, taking them in, showing one, taking one back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from bangfu.access import Scope
from bangfu.evidence import commands, queries
from bangfu.evidence.commands import Given, Said
from bangfu.kernel import clock
from bangfu.web.evidence import proofs
from bangfu.web.http import page, route, safe_next, wants_json
from bangfu.web.language import current

OTHER, POSTED = mark("其他材料"), mark("张贴照片（公示地点）")
# Nothing in a served file may run, be framed or ask for anything.
_SANDBOX = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"


@route("procedure.view")
def panel(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Files of a case, notice or group by piece, with a place to add more."""
    proved = proofs.find(scope, request.GET.get("subject", ""))
    files = [*queries.attached(scope, proved.subject), *proofs.shared(scope, proved.subject)]
    named = [(p.id, p.title.show(current()), p.minimum) for p in proofs.pieces(proved)]
    if proved.subject.startswith("notice:"):
        named = [(proofs.POSTING, _(POSTED), 1)]
    looking = "look" in request.GET
    known = set() if looking else {name for name, *_rest in named}
    groups = [
        (name, title, least, [a for a in files if a.piece == name and a.step == proved.step_id])
        for name, title, least in named
        if name in known
    ]
    context: dict[str, Any] = {
        "proved": proved, "groups": groups, "looking": looking,
        "rest": [a for a in files if not (a.piece in known and a.step == proved.step_id)],
        "other": _(OTHER), "next": safe_next(request, "/"), "posting": proofs.POSTING,
        "may_add": proved.open and not looking and scope.has("procedure.act"),
        "me": scope.username,
    }  # fmt: skip
    return page(request, "evidence/_panel.html", context)


@route("procedure.act", methods=("POST",))
def attach(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Take in photos and scans of one piece."""
    proved = proofs.find(scope, request.POST.get("subject", ""))
    given = [Given(f.name or "", f.read()) for f in request.FILES.getlist("file") if f.size]
    said = Said(request.POST.get("place", "").strip(), _moment(request.POST.get("taken_at", "")))
    if request.POST.get("piece") == proofs.POSTING:
        proofs.posting(scope, proved, said)
    kept = commands.attach(
        scope, proved.subject, proved.region_code, given, step=proved.step_id,
        piece=request.POST.get("piece", "")[:60], said=said,
    )  # fmt: skip
    messages.success(request, _("已上传 %(count)s 个文件。") % {"count": len(kept)})
    where = safe_next(request, "/")
    return JsonResponse({"location": where}) if wants_json(request) else redirect(where)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI) if text else None
    except ValueError:
        return None


def _served(content: bytes, media: str, name: str, *, inline: bool) -> HttpResponse:
    response = HttpResponse(content, content_type=media)
    how = "inline" if inline else "attachment"
    response["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(name)}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _SANDBOX
    return response


@route("procedure.view")
def show(request: HttpRequest, scope: Scope, attachment_id: int) -> HttpResponse:
    """One file without its metadata; looking at it is written down."""
    del request
    found, content = queries.shown(scope, attachment_id)
    commands.viewed(scope, found)
    media = found.content.shown_media
    ending = {"image/jpeg": ".jpg", "image/png": ".png"}.get(media, ".pdf")
    name = found.name.rpartition(".")[0] or found.name
    return _served(content, media, f"{name}{ending}", inline=not found.is_pdf)


@route("procedure.view")
def small(request: HttpRequest, scope: Scope, attachment_id: int) -> HttpResponse:
    """Its thumbnail."""
    del request
    content = queries.small(scope, attachment_id)
    return _served(content, "image/jpeg", f"{attachment_id}.jpg", inline=True)


@route("procedure.act", methods=("POST",))
def withdraw(request: HttpRequest, scope: Scope, attachment_id: int) -> HttpResponse:
    """Take back a file that no record names yet."""
    found = queries.attachment(scope, attachment_id)
    commands.withdraw(scope, attachment_id, in_use=proofs.in_use(found))
    messages.success(request, _("已撤回“%(name)s”。") % {"name": found.name})
    return redirect(safe_next(request, "/"))
