"""The page Add photos in a real Chromium: trying a photo, marking a head, many at once, what it says of itself."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from matchers import fingerprint
from registry import enrolments
from tests.matchers.regions.conftest import drawn
from tests.portal.pictures import image, saved
from tests.portal.served import Portal
from tests.portal.test_story import SAID, Watched, person_signs_in, watching

pytestmark = pytest.mark.browser

HEAD = (0.36, 0.15, 0.28, 0.3)


@pytest.fixture
def adding(browser: Browser, portal: Portal) -> Iterator[Watched]:
    """The page, open for somebody signed in, on a phone."""
    for watched in watching(browser, portal, "en-GB"):
        person_signs_in(watched.page, portal.link(portal.person()), SAID["en"])
        watched.page.goto("/me/photos/add")
        yield watched
        assert watched.complaints == []


def chosen(page: Page, files: dict[str, bytes], field: str = "#files") -> None:
    page.locator(field).set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": file} for name, file in files.items()]  # type: ignore[arg-type]
    )


def finished(page: Page) -> None:
    """Wait until nothing is being worked on."""
    expect(page.locator("#bar")).to_be_hidden(timeout=120_000)


def sent_all(page: Page) -> None:
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Send the numbers").click()
    expect(page.locator("#finished")).to_contain_text("Finished", timeout=120_000)


def stays_within(page: Page) -> None:
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{over} pixels too wide"


@pytest.mark.parametrize("width", [390, 1280])
def test_a_head_is_marked_by_numbers_keys_or_finger_and_counts_most(
    adding: Watched, portal: Portal, width: int
) -> None:
    page, file = adding.page, saved(Image.fromarray(drawn(1, 900, 700)))
    page.set_viewport_size({"width": width, "height": 844})
    chosen(page, {"me.png": file})
    page.get_by_role("button", name="Mark the head: me.png").click()
    fields = [page.locator(f".editor [name={name}]") for name in ("left", "top", "width", "height")]
    stays_within(page)

    canvas = page.locator(".editor canvas")
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.8, steps=3)
    page.mouse.up()
    assert [field.input_value() for field in fields] == ["20", "30", "40", "50"]

    canvas.press("ArrowRight")
    canvas.press("ArrowDown")
    canvas.press("Shift+ArrowLeft")
    assert [field.input_value() for field in fields] == ["21", "31", "39", "50"]

    for field, share in zip(fields, HEAD, strict=True):
        field.fill(str(round(share * 100)))
    page.get_by_role("button", name="Use this box").click()
    finished(page)
    sent_all(page)

    with portal.registry.reading() as tx:
        [(_, kept)] = enrolments.active(tx)
    assert kept == fingerprint(file, head=HEAD)
    assert kept != fingerprint(file)


def test_what_would_be_found_is_tried_and_said(adding: Watched) -> None:
    """The composite has only an eighth of the photo; of a plain photo that is too little."""
    page = adding.page
    chosen(page, {"rich.png": saved(Image.fromarray(drawn(1, 900, 700))), "plain.png": saved(image(18))})
    for name in ("rich.png", "plain.png"):
        page.get_by_role("button", name=f"See what would be found: {name}").click()
    finished(page)
    rich, plain = page.locator("#photos > li").all()

    expect(rich.locator(".found-list li")).to_have_count(6)
    expect(rich.get_by_text("Would probably not be found")).to_be_hidden()
    expect(plain.locator(".missed-list")).to_contain_text("the head, cut out and put into another picture")
    expect(plain.get_by_text("Marking the head can help")).to_be_visible()
    stays_within(page)


def test_a_file_that_is_gone_meanwhile_stops_neither_the_others_nor_sending(
    adding: Watched, portal: Portal, tmp_path: Path
) -> None:
    page, file = adding.page, tmp_path / "gone.png"
    file.write_bytes(saved(image(1)))
    page.locator("#files").set_input_files(file)
    finished(page)
    file.unlink()
    page.get_by_role("button", name="See what would be found").click()
    expect(page.locator('#photos > [data-state="untried"]')).to_be_visible()
    page.get_by_role("button", name="Mark the head").click()
    chosen(page, {"other.png": saved(image(2))})
    finished(page)
    sent_all(page)

    with portal.registry.reading() as tx:
        assert len(enrolments.active(tx)) == 2


def test_a_picture_that_is_public_already_is_warned_of(adding: Watched) -> None:
    page = adding.page
    chosen(page, {"me.png": saved(image(1))})
    page.get_by_label("This picture is public already").check()

    expect(page.get_by_text("also those you know and want")).to_be_visible()


def test_thirty_photos_go_one_after_the_other_with_a_count(adding: Watched, portal: Portal) -> None:
    page = adding.page
    chosen(page, {f"{seed}.png": saved(image(seed, 160, 120)) for seed in range(30)})
    expect(page.locator("#count")).to_contain_text("of 30 done")
    finished(page)
    expect(page.locator("#count")).to_have_text("Ready to send: 30 of 30. Sent: 0.")
    sent_all(page)

    expect(page.locator("#count")).to_have_text("Ready to send: 0 of 30. Sent: 30.")
    with portal.registry.reading() as tx:
        assert len(enrolments.active(tx)) == 30


def test_stopping_leaves_the_others_out_and_a_photo_can_be_taken_off(adding: Watched, portal: Portal) -> None:
    page = adding.page
    chosen(page, {f"{seed}.png": saved(image(seed)) for seed in range(12)})
    page.get_by_role("button", name="Stop").click()
    finished(page)
    stopped = page.locator('#photos [data-state="stopped"]').count()
    assert stopped > 0

    chosen(page, {"last.png": saved(image(40))})
    page.get_by_role("button", name="Take off the list: last.png").click()
    expect(page.locator("#photos > li")).to_have_count(12)
    if stopped < 12:
        sent_all(page)
    with portal.registry.reading() as tx:
        assert len(enrolments.active(tx)) == 12 - stopped


def test_photos_are_dropped_or_come_from_the_camera(adding: Watched) -> None:
    page = adding.page
    assert page.locator("#camera").get_attribute("capture") == "environment"
    chosen(page, {"camera.png": saved(image(1))}, "#camera")
    page.evaluate(
        """(text) => {
            const data = new DataTransfer();
            const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
            data.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
            const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true });
            document.getElementById("choose").dispatchEvent(drop);
        }""",
        base64.b64encode(saved(image(2))).decode(),
    )
    finished(page)

    assert page.locator("#photos .file").all_inner_texts() == ["camera.png", "dropped.png"]
    expect(page.locator('#photos > [data-state="ready"]')).to_have_count(2)


def test_the_page_counts_its_requests_and_making_numbers_makes_none(adding: Watched, portal: Portal) -> None:
    """What the page says of itself is held against what the browser was seen to do."""
    page = adding.page
    expect(page.locator("#add[data-ready]")).to_be_attached()
    before = len(adding.requests)
    chosen(page, {"me.png": saved(image(1))})
    page.get_by_role("button", name="See what would be found").click()
    finished(page)
    assert len(adding.requests) == before

    page.get_by_text("What leaves this device").click()
    expect(page.locator("#sent-count")).to_have_text("Numbers of 0 photos were sent (0.0 kB).")
    urls = [request.url for request in adding.requests]
    loads = [url for url in urls[urls.index(f"{portal.url}/me/photos/add") :] if "/static/" in url]
    told = int((page.locator("#loaded").text_content() or "").split()[0])
    sent_all(page)

    assert abs(told - len(loads)) <= 2, (told, loads)  # a browser may keep the icon or a start of a worker to itself
    expect(page.locator("#sent-count")).to_contain_text("Numbers of 1 photos were sent")
    expect(page.locator("#elsewhere")).to_have_text("Requests to any other address: 0.")
    assert page.locator("#others li").count() == 0
    [body] = [body for body in adding.bodies() if body.startswith(b"{")]
    assert len(body) <= 18_000
    assert json.loads(body)["fingerprint"]["regions"]
