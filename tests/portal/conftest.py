"""A real portal on loopback: real stores, a real server, and a real browser for those who ask."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from crawler.browser import find_chromium
from portal.web.app import Settings
from registry.reviews import Release
from tests.portal.served import Portal, serving


@pytest.fixture
def settings() -> Settings:
    """The settings of the portal under test; a test may have others."""
    return Settings(contact="help@example.org", release=Release("none"))


@pytest.fixture
def portal(tmp_path: Path, settings: Settings) -> Iterator[Portal]:
    """Serve a portal with empty stores on a free port of loopback."""
    with serving(tmp_path, settings) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium of this module's own. As root it has to run without its sandbox: it only sees our own pages.

    Not for the whole session: Playwright keeps an event loop running, and tests elsewhere want one of their own.
    """
    found = find_chromium()
    if found is None:
        pytest.skip("there is no Chromium on this machine: set WATCHLIGHT_CHROMIUM")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, chromium_sandbox=os.geteuid() != 0)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of the portal, from which its modules can be imported."""
    with serving(tmp_path_factory.mktemp("portal"), Settings(release=Release("none"))) as portal:
        page = browser.new_page(base_url=portal.url)
        page.goto("/")
        yield page
        page.close()
