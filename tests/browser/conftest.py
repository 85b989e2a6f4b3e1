"""A real browser on a real site: headless Chromium against Django's live server.

    def test_x(desktop, sign_in):      # `desktop` and `phone` are pages
        sign_in(desktop, "township_clerk")

Every page here fails its test when the browser reports an error, breaks the content security
policy, or asks for anything outside the site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    # WebGL in software, so that the map is drawn as on a PC with a graphics card.
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def _static_folder() -> None:
    """`bangfu serve` collects files into it; tests serve them where they stand."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    import shutil

    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def site(transactional_db: None, live_server: Any, world: None) -> str:
    """Address of the site over the small world, with one account of each role."""
    from tests.world import staff

    built = (settings.ROOT / "web" / "static" / "dist" / "app.js").exists()
    assert built, "the front end is not built: npm run build in frontend/"
    staff()
    return str(live_server.url)


@pytest.fixture
def evaluated(site: str) -> str:
    """The same, with the small world evaluated as of the end of 2016."""
    from datetime import date

    from bangfu.access import system_scope
    from bangfu.findings import commands

    commands.start(system_scope(), as_of=date(2016, 12, 31), period="2016-12", now=True)
    return site


def _page(browser: Browser, site: str, width: int, height: int, **more: Any) -> Iterator[Page]:
    context = browser.new_context(
        base_url=site, viewport={"width": width, "height": height}, locale="zh-CN", **more
    )
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda e: faults.append(f"script: {e}"))
    page.on("console", lambda m: faults.append(m.text) if "Content Security" in m.text else None)
    host = urlsplit(site).netloc
    page.on(
        "request",
        lambda r: (
            faults.append(f"asks outside: {r.url}")
            if urlsplit(r.url).netloc not in ("", host)
            else None
        ),
    )
    page.set_default_timeout(15_000)
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def desktop(browser: Browser, site: str) -> Iterator[Page]:
    """A page on an office PC."""
    yield from _page(browser, site, 1440, 900)


@pytest.fixture
def phone(browser: Browser, site: str) -> Iterator[Page]:
    """A page on a phone."""
    yield from _page(browser, site, 390, 844, is_mobile=True, has_touch=True)


@pytest.fixture
def sign_in() -> Callable[[Page, str], None]:
    """Sign in through the form as whoever holds a role."""
    from tests.world import PASSWORD

    def do(page: Page, role: str) -> None:
        page.goto("/sign-in/")
        page.fill("#username", role)
        page.fill("#password", PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url(lambda url: "/sign-in/" not in url)

    return do


@pytest.fixture
def check_axe() -> Callable[[Page], None]:
    """Fail on any violation of WCAG 2 A or AA that axe finds on the page."""
    from axe_playwright_python.sync_playwright import Axe

    def check(page: Page) -> None:
        found = (
            Axe()
            .run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
            .response["violations"]
        )
        told = [f"{v['id']}: {v['help']}: {[n['target'] for n in v['nodes']][:3]}" for v in found]
        assert told == [], page.url

    return check
