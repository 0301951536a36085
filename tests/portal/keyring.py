"""A browser with an authenticator of its own, made by Chromium itself: real passkeys without a finger to press."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from tests.portal.served import Portal

PHONE = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Keyring:
    """A page on `localhost` and the authenticators that its browser sees."""

    def __init__(self, page: Page, cdp: CDPSession) -> None:
        self.page, self.cdp = page, cdp
        cdp.send("WebAuthn.enable")
        self.authenticator = self.plug_in()

    def plug_in(self, **changes: Any) -> str:
        """Add an authenticator and return its id."""
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": {**PHONE, **changes}})
        return str(made["authenticatorId"])

    def pull_out(self) -> None:
        """Take the authenticator away, with the keys in it."""
        self.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.authenticator})

    def recognises_its_holder(self, yes: bool) -> None:
        """Let the finger, face or PIN be right, or wrong."""
        asked = {"authenticatorId": self.authenticator, "isUserVerified": yes}
        self.cdp.send("WebAuthn.setUserVerified", asked)

    def credentials(self) -> list[dict[str, Any]]:
        """Return what the authenticator holds."""
        held = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})
        return list(held["credentials"])

    def turn_back_counter(self, to: int) -> None:
        """Make the authenticator's only key count from `to`, as a copy made earlier would."""
        [held] = self.credentials()
        self.cdp.send("WebAuthn.clearCredentials", {"authenticatorId": self.authenticator})
        changed = {"authenticatorId": self.authenticator, "credential": {**held, "signCount": to}}
        self.cdp.send("WebAuthn.addCredential", changed)


@contextmanager
def keyring(browser: Browser, portal: Portal) -> Iterator[Keyring]:
    """Open a page of the portal under `localhost`, where browsers allow passkeys."""
    context = browser.new_context(base_url=portal.url.replace("127.0.0.1", "localhost"), locale="en")
    page = context.new_page()
    yield Keyring(page, context.new_cdp_session(page))
    context.close()


def sign_in_by_link(page: Page, portal: Portal, link: str) -> None:
    """Use a one-time link under `localhost`."""
    page.goto(link.replace(portal.url, ""))
    page.get_by_role("button", name="Sign in now").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def make_passkey(page: Page, name: str) -> None:
    """Make a passkey on the page *How you sign in*."""
    page.goto("/keys")
    page.locator("#new-name").fill(name)
    page.get_by_role("button", name="Make a passkey").click()
    page.locator(".keys .what", has_text=name).wait_for()
