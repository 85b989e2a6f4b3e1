"""Home after a run: each number is the length of the list it opens; each role sees its own."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from bangfu.access.models import User
from tests.findings import town
from tests.world import DUAN, GAOLING, NANDAN, SANLIAN

HTMX = {"HX-Request": "true"}


@pytest.fixture
def signed_in(db: None) -> Callable[[str], Client]:
    """A client signed in as whoever holds a role, in the town as it was judged."""
    from tests.world import staff

    town.judged()
    people: dict[str, User] = staff()

    def sign_in(role: str) -> Client:
        client = Client()
        client.force_login(people[role])
        return client

    return sign_in


@pytest.mark.parametrize("role", ["city_office", "county_office", "township_clerk"])
def test_every_number_opens_its_list(signed_in, role: str) -> None:
    """Counts of households on the cards and in the table agree with the list behind them."""
    client = signed_in(role)
    answer = client.get("/")
    checked = 0
    for figure, shown, href, _note in answer.context["cards"]:
        if figure.unit == "户":
            listed = client.get(href, headers=HTMX).context["page"].total
            assert listed == int(shown.replace(",", "")), (figure.key, href)
            checked += 1
    for row in answer.context["rows"]:
        shown, href = row.cells[1]
        assert client.get(href, headers=HTMX).context["page"].total == int(shown)
    assert checked >= 6


def test_items_and_gaps_open_their_lists(signed_in) -> None:
    """Which of the nine fails, and what is missing."""
    client = signed_in("city_office")
    answer = client.get("/")
    assert len(answer.context["items"]) == 9
    for item in answer.context["items"]:
        pairs = ((item["fails"], item["fails_href"]), (item["unknown"], item["unknown_href"]))
        for count, href in pairs:
            assert client.get(href, headers=HTMX).context["page"].total == count, href
    assert answer.context["gaps"]
    for _label, count, href in answer.context["gaps"]:
        assert client.get(href, headers=HTMX).context["page"].total == count, href


def test_map_has_the_counties(signed_in) -> None:
    """The city sees both; each leads down."""
    found = signed_in("city_office").get("/figures.json?figure=ready").json()
    assert found["label"] == "达到脱贫标准"
    assert {i["code"]: i["name"] for i in found["items"]} == {
        DUAN: "都安瑶族自治县", NANDAN: "南丹县",
    }  # fmt: skip
    assert all(i["href"].endswith(f"region={i['code']}") for i in found["items"])


def test_a_village_names_its_households(signed_in) -> None:
    """With the items each fails; the name masked."""
    answer = signed_in("township_clerk").get(f"/?region={SANLIAN}")
    [(row, failed)] = answer.context["attention"]
    assert row.household.household_no == town.FAILING
    assert failed
    assert "黄*兰" in answer.content.decode()


def test_a_department_sees_its_own_policies(signed_in) -> None:
    """And nothing of the exit standard, not even a zero."""
    answer = signed_in("county_department").get(f"/?region={GAOLING}")
    body = answer.content.decode()
    assert "本部门负责的政策" in body
    assert "达到脱贫标准" not in re.sub(r"<nav.*?</nav>", "", body, flags=re.DOTALL)
    assert [f.key for f, *_ in answer.context["cards"]] == ["poor_persons", "poor_households"]


def test_an_administrator_gets_the_way_to_work(signed_in) -> None:
    """No households, but the pages an administrator needs."""
    body = signed_in("administrator").get("/").content.decode()
    assert "data-search" not in body
    assert body.count('href="/users/"') == 2
