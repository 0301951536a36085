"""Every page a role can reach, as axe-core and a phone see it: no violation, in both languages, light and dark."""

from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.portal.everywhere import Full, full
from tests.portal.served import Portal

pytestmark = pytest.mark.browser

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
LOOKS = {
    "en": {"locale": "en-GB", "viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    "ko": {"locale": "ko-KR", "viewport": {"width": 360, "height": 780}, "color_scheme": "dark"},
}
ROLES = ("nobody", "person", "minor", "staff", "lead", "caseworker", "operator")
ASKED = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
}


def violations(page: Page) -> list[str]:
    """Return what is wrong with the page as it is now: axe-core's rule and where, and what a phone cannot show."""
    found: list[dict[str, Any]] = page.evaluate(
        "asked => axe.run(document, asked).then(found => found.violations)", ASKED
    )
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    wide = [f"{over} pixels over the edge"] if over > 0 else []
    return [*wide, *(f"{each['id']}: {node['target']}" for each in found for node in each["nodes"])]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_page_has_a_violation(browser: Browser, portal: Portal, language: str) -> None:
    house, wrong = full(portal), dict[str, list[str]]()
    for role in ROLES:
        # Our own policy lets no script in but ours, so for this one purpose it is set aside.
        with house.browser(browser, role, bypass_csp=True, **LOOKS[language]) as (context, page):
            context.add_init_script(AXE)
            context.add_cookies([{"name": "language", "value": language, "url": portal.url}])
            paths = house.paths(role, but=("staff",) if role == "lead" else ())
            if role == "lead":  # who sees more on a client's file than the others at the centre
                paths.append(f"/support/clients/{house.ids[role]['client']}")
            for path in paths:
                answer = page.goto(path)
                assert answer is not None
                assert page.get_attribute("html", "lang") == language, path
                wrong[f"{role} {path}"] = violations(page)
            for what in asked_of(house, role, page):
                wrong[f"{role} {what}"] = violations(page)

    assert {page: found for page, found in wrong.items() if found} == {}
    assert len(wrong) > 50


def asked_of(house: Full, role: str, page: Page) -> Any:
    """Press through to the pages that only a form leads to: what is wrong in it, and what it shows."""
    ids = house.ids.get(role, {})
    steps: dict[str, list[tuple[str, str]]] = {
        "nobody": [("/sign-in", "main form[action='/sign-in'] button"), ("/recover", "main button")],
        "person": [
            (f"/me/found/{ids.get('exposure')}", "form[action$='/where'] button"),
            (f"/me/found/{ids.get('exposure')}/write?type=kr_tba_22_5&language=ko", "main form button"),
            ("/me/centre", "main form[action='/me/centre'] button"),
            ("/me/erase", "main form button"),
            ("/keys", "form[action='/keys/code'] button"),
        ],
        "staff": [
            (f"/support/cases/{ids.get('exposure')}", "form[action$='/where'] button"),
            ("/support/clients/new", "main form[action='/support/clients'] button"),
        ],
        "lead": [("/support/tokens", "main form[action='/support/tokens'] button")],
    }
    for path, button in steps.get(role, []):
        page.goto(path)
        page.locator(button).first.click()
        page.wait_for_load_state()
        yield f"{path} {button}"
