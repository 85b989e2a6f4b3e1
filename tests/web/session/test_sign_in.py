"""Signing in and out, lockout, password, language, tokens."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from bangfu.access.models import User
from bangfu.audit.models import Event
from tests.world import PASSWORD


def sign_in(client: Client, username: str, password: str, **more: str):
    """Post the form."""
    return client.post("/sign-in/", {"username": username, "password": password, **more})


def test_in_and_out(staff: dict[str, User], client: Client) -> None:
    """Both are kept in the audit log."""
    answer = sign_in(client, "township_clerk", PASSWORD, next="/households/")
    assert (answer.status_code, answer["Location"]) == (302, "/households/")
    assert client.get("/households/").status_code == 200
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/households/").status_code == 302
    kept = Event.objects.filter(actor="township_clerk").values_list("action", flat=True)
    assert {"user.signed_in", "user.signed_out"} <= set(kept)


def test_wrong_password_is_told_plainly(staff: dict[str, User], client: Client) -> None:
    """The name stays in the form, the password does not."""
    answer = sign_in(client, "township_clerk", "wrong")
    body = answer.content.decode()
    assert answer.status_code == 401
    assert "用户名或密码不正确" in body
    assert 'value="township_clerk"' in body
    assert 'value="wrong"' not in body


def test_many_failures_lock(staff: dict[str, User], client: Client) -> None:
    """Then even the right password waits; every failure is kept."""
    for _ in range(5):
        sign_in(client, "township_clerk", "wrong")
    assert sign_in(client, "township_clerk", PASSWORD).status_code == 429
    assert Event.objects.filter(action="user.sign_in_failed").count() == 5


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_goes_on_only_inside_the_site(staff: dict[str, User], client: Client, target: str) -> None:
    """A link in a mail cannot use the sign-in page as a springboard."""
    assert sign_in(client, "township_clerk", PASSWORD, next=target)["Location"] == "/"


def test_change_password(staff: dict[str, User], clerk: Client, client: Client) -> None:
    """Wrong old, differing new and weak ones are refused; the session goes on."""
    form = {"old": PASSWORD, "new": "Mountain-2016", "again": "Mountain-2016"}
    assert clerk.post("/account/password/", form | {"old": "no"}).status_code == 422
    assert clerk.post("/account/password/", form | {"again": "no"}).status_code == 422
    weak = {"new": "12345678", "again": "12345678"}
    assert clerk.post("/account/password/", form | weak).status_code == 422
    assert clerk.post("/account/password/", form).status_code == 302
    assert clerk.get("/account/").status_code == 200
    assert sign_in(client, "township_clerk", "Mountain-2016").status_code == 302


def test_first_password_must_be_replaced(staff: dict[str, User], clerk: Client) -> None:
    """Before anything else."""
    User.objects.filter(username="township_clerk").update(must_change_password=True)
    assert clerk.get("/households/")["Location"] == "/account/password/"
    assert clerk.get("/account/password/").status_code == 200


def test_idle_session_ends(staff: dict[str, User], clerk: Client) -> None:
    """A PC left alone is signed out."""
    from bangfu.web.http import IDLE_SECONDS

    clerk.get("/")
    session = clerk.session
    session["seen"] = session["seen"] - IDLE_SECONDS - 1
    session.save()
    assert clerk.get("/households/")["Location"].startswith("/sign-in/")


def test_chinese_first_english_by_switch(db: None, client: Client) -> None:
    """The browser's own preference does not count; the switch does, and is remembered."""
    english = {"Accept-Language": "en-US,en;q=0.9"}
    assert "登录" in client.get("/sign-in/", headers=english).content.decode()
    answer = client.post("/language/", {"language": "en", "next": "/sign-in/"})
    assert answer["Location"] == "/sign-in/"
    body = client.get("/sign-in/").content.decode()
    assert '<html lang="en"' in body
    assert "Sign in" in body


def test_token_is_shown_once(clerk: Client) -> None:
    """And can be revoked."""
    answer = clerk.post("/account/tokens/", {"label": "报表程序"}, follow=True)
    token = re.search(r"bf_[\w-]{40,}", answer.content.decode())
    assert token
    assert token[0] not in clerk.get("/account/").content.decode()
    number = User.objects.get(username="township_clerk").tokens.get().pk
    clerk.post(f"/account/tokens/{number}/revoke/")
    assert "报表程序" not in clerk.get("/account/").content.decode()
