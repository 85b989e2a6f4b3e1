"""The one door: rights, scope, refusals; and that no route goes round it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from bangfu.access import RIGHTS
from bangfu.audit.models import Event
from bangfu.web.http import OPEN, SELF
from tests.world import FIRST, FOREIGN

HTMX = {"HX-Request": "true"}


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    """Every address of the site's pages."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            if entry.app_name != "ninja" and entry.namespace != "api":
                yield from patterns(entry)
        else:
            yield entry


def test_every_page_declares_its_right() -> None:
    """A view that nobody guards cannot be reached."""
    found = {
        f"{p.callback.__module__}.{p.callback.__qualname__}": getattr(p.callback, "right", None)
        for p in patterns(get_resolver())
        if p.callback.__module__.startswith("bangfu.")
        and not p.callback.__module__.startswith("bangfu.web.api")
    }
    assert len(found) > 15
    known = {*RIGHTS, OPEN, SELF}
    assert {view: right for view, right in found.items() if right not in known} == {}


def test_only_these_need_no_sign_in() -> None:
    """New open pages are a decision, not an accident."""
    found = {
        p.callback.__qualname__ for p in patterns(get_resolver())
        if getattr(p.callback, "right", "") == OPEN
    }  # fmt: skip
    assert found == {"sign_in", "sign_out", "language"}


PAGES = ("/", "/households/", f"/households/{FIRST}/", "/jobs/", "/account/")


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_asked_to_sign_in(db: None, client: Client, path: str) -> None:
    """And comes back to where they wanted to be."""
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=")


def test_a_fragment_sends_the_whole_page_to_sign_in(db: None, client: Client) -> None:
    """An expired session inside htmx does not put a sign-in form into a list."""
    answer = client.get("/households/", headers=HTMX | {"HX-Current-URL": "/households/"})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/sign-in/?next=%2Fhouseholds%2F")


def test_scripts_get_json(db: None, client: Client) -> None:
    """One wire shape for programs."""
    answer = client.get("/divisions.json", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert set(answer.json()) == {"code", "message", "advice", "details"}


def test_out_of_scope_is_not_found_and_logged(clerk: Client) -> None:
    """Another township's household looks like one that does not exist; the try is kept."""
    answer = clerk.get(f"/households/{FOREIGN}/")
    assert answer.status_code == 404
    assert "registry.household_not_found" in answer.content.decode()
    kept = Event.objects.get(action="access.refused")
    assert (kept.actor, kept.subject) == ("township_clerk", FOREIGN)


def test_no_right_is_refused_and_logged(signed_in) -> None:
    """An administrator runs the system and sees no households."""
    answer = signed_in("administrator").get("/households/")
    assert answer.status_code == 403
    assert Event.objects.filter(action="access.refused", actor="administrator").exists()


def test_wrong_method(clerk: Client) -> None:
    """Leaving by a link that somebody else made is impossible."""
    assert clerk.get("/sign-out/").status_code == 405
    assert clerk.post("/households/").status_code == 405


def test_refusal_of_a_fragment_is_a_notice(clerk: Client) -> None:
    """It goes to the corner of the page, whatever the request aimed at."""
    answer = clerk.get(f"/households/{FOREIGN}/", headers=HTMX)
    assert answer.status_code == 404
    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#toasts", "beforeend")


def test_unknown_address(clerk: Client, client: Client) -> None:
    """Plain words with the menu, and without it for a stranger."""
    assert "没有这个页面" in clerk.get("/nowhere/").content.decode()
    assert "app-side" in clerk.get("/nowhere/").content.decode()
    assert "app-side" not in client.get("/nowhere/").content.decode()


def test_stale_form(staff) -> None:
    """A form without its token does nothing and says what to do."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff["township_clerk"])
    answer = client.post("/sign-out/")
    assert answer.status_code == 403
    assert "页面已过期" in answer.content.decode()


def test_fault_tells_a_number(clerk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What broke stands in the log under that number; the page shows no insides."""
    from bangfu.registry import queries

    def broken(*_given: object) -> None:
        raise RuntimeError("secret insides")

    monkeypatch.setattr(queries, "household", broken)
    clerk.raise_request_exception = False
    answer = clerk.get(f"/households/{FIRST}/")
    told = answer.content.decode()
    assert answer.status_code == 500
    assert "web.fault" in told
    assert "secret insides" not in told


def test_pages_about_people_are_kept_nowhere(clerk: Client) -> None:
    """No cache, no back button after sign-out on a shared PC."""
    assert "no-store" in clerk.get("/households/")["Cache-Control"]


def test_menu_shows_what_one_may_open(signed_in) -> None:
    """Entries without the right are not there."""
    assert 'href="/households/"' in signed_in("village_officer").get("/").content.decode()
    body = signed_in("administrator").get("/").content.decode()
    assert '<a href="/households/"' not in body
