"""Papers and evidence in a real browser: a clerk makes a file, photographs a proof on a phone,
prints a form; the pages pass axe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tests import world
from tests.evidence.test_store import photo
from tests.procedures import town

if TYPE_CHECKING:
    from playwright.sync_api import Page

SignIn = Callable[["Page", str], None]
Check = Callable[["Page"], None]


def test_file_and_print(site: str, desktop: Page, sign_in: SignIn, check_axe: Check) -> None:
    from bangfu.jobs.commands import perform
    from bangfu.jobs.models import Job

    town.enrolled(town.batch(), world.FIRST)
    sign_in(desktop, "township_clerk")
    desktop.goto("/documents/")
    check_axe(desktop)
    desktop.locator("tr", has_text="附件1").get_by_role("button").click()
    desktop.wait_for_selector("#files progress")
    perform(Job.objects.get(kind="document.make"), reraise=True)
    with desktop.expect_download() as file:
        desktop.locator("#files a", has_text="下载").click()
    assert file.value.suggested_filename.endswith(".docx")
    desktop.goto(f"/documents/print/?document=annex-1&subject={world.FIRST}&year=2016")
    assert "韦大明" in desktop.locator(".sheet").inner_text()
    # A4 at 96 dots an inch; the whole form stands on one sheet.
    box = desktop.locator(".sheet").bounding_box()
    assert box is not None
    assert abs(box["width"] - 793.7) < 2
    check_axe(desktop)


def test_photo_from_a_phone(
    site: str, phone: Page, sign_in: SignIn, check_axe: Check, tmp_path: Path
) -> None:
    (case,) = town.enrolled(town.batch(), world.FIRST)
    shot = tmp_path / "证明.jpg"
    shot.write_bytes(photo(size=(1200, 900)))
    sign_in(phone, "township_clerk")
    phone.goto(f"/procedures/cases/{case}/")
    form = phone.locator("form[data-upload]").first
    form.locator("input[capture]").set_input_files(str(shot))
    form.locator("button[type=submit]").click()
    phone.wait_for_selector("text=已上传 1 个文件")
    phone.wait_for_selector("figure img")
    assert phone.locator("figure").first.inner_text().count("24.11") == 1
    check_axe(phone)
    wide = phone.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
