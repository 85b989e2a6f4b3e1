"""Every address of the site: declares its right, asks strangers to sign in, refuses wrong roles
and keeps it, and shows nothing of another township. New routes are taken in by themselves;
one with an id that this file does not know fails until it is said what the id names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as live
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from bangfu import audit
from tests import world

pytestmark = pytest.mark.django_db
OPEN = {"/sign-in/", "/sign-out/", "/language/"}
# Describes the API, holds nobody's data.
DESCRIBES = {"/api/v1/docs", "/api/v1/openapi.json", "/api/v1/"}
HTMX = {"HX-Request": "true"}


class Route:
    """One address: its path with <name>s, its view's right, the methods worth asking with."""

    def __init__(self, path: str, callback: Any) -> None:
        self.path = path
        self.right = getattr(callback, "right", None)
        self.names = re.findall(r"<(?:\w+:)?(\w+)>", path)
        self.is_api = path.startswith("/api/")

    def filled(self, ids: dict[str, Any]) -> str:
        """The path with ids in place of names."""
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(ids[m[1]]), self.path)


def _walk(resolver: URLResolver, before: str) -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry, path)
        elif isinstance(entry, URLPattern):
            yield path, entry.callback


def routes() -> list[Route]:
    """Every address of ours."""
    return [
        Route(path, callback) for path, callback in _walk(get_resolver(), "/")
        if not path.startswith("/static/") and path != "/api/<path:rest>"
    ]  # fmt: skip


def operations() -> dict[str, str]:
    """Right by path of the API's operations."""
    from bangfu.web.api import findings, registry, simulation

    return {
        "/api/v1" + re.sub(r"{(\w+)}", r"<\1>", path): op.view_func.right
        for router in (registry.router, findings.router, simulation.router)
        for path, view in router.path_operations.items() for op in view.operations
    }  # fmt: skip


@pytest.fixture(autouse=True)
def _static(settings: Any) -> None:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def place(db: None) -> Iterator[dict[str, Any]]:
    """The small world with accounts; ids of things in another township, by the URL's words."""
    from datetime import date

    from bangfu import audit
    from bangfu.access import scope_of
    from bangfu.access.models import ApiToken
    from bangfu.audit.models import Event
    from bangfu.collect.models import Batch
    from bangfu.findings.models import Run, Scenario
    from bangfu.jobs.models import Job
    from bangfu.registry import divisions

    world.divisions()
    world.families()
    staff = world.staff()
    other = world.user("disu", "township_clerk", world.DISU)
    job = Job.objects.create(kind="import.check", title="他乡", user=other, region_code=world.DISU)
    with audit.event("household.corrected", actor=scope_of(other).actor, region_code=world.DISU):
        pass
    batch = Batch.objects.create(user=other, username="disu", region_code=world.DISU, year=2016)
    run = Run.objects.create(
        pack="hechi", as_of=date(2016, 12, 31), period="2016-12", region_code=world.DISU,
        state="done", user=other, started_by="disu",
    )  # fmt: skip
    scenario = Scenario.objects.create(
        name="他乡", kind="simulate", state="done", pack="hechi", as_of=date(2016, 12, 31),
        period="2016-12", region_code=world.DISU, user=other, owner="disu",
    )  # fmt: skip
    from bangfu.access.commands import make_token
    from bangfu.evidence.commands import Given, attach
    from bangfu.procedures.models import Notice
    from tests.inspection.small import inspected
    from tests.procedures.town import picture

    make_token(other, "他人")
    steps = _steps_elsewhere()
    given = [Given("他乡.jpg", picture())]
    (photo,) = attach(scope_of(other), f"place:{world.DISU}", world.DISU, given)
    with audit.event("test.notice", actor=world.ACTOR, region_code=world.DISU):
        notice = Notice.objects.create(
            procedure="household-exit", step="publish", region_code=world.DISU, title="公示",
            place="他乡", posted_on=date(2016, 8, 1), ends_on=date(2016, 8, 4), posted_by="disu",
        )  # fmt: skip
    yield {
        "staff": staff,
        "ids": {
            "household_no": world.FOREIGN, "person_no": f"{world.FOREIGN}01",
            "key": f"{world.FOREIGN}01", "code": world.DISU, "field": "name",
            "field_name": "name", "job_id": job.pk, "batch_id": batch.pk,
            "event_id": Event.objects.latest("chain_no").pk, "user_id": other.pk,
            "token_id": ApiToken.objects.get(user=other).pk, "run_id": run.pk, "name": "x",
            "scenario_id": scenario.pk,
            "attachment_id": photo.pk, "notice_id": notice.pk, **inspected(),
            "entity": "household", "pack": "hechi", "rule": "HC2-E-129", **steps,
        },
    }  # fmt: skip
    divisions._names.cache_clear()


def _steps_elsewhere() -> dict[str, int]:
    """A batch of another county with a case, and a lot, in it."""
    from bangfu.procedures.models import Draw, Lot
    from tests.procedures import town

    far = {"region_code": world.NANDAN}
    with town.day(town.MAY):
        county = world.scope(world.NANDAN, "county_office")
        batch = town.commands.open_batch(
            county, "hechi", "household-exit", year=2016, calendar="first",
            plan={"451221101": {"households": 1}},
        )  # fmt: skip
        clerk = world.scope("451221101")
        (case_id,) = town.commands.enrol(clerk, batch.pk, [world.FAMILIES[4][0]])
        with audit.event("procedure.draw", actor=county.actor, region_code=world.NANDAN):
            draw = Draw.objects.create(
                batch=batch, step="determine", seed="1", percent=5, among=1, drawn=1,
                on=town.MAY, by="x", **far,
            )  # fmt: skip
        lot = Lot.objects.create(draw=draw, case_id=case_id, **far)
    return {"procedure_batch_id": batch.pk, "case_id": case_id, "lot_id": lot.pk}


@pytest.fixture
def as_role(place: dict[str, Any]) -> Callable[[str], Client]:
    """A client signed in as whoever holds a role; wrong tokens for the API's paths."""

    def sign_in(role: str) -> Client:
        client = Client()
        client.force_login(place["staff"][role])
        return client

    return sign_in


def bearer(user: Any) -> dict[str, str]:
    """Headers of a program of this person."""
    from bangfu.access.commands import make_token

    return {"Authorization": f"Bearer {make_token(user, '测试')}"}


def test_every_address_declares_a_right() -> None:
    from bangfu.access import RIGHTS
    from bangfu.web.http import OPEN as OPEN_WORD
    from bangfu.web.http import SELF

    api = operations()
    found = {r.path: api.get(r.path, r.right) for r in routes() if r.path not in DESCRIBES}
    assert {p: r for p, r in found.items() if r not in (*RIGHTS, SELF, OPEN_WORD)} == {}
    assert {p for p, r in found.items() if r == OPEN_WORD} == OPEN
    assert len(found) > 60


def test_strangers_are_asked_to_sign_in(place: dict[str, Any]) -> None:
    for route in routes():
        if route.path in OPEN | DESCRIBES:
            continue
        path = route.filled(place["ids"])
        for ask in (Client().get, Client().post):
            answer = ask(path)
            if route.is_api:
                assert answer.status_code in (401, 405), path
            elif answer.status_code != 405:
                assert answer.status_code == 302, path
                assert answer.url.startswith("/sign-in/?next="), path
            assert not shown(answer), path


def shown(answer: Any) -> list[str]:
    """Planted names, numbers and phones that an answer gives away."""
    text = b"".join(answer).decode("utf-8", "replace") if answer.streaming else (
        answer.content.decode("utf-8", "replace"))  # fmt: skip
    return [s for s in world.secrets() if s in text]


def test_a_role_without_the_right_is_refused_and_it_is_kept(
    place: dict[str, Any], as_role: Callable[[str], Client]
) -> None:
    from bangfu.access import RIGHTS, rights_of
    from bangfu.audit.models import Event

    api, asked = operations(), 0
    headers = {role: bearer(user) for role, user in place["staff"].items()}
    for route in routes():
        right = api.get(route.path, route.right)
        if right not in RIGHTS:
            continue
        without = [r for r in place["staff"] if right not in rights_of(r)]
        for role in without[:2]:
            client, path = as_role(role), route.filled(place["ids"])
            more = {"headers": headers[role]} if route.is_api else {}
            answer = client.get(path, **more)
            if answer.status_code == 405 and not route.is_api:
                answer = client.post(path, **more)
            assert answer.status_code == 403, (role, path, answer.status_code)
            kept = Event.objects.latest("chain_no")
            assert (kept.action, kept.actor, kept.source) == ("access.refused", role, path)
            asked += 1
    assert asked > 50


# Whose ids are nobody's secret: runs and the state of the whole city's evaluation are seen by
# whoever may see runs; a job of kind "evaluate" likewise.
EVERYBODY = {"run_id", "pack", "rule"}


def test_what_belongs_to_another_township_is_not_there_and_the_asking_is_kept(
    place: dict[str, Any], as_role: Callable[[str], Client]
) -> None:
    from bangfu.access import rights_of
    from bangfu.audit.models import Event

    api, asked = operations(), set()
    holders = ("township_clerk", "county_office")
    nandan = world.user("nandan", "county_office", world.NANDAN)  # neighbours of the ids' county
    duan = world.user("duan", "county_office", world.DUAN)  # batches and their cases are Nandan's
    clerk = place["staff"]["township_clerk"]
    headers = {u.pk: bearer(u) for u in (clerk, nandan, duan)}
    for route in routes():
        names = set(route.names) - EVERYBODY
        if not names or not (right := api.get(route.path, route.right)):
            continue
        assert names <= set(place["ids"]), f"{route.path}: say here what {names} name"
        above = duan if "procedure_batch_id" in names else nandan
        who = clerk if right in rights_of("township_clerk") or right == "self" else above
        assert right == "self" or any(right in rights_of(r) for r in holders), route.path
        client, path = Client(), route.filled(place["ids"])
        client.force_login(who)
        more = {"headers": headers[who.pk]} if route.is_api else {}
        for ask in (client.get, client.post):
            before = Event.objects.latest("chain_no").chain_no
            answer = ask(path, **more)
            if answer.status_code == 405:
                continue
            assert answer.status_code == 404, (path, answer.status_code)
            assert not shown(answer), path
            kept = list(Event.objects.filter(chain_no__gt=before))
            assert [(e.action, e.source) for e in kept] == [("access.refused", path)], path
            asked.add(route.path)
    assert len(asked) > 20, sorted(asked)


def test_no_page_shows_a_person_in_full(
    place: dict[str, Any], as_role: Callable[[str], Client]
) -> None:
    """Every page that a role can open, about its own households."""
    from bangfu.access import rights_of
    from bangfu.audit.models import Event

    own = place["ids"] | {
        "household_no": world.FIRST, "person_no": f"{world.FIRST}01", "key": f"{world.FIRST}01",
        "code": world.GAOLING, "user_id": place["staff"]["village_officer"].pk,
        "event_id": Event.objects.filter(action="test.families").get().pk,
    }  # fmt: skip
    api, opened = operations(), 0
    for role, user in place["staff"].items():
        client, headers = as_role(role), bearer(user)
        for route in routes():
            right = api.get(route.path, route.right)
            if right not in rights_of(role) and right != "self":
                continue
            path = route.filled(own)
            answer = client.get(path, **({"headers": headers} if route.is_api else {}))
            assert answer.status_code < 500, (role, path)
            assert not shown(answer), (role, path)
            opened += answer.status_code == 200
    assert opened > 60


def test_nothing_personal_is_written_in_the_clear(
    place: dict[str, Any], as_role: Callable[[str], Client]
) -> None:
    """Searching and exporting by a number leaves it neither in the log nor in a task."""
    from django.db import connection

    for role in ("township_clerk", "county_office"):
        client = as_role(role)
        for secret in world.secrets():
            client.get("/households/", {"q": secret})
            client.get("/households/export/", {"q": secret})
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables"
                       " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")  # fmt: skip
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            text = cursor.fetchone()[0] or ""
            quoted = text.encode().decode("unicode_escape", "ignore") if "\\u" in text else text
            from urllib.parse import unquote

            found = [s for s in world.secrets() if s in text or s in quoted or s in unquote(text)]
            assert not found, (table, found)


def test_forms_need_their_token(place: dict[str, Any]) -> None:
    for route in routes():
        if route.is_api:
            continue
        client = Client(enforce_csrf_checks=True)
        client.force_login(place["staff"]["county_office"])
        answer = client.post(route.filled(place["ids"]))
        assert answer.status_code == 403, route.path
        assert "页面已过期" in answer.content.decode(), route.path


def test_cookies_and_headers(place: dict[str, Any]) -> None:
    client = Client()
    answer = client.post("/sign-in/", {"username": "township_clerk", "password": world.PASSWORD})
    session = answer.cookies["sessionid"]
    assert session["httponly"]
    assert session["samesite"] == "Lax"
    assert live.ENV.https == live.SESSION_COOKIE_SECURE
    for path in ("/", "/households/", "/sign-in/", "/nothing/"):
        answer = client.get(path)
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin"
        policy = dict(p.split(" ", 1) for p in answer["Content-Security-Policy"].split("; "))
        assert policy["script-src"] == policy["default-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        inline = re.findall(
            r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", answer.content.decode()
        )
        assert not inline, path
        assert not re.search(r"\son\w+=\"|javascript:", answer.content.decode()), path
    assert "no-store" in client.get("/households/")["Cache-Control"]


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)",
     "https:evil.example", "\t//evil.example"],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(place: dict[str, Any], target: str) -> None:
    for query in ({"next": target},):
        answer = Client().post(
            "/sign-in/", {"username": "township_clerk", "password": world.PASSWORD, **query}
        )
        assert answer.status_code == 302
        assert answer.url == "/"
        client = Client()
        assert client.post("/language/", {"language": "en", **query}).url == "/"


def test_a_session_is_renewed_at_sign_in(place: dict[str, Any]) -> None:
    client = Client()
    client.get("/sign-in/")
    client.session["x"] = 1
    client.session.save()
    before = client.session.session_key
    client.post("/sign-in/", {"username": "township_clerk", "password": world.PASSWORD})
    assert client.session.session_key != before


def test_methods_are_limited(as_role: Callable[[str], Client]) -> None:
    client = as_role("township_clerk")
    for method in ("put", "delete", "patch"):
        assert getattr(client, method)("/households/").status_code == 405


def test_no_nul_reaches_the_database(as_role: Callable[[str], Client]) -> None:
    client = as_role("county_office")
    for path in ("/households/?q=a%00b", "/users/?q=%00", "/audit/?actor=%00",
                 "/households/a%00b/", "/households/?region=%00"):  # fmt: skip
        assert client.get(path).status_code in (400, 404), path
