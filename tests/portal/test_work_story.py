"""The page of long work in a real browser: it renews its numbers calmly, and stops when somebody says so."""

import pytest
from playwright.sync_api import Browser, expect

from tests.portal.served import Portal

pytestmark = pytest.mark.browser


@pytest.fixture
def operator(portal: Portal):
    return portal.person("Op", roles=("operator",))


def opened(portal: Portal, browser: Browser, operator, **looks):
    context = browser.new_context(locale="en", **looks)
    context.add_cookies([{"name": "session", "value": portal.session(operator), "url": portal.url}])
    page, wrong = context.new_page(), list[str]()
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.clock.install()
    page.goto(f"{portal.url}/operator/work")
    return page, wrong


def test_the_numbers_are_renewed_until_somebody_stops_that(portal: Portal, browser: Browser, operator) -> None:
    with portal.store.long_work.shown("look-back", "sightings") as told:
        told(1, 4_000)
        page, wrong = opened(portal, browser, operator)
        numbers = page.locator("#others-now")
        expect(numbers).to_contain_text("1 / 4,000")
        told(4_000, 4_000)
        page.clock.run_for(6_000)
        expect(numbers).to_contain_text("4,000 / 4,000")
        page.get_by_role("button", name="Stop renewing them").press("Enter")
        expect(page.locator("#updated")).to_contain_text("stand still")
    with portal.store.long_work.shown("archive", "sightings") as told:
        told(7, 9)
        page.clock.run_for(20_000)
        expect(numbers).not_to_contain_text("7 / 9")
        page.get_by_role("button", name="Renew them by themselves").press("Enter")
        page.clock.run_for(6_000)
        expect(numbers).to_contain_text("7 / 9")
    assert page.locator("[aria-live], [role=status], [role=alert]").count() == 0  # nothing is read out by itself
    assert wrong == []
    page.context.close()


def test_whoever_asked_for_less_motion_begins_it_and_a_screen_left_on_ends_it(
    portal: Portal, browser: Browser, operator
) -> None:
    page, wrong = opened(portal, browser, operator, reduced_motion="reduce")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/static/" not in request.url else None)
    page.clock.run_for(20_000)
    assert asked == []
    page.get_by_role("button", name="Renew them by themselves").click()
    with page.expect_response("**/operator/work"):
        page.clock.run_for(6_000)
    expect(page.locator("#updated")).to_contain_text("every 5 seconds")
    page.clock.fast_forward(700_000)
    for _ in range(50):  # the next look is planned once the answer is there
        page.clock.run_for(1_000)
        if "stand still" in page.locator("#updated").inner_text():
            break
    assert "stand still" in page.locator("#updated").inner_text()
    assert 1 <= len(asked) <= 3
    assert wrong == []
    page.context.close()
