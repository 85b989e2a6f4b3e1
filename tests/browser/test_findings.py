"""Findings in a real browser: from a number to the households behind it, a run started and
followed to its end, a correction that shows at once; pages that fit and can be read by all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.findings import town

if TYPE_CHECKING:
    from playwright.sync_api import Page

SignIn = Callable[["Page", str], None]
Check = Callable[["Page"], None]


@pytest.fixture
def judged(site: str) -> str:
    """The site over recorded families, evaluated."""
    from bangfu.findings import commands

    town.record()
    commands.start(town.system(), period=town.PERIOD, now=True)
    return site


def _work() -> None:
    """What the worker does, once."""
    from bangfu.jobs.commands import perform
    from bangfu.jobs.models import Job

    for job in Job.objects.filter(state="waiting").order_by("id"):
        perform(job, reraise=True)


def test_from_the_failing_item_to_the_household_and_its_clause(
    judged: str, desktop: Page, sign_in: SignIn
) -> None:
    sign_in(desktop, "township_clerk")
    desktop.goto("/findings/not-ready/")
    desktop.click("#matrix a[href*='fails=HC3-C-19'] >> nth=0")
    desktop.click(f"a[href='/households/{town.FAILING}/']")
    desktop.wait_for_selector("#findings")
    rule = desktop.locator("#rule-HC3-C-19")
    assert rule.get_attribute("open") is not None
    assert "饮水方式：未解决" in rule.inner_text()
    assert "第1章附件1序号6" in rule.inner_text()


def test_a_correction_a_new_run_and_the_household_is_ready(
    judged: str, desktop: Page, sign_in: SignIn
) -> None:
    from bangfu.access import system_scope
    from bangfu.registry.commands import correct_household

    correct_household(
        system_scope(), town.FAILING, 2016, {"water_source": "自来水", "dwelling_grade": "B"},
        reason="入户核实",
    )  # fmt: skip
    sign_in(desktop, "township_clerk")
    desktop.goto(f"/households/{town.FAILING}/#findings")
    desktop.wait_for_selector("text=数据已更正，待重新评估")
    desktop.click("#findings a:has-text('重新评估')")
    desktop.click("#dialog >> text=确认并开始")
    desktop.wait_for_url("**/runs/*/")
    desktop.wait_for_selector("#progress progress")
    _work()
    desktop.wait_for_selector("text=看认定结果")  # the page noticed by itself
    desktop.goto("/findings/ready/")
    desktop.wait_for_selector(f"a[href='/households/{town.FAILING}/']")


@pytest.mark.parametrize("kind", ["desktop", "phone"])
def test_pages_fit_and_are_accessible(
    kind: str, request: pytest.FixtureRequest, judged: str, sign_in: SignIn, check_axe: Check
) -> None:
    page: Page = request.getfixturevalue(kind)
    sign_in(page, "county_office")
    for path in (
        "/findings/", "/findings/ready/", "/findings/not-ready/",
        "/findings/entitled/?rule=HC2-E-129", "/findings/undecided/?field=household.has_tv",
        "/findings/alerts/", "/runs/", "/runs/start/", f"/findings/household/{town.READY}/",
    ):  # fmt: skip
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, path
        if "household" not in path:  # a fragment has no frame
            check_axe(page)
