"""An office makes an account, its person signs in and replaces the password, the log tells it
all: in a browser, on a PC and a phone, checked with axe."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import expect

from tests.world import DUAN, FIRST, GAOLING

SHOTS = os.environ.get("SHOTS")  # a folder, to look at the pages oneself


def shot(page, name: str) -> None:
    """Keep a picture when asked to."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def test_an_account_from_first_to_last(desktop, sign_in, check_axe) -> None:
    """Region cascade, first password shown once, forced change, disabling."""
    page = desktop
    sign_in(page, "county_office")
    page.goto("/users/")
    check_axe(page)
    shot(page, "users")
    page.get_by_role("link", name="角色权限说明").click()
    check_axe(page)
    shot(page, "roles")
    page.goto("/users/new/")
    check_axe(page)
    page.fill("#username", "wei")
    page.fill("#display_name", "韦新")
    page.select_option("#role", "township_clerk")
    page.select_option("#filter-region-1", GAOLING)
    shot(page, "user-new")
    page.get_by_role("button", name="保存").click()
    first = page.locator("#first-password").inner_text()
    shot(page, "user-made")
    check_axe(page)
    person = page.context.browser.new_context(base_url=page.url.split("/users/")[0]).new_page()
    person.goto("/sign-in/")
    person.fill("#username", "wei")
    person.fill("#password", first)
    person.press("#password", "Enter")
    person.wait_for_url("**/account/password/")
    for name, value in (("old", first), ("new", "my own words 7"), ("again", "my own words 7")):
        person.fill(f"[name={name}]", value)
    person.press("[name=again]", "Enter")
    person.wait_for_url("**/account/")
    person.goto("/households/")
    expect(person.locator("tbody tr")).to_have_count(3)
    page.reload()
    expect(page.locator("#first-password")).to_have_count(0)
    page.get_by_role("button", name="停用").click()
    page.locator("#confirm").get_by_role("button", name="确认").click()
    expect(page.locator(".page-top").get_by_role("button", name="启用")).to_be_visible()
    person.reload()
    assert "/sign-in/" in person.url
    person.context.close()


def test_the_log_tells_who_did_what(desktop, phone, sign_in, check_axe) -> None:
    """Filters in place, an event's rows without personal data, cards on a phone."""
    from bangfu.registry.commands import correct_household
    from tests import world

    correct_household(
        world.scope(GAOLING, username="township_clerk"), FIRST, 2016,
        {"dwelling_grade": "C级", "phone": "13911112222", "income_wages": "4000"}, reason="入户核实",
    )  # fmt: skip
    page = desktop
    sign_in(page, "county_office")
    page.goto("/audit/")
    check_axe(page)
    shot(page, "audit")
    page.select_option("#filter-action", "household.corrected")
    page.wait_for_url("**action=household.corrected**")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/audit/*/")
    expect(page.locator("main")).to_contain_text("入户核实")
    expect(page.locator("main")).to_contain_text("个人信息，不在日志中显示")
    assert "13911112222" not in page.content()
    check_axe(page)
    shot(page, "audit-event")
    sign_in(phone, "county_office")
    for path, name in (("/audit/", "audit"), (f"/users/?region={DUAN}", "users"),
                       ("/users/new/", "user-new"), ("/users/roles/", "roles")):  # fmt: skip
        phone.goto(path)
        check_axe(phone)
        shot(phone, f"phone-{name}")
        wide = phone.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path


def test_a_token_and_the_api_s_own_page(desktop, sign_in) -> None:
    """Made once, shown once, tried on the documentation page, which loads nothing from outside."""
    page = desktop
    sign_in(page, "township_clerk")
    page.goto("/account/")
    page.fill("[name=label]", "报表")
    page.get_by_role("button", name="新建令牌").click()
    token = page.locator(".code.user-select-all").inner_text()
    assert token.startswith("bf_")
    page.reload()
    assert token not in page.content()
    page.goto("/api/v1/docs")
    page.get_by_role("button", name="Authorize").first.click()
    page.locator(".auth-container input").first.fill(token)
    page.locator(".auth-btn-wrapper button[type=submit]").first.click()
    page.locator(".btn-done").first.click()
    page.locator("#operations-登记库_registry-divisions").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".responses-table.live-responses-table").first).to_contain_text("定福村")
    shot(page, "api-docs")
