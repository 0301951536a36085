"""A caseworker in a surge, in a real browser: the queue by keyboard, without a picture and without another host."""

import pytest
from playwright.sync_api import Browser, expect

from tests.portal.desks import at_work, client_of
from tests.portal.served import Portal

pytestmark = pytest.mark.browser


def test_the_queue_is_worked_by_keyboard_alone(portal: Portal, browser: Browser) -> None:
    worker = at_work(portal, "Worker Han")
    other = at_work(portal, "Other Seo")
    for number in range(3):
        person, _ = client_of(portal, f"Client {number}")
        enrolment = portal.enrolled(person, "beach", number)
        for page in range(20):
            portal.exposed(enrolment, f"https://t.me/s/{number}/{page}")
    context = browser.new_context(locale="en")
    context.add_cookies([{"name": "session", "value": portal.session(worker), "url": portal.url}])
    page, asked, errors = context.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)

    page.goto(f"{portal.url}/support")
    expect(page.locator("#queue li")).to_have_count(50)
    for key in "jjk":
        page.keyboard.press(key)
    expect(page.locator("#queue li").first).to_have_class("at")
    first = page.locator("#queue li").first.get_attribute("data-case")
    page.keyboard.press("a")
    expect(page.locator(f'[data-case="{first}"]')).to_contain_text("Counsellor Han")
    page.keyboard.press("j")
    page.keyboard.press("h")
    page.locator("#to").select_option(str(other.id))
    page.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.locator(f'[data-case="{first}"]')).to_contain_text("Counsellor Seo")
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Case")

    assert page.locator("img, video, picture").count() == 0
    assert all(address.startswith(portal.url) for address in asked)
    assert errors == []
    context.close()
