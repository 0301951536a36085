"""Whole stories in a real Chromium: a person enrols on their own device, sees a find and readies a letter."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from matchers import fingerprint
from portal.web.person.numbers import LARGEST, NUMBERS
from registry import cases, enrolments
from tests.portal.pictures import image, pixels, saved
from tests.portal.served import PAGE, Portal

pytestmark = pytest.mark.browser

expect.set_options(timeout=30_000)  # milliseconds; a machine that is busy elsewhere is slow, not wrong
PHONE = {"width": 390, "height": 844}
SAID = {
    "en": {
        "enter": "Sign in now",
        "add": "Add photos",
        "agree": "I agree",
        "send": "Send the numbers",
        "look": "Look at it",
        "draft": "Draft the letter",
        "where": "Show the address as text",
        "sent": "I have sent it",
        "copied": "Copied.",
        "list": "See the list",
    },
    "ko": {
        "enter": "지금 로그인",
        "add": "사진 추가",
        "agree": "동의합니다",
        "send": "숫자 보내기",
        "look": "살펴보기",
        "draft": "글 준비하기",
        "where": "주소를 글자로 보기",
        "sent": "보냈습니다",
        "copied": "복사했습니다.",
        "list": "목록 보기",
    },
}


@dataclass
class Watched:
    """A browser context whose every request is written down, and whose every complaint is an error."""

    context: BrowserContext
    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def bodies(self) -> list[bytes]:
        """Return the body of every request that had one."""
        return [body for request in self.requests if (body := request.post_data_buffer)]


@pytest.fixture
def watched(browser: Browser, portal: Portal) -> Iterator[Watched]:
    """A phone that speaks English unless a test changes it."""
    yield from watching(browser, portal, "en-GB")


def watching(browser: Browser, portal: Portal, locale: str) -> Iterator[Watched]:
    """Open a phone-sized context and watch its traffic and its console."""
    context = browser.new_context(
        base_url=portal.url, viewport=PHONE, locale=locale, permissions=["clipboard-read", "clipboard-write"]
    )
    context.set_default_timeout(30_000)
    watched = Watched(context, context.new_page())
    context.on("request", lambda request: watched.requests.append(request))
    watched.page.on("console", lambda said: watched.complaints.append(said.text) if said.type == "error" else None)
    watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    yield watched
    context.close()


def person_signs_in(page: Page, link: str, said: dict[str, str]) -> None:
    page.goto(link)
    page.get_by_role("button", name=said["enter"]).click()
    page.wait_for_url("**/me")


def person_chooses_photos(page: Page, files: dict[str, bytes], said: dict[str, str]) -> None:
    page.get_by_role("link", name=said["add"]).click()
    chosen = [{"name": name, "mimeType": "image/png", "buffer": file} for name, file in files.items()]
    page.locator("#files").set_input_files(chosen)  # type: ignore[arg-type]


def states(page: Page, count: int, among: str) -> list[str]:
    """Return what became of each photo, once there is an answer for all of them."""
    expect(page.locator(f"#photos li:is({among})")).to_have_count(count)
    return [str(line.get_attribute("data-state")) for line in page.locator("#photos > li").all()]


LOOKED_AT = ", ".join(f'[data-state="{word}"]' for word in ("ready", "weak", "small", "flat", "tiny", "unreadable"))
DELIVERED = '[data-state="sent"]'


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_person_enrols_on_their_device_sees_a_find_and_readies_a_letter(
    browser: Browser, portal: Portal, language: str
) -> None:
    said = SAID[language]
    person = portal.person(language=language)
    for watched in watching(browser, portal, {"en": "en-GB", "ko": "ko-KR"}[language]):
        page = watched.page
        person_signs_in(page, portal.link(person), said)
        person_chooses_photos(page, {"holiday.png": saved(image(1))}, said)
        assert states(page, 1, LOOKED_AT) in (["ready"], ["weak"])
        page.get_by_label(said["agree"]).check()
        page.get_by_role("button", name=said["send"]).click()
        assert states(page, 1, DELIVERED) == ["sent"]

        with portal.registry.reading() as tx:
            [enrolment] = enrolments.enrolments(tx, person)
        found = portal.exposed(enrolment.id)

        page.goto("/me")
        page.get_by_role("link", name=said["list"]).click()
        page.get_by_role("link", name=re.compile(said["look"])).click()
        assert PAGE not in page.content()
        page.locator(f"#kr_tba_22_5-{language}").click()
        page.get_by_role("button", name=said["draft"]).click()
        expect(page.locator("#letter")).to_contain_text(PAGE)
        page.locator("#copy").click()
        expect(page.locator("#copied")).to_have_text(said["copied"])
        page.get_by_role("button", name=said["sent"]).click()

        page.goto(f"/me/found/{found}/write?type=kr_tba_22_5&language={language}")
        page.locator("#requester_name").press("ControlOrMeta+A")
        page.locator("#requester_name").press("ControlOrMeta+V")
        assert PAGE in page.locator("#requester_name").input_value()

        page.goto(f"/me/found/{found}")
        page.get_by_role("button", name=said["where"]).click()
        expect(page.get_by_text(PAGE, exact=True)).to_be_visible()
        assert page.locator("main a[href^='http']").count() == 0
        with portal.registry.reading() as tx:
            assert cases.exposure(tx, found).state == "noticed"
        assert watched.complaints == []


def test_no_byte_of_a_picture_leaves_the_device(watched: Watched, portal: Portal) -> None:
    """Look at all traffic, the worker's too: where it goes, and what is in it."""
    page, person = watched.page, portal.person()
    pictures = {f"p{seed}.png": saved(image(seed, 900, 700)) for seed in range(1, 5)}
    person_signs_in(page, portal.link(person), SAID["en"])
    person_chooses_photos(page, pictures, SAID["en"])
    states(page, 4, LOOKED_AT)
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Send the numbers").click()
    states(page, 4, DELIVERED)

    sent = [request for request in watched.requests if request.url.endswith("/me/photos") and request.method == "POST"]
    assert len(sent) == 4
    assert {request.headers["content-type"] for request in sent} == {"application/json"}
    for request, file in zip(sent, pictures.values(), strict=True):
        body = json.loads(request.post_data or "")
        assert set(body) == {"agreed", "label", "fingerprint"}
        assert set(body["fingerprint"]) == NUMBERS
        assert body["fingerprint"] == fingerprint(file).to_json()

    assert {request.url.split("/")[2] for request in watched.requests} == {portal.url.split("/")[2]}
    everything = b"\0".join(watched.bodies())
    assert len(everything) < 4 * LARGEST
    for seed, file in enumerate(pictures.values(), start=1):
        for content in (file, pixels(seed, 900, 700).tobytes()):
            pieces = {content[start : start + 8] for start in range(0, len(content) - 8, 512)}
            assert not [piece for piece in pieces if len(set(piece)) > 3 and piece in everything]
    assert not any(name.encode() in everything for name in pictures)
    assert watched.complaints == []


def test_what_left_is_shown_word_for_word(watched: Watched, portal: Portal) -> None:
    page = watched.page
    person_signs_in(page, portal.link(portal.person()), SAID["en"])
    person_chooses_photos(page, {"a.png": saved(image(1))}, SAID["en"])
    states(page, 1, LOOKED_AT)
    page.locator("#photos .name input").fill("Beach")
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Send the numbers").click()
    states(page, 1, DELIVERED)
    page.get_by_text("What leaves this device").click()

    [sent] = [body for body in watched.bodies() if body.startswith(b"{")]
    assert page.locator("#left pre").inner_text() == sent.decode()
    assert json.loads(sent)["label"] == "Beach"


def test_unusable_photos_are_named_and_the_others_go_on(watched: Watched, portal: Portal) -> None:
    page = watched.page
    person_signs_in(page, portal.link(portal.person()), SAID["en"])
    files = {
        "flat.png": saved(Image.new("RGB", (400, 300), "grey")),
        "tiny.png": saved(image(2, 60, 60)),
        "letter.pdf": b"%PDF-1.7 no picture",
        "small.png": saved(image(4, 99, 99)),
        "good.png": saved(image(3)),
    }
    person_chooses_photos(page, files, SAID["en"])

    assert states(page, 5, LOOKED_AT)[:4] == ["flat", "tiny", "unreadable", "small"]
    assert "at least 64 pixels" in page.locator("#photos").inner_text()
    page.get_by_role("button", name="Send the numbers").click()
    expect(page.locator("#agree-first")).to_have_text("Please tick the box above first.")
    assert not [body for body in watched.bodies() if body.startswith(b"{")]

    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Send the numbers").click()
    assert states(page, 2, DELIVERED) == ["flat", "tiny", "unreadable", "sent", "sent"]


def test_a_browser_that_spoils_the_numbers_is_told_so_and_sends_nothing(watched: Watched, portal: Portal) -> None:
    page = watched.page
    # A browser without workers that draw, and that gives other pixels back: what strict tracking protection does.
    page.add_init_script(
        """delete globalThis.OffscreenCanvas;
        const real = CanvasRenderingContext2D.prototype.getImageData;
        CanvasRenderingContext2D.prototype.getImageData = function (...place) {
            const read = real.apply(this, place);
            read.data.forEach((_, index) => (read.data[index] = Math.random() * 256));
            return read;
        };"""
    )
    person_signs_in(page, portal.link(portal.person()), SAID["en"])
    page.goto("/me/photos/add")

    expect(page.locator("#trouble")).to_contain_text("This browser changes what a page reads from a picture")
    expect(page.locator("#files")).to_be_disabled()


def test_a_browser_without_drawing_in_workers_makes_the_same_numbers(watched: Watched, portal: Portal) -> None:
    page, person, file = watched.page, portal.person(), saved(image(5))
    page.add_init_script("delete globalThis.OffscreenCanvas;")
    person_signs_in(page, portal.link(person), SAID["en"])
    person_chooses_photos(page, {"a.png": file}, SAID["en"])
    states(page, 1, LOOKED_AT)
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Send the numbers").click()
    states(page, 1, DELIVERED)

    with portal.registry.reading() as tx:
        [(_, kept)] = enrolments.active(tx)
        assert kept == fingerprint(file)


def test_leaving_quickly_replaces_the_page_and_signs_out(watched: Watched, portal: Portal) -> None:
    page, person = watched.page, portal.person()
    person_signs_in(page, portal.link(person), SAID["en"])
    watched.context.route("https://www.wikipedia.org/**", lambda route: route.fulfill(body="<h1>elsewhere</h1>"))
    page.goto("/me/account")
    [session] = [cookie["value"] for cookie in watched.context.cookies() if cookie["name"] == "session"]
    page.get_by_role("link", name="Leave quickly").click()
    page.wait_for_url("https://www.wikipedia.org/")

    page.go_back()
    expect(page).to_have_url(re.compile("/sign-in$"))
    assert session not in {cookie["value"] for cookie in watched.context.cookies()}


def test_leaving_quickly_holds_when_the_goodbye_is_lost(watched: Watched, portal: Portal) -> None:
    """ "Back" before the session has ended shows nothing: the page says goodbye again first."""
    page, person = watched.page, portal.person()
    person_signs_in(page, portal.link(person), SAID["en"])
    [session] = [cookie["value"] for cookie in watched.context.cookies() if cookie["name"] == "session"]
    watched.context.route("https://www.wikipedia.org/**", lambda route: route.fulfill(body="<h1>elsewhere</h1>"))
    watched.context.route("**/sign-out", lambda route: route.abort(), times=1)
    page.goto("/me/account")
    page.get_by_role("link", name="Leave quickly").click()
    page.wait_for_url("https://www.wikipedia.org/")

    page.go_back()
    expect(page).to_have_url(re.compile("/sign-in$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert session not in {cookie["value"] for cookie in watched.context.cookies()}


def test_every_page_can_be_walked_by_keyboard(watched: Watched, portal: Portal) -> None:
    """The first stop is the way past the menu; every stop after it shows that it is there."""
    page = watched.page
    person_signs_in(page, portal.link(portal.person()), SAID["en"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id || location.hash") in {"content", "#content"}
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break  # past the last stop
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.evaluate("document.activeElement.outerHTML")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_runs_over_the_edge(watched: Watched, portal: Portal, width: int) -> None:
    """320 pixels is also what a page zoomed to 400 % has (WCAG 1.4.10)."""
    page, person = watched.page, portal.person(roles=("person", "caseworker", "operator"))
    found = portal.exposed(portal.enrolled(person))
    page.set_viewport_size({"width": width, "height": 800})
    person_signs_in(page, portal.link(person), SAID["en"])
    for path in (
        "/",
        "/support",
        "/operator",
        "/me",
        "/me/found",
        f"/me/found/{found}",
        "/me/photos/add",
        "/me/account",
    ):
        page.goto(path)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{path} is {over} pixels too wide at {width}"


def test_a_photo_of_the_camera_is_turned_before_it_is_hashed(watched: Watched, portal: Portal, tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[0x0112] = 6
    file = io.BytesIO()
    image(9).save(file, "JPEG", exif=tags.tobytes(), quality=95)
    page = watched.page
    person_signs_in(page, portal.link(portal.person()), SAID["en"])
    person_chooses_photos(page, {"camera.jpg": file.getvalue()}, SAID["en"])
    states(page, 1, LOOKED_AT)
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Send the numbers").click()
    states(page, 1, DELIVERED)

    with portal.registry.reading() as tx:
        [(_, kept)] = enrolments.active(tx)
        assert kept.whole[0].distance(fingerprint(file.getvalue(), whole_only=True).whole[0]) <= 10
        assert (kept.width, kept.height) == (240, 320)
