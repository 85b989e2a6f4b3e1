"""A simulation in a real browser: found, changed, checked while typed, computed, its charts seen,
its file taken; readable by all, on a phone too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.findings import small, town

if TYPE_CHECKING:
    from playwright.sync_api import Page

SignIn = Callable[["Page", str], None]
Check = Callable[["Page"], None]


@pytest.fixture
def recorded(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The site over recorded families, with a snapshot of them."""
    from bangfu.registry import snapshot

    small.put(tmp_path, monkeypatch)
    town.record()
    snapshot.take(town.system(), town.PERIOD)
    return site


def _work() -> None:
    """What the worker does, once."""
    from bangfu.jobs.commands import perform
    from bangfu.jobs.models import Job

    for job in Job.objects.filter(state="waiting").order_by("id"):
        perform(job, reraise=True)


def test_a_leader_asks_what_if(
    recorded: str, desktop: Page, sign_in: SignIn, check_axe: Check
) -> None:
    sign_in(desktop, "city_office")
    desktop.goto("/simulation/new/?pack=hechi&as_of=2016-12-31")
    desktop.fill("#main [role=search] input[name=q]", "寄宿")
    desktop.click("#found li:has-text('boarding_primary') a")
    value = desktop.locator(".change input[name=value]")
    value.wait_for()
    desktop.wait_for_load_state()  # what is typed before the scripts are there is checked on sending
    value.fill("-5")
    desktop.wait_for_selector(".check :text('不能为负数')")
    check_axe(desktop)
    value.fill("1500")
    desktop.wait_for_selector(".check :text('改为 1500')")
    desktop.fill("input[name=name]", "寄宿补助提高到1500元")
    check_axe(desktop)
    desktop.click("text=开始模拟")
    desktop.wait_for_selector("#progress progress")
    _work()
    desktop.wait_for_selector("[data-chart][data-ready]")  # the page noticed by itself
    assert desktop.locator("[data-chart] svg").count() == 3
    assert "小学寄宿补助标准 1000 → 1500" in desktop.inner_text("#main")
    check_axe(desktop)
    with desktop.expect_download() as taken:
        desktop.click("text=导出 Excel")
    assert Path(taken.value.path()).read_bytes()[:2] == b"PK"


def test_a_county_on_a_phone(recorded: str, phone: Page, sign_in: SignIn, check_axe: Check) -> None:
    from datetime import date

    from bangfu.findings.scenarios import commands

    made = commands.simulate(
        town.system(), name="寄宿补助", pack="hechi", as_of=date(2016, 12, 31),
        settings=["boarding_primary=1500"], now=True,
    )  # fmt: skip
    sign_in(phone, "county_office")
    for path in ("/simulation/", f"/simulation/{made.pk}/", "/simulation/new/?add=medical_schemes",
                 "/simulation/amendments/?pack=hechi&from=2016-06-30&to=2016-12-31"):  # fmt: skip
        phone.goto(path)
        wide = phone.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, (path, wide)
        check_axe(phone)
    phone.goto(f"/simulation/{made.pk}/")
    assert "都安" in phone.inner_text("#main")
    assert "南丹" not in phone.inner_text("#main")
