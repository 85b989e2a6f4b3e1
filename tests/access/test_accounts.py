"""Accounts, sign-in, passwords and tokens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bangfu.access import commands, queries, scope_of, system_scope
from bangfu.access.models import ApiToken, Tally, User
from bangfu.access.throttle import tally
from bangfu.audit.models import Event
from bangfu.kernel import clock
from bangfu.kernel.problems import Problem
from tests import world

pytestmark = pytest.mark.django_db
COUNTY = world.scope(world.DUAN, "county_office", username="office")


def make(scope: object = COUNTY, **changes: object) -> User:
    values: dict[str, object] = {
        "username": "clerk", "display_name": "韦干事", "role": "township_clerk",
        "region_code": world.GAOLING, "password": world.PASSWORD,
    }  # fmt: skip
    return commands.save_user(scope, **values | changes)  # type: ignore[arg-type]


@pytest.fixture
def at() -> Iterator[list[datetime]]:
    """The time, to be set by the test."""
    moment = [clock.now()]
    clock.use(lambda: moment[0])
    yield moment
    clock.use(None)


def test_making_and_changing_an_account_is_kept() -> None:
    user = make(must_change_password=True)
    assert user.check_password(world.PASSWORD)
    assert user.must_change_password
    make(display_name="韦大干事", password=None)
    user.refresh_from_db()
    assert user.display_name == "韦大干事"
    assert user.check_password(world.PASSWORD)
    kept = list(Event.objects.filter(subject="clerk").order_by("chain_no"))
    assert [e.action for e in kept] == ["user.created", "user.changed"]
    assert kept[1].detail["before"]["display_name"] == "韦干事"
    assert not [e for e in kept if world.PASSWORD in str(e.detail)]


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "king"},
        {"role": "township_clerk", "region_code": world.DUAN},
        {"region_code": "45122810"},
        {"role": "county_department", "region_code": world.DUAN},
        {"role": "county_department", "region_code": world.DUAN, "department": "气象局"},
        {"username": ""},
        {"username": "a b"},
        {"username": "x" * 65},
        {"username": "x\0y"},
        {"display_name": ""},
        {"display_name": "x" * 65},
        {"password": None},
        {"password": "short"},
        {"password": "12345678901"},
        {"password": "password"},
        {"role": "administrator", "region_code": world.DUAN},
        {"role": "city_office", "region_code": world.CITY},
    ],
)
def test_a_wrong_account_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Problem) as refused:
        make(**changes)
    assert refused.value.kind.status in (404, 422)
    assert not User.objects.exists()


@pytest.mark.parametrize("region_code", [world.NANDAN, world.CITY, "45"])
def test_nobody_gives_what_lies_outside_their_own_region(region_code: str) -> None:
    with pytest.raises(Problem):
        make(role="inspector", region_code=region_code)
    assert not User.objects.exists()


def test_nobody_takes_over_an_account_of_another_region() -> None:
    make(system_scope(), username="far", role="county_office", region_code=world.NANDAN)
    with pytest.raises(Problem):
        make(username="far")
    assert User.objects.get(username="far").region_code == world.NANDAN


def test_an_office_does_not_become_administrator_by_a_password() -> None:
    make(system_scope(), username="root", role="administrator", region_code=world.DUAN)
    for changes in (
        {"role": "administrator", "region_code": world.DUAN},
        {"role": "inspector", "region_code": world.DUAN},
    ):
        with pytest.raises(Problem, match="管理员"):
            make(username="root", password="another good one 7", **changes)
    assert User.objects.get(username="root").check_password(world.PASSWORD)


def test_one_needs_the_right_and_cannot_shut_oneself_out() -> None:
    with pytest.raises(Problem, match="access.no_right"):
        make(world.scope(world.GAOLING))
    office = make(system_scope(), username="office", role="county_office", region_code=world.DUAN)
    values = {
        "username": "office",
        "display_name": "办",
        "region_code": world.DUAN,
        "password": None,
    }
    for changes in ({"role": "county_office", "is_active": False}, {"role": "inspector"}):
        with pytest.raises(Problem, match="本人"):
            make(scope_of(office), **values | changes)


def test_the_list_of_accounts_ends_at_the_region() -> None:
    world.staff()
    make(system_scope(), username="far", role="county_office", region_code=world.NANDAN)
    names = {u.username for u in queries.users(COUNTY)}
    assert names == {"village_officer", "township_clerk", "county_office", "county_department"}
    assert [u.username for u in queries.users(COUNTY, "VILLAGE")] == ["village_officer"]
    assert [u.role for u in queries.users(COUNTY, role="township_clerk")] == ["township_clerk"]


def test_wrong_passwords_lock_for_a_while(at: list[datetime]) -> None:
    make()
    for _ in range(commands.MAX_FAILURES):
        with pytest.raises(Problem, match="access.sign_in_failed"):
            commands.sign_in("clerk", "wrong", "10.0.0.1")
    with pytest.raises(Problem, match="access.locked"):
        commands.sign_in("clerk", world.PASSWORD, "10.0.0.1")
    at[0] += timedelta(minutes=commands.LOCK_MINUTES, seconds=1)
    assert commands.sign_in("clerk", world.PASSWORD, "10.0.0.1").username == "clerk"
    kept = list(Event.objects.order_by("chain_no").values_list("action", "source"))
    assert kept.count(("user.sign_in_failed", "10.0.0.1")) == commands.MAX_FAILURES
    assert kept[-1] == ("user.signed_in", "10.0.0.1")


def test_a_right_password_forgets_earlier_failures() -> None:
    make()
    for _ in range(3):
        for _ in range(commands.MAX_FAILURES - 1):
            with pytest.raises(Problem, match="sign_in_failed"):
                commands.sign_in("clerk", "wrong", "")
        commands.sign_in("clerk", world.PASSWORD, "")


def test_an_office_unlocks_its_own_and_nobody_else_s() -> None:
    user = make()
    for _ in range(commands.MAX_FAILURES):
        with pytest.raises(Problem):
            commands.sign_in("clerk", "wrong", "")
    for scope in (world.scope(world.NANDAN, "county_office"), world.scope(world.DUAN, "inspector")):
        with pytest.raises(Problem):
            commands.unlock_user(scope, user)
    commands.unlock_user(COUNTY, user)
    assert commands.sign_in("clerk", world.PASSWORD, "")


@pytest.mark.parametrize("name", ["nobody", "", "cl\0erk", "x" * 5000, "' OR 1=1 --"])
def test_unknown_names_fail_the_same_way_and_are_kept(name: str) -> None:
    with pytest.raises(Problem, match="access.sign_in_failed"):
        commands.sign_in(name, "whatever", "")
    assert Event.objects.filter(action="user.sign_in_failed").count() == 1


def test_a_disabled_account_neither_signs_in_nor_keeps_its_tokens() -> None:
    user = make()
    token = commands.make_token(user, "报表")
    make(password=None, is_active=False)
    with pytest.raises(Problem, match="sign_in_failed"):
        commands.sign_in("clerk", world.PASSWORD, "")
    with pytest.raises(Problem, match="access.bad_token"):
        commands.user_of_token(token)
    make(password=None, is_active=True)
    with pytest.raises(Problem, match="access.bad_token"):
        commands.user_of_token(token)


def test_one_s_own_password() -> None:
    user = make(must_change_password=True)
    with pytest.raises(Problem, match="原密码"):
        commands.change_password(user, "wrong", "a new good one 8")
    with pytest.raises(Problem, match="access.bad_account"):
        commands.change_password(user, world.PASSWORD, "123")
    commands.change_password(user, world.PASSWORD, "a new good one 8")
    user.refresh_from_db()
    assert user.check_password("a new good one 8")
    assert not user.must_change_password


def test_a_token_is_kept_only_as_a_hash_and_ends(at: list[datetime]) -> None:
    user = make()
    token = commands.make_token(user, "报表", days=30)
    assert commands.user_of_token(token) == user
    row = ApiToken.objects.get()
    assert token not in str(row.__dict__)
    assert row.last_used_at == at[0]
    with pytest.raises(Problem, match="access.bad_token"):
        commands.user_of_token(token + "x")
    at[0] += timedelta(days=30, seconds=1)
    with pytest.raises(Problem, match="access.bad_token"):
        commands.user_of_token(token)


def test_only_one_s_own_tokens_are_seen_and_revoked() -> None:
    mine, other = make(), make(username="other")
    token = commands.make_token(mine, "报表")
    row = ApiToken.objects.get()
    assert not queries.tokens(scope_of(other))
    with pytest.raises(Problem, match="access.out_of_scope"):
        commands.revoke_token(other, row.pk)
    assert list(queries.tokens(scope_of(mine))) == [row]
    commands.revoke_token(mine, row.pk)
    with pytest.raises(Problem, match="access.bad_token"):
        commands.user_of_token(token)
    assert not queries.tokens(scope_of(mine))


def test_an_address_that_fails_too_often_must_wait(
    at: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    monkeypatch.setattr(commands, "MAX_ADDRESS_FAILURES", 3)
    for name in ("nobody", "somebody", "anybody"):
        with pytest.raises(Problem, match="access.sign_in_failed"):
            commands.sign_in(name, "wrong", "10.0.0.9")
    with pytest.raises(Problem, match="access.address_locked"):
        commands.sign_in("clerk", world.PASSWORD, "10.0.0.9")
    assert commands.sign_in("clerk", world.PASSWORD, "10.0.0.10").username == "clerk"
    assert not [t for t in Tally.objects.all() if b"10.0.0.9" in bytes(t.key)]


def test_counting_is_by_window_and_clears_up_after_itself(at: list[datetime]) -> None:
    at[0] = datetime(2016, 12, 31, 10, 0, 5, tzinfo=UTC)
    assert [tally("t", "a", 60), tally("t", "a", 60), tally("t", "b", 60)] == [1, 2, 1]
    assert tally("t", "a", 60, add=0) == 2
    at[0] += timedelta(seconds=55)
    assert tally("t", "a", 60) == 1
    at[0] += timedelta(days=2)
    assert tally("t", "a", 60) == 1
    assert Tally.objects.count() == 1
