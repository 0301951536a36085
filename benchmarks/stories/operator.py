"""The first operator: sets up, makes a passkey, adds a place, slows it down, and tries another limit."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.stories.told import Profile, Told, telling
from portal.web.app import Settings
from registry import first_operator
from tests.portal.keyring import Keyring
from tests.portal.served import serving


def tell(browser: Browser, profile: Profile, language: str, shots: Path) -> Told:
    """Tell the story."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), Settings(passkeys="demanded")) as portal:
        with portal.registry.transaction("story") as tx:
            link = first_operator.new_token(tx)
        url = portal.url.replace("127.0.0.1", "localhost")
        with telling(browser, profile, "operator", language, shots, url) as told:
            page = told.page
            Keyring(page, page.context.new_cdp_session(page))
            told.step("the set-up link", lambda: page.goto(f"/set-up/{link}"))
            page.locator("#name").fill("Night desk")
            told.step("set up: how to sign in", told.button("set_up.make"))
            page.locator("#new-name").fill("stick")

            def make() -> None:
                page.locator("#make button").click()
                page.locator(".keys .what").wait_for()

            told.step("a passkey made", make)
            told.step("the overview", lambda: page.goto("/operator"))
            told.step("a new place", lambda: page.goto("/operator/targets/new"))
            page.locator("input[name=name]").fill("gallery")
            page.locator("[name=urls]").first.fill("https://gallery.example/")
            told.step("added", lambda: page.locator("main form[action='/operator/targets'] button.main").click())
            told.step("its page", lambda: page.goto("/operator/targets/gallery"))
            told.step("tuned", lambda: page.locator("form[action$='/tune'] button").click())
            told.step("paused", told.button("target.pause"))
            told.step("limits", lambda: page.goto("/operator/tuning"))
            page.locator("form[action='/operator/tuning'] input").first.fill("36")
            told.step("another limit tried", told.button("tuning.try"))
            told.step("coverage over time", lambda: page.goto("/operator/coverage"))
        return told
