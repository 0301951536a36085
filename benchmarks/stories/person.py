"""A person comes in by a link, sees that something was found, reads, writes, sends, and looks after their way in."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks.stories.told import Profile, Told, telling
from portal.web.app import Settings
from registry.reviews import Release
from tests.portal.served import serving


def tell(browser: Browser, profile: Profile, language: str, shots: Path) -> Told:
    """Tell the story."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), Settings(release=Release("none"))) as portal:
        someone = portal.person("Kim Haneul", language=language, phrase="blue heron")
        photo = portal.enrolled(someone, "Summer")
        find = portal.exposed(photo, "https://forum.example/thread/4711")
        portal.exposed(photo, "https://board.example/1")
        with telling(browser, profile, "person", language, shots, portal.url) as told:
            page = told.page
            told.step("the first screen", lambda: page.goto("/"))
            told.step("the sign-in page", lambda: page.goto("/sign-in"))
            told.step("a link out of a mail", lambda: page.goto(portal.link(someone)))
            told.step("signed in: counts", told.button("enter.button"))
            told.step("the list of finds", lambda: page.get_by_role("link", name=told.words("home.see_list")).click())
            told.step("one find", lambda: page.locator(".list a.button").first.click())
            told.step("the form of a letter", lambda: page.goto(f"/me/found/{find}/write?type=kr_tba_22_5&language=ko"))
            told.step("the letter", told.button("write.draft"))
            told.step("noted as sent", told.button("write.mark"))
            told.step("what happens next", lambda: page.goto(f"/me/found/{find}"))
            told.step("the address, as text", told.button("one.where_button"))
            told.step("photos", lambda: page.goto("/me/photos"))
            told.step("adding photos", lambda: page.goto("/me/photos/add"))
            told.step("messages to you", lambda: page.goto("/me/messages"))
            told.step("your data", lambda: page.goto("/me/account"))
            told.step("how you sign in", lambda: page.goto("/keys"))
            told.step("a recovery code", told.button("keys.code_make"))
        return told
