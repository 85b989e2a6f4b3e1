"""What programs get: their scope's registry and findings, masked, in exact figures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from bangfu.access import RIGHTS
from bangfu.access.models import ApiToken, User
from bangfu.audit.models import Event
from bangfu.kernel import clock
from bangfu.web.api import door, findings, registry
from bangfu.web.http import ROUTES
from tests import world
from tests.findings import town as made

pytestmark = pytest.mark.django_db
ONE = f"/households/{made.READY}"


def numbers(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["household_no"] for row in answer.json()["items"]]


def test_households_of_one_s_own_region(run: Any, program: Any) -> None:
    clerk = program("township_clerk")
    assert numbers(clerk("/households")) == sorted([made.READY, made.OBSERVED, made.FAILING])
    assert len(numbers(program("city_office")("/households"))) == 5
    row = clerk("/households", {"q": made.READY}).json()["items"][0]
    assert row["head"] == "韦*明"
    assert row["phone"] == "139****0001"
    assert row["place"] == "都安瑶族自治县高岭镇定福村"
    assert row["persons"] == 2
    assert row["values"]["dwelling_area"] == "80.00"
    assert row["result"]["ready"] is True
    assert isinstance(row["result"]["entitled_total"], str)


FILTERS: list[tuple[dict[str, Any], Any]] = [
    ({"status": "observed"}, [made.OBSERVED]),
    ({"status": ["observed", "registered"]}, 4),
    ({"region": world.SANLIAN}, [made.FAILING]),
    ({"q": "蓝桂英"}, [made.OBSERVED]),
    ({"missing": "phone"}, [made.OBSERVED]),
    ({"readiness": "ready"}, [made.READY]),
    ({"readiness": "not_ready"}, [made.FAILING]),
    ({"readiness": "undecided"}, [made.LACKING]),
    ({"fails": "HC3-C-19"}, [made.FAILING]),
    ({"gap": "household.has_tv"}, [made.LACKING]),
    ({"entitled": "HC2-E-129"}, [made.READY]),
    ({"readiness": "ready", "status": "observed"}, []),
]


def test_filters(run: Any, program: Any) -> None:
    ask = program("county_office")
    for query, expected in FILTERS:
        found = numbers(ask("/households", query))
        assert (len(found) if isinstance(expected, int) else found) == expected, query


def test_pages_follow_one_another(program: Any) -> None:
    ask, seen, after = program("city_office"), [], ""
    while True:
        answer = ask("/households", {"limit": 2, "after": after, "sort": "-dwelling_grade",
                                     "count": "true"}).json()  # fmt: skip
        seen += [row["household_no"] for row in answer["items"]]
        assert answer["total"] == 5
        after = answer["next"]
        if not after:
            break
    assert seen[0] == made.FAILING
    assert sorted(seen) == sorted(f[0] for f in world.FAMILIES)


def test_one_household_with_members_and_history(program: Any) -> None:
    ask = program("township_clerk")
    one = ask(ONE).json()
    assert (one["year"], one["years"]) == (2016, [2016])
    assert one["annual"]["income_wages"] == "30000.00"
    assert one["values"]["has_tv"] is True
    assert ask(ONE, {"year": 2015}).json()["annual"]["income_wages"] is None
    members = ask(f"{ONE}/members").json()
    assert [m["name"] for m in members] == ["韦*明", "韦*花"]
    assert members[1]["annual"]["school_stage"] == "primary"
    assert members[1]["values"]["birth_date"] == "2008-02-14"
    history = ask(f"{ONE}/history").json()
    assert [h["action"] for h in history] == ["test.records", "test.families"]
    changed = {f["field"]: f for c in history[0]["changes"] for f in c["fields"]}
    assert changed["water_source"]["after"] == "tap"
    assert changed["income_wages"]["before"] == "1200.50"


def test_history_says_that_personal_data_changed_and_not_what(program: Any) -> None:
    from bangfu.registry.commands import correct_household

    correct_household(
        world.scope(world.GAOLING), made.READY, 2016, {"phone": "13912345678"}, reason="换号"
    )
    newest = program("township_clerk")(f"{ONE}/history").json()[0]
    assert newest["reason"] == "换号"
    (field,) = newest["changes"][0]["fields"]
    assert field == {"field": "phone", "label": "联系电话", "personal": True, "before": None,
                     "after": None}  # fmt: skip


def test_findings_of_a_household_say_why(run: Any, program: Any) -> None:
    found = program("township_clerk")(f"/households/{made.FAILING}/findings").json()
    assert (found["assessed"], found["ready"]) == (True, False)
    assert len(found["items"]) == 9
    water = next(r for r in found["rules"] if r["id"] == "HC3-C-19")
    assert water["outcome"] == "not_met"
    assert water["cite"]["document"]
    assert any(c["truth"] is False for c in water["conditions"])


def test_lists_by_rule(run: Any, program: Any) -> None:
    ask = program("county_office")
    (row,) = ask("/findings/entitlements", {"rule": "HC2-E-129"}).json()["items"]
    assert (row["subject"], row["household_no"]) == (made.CHILD, made.READY)
    assert (row["amount"], row["unit"], row["period"]) == ("1000.00", "yuan", "year")
    lacking = ask("/findings/undecided", {"field": "household.has_tv"}).json()["items"]
    assert {r["household_no"] for r in lacking} == {made.LACKING}
    assert ask("/findings/undecided", {"rule": "HC3-C-21"}).json()["items"]
    assert ask("/findings/alerts", {"rule": "HC2-E-129"}).json()["items"] == []


def test_counts_agree_with_lists(run: Any, program: Any) -> None:
    ask = program("city_office")
    total = ask("/counts/overall").json()
    for word in ("ready", "not_ready", "undecided", "assessed"):
        assert total[word] == len(numbers(ask("/households", {"readiness": word})))
    by_county = ask("/counts").json()
    assert {c["code"]: c["ready"] for c in by_county} == {world.DUAN: 1, world.NANDAN: 1}
    assert by_county[0]["name"]
    rule = next(c for c in ask("/counts/rules").json() if c["rule"] == "HC2-E-129")
    assert rule["outcomes"]["entitled"]["households"] == 1
    gap = next(g for g in ask("/counts/gaps").json() if g["field"] == "household.has_tv")
    assert gap["households"] == 1


def test_runs_and_rules(program: Any, run: Any) -> None:
    ask = program("city_office")
    (row,) = ask("/runs").json()["items"]
    assert row == ask(f"/runs/{run.pk}").json()
    assert (row["id"], row["state"], row["is_current"]) == (run.pk, "done", True)
    rules = {r["id"]: r for r in ask("/rules").json()}
    assert len(rules["HC3-B-1"]["components"]) == 9
    assert ask("/divisions").json()[0]["name"]
    assert ask(f"/divisions/{world.DUAN}").json()["parent_code"] == world.CITY


def test_a_department_sees_its_own_findings_only(run: Any, program: Any) -> None:
    ask = program("county_department")
    assert {r["department"] for r in ask("/rules").json()} == {
        d for d in {r["department"] for r in ask("/rules").json()} if "教育" in d
    }
    assert ask("/findings/undecided", {"rule": "HC3-C-21"}).status_code == 404
    result = ask("/households", {"q": made.FAILING}).json()["items"][0]["result"]
    assert result == {**result, "ready": None, "failed": [], "entitled_total": None}
    found = ask(f"/households/{made.FAILING}/findings").json()
    assert not [r for r in found["rules"] if r["id"].startswith("HC3")]


FOREIGN = (
    f"/households/{made.FAR}", f"/households/{made.FAR}/members",
    f"/households/{made.FAR}/history", f"/households/{made.FAR}/findings",
    f"/divisions/{world.NANDAN}", "/households/nothing",
)  # fmt: skip


@pytest.mark.parametrize("path", FOREIGN)
def test_what_lies_outside_is_not_there_and_the_asking_is_kept(program: Any, path: str) -> None:
    answer = program("township_clerk")(path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"code", "message", "advice", "details"}
    kept = Event.objects.get(action="access.refused")
    assert (kept.actor, kept.source) == ("township_clerk", f"/api/v1{path}")


def test_regions_outside_are_refused_in_every_list(run: Any, program: Any) -> None:
    ask = program("township_clerk")
    for path, query in (
        ("/households", {}), ("/counts", {}), ("/counts/overall", {}), ("/counts/rules", {}),
        ("/counts/gaps", {}), ("/findings/entitlements", {"rule": "HC2-E-129"}),
        ("/findings/alerts", {"rule": "HC2-E-129"}), ("/findings/undecided", {}),
    ):  # fmt: skip
        for code in (world.NANDAN, world.DUAN, "451299", "zz"):
            assert ask(path, {**query, "region": code}).status_code == 404, (path, code)


def test_no_answer_shows_a_person_in_full(run: Any, program: Any) -> None:
    ask = program("city_office")
    paths = ["/households", "/rules", "/runs", "/counts", "/divisions", "/findings/undecided"]
    paths += [f"/households/{n}{x}" for n, _p, _m in world.FAMILIES
              for x in ("", "/members", "/history", "/findings")]  # fmt: skip
    for path in paths:
        answer = ask(path)
        assert answer.status_code == 200, path
        text = answer.content.decode()
        assert not [s for s in world.secrets() if s in text], path


def test_a_role_without_the_right_is_refused_and_logged(program: Any) -> None:
    for role, path in (("village_officer", "/runs"), ("administrator", "/households"),
                       ("administrator", "/rules")):  # fmt: skip
        answer = program(role)(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "access.no_right")
    assert Event.objects.filter(action="access.refused").count() == 3


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer bf_wrong", "Basic YTpi", "Token x"])
def test_without_a_token_there_is_nothing(town: None, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for path in ("/households", ONE, "/runs", "/counts"):
        answer = Client().get(f"/api/v1{path}", headers=headers)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Bearer"
        assert answer.json()["code"] in ("web.token_needed", "access.bad_token")


def test_a_session_is_no_token(program: Any) -> None:
    client = Client()
    program("township_clerk")
    client.force_login(User.objects.get(username="township_clerk"))
    assert client.get("/api/v1/households").status_code == 401


def test_tokens_end(program: Any) -> None:
    ask = program("township_clerk")
    assert ask("/rules").status_code == 200
    row = ApiToken.objects.get(digest=hashlib.sha256(ask.token.encode()).hexdigest())
    row.expires_at = clock.now() - timedelta(seconds=1)
    row.save()
    assert ask("/rules").status_code == 401


def test_a_first_password_must_be_replaced_first(program: Any) -> None:
    ask = program("township_clerk")
    User.objects.filter(username="township_clerk").update(must_change_password=True)
    assert ask("/rules").json()["code"] == "web.password_first"


def test_too_many_requests(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "RATE", 3)
    ask = program("township_clerk")
    assert [ask("/divisions").status_code for _ in range(4)].count(429) >= 1
    assert ask("/divisions")["Retry-After"] == "60"


WRONG: list[tuple[str, dict[str, Any], int]] = [
    ("/households", {"limit": 0}, 422),
    ("/households", {"limit": 201}, 422),
    ("/households", {"status": "rich"}, 422),
    ("/households", {"missing": "name"}, 422),
    ("/households", {"sort": "phone_blind"}, 422),
    ("/households", {"after": "%%%"}, 400),
    ("/households", {"after": "W10"}, 400),
    ("/households", {"fails": "HC9"}, 404),
    ("/households", {"q": "a\0b"}, 400),
    ("/households", {"year": "x"}, 422),
    (f"{ONE}/findings", {"as_of": "tomorrow"}, 422),
    ("/runs/99999", {}, 404),
    ("/runs/99999999999999999999", {}, 422),
    ("/runs/x", {}, 422),
    ("/findings/entitlements", {}, 422),
    ("/findings/entitlements", {"rule": "x"}, 404),
    ("/nothing", {}, 404),
    ("/counts/nothing", {}, 404),
]


def test_wrong_requests_are_told_in_the_one_shape(run: Any, program: Any) -> None:
    ask = program("city_office")
    for path, query, status in WRONG:
        answer = ask(path, query)
        assert answer.status_code == status, (path, query, answer.content)
        assert set(answer.json()) == {"code", "message", "advice", "details"}
        assert answer.json()["advice"]


def test_it_only_reads(program: Any) -> None:
    token = program("city_office").token
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(Client(), method)(
            f"/api/v1{ONE}", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 405
        assert answer.json()["code"] == "web.wrong_method"


def test_refusals_speak_the_language_asked_for(program: Any) -> None:
    ask = program("township_clerk")
    assert "没有找到" in ask("/households/1").json()["message"]
    english = ask("/households/1", **{"Accept-Language": "en-GB"}).json()["message"]
    assert english.startswith("Household 1")


def test_a_fault_is_told_and_undone(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from bangfu.registry import divisions

    ask = program("township_clerk")
    monkeypatch.setattr(divisions, "children", lambda *_: 1 / 0)
    answer = ask("/divisions")
    assert (answer.status_code, answer.json()["code"]) == (500, "web.fault")
    assert "ZeroDivision" not in answer.content.decode()


def test_every_operation_declares_a_right_and_stands_in_the_document() -> None:
    get_resolver().resolve("/api/v1/docs")  # loads the operations
    operations = [
        op for router in (findings.router, registry.router)
        for view in router.path_operations.values() for op in view.operations
    ]  # fmt: skip
    assert len(operations) >= 17
    for op in operations:
        assert getattr(op.view_func, "right", None) in RIGHTS, op.view_func
        assert op.view_func.__module__ + "." + op.view_func.__qualname__ in ROUTES
        assert op.methods == ["GET"]


def test_the_document_and_its_page_are_served_from_here(client: Client) -> None:
    schema = client.get("/api/v1/openapi.json").json()
    assert schema["info"]["title"].startswith("bangfu")
    for path in schema["paths"].values():
        operation = path["get"]
        assert operation["security"]
        assert "权限" in operation["description"]
        assert {"200", "401", "403", "404", "422", "429"} <= set(operation["responses"])
    page = client.get("/api/v1/docs").content.decode()
    assert "swagger-ui" in page
    assert "//cdn" not in page


@pytest.fixture(autouse=True)
def _static(settings: Any) -> None:
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


def test_answers_are_kept_by_no_cache(program: Callable[[str], Any]) -> None:
    assert "no-store" in program("township_clerk")(ONE)["Cache-Control"]
