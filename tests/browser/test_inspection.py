"""One of a team from outside checks a household on a phone, also where the network fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bangfu.access.models import User
from bangfu.inspection.models import Finding
from tests import world
from tests.evidence.test_store import photo
from tests.inspection import small
from tests.procedures import town

if TYPE_CHECKING:
    from playwright.sync_api import Page

SignIn = Callable[["Page", str], None]
Check = Callable[["Page"], None]


def test_a_check_on_a_phone(
    site: str, phone: Page, sign_in: SignIn, check_axe: Check, tmp_path: Path
) -> None:
    small.cases()
    small.engage(small.plan(), username="team", password=world.PASSWORD)
    User.objects.filter(username="team").update(must_change_password=False)
    shot = tmp_path / "房屋.jpg"
    shot.write_bytes(photo(size=(900, 600)))
    sign_in(phone, "team")
    phone.wait_for_url("**/inspection/checks/")
    check_axe(phone)
    phone.locator("td.lead-cell a").first.click()
    for item in town.ITEMS:
        phone.locator(f"label[for=i-{item}-{'not_met' if item == 'housing' else 'met'}]").click()
    phone.select_option("[name=f-met_person]", "head")
    phone.locator("label[for=result-problem]").click()
    phone.fill("[name=text]", "房屋漏雨")
    phone.set_input_files("[name=file]", str(shot))
    check_axe(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.context.set_offline(True)
    phone.get_by_role("button", name="记录核查").click()
    phone.wait_for_selector("[data-note]:has-text('网络不通')")
    assert phone.input_value("[name=text]") == "房屋漏雨"
    phone.context.set_offline(False)
    phone.get_by_role("button", name="记录核查").click()
    phone.wait_for_url("**/inspection/checks/")
    found = Finding.objects.get()
    assert (found.by, found.result, found.items["housing"]) == ("team", "problem", "not_met")
    assert len(found.evidence) == 1
    phone.goto(f"/inspection/checks/{found.sampled_id}/")
    phone.wait_for_selector("img[src*='/checks/photo/']")


def test_pages_of_the_office(site: str, desktop: Page, sign_in: SignIn, check_axe: Check) -> None:
    small.cases()
    found = small.problem()
    sign_in(desktop, "inspector")
    for path in (
        "", "new/", f"plans/{found.sampled.plan_id}/", "findings/", f"findings/{found.pk}/",
        "orders/", f"responsible/{found.sampled.case_id}/",
    ):  # fmt: skip
        desktop.goto(f"/inspection/{path}")
        check_axe(desktop)
