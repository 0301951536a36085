"""Three thousand strings made to run a script, as names and words of every kind, run nothing in Chromium."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from crawler.errors import BadTarget
from crawler.targets import CrawlTarget
from registry import casework, centres, clients, consents, enrolments, people, tenancy, tokens
from registry.clients import Client
from registry.people import Person
from registry.transaction import Transaction
from tests.portal import hostile
from tests.portal.desks import CENTRE, at_work, client_of
from tests.portal.served import Portal, made

pytestmark = pytest.mark.browser

WATCH = """
globalThis.ran = [];
globalThis.hit = () => globalThis.ran.push("hit");
addEventListener("securitypolicyviolation", (event) => globalThis.ran.push(event.violatedDirective));
"""
# Of what a page is made: an element of another kind, a handler or a script address came out of a string.
ODD = """() => [...document.querySelectorAll("*")].filter((each) =>
  /^(img|image|svg|script|iframe|object|embed|video|audio|source|marquee|style|math|base|details|link|meta|mglyph)$/i
    .test(each.localName) && !each.closest("head") && !(each.localName === "details" && each.querySelector("summary"))
  || [...each.attributes].some((one) => /^on/i.test(one.name) || /^\\s*javascript:/i.test(one.value))
).map((each) => each.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return hostile.strings()


def test_the_strings_are_three_thousand_and_run_where_nobody_escapes_them(browser: Browser, texts: list[str]) -> None:
    """A page that puts them in as they are runs them: what the next test holds is no accident."""
    assert len(set(texts)) == 3000
    page = browser.new_page()
    page.add_init_script(WATCH)
    dialogs, ran, body = list[str](), 0, [""]
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.route("**/*", lambda route: route.fulfill(body=body[0], content_type="text/html"))  # nothing goes out
    for text in texts[:40]:
        body[0] = f'<!doctype html><meta charset="utf-8"><p>{text}</p><input value="{text}">'
        page.goto("http://localhost/")
        ran += page.evaluate("globalThis.ran.length") > 0
    page.close()
    assert ran + len(dialogs) > 10


def test_as_names_labels_and_notes_they_run_nothing(browser: Browser, portal: Portal, texts: list[str]) -> None:
    lead, person = at_work(portal, "Lead Yun", "lead"), portal.person()
    clients_, notes, colleagues, tokens_, centres_, labels = (
        texts[begin:end] for begin, end in pairwise((0, 100, 500, 600, 1500, 2000, 3000))
    )
    pages = {
        "/support/clients": (lead, as_clients(portal, clients_)),
        f"/support/clients/{as_notes(portal, lead, notes)}": (lead, notes),
        "/support": (lead, as_colleagues(portal, colleagues)),
        "/support/tokens": (lead, as_tokens(portal, tokens_)),
        "/me/centre": (person, as_centres(portal, centres_)),
        "/me/photos": (person, as_labels(portal, person, labels)),
    }
    # First with our policy set aside, so that the escaping stands alone; then with it, so that nothing is even tried.
    for bypass, paths in ((True, list(pages)), (False, ["/me/photos"])):
        for path in paths:
            visitor, put = pages[path]
            with opened(browser, portal, visitor, bypass) as page:
                page.goto(path)
                assert page.evaluate("globalThis.ran") == [], path
                assert page.evaluate(ODD) == [], path
                shown = page.evaluate("document.documentElement.textContent")
                assert [text for text in put if text not in shown] == [], path


def test_as_addresses_of_finds_and_as_what_was_typed_they_run_nothing(
    browser: Browser, portal: Portal, texts: list[str]
) -> None:
    person = portal.person()
    enrolment = portal.enrolled(person)
    with opened(browser, portal, person, bypass=True) as page:
        for text in texts[:6]:
            found = portal.exposed(enrolment, f"https://board.example/{text}")
            page.goto(f"/me/found/{found}")
            page.locator("form[action$='/where'] button").click()
            page.wait_for_url("**/where")
            assert text in page.inner_text("main")
            assert (page.evaluate("globalThis.ran"), page.evaluate(ODD)) == ([], [])
        page.goto("/me/messages")
        for name in ("phrase", "supporter_email", "timezone", "quiet_from"):
            page.locator(f"#{name}").fill(texts[20])
        page.get_by_role("button", name="Save").click()
        assert page.locator("#timezone").input_value() == texts[20]
        assert (page.evaluate("globalThis.ran"), page.evaluate(ODD)) == ([], [])


def test_no_target_can_be_called_so(texts: list[str]) -> None:
    for text in texts:
        with pytest.raises(BadTarget):
            CrawlTarget(name=text, urls=("https://board.example/",))


class opened:  # noqa: N801 - reads as the context it is
    """A browser page of somebody signed in, in which whatever runs is written down and a dialog is an error."""

    def __init__(self, browser: Browser, portal: Portal, visitor: Person, bypass: bool) -> None:
        self.context = browser.new_context(base_url=portal.url, bypass_csp=bypass, locale="en")
        self.context.add_cookies([{"name": "session", "value": portal.session(visitor), "url": portal.url}])
        self.context.add_init_script(WATCH)

    def __enter__(self) -> Page:
        page = self.context.new_page()
        page.on("dialog", self._said)
        return page

    def __exit__(self, *_: object) -> None:
        self.context.close()
        assert not hasattr(self, "dialog")

    def _said(self, dialog: Any) -> None:
        self.dialog = dialog.message
        dialog.dismiss()


def taken_in(tx: Transaction, name: str) -> Client:
    """Let the centre take somebody in under this name."""
    at, until = centres.find_centre(tx, CENTRE), tx.now() + timedelta(days=9)
    return clients.take_in(
        tx,
        at.id,
        name,
        given_by="self",
        words="signed form",
        scopes=("watch",),
        until=until,
        language="en",
        birth_year=None,
    )


def as_clients(portal: Portal, texts: list[str]) -> list[str]:
    """Let each be what a client is called."""
    with portal.registry.transaction("test") as tx:
        for text in texts:
            taken_in(tx, text)
    return texts


def as_notes(portal: Portal, lead: Person, texts: list[str]) -> str:
    """Let each be a note in a client's file; return the client."""
    with portal.registry.transaction("test") as tx:
        client = taken_in(tx, "Client")
    with portal.registry.transaction(str(lead.id)) as tx:
        tenancy.confine(tx, lead.id)
        for text in texts:
            casework.add_note(tx, client.id, text)
    return str(client.id)


def as_colleagues(portal: Portal, texts: list[str]) -> list[str]:
    """Let each be the name a member of staff shows; there is a case to hand over."""
    with portal.registry.transaction("test") as tx:
        at = centres.find_centre(tx, CENTRE)
        for number, text in enumerate(texts):
            worker = people.add_person(tx, f"Worker {number}", roles=("caseworker",))
            centres.put_to_work(tx, at, worker, "caseworker", text)
    found, _ = client_of(portal, "Somebody Found")
    portal.exposed(portal.enrolled(found))
    return texts


def as_tokens(portal: Portal, texts: list[str]) -> list[str]:
    """Let each be what a token is called."""
    with portal.registry.transaction("test") as tx:
        at = centres.find_centre(tx, CENTRE)
        for text in texts:
            tokens.make(tx, at.id, text, ["clients:read"], timedelta(days=1))
    return texts


def as_centres(portal: Portal, texts: list[str]) -> list[str]:
    """Let each be what a centre is called."""
    with portal.registry.transaction("test") as tx:
        for text in texts:
            centres.add_centre(tx, text)
    return texts


def as_labels(portal: Portal, person: Person, texts: list[str]) -> list[str]:
    """Let each be what somebody calls a photo."""
    photo = made(1)
    with portal.registry.transaction("test") as tx:
        consents.give(tx, person)
        for number, text in enumerate(texts):
            first = replace(photo.whole[0], bits=number.to_bytes(32, "big"))
            enrolments.enrol(tx, person, replace(photo, regions=None, whole=(first, *photo.whole[1:])), text)
    return texts
