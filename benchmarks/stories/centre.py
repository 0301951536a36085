"""A caseworker in a surge: 500 exposures of 25 clients, worked by keyboard alone."""

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, expect

from benchmarks.stories.told import Profile, Told, telling
from portal.web.app import Settings
from registry.reviews import Release
from tests.portal.desks import at_work, client_of
from tests.portal.served import Portal, serving

CLIENTS, EACH = 25, 20


def tell(browser: Browser, profile: Profile, language: str, shots: Path) -> Told:
    """Tell the story."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), Settings(release=Release("none"))) as portal:
        surge(portal)
        worker, other = at_work(portal, "Worker Han"), at_work(portal, "Other Seo")
        with telling(browser, profile, "centre", language, shots, portal.url) as told:
            page = told.page
            session = portal.session(worker)
            page.context.add_cookies(
                [
                    {"name": "session", "value": session, "url": portal.url},
                    {"name": "language", "value": language, "url": portal.url},
                ]
            )
            told.step("the queue of 500", lambda: page.goto("/support"))
            expect(page.locator("#queue li")).to_have_count(50)

            def press(*keys: str) -> None:
                for key in keys:
                    page.keyboard.press(key)

            told.step("j, a: the first taken in hand", lambda: press("j", "a"))
            told.step("j, o: a case opened", lambda: press("j", "o"))
            told.step("back to the queue", lambda: page.goto("/support?show=free"))
            for _ in range(10):
                press("j", "x")
            told.step("ten ticked, a letter drafted for each", told.button("queue.draft"))
            told.step("one of them read", lambda: page.locator("main .list a.button").first.click())
            told.step("sent by a person, noted", told.button("write.mark"))
            page.goto("/support?sort=age")
            press("j", "h")
            page.locator("#to").select_option(str(other.id))
            told.step("h: one handed over", told.button("queue.hand"))
            told.step("the clients", lambda: page.goto("/support/clients"))
            told.step("a client's file", lambda: page.locator("main .list a").first.click())
            told.step("the numbers of the year", lambda: page.goto("/support/report"))
            begin = time.monotonic()
            for number in range(2, 11):
                page.goto(f"/support?at={number}")
            print(f"  {'nine more pages of the queue':44}{time.monotonic() - begin:6.2f} s")
        return told


def surge(portal: Portal) -> None:
    """Let 500 exposures be found within one night."""
    at_work(portal, "Lead Yun", "lead")
    for number in range(CLIENTS):
        person, _ = client_of(portal, f"Client {number}")
        photo = portal.enrolled(person, "beach", number)
        for page in range(EACH):
            portal.exposed(photo, f"https://t.me/s/room{page}/{number}", confidence=0.5 + page / 40)
