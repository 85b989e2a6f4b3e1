"""The policy library in a real browser: found by words, walked from the document down to the
clause, the number touched now and the list behind it; on a phone, and readable by all."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from python_calamine import CalamineWorkbook

from tests.findings import town

if TYPE_CHECKING:
    from playwright.sync_api import Page

SignIn = Callable[["Page", str], None]
Check = Callable[["Page"], None]
HOUSING = "HC3-C-9"


@pytest.fixture
def judged(site: str) -> str:
    """The site over recorded families, evaluated."""
    from bangfu.findings import commands

    town.record()
    commands.start(town.system(), period=town.PERIOD, now=True)
    return site


def _count(page: Page) -> int:
    said = page.locator("[role=status]").first.inner_text()
    found = re.search(r"[\d,]+", said)
    assert found, said
    return int(found[0].replace(",", ""))


def test_from_the_document_to_the_clause_and_whom_it_touches(
    judged: str, desktop: Page, sign_in: SignIn, check_axe: Check, tmp_path: Path
) -> None:
    sign_in(desktop, "county_office")
    desktop.goto("/policies/")
    check_axe(desktop)
    # Document → plan → clause: each step narrows what is listed.
    card = desktop.locator(".card", has=desktop.get_by_role("link", name="河池市脱贫攻坚政策包"))
    card.locator("details.rule:not([open]) > summary").click()
    card.get_by_role("link", name="精准脱贫摘帽实施方案").click()
    whole = _count(desktop)
    plan = desktop.locator("a.chip[href*='plan=exit&'], a.chip[href$='plan=exit']").first
    plan.click()
    assert 0 < _count(desktop) < whole
    desktop.locator(f"a[href='/policies/hechi/{HOUSING}/']").click()
    assert "有住房保障" in desktop.locator("h1").inner_text()
    check_axe(desktop)
    # The rule: citation, the line of its versions, its cases, run as the page opens.
    text = desktop.locator("main").inner_text()
    for told in ("原文第 597 行", "精准脱贫摘帽实施方案", "施行中"):
        assert told in text, told
    assert desktop.get_by_role("img", name="施行时间线").is_visible()
    desktop.wait_for_selector("text=正在核对案例", state="detached")
    assert "通过" in desktop.locator("[hx-get$='/cases/']").inner_text()
    # How many it touches now, and the list behind, of that length.
    stat = desktop.locator("a[href*='fails=HC3-C-9']").first
    number = re.search(r"\d+", stat.inner_text())
    assert number
    stat.click()
    desktop.wait_for_url("**/households/**")
    assert _count(desktop) == int(number[0])


def test_words_find_a_clause_and_its_people_are_a_file(
    judged: str, desktop: Page, sign_in: SignIn, tmp_path: Path
) -> None:
    sign_in(desktop, "county_office")
    desktop.goto("/policies/")
    desktop.fill("#filter-q", "小学寄宿补助")
    desktop.press("#filter-q", "Enter")
    desktop.wait_for_url("**q=**")
    first = desktop.locator("a[href*='/HC2-E-129/']").first
    first.click()
    desktop.locator("a[href*='/findings/entitled/?rule=HC2-E-129']").first.click()
    shown = _count(desktop)
    with desktop.expect_download() as waiting:
        desktop.get_by_role("link", name="导出 Excel").click()
    file = tmp_path / "people.xlsx"
    waiting.value.save_as(file)
    rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    assert len(rows) == 2 + shown
    desktop.goto("/policies/?q=查无此词甲乙丙")
    assert "没有符合条件的条款" in desktop.locator("main").inner_text()


def test_the_library_fits_a_phone(
    site: str, phone: Page, sign_in: SignIn, check_axe: Check
) -> None:
    sign_in(phone, "village_officer")
    for path in ("", "?q=危房", "guangxi/GX17-R-111/", "groups/", "contradictions/", "duties/"):
        phone.goto(f"/policies/{path}")
        phone.wait_for_load_state("networkidle")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, path
    phone.goto("/policies/guangxi/GX17-R-111/")
    phone.wait_for_selector("text=正在核对案例", state="detached")
    check_axe(phone)
    assert "GX-O-01" in phone.content()
