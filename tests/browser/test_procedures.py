"""One township's batch from the county's plan to the announcement, in a real browser, with a
disagreement, an objection and its re-check, the papers as Word, and the audit chain at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from docx import Document

from bangfu import audit
from bangfu.kernel import clock
from bangfu.procedures.models import Case, Notice, StepRecord
from bangfu.registry.models import Household
from tests import world
from tests.findings import town as registry
from tests.procedures import town

if TYPE_CHECKING:
    from playwright.sync_api import Page

SignIn = Callable[["Page", str], None]
Check = Callable[["Page"], None]
YES, OBJECTED, NO = world.FIRST, world.SECOND, registry.FAILING


@pytest.fixture
def judged(site: str) -> Iterator[str]:
    """Three registered households of Gaoling, evaluated: of the second the engine says that it
    has no television, of the third that its house and its water are bad."""
    from bangfu.findings import commands

    registry.record()
    with audit.event("test.status", actor=world.ACTOR):
        Household.objects.filter(pk=OBJECTED).update(status="registered", has_tv=False)
    commands.start(registry.system(), period=registry.PERIOD, now=True)
    yield site
    clock.use(None)


class Walk:
    """Somebody at work on a day: signs in, goes, fills in, confirms."""

    def __init__(self, page: Page, sign_in: SignIn) -> None:
        self.page, self._sign_in = page, sign_in

    def on(self, day: date, role: str, hour: int = 10) -> None:
        """The clock stands at `day`, and `role` signs in."""
        clock.use(lambda: datetime(day.year, day.month, day.day, hour, tzinfo=clock.SHANGHAI))
        self.page.goto("about:blank")  # a late answer to the former person would bring a cookie
        self.page.context.clear_cookies()
        self._sign_in(self.page, role)

    def fill(self, **blanks: str) -> None:
        """Blanks of the act's form by name; `_` stands for `-`."""
        for name, value in blanks.items():
            field = self.page.locator(f"main [name='{name.replace('_', '-', 1)}']").first
            if field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def send(self, form: str = "main form[data-confirm]") -> None:
        """Submit, and say yes when asked."""
        self.page.locator(f"{form} button[type=submit]").last.click()
        with self.page.expect_navigation():
            self.page.locator("dialog#confirm[open] button[value=yes]").click()

    def case(self, number: str, act: str = "") -> Case:
        """Open the page of a household's case."""
        found = Case.objects.get(subject=number)
        self.page.goto(f"/procedures/cases/{found.pk}/" + (f"?act={act}" if act else ""))
        return found

    def told(self, words: str) -> None:
        """The page says so."""
        self.page.wait_for_selector(f"main >> text={words}")


def step(number: str) -> str:
    return Case.objects.get(subject=number).step


def _verify(walk: Walk, number: str) -> None:
    page = walk.page
    walk.case(number)
    walk.fill(f_visited_on="2016-05-20", f_helper_present="true", f_absent="false",
              s_head="户主甲", s_helper="陈帮扶")  # fmt: skip
    signers = page.locator("main [name='s-verifier']")
    signers.nth(0).fill("李核验")
    signers.nth(1).fill("周核验")


def _plan_and_verification(walk: Walk) -> None:
    page = walk.page
    walk.on(date(2016, 5, 4), "county_office")
    page.goto("/procedures/batches/new/?procedure=hechi/household-exit")
    walk.fill(year="2016", calendar="first")
    page.fill(f"[name='{world.GAOLING}-households']", "3")
    walk.send()
    walk.told("批次中还没有对象")
    walk.on(date(2016, 5, 10), "township_clerk")
    page.goto(page.url if "/batches/" in page.url else "/procedures/batches/")
    page.locator("tbody a").first.click()
    page.click("text=纳入对象")
    page.select_option("[name=ready]", "0")
    page.click("form.filters button[type=submit]")
    page.wait_for_url("**ready=0**")
    assert page.locator("main input[name=subject]").count() == 3
    walk.send()
    walk.on(date(2016, 5, 20), "township_clerk")
    _verify(walk, YES)
    # Nine indicators, judged by the engine already, its reason beside each.
    assert page.locator("main input[value=met]:checked").count() == 9
    assert page.locator("[name='f-net_income']").input_value() != ""
    walk.send()
    assert step(YES) == "appraise"
    _verify(walk, OBJECTED)
    assert page.locator("[name='i-television'][value=not_met]").is_checked()
    assert "电视" in page.locator("tr", has_text="有电视看").inner_text()
    page.click("label[for=i-television-y]")
    walk.send()
    walk.told("与系统认定不一致")  # refused until it is explained; nothing filled in is lost
    assert step(OBJECTED) == "verify"
    walk.fill(r_television="已购电视机，发票在档")
    walk.send()
    assert step(OBJECTED) == "appraise"
    _verify(walk, NO)
    page.check("main [name=outcome][value=not_met]")
    for item in page.locator("main input[value=not_met]:checked").all():
        if (name := item.get_attribute("name") or "").startswith("i-"):
            page.fill(f"main [name='r-{name[2:]}']", "入户查看，与系统认定相同")
    walk.send()
    assert step(NO) == "not_listed"


def _meeting_and_notice(walk: Walk, scan: Path) -> None:
    page, batch = walk.page, Case.objects.get(subject=YES).batch_id
    walk.on(date(2016, 7, 1), "village_officer")
    page.goto("/procedures/")
    walk.told("村级评议")
    decide = f"/procedures/batches/{batch}/decide/"
    page.goto(f"{decide}?step=appraise")
    upload = page.locator("form[data-upload]").first
    upload.locator("input[type=file]").first.set_input_files(str(scan))
    upload.locator("button[type=submit]").click()
    page.wait_for_selector("figure img")
    walk.fill(f_held_on="2016-07-01", f_place="村委会", f_representatives="30", f_present="26",
              f_in_favour="25", f_against="1", f_opinion="同意列入初审", s_appraiser="韦代表")  # fmt: skip
    walk.send()
    assert {step(YES), step(OBJECTED)} == {"publish"}
    walk.on(date(2016, 8, 1), "township_clerk")
    page.goto(f"{decide}?step=publish&act=post")
    walk.fill(place="村委会公告栏", phone="0778-1234567")
    walk.send()
    page.goto("/procedures/notices/")
    walk.told("村委会公告栏")
    # The notice and the list with it, with masked names, opens as Word.
    walk.case(YES)
    page.wait_for_selector("text=本步骤")
    assert "韦大明" not in _word(page, "附件2")
    walk.on(date(2016, 8, 2), "township_clerk")
    walk.case(OBJECTED, "object")
    walk.fill(person="匿名村民", reason="该户在县城有门面出租")
    walk.send()
    walk.on(date(2016, 8, 5), "township_clerk")
    walk.case(OBJECTED, "done")
    _clear(walk)
    walk.told("异议")  # still open: refused
    assert step(OBJECTED) == "publish"
    walk.case(YES, "done")
    _clear(walk)
    assert step(YES) == "determine"  # one household's objection does not hold up another's


def _clear(walk: Walk) -> None:
    walk.fill(f_opinion="公示期满，无异议", s_auditor="韦青山")
    walk.send()


def _recheck_to_announcement(walk: Walk) -> None:
    page, batch = walk.page, Case.objects.get(subject=YES).batch_id
    walk.on(date(2016, 8, 6), "township_clerk")
    page.goto("/procedures/")
    walk.told("乡镇审核公示")  # the objection is work, though the notice hangs
    walk.case(OBJECTED)
    page.select_option("main [name=outcome]", "dismissed")
    walk.fill(reason="门面已于2014年转让，有合同")
    walk.send()
    assert Notice.objects.get().ends_on == date(2016, 8, 8)  # four days did not count
    walk.on(date(2016, 8, 9), "township_clerk", hour=0)
    walk.case(OBJECTED, "done")
    _clear(walk)
    assert step(OBJECTED) == "determine"
    walk.on(date(2016, 8, 20), "county_office")
    decide = f"/procedures/batches/{batch}/decide/"
    page.goto(f"{decide}?step=determine")
    assert page.locator("main tbody tr").count() == 2
    assert page.locator("main tbody >> text=≠系统").count() == 1
    walk.send()
    walk.told("未逐项审核")
    page.check("[name=reviewed]")
    walk.send()
    assert {step(YES), step(OBJECTED)} == {"announce"}
    page.goto(f"{decide}?step=announce")
    walk.fill(f_document_no="都扶发〔2016〕9号", f_place="村务公开栏")
    walk.send()
    assert {step(YES), step(OBJECTED)} == {"file"}


def _word(page: Page, no: str) -> str:
    """The text of a paper that the open case offers as Word."""
    row = page.locator("main div", has=page.locator(f"span.flex-fill:has-text('{no}')")).last
    with page.expect_download() as file:
        row.locator("a", has_text="Word").click()
    made = Document(BytesIO(Path(file.value.path()).read_bytes()))
    cells = [c.text for t in made.tables for r in t.rows for c in r.cells]
    return "\n".join([*(p.text for p in made.paragraphs), *cells])


def test_a_batch_from_plan_to_announcement(
    judged: str, desktop: Page, sign_in: SignIn, check_axe: Check, tmp_path: Path
) -> None:
    scan = tmp_path / "会议记录.jpg"
    scan.write_bytes(town.picture())
    desktop.set_default_timeout(30_000)
    walk = Walk(desktop, sign_in)
    _plan_and_verification(walk)
    _meeting_and_notice(walk, scan)
    _recheck_to_announcement(walk)
    statuses: Any = Household.objects.in_bulk([YES, OBJECTED, NO])
    assert statuses[YES].status == statuses[OBJECTED].status == "observed"
    assert statuses[YES].exited_on == date(2016, 8, 20)
    assert statuses[NO].status == "registered"
    walk.case(YES)
    assert desktop.locator("ol.timeline-plain > li").count() == StepRecord.objects.filter(
        case__subject=YES
    ).count()  # fmt: skip
    form = _word(desktop, "附件1")
    for words in ("双认定", "有收入来源", "有电视看"):
        assert words in form
    check_axe(desktop)
    clock.use(None)
    assert audit.verify().ok


@pytest.mark.parametrize("kind", ["desktop", "phone"])
def test_pages_fit_and_are_accessible(
    kind: str, request: pytest.FixtureRequest, site: str, sign_in: SignIn, check_axe: Check
) -> None:
    page: Page = request.getfixturevalue(kind)
    (case,) = town.enrolled(made := town.batch(), world.FIRST)
    sign_in(page, "township_clerk")
    for path in (
        "", "batches/", f"batches/{made.pk}/", f"batches/{made.pk}/enrol/?ready=0", "cases/",
        f"cases/{case}/", "calendar/?month=2016-06", "late/", "notices/", "lots/",
    ):  # fmt: skip
        page.goto(f"/procedures/{path}")
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, path
        check_axe(page)
