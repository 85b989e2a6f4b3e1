"""The pages of accounts: one's own region, first passwords shown once, everything kept."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from tests import world as made

if TYPE_CHECKING:
    from bangfu.access.models import User

pytestmark = pytest.mark.django_db
NEW = {"username": "wei", "display_name": "韦新", "role": "township_clerk", "region": made.DISU}


@pytest.fixture
def office(signed_in: Callable[[str], Client]) -> Client:
    """A client of the county office."""
    return signed_in("county_office")


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.content[:500]
    return str(answer.content.decode())


def test_the_list_holds_one_s_own_region(office: Client, staff: dict[str, User]) -> None:
    body = text(office.get("/users/"))
    assert "township_clerk" in body
    assert "city_office" not in re.sub(r"<select.*?</select>", "", body, flags=re.DOTALL)
    assert "没有符合条件的账号" in text(office.get("/users/?q=nobody"))
    assert "township_clerk" not in re.sub(
        r"<select.*?</select>",
        "",
        text(office.get("/users/?role=village_officer")),
        flags=re.DOTALL,
    )
    for query in ("state=locked", f"region={made.GAOLING}", "sort=-last_login", "cols=username"):
        text(office.get(f"/users/?{query}"))
    assert office.get(f"/users/?region={made.NANDAN}").status_code == 404


def test_a_new_account_gets_a_first_password_shown_once(office: Client) -> None:
    from bangfu.access.models import User

    assert "角色" in text(office.get("/users/new/"))
    answer = office.post("/users/new/", NEW)
    user = User.objects.get(username="wei")
    assert answer.url == f"/users/{user.pk}/"
    first = re.search(r'id="first-password">([^<]+)<', text(office.get(answer.url)))
    assert first is not None
    assert user.check_password(first[1])
    assert user.must_change_password
    assert "first-password" not in text(office.get(answer.url))
    person = Client()
    person.post("/sign-in/", {"username": "wei", "password": first[1]})
    assert person.get("/").url == "/account/password/"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"role": ""}, "角色"), ({"role": "administrator", "region": made.DUAN}, "管理员"),
        ({"role": "county_office", "region": made.GAOLING}, "辖区应为"),
        ({"username": "township_clerk"}, "已被使用"), ({"username": "a b"}, "用户名应为"),
        ({"role": "county_department", "region": ""}, "部门"), ({"display_name": ""}, "姓名"),
    ],
)  # fmt: skip
def test_a_wrong_form_says_why_and_keeps_what_was_written(
    office: Client, changes: dict[str, str], told: str
) -> None:
    answer = office.post("/users/new/", NEW | changes)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert (changes.get("display_name", "韦新") or NEW["username"]) in answer.content.decode()


def test_changing_disabling_unlocking_and_a_new_password(
    office: Client, staff: dict[str, User]
) -> None:
    from bangfu.access import commands
    from bangfu.kernel.problems import Problem

    clerk = staff["township_clerk"]
    path = f"/users/{clerk.pk}/"
    text(office.get(path))
    assert clerk.display_name in text(office.get(f"{path}edit/"))
    changed = {"display_name": "新名字", "role": "township_clerk", "region": made.DISU}
    assert office.post(f"{path}edit/", changed).status_code == 302
    clerk.refresh_from_db()
    assert (clerk.display_name, clerk.region_code) == ("新名字", made.DISU)
    office.post(f"{path}active/", {"on": "0"})
    clerk.refresh_from_db()
    assert clerk.state == "disabled"
    assert "停用" in text(office.get(path))
    office.post(f"{path}active/", {"on": "1"})
    for _ in range(commands.MAX_FAILURES):
        with pytest.raises(Problem):
            commands.sign_in("township_clerk", "wrong", "")
    assert "锁定" in text(office.get(path))
    office.post(f"{path}unlock/")
    clerk.refresh_from_db()
    assert clerk.state == "active"
    office.post(f"{path}password/")
    clerk.refresh_from_db()
    assert not clerk.check_password(made.PASSWORD)
    assert clerk.must_change_password


def test_a_disabled_person_is_out_at_once(office: Client, staff: dict[str, User]) -> None:
    clerk = Client()
    clerk.force_login(staff["township_clerk"])
    assert clerk.get("/households/").status_code == 200
    office.post(f"/users/{staff['township_clerk'].pk}/active/", {"on": "0"})
    assert clerk.get("/households/").status_code == 302


def test_accounts_above_and_beside_are_not_there(office: Client, staff: dict[str, User]) -> None:
    for user in (staff["city_office"], made.user("far", "county_office", made.NANDAN)):
        for path in ("", "edit/"):
            assert office.get(f"/users/{user.pk}/{path}").status_code == 404
        for path in ("active/", "unlock/", "password/", "edit/"):
            assert office.post(f"/users/{user.pk}/{path}").status_code == 404
        assert user.check_password(made.PASSWORD)


def test_an_administrator_s_account_is_not_an_office_s_to_touch(office: Client) -> None:
    root = made.user("root", "administrator", made.DUAN)
    body = text(office.get(f"/users/{root.pk}/"))
    assert "重置密码" not in body
    for path in ("password/", "active/"):
        assert office.post(f"/users/{root.pk}/{path}").status_code == 422
    root.refresh_from_db()
    assert root.check_password(made.PASSWORD)
    assert root.is_active


def test_roles_are_explained(office: Client) -> None:
    body = text(office.get("/users/roles/"))
    assert "撤销导入" in body
    assert "督查人员" in body


def test_the_list_as_excel_has_the_columns_that_are_seen(office: Client) -> None:
    answer = office.get("/users/export/?role=township_clerk&cols=display_name")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    rows = [[c.value for c in row if c.value is not None] for row in sheet.iter_rows(min_row=2)]
    assert rows == [["用户名", "姓名"], ["township_clerk", "用户township_clerk"]]


def test_english(office: Client) -> None:
    office.cookies["bangfu_language"] = "en"
    assert "Users and roles" in text(office.get("/users/"))
    assert "Audit log" in text(office.get("/audit/"))
