"""The frame and the pages of a clerk's day, in a browser: keyboard, phone, dialogs, axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from bangfu.access.models import User
from bangfu.registry.models import Household
from tests.world import DISU, FIRST, GAOLING, SECOND

SHOWN = f"/households/{FIRST}/"


def test_sign_in_work_and_sign_out(desktop, sign_in) -> None:
    """Wrong password told in place; then in; then out, and no way back."""
    page = desktop
    page.goto("/households/")
    page.fill("#username", "township_clerk")
    page.fill("#password", "wrong")
    page.press("#password", "Enter")
    page.get_by_role("alert").get_by_text("用户名或密码不正确").wait_for()
    sign_in(page, "township_clerk")
    page.get_by_role("button", name="用户township_clerk").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/sign-in/")
    page.goto("/households/")
    assert "/sign-in/" in page.url


def test_keyboard_through_the_list(desktop, sign_in) -> None:
    """/ searches, j and k move, Enter opens, ? tells the keys."""
    page = desktop
    sign_in(page, "township_clerk")
    page.goto("/households/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{SHOWN}")
    page.keyboard.press("/")
    page.keyboard.type("蓝桂英")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/households/{SECOND}/")
    page.locator("h1").click()
    page.keyboard.press("?")
    page.get_by_role("heading", name="快捷键").wait_for()
    page.keyboard.press("Escape")


def test_filters_stay_in_the_address(desktop, sign_in) -> None:
    """Choosing one reloads the list in place; going back undoes it."""
    page = desktop
    sign_in(page, "township_clerk")
    page.goto("/households/")
    page.select_option("#filter-status", "observed")
    page.wait_for_url("**/households/?status=observed")
    assert page.locator("tbody tr").count() == 1
    page.get_by_role("link", name="去掉").first.click()
    expect(page.locator("tbody tr")).to_have_count(3)


def test_region_selects_fill_downwards(desktop, sign_in) -> None:
    """County office: township, then its villages, then the list."""
    page = desktop
    sign_in(page, "county_office")
    page.goto("/households/")
    page.select_option("#filter-region-1", GAOLING)
    page.wait_for_url(f"**region={GAOLING}**")
    expect(page.locator("#filter-region-2 option")).to_have_count(3)
    page.select_option("#filter-region-2", label="三联村")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_columns_are_chosen(desktop, sign_in) -> None:
    """And stay chosen."""
    page = desktop
    sign_in(page, "township_clerk")
    page.goto("/households/")
    page.get_by_role("button", name="选择列").click()
    page.get_by_role("checkbox", name="房屋危险等级").check()
    page.get_by_role("button", name="应用").click()
    page.locator("th", has_text="房屋危险等级").wait_for()
    page.goto("/households/")
    assert page.locator("th", has_text="房屋危险等级").count() == 1


def test_reveal_asks_why(desktop, sign_in) -> None:
    """The number is not in the page until a reason is given."""
    page = desktop
    sign_in(page, "township_clerk")
    page.goto(SHOWN)
    assert "13977810001" not in page.content()
    page.locator("#overview").get_by_role("button", name="查看完整信息").first.click()
    page.get_by_label("查看理由").fill("核对发放名单")
    page.get_by_role("button", name="查看", exact=True).click()
    page.get_by_text("13977810001").wait_for()
    page.keyboard.press("Escape")


def test_correct_a_household(desktop, sign_in) -> None:
    """A refusal keeps what was typed; a saved correction stands in the history."""
    page = desktop
    sign_in(page, "township_clerk")
    page.goto(SHOWN)
    page.get_by_role("button", name="更正户信息").click()
    page.fill("#f-dwelling_area", "很大")
    page.fill("#f-reason", "入户核实")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("alert").get_by_text("不正确").wait_for()
    assert page.input_value("#f-dwelling_area") == "很大"
    page.fill("#f-dwelling_area", "86")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("已保存").wait_for()
    page.locator("#history").get_by_text("入户核实").wait_for()
    assert Household.objects.get(pk=FIRST).dwelling_area == 86


def test_fields_of_single_policies_are_found_by_name(desktop, sign_in) -> None:
    """Folded at first; the search keeps what is typed elsewhere."""
    page = desktop
    sign_in(page, "township_clerk")
    page.goto(SHOWN)
    page.get_by_role("button", name="更正户信息").click()
    page.get_by_text("个别政策所需").click()
    fields = page.locator("#extra-fields label:visible")
    every = fields.count()
    words = fields.nth(every - 1).inner_text().strip()
    page.get_by_role("searchbox", name="按名称查找项目").fill(words)
    expect(fields.first).to_contain_text(words)
    assert 0 < fields.count() < every
    page.keyboard.press("Enter")
    assert page.locator("#dialog").is_visible()
    page.get_by_role("searchbox", name="按名称查找项目").fill("")
    expect(fields).to_have_count(every)


def test_refusal_in_the_corner(desktop, sign_in) -> None:
    """The clerk was moved to another township while the page was open."""
    page = desktop
    sign_in(page, "township_clerk")
    page.goto(SHOWN)
    page.wait_for_load_state("networkidle")  # the history, which loads by itself
    User.objects.filter(username="township_clerk").update(region_code=DISU)
    page.get_by_role("button", name="更正户信息").click()
    page.locator("#toasts").get_by_role("alert").get_by_text("没有找到户编号").wait_for()
    page.locator("#toasts").get_by_role("button", name="关闭").click()
    assert page.locator("#toasts [role=alert]").count() == 0


def test_refused_twice_is_told_once(desktop, sign_in) -> None:
    """On a slow line the panel that loads by itself is refused as well as the button."""
    page = desktop
    sign_in(page, "township_clerk")
    held = []

    def hold(route) -> None:
        held.append(route)

    page.route("**/history/**", hold)
    page.goto(SHOWN)
    expect(page.get_by_role("button", name="更正户信息")).to_be_visible()
    User.objects.filter(username="township_clerk").update(region_code=DISU)
    page.get_by_role("button", name="更正户信息").click()
    alert = page.locator("#toasts [role=alert]")
    expect(alert).to_have_count(1)
    assert len(held) == 1
    with page.expect_response("**/history/**") as late:
        held[0].continue_()
    assert late.value.status == 404
    late.value.finished()
    page.wait_for_load_state("networkidle")
    expect(alert).to_have_count(1)


@pytest.mark.parametrize("kind", ["desktop", "phone"])
def test_pages_are_accessible_and_fit(kind, request, evaluated, sign_in, check_axe) -> None:
    """axe finds nothing; nothing scrolls sideways."""
    page = request.getfixturevalue(kind)
    page.goto("/sign-in/")
    check_axe(page)
    sign_in(page, "county_office")
    full_list = "/households/?more=1&status=registered"
    for path in ("/", full_list, SHOWN, "/jobs/", "/account/", "/nowhere/"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        check_axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_phone_menu(phone, sign_in) -> None:
    """The bottom bar opens the whole menu."""
    page = phone
    sign_in(page, "township_clerk")
    assert not page.locator("#side").is_visible()
    page.get_by_role("button", name="菜单").tap()
    page.locator("#side").get_by_role("link", name="我的任务").tap()
    page.wait_for_url("**/jobs/")


def test_map_leads_down(evaluated, desktop, sign_in) -> None:
    """A county of the map is a link, for the mouse and for the keyboard."""
    page = desktop
    sign_in(page, "city_office")
    page.locator("[data-map][data-ready=gl]").wait_for(timeout=60_000)
    assert page.locator("a.map-label").count() == 2
    page.locator("a.map-label", has_text="都安县").press("Enter")
    page.wait_for_url("**region=451228")
    assert page.locator("h1").inner_text() == "都安瑶族自治县"


def test_map_without_webgl(evaluated, desktop, sign_in) -> None:
    """An old PC sees the same map, drawn flat."""
    page = desktop
    page.add_init_script(
        "const real = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        " return kind.startsWith('webgl') ? null : real.call(this, kind, ...rest); };"
    )
    sign_in(page, "city_office")
    page.locator("[data-map][data-ready=flat]").wait_for(timeout=60_000)
    page.locator("[data-map] svg").get_by_text("都安县").first.wait_for()
