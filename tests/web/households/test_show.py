"""The household's page: what is shown and hidden, correcting, revealing, history."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from bangfu.audit.models import Event
from bangfu.dictionary import entity
from bangfu.registry import commands
from bangfu.registry.models import Household, HouseholdYear
from bangfu.web.households import panels
from tests.world import DISU_VILLAGE, FIRST, FOREIGN, SECOND, secrets

HTMX = {"HX-Request": "true"}
EDIT = f"/households/{FIRST}/edit/"


def edit(client: Client, path: str = EDIT, **values: str) -> Any:
    """Post the correction form: fields as (was, now) pairs joined by a bar."""
    data = {"year": "2016", "reason": "入户核实"}
    for name, pair in values.items():
        if name in ("reason", "year"):
            data[name] = pair
            continue
        was, _bar, now = pair.partition("|")
        data |= {f"was_{name}": was, name: now}
    return client.post(path, data, headers=HTMX)


def test_shows_the_household_and_hides_persons(clerk: Client) -> None:
    """Members, kinship, income, dwelling; names and numbers masked."""
    body = clerk.get(f"/households/{FIRST}/").content.decode()
    for text in ("韦*明户", "139****0001", "高岭镇", "定福村", "家庭成员", "2 人", "1,200.5", "缺"):
        assert text in body
    assert [s for s in secrets() if s in body] == []


def test_what_is_not_collected_is_said(clerk: Client) -> None:
    """Never an empty cell, never a zero."""
    body = clerk.get(f"/households/{SECOND}/").content.decode()
    assert '<dt>联系电话</dt><dd><span class="absent">缺</span>' in body


def test_reveal_needs_a_reason_and_is_kept(clerk: Client) -> None:
    """One value at a time."""
    path = f"/households/{FIRST}/reveal/{FIRST}/phone/"
    assert "查看理由" in clerk.get(path, headers=HTMX).content.decode()
    refused = clerk.post(path, {"reason": " "}, headers=HTMX).content.decode()
    assert "13977810001" not in refused
    assert "须填写理由" in refused
    shown = clerk.post(path, {"reason": "核对发放名单"}, headers=HTMX)
    assert "13977810001" in shown.content.decode()
    kept = Event.objects.get(action="household.revealed")
    assert kept.detail["reason"] == "核对发放名单"


def test_reveal_a_person(clerk: Client) -> None:
    """A member's name and identity number."""
    path = f"/households/{FIRST}/reveal/{FIRST}01/name/"
    assert "韦大明" in clerk.post(path, {"reason": "核对"}, headers=HTMX).content.decode()


@pytest.mark.parametrize("key", [f"{DISU_VILLAGE}000001", f"{DISU_VILLAGE}00000101"])
def test_nothing_outside_is_revealed(clerk: Client, key: str) -> None:
    """By whatever address."""
    for household in (FIRST, FOREIGN):
        field = "name" if len(key) == 20 else "phone"
        answer = clerk.post(f"/households/{household}/reveal/{key}/{field}/", {"reason": "x"})
        assert answer.status_code in (404, 422)
        assert "覃建国" not in answer.content.decode()


def test_department_reveals_nothing(signed_in) -> None:
    """It lacks the right."""
    answer = signed_in("county_department").post(
        f"/households/{FIRST}/reveal/{FIRST}/phone/", {"reason": "x"}
    )
    assert answer.status_code == 403


def test_correct_and_see_it_in_the_history(clerk: Client) -> None:
    """Only what was changed is written, with grounds; annual values go to their year."""
    answer = edit(clerk, dwelling_grade="|C", income_wages="1200.50|1300", has_tv="|")
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")
    assert Household.objects.get(pk=FIRST).dwelling_grade == "C"
    assert HouseholdYear.objects.get(household_no=FIRST, year=2016).income_wages == 1300
    kept = Event.objects.get(action="household.corrected")
    assert kept.detail["fields"] == ["dwelling_grade", "income_wages"]
    story = clerk.get(f"/households/{FIRST}/history/", headers=HTMX).content.decode()
    for text in ("更正农户信息", "入户核实", "房屋危险等级", "C级", "1,300"):
        assert text in story


def test_a_wrong_value_changes_nothing(clerk: Client) -> None:
    """The form comes back with what was typed and what is expected."""
    answer = edit(clerk, dwelling_area="|很大", dwelling_grade="|C")
    body = answer.content.decode()
    assert answer.status_code == 200
    assert "registry.bad_value" in body or "应为" in body
    assert "很大" in body
    assert Household.objects.get(pk=FIRST).dwelling_grade is None


def test_somebody_else_saved_meanwhile(clerk: Client) -> None:
    """Their value is not overwritten unseen; fields I did not touch do not count."""
    edit(clerk, dwelling_grade="|C", dwelling_area="|80")
    late = edit(clerk, dwelling_grade="|D").content.decode()
    assert "已被他人修改" in late
    assert Household.objects.get(pk=FIRST).dwelling_grade == "C"
    assert edit(clerk, dwelling_area="|", dwelling_structure="|timber").status_code == 204


def test_what_single_policies_ask(clerk: Client) -> None:
    """In the form from the start, on the page once recorded, never counted as missing."""
    page = f"/households/{FIRST}/"
    before = clerk.get(page).context["view"].missing
    assert "个别政策所需" not in clerk.get(page).content.decode()
    assert 'name="micro_loan"' in clerk.get(EDIT, headers=HTMX).content.decode()
    assert edit(clerk, geohazard="|true", micro_loan="|30000").status_code == 204
    assert Household.objects.get(pk=FIRST).geohazard is True
    body = clerk.get(page).content.decode()
    for text in ("个别政策所需", "受地震或地质灾害威胁", "扶贫小额信贷本金"):
        assert text in body
    assert clerk.get(page).context["view"].missing == before


@pytest.mark.parametrize("name", ["household", "person"])
def test_everything_can_be_corrected(name: str) -> None:
    """Each field has its place in the form, and those of single policies a place of their own."""
    fields = entity(name).fields
    extra = [f for _title, names in panels.EXTRA_GROUPS[name] for f in names]
    asked = [f for _title, names in panels.form_groups(name) for f in names]
    assert sorted(extra) == sorted(f.name for f in fields.values() if f.extra)
    kept = {f.name for f in fields.values() if not f.extra and not f.pii}
    assert kept - set(asked) <= commands.FIXED


def test_fixed_fields_are_not_in_the_form(clerk: Client) -> None:
    """And posting one is refused or ignored."""
    body = clerk.get(EDIT, headers=HTMX).content.decode()
    assert 'name="status"' not in body
    edit(clerk, status="registered|exited")
    assert Household.objects.get(pk=FIRST).status == "registered"


def test_correct_a_member(clerk: Client) -> None:
    """Through the household's own page."""
    answer = edit(clerk, f"/households/{FIRST}/members/{FIRST}02/edit/", school_stage="|primary")
    assert answer.status_code == 204
    assert "小学" in clerk.get(f"/households/{FIRST}/").content.decode()


def test_not_a_member_of_it(clerk: Client) -> None:
    """A person of another household is not found here."""
    path = f"/households/{FIRST}/members/{SECOND}01/edit/"
    assert clerk.get(path, headers=HTMX).status_code == 404


def test_who_may_not_edit(signed_in) -> None:
    """The city looks and does not touch."""
    city = signed_in("city_office")
    assert EDIT not in city.get(f"/households/{FIRST}/").content.decode()
    assert edit(city, dwelling_grade="|C").status_code == 403
    assert Household.objects.get(pk=FIRST).dwelling_grade is None


def test_english_page(clerk: Client) -> None:
    """Labels in English, values as recorded."""
    clerk.cookies["bangfu_language"] = "en"
    body = clerk.get(f"/households/{FIRST}/").content.decode()
    assert "Members" in body
    assert "Dwelling grade" in body
