"""An import in a real browser: a clerk gives a workbook, reads what is wrong, confirms, undoes;
on the phone too; every page passes axe."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import world
from tests.collect.files import NEW_HOME, csv, head, home, xlsx

if TYPE_CHECKING:
    from playwright.sync_api import Page

BATCH = re.compile(r"/imports/\d+/$")
SignIn = Callable[["Page", str], None]
Check = Callable[["Page"], None]


def _work() -> None:
    """What the worker does, once."""
    from bangfu.jobs.commands import perform
    from bangfu.jobs.models import Job

    for job in Job.objects.filter(state="waiting").order_by("id"):
        perform(job, reraise=True)


def _give(page: Page, *files: Path) -> None:
    page.goto("/imports/new/")
    page.set_input_files("#file", [str(f) for f in files])
    page.click("form[data-upload] button[type=submit]")
    page.wait_for_url(BATCH)


def test_give_look_confirm_undo(
    site: str, desktop: Page, sign_in: SignIn, check_axe: Check, tmp_path: Path
) -> None:
    from bangfu.registry.models import Household

    book = tmp_path / "定福村.xlsx"
    rows = [
        home(),
        home(world.FIRST, cause_main="因残"),
        home(f"{world.DINGFU}000010", dwelling_area=-5),
    ]
    book.write_bytes(xlsx(rows, [head()]))
    sign_in(desktop, "township_clerk")
    desktop.goto("/imports/")
    check_axe(desktop)
    desktop.click("text=导入文件 >> nth=0")
    check_axe(desktop)
    _give(desktop, book)
    desktop.wait_for_selector("#live progress")
    _work()
    desktop.wait_for_selector(
        "#rows td >> text=应在 0 至 2,000 之间"
    )  # the page followed by itself
    check_axe(desktop)
    assert "韦国强" not in desktop.content()

    with desktop.expect_download() as taken:
        desktop.click("text=下载标注错误的文件")
    assert taken.value.suggested_filename == "定福村-错误标注.xlsx"

    desktop.check("[name=only_valid]")
    desktop.click("text=确认导入")
    desktop.click("#confirm button[value=yes]")
    desktop.wait_for_selector("#live progress")
    _work()
    desktop.wait_for_selector("text=已写入登记库")
    assert Household.objects.filter(pk=NEW_HOME).exists()
    check_axe(desktop)

    desktop.click("text=整批撤销")
    desktop.fill("#u-reason", "年度选错")
    check_axe(desktop)
    desktop.click("text=确认撤销")
    desktop.wait_for_selector("#live progress")
    _work()
    desktop.wait_for_selector(".page-top >> text=已撤销")
    assert not Household.objects.filter(pk=NEW_HOME).exists()


def test_on_the_phone_with_two_files(
    site: str, phone: Page, sign_in: SignIn, check_axe: Check, tmp_path: Path
) -> None:
    (tmp_path / "户.csv").write_bytes(csv("household", [home()], "gb18030"))
    (tmp_path / "人.csv").write_bytes(csv("person", [head(disability_kind="肢体")]))
    sign_in(phone, "township_clerk")
    _give(phone, tmp_path / "户.csv", tmp_path / "人.csv")
    _work()
    phone.wait_for_selector("text=全部行通过校验")
    width = phone.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    check_axe(phone)
    phone.click("text=取消批次")
    phone.click("#confirm button[value=yes]")
    phone.wait_for_selector(".page-top >> text=已取消")


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b""])
def test_a_bad_file_is_told_on_the_form(
    site: str, desktop: Page, sign_in: SignIn, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    sign_in(desktop, "township_clerk")
    desktop.goto("/imports/new/")
    desktop.set_input_files("#file", str(tmp_path / "a.xlsx"))
    desktop.click("form[data-upload] button[type=submit]")
    if content:
        desktop.wait_for_url(BATCH)
        _work_quietly()
        desktop.wait_for_selector("text=损坏")
    else:
        desktop.wait_for_selector(".toast-refusal")
        assert desktop.url.endswith("/imports/new/")


def _work_quietly() -> None:
    from bangfu.jobs.commands import perform
    from bangfu.jobs.models import Job

    for job in Job.objects.filter(state="waiting"):
        perform(job)
