"""`python -m benchmarks device`: enrolling in a real Chromium, as a desktop and as a slow phone: bytes and seconds.

The portal runs on loopback; the phone's processor is slowed six times and its line to 1.6 Mbit/s with 150 ms. Chromium
slows no worker, so the phone is one whose workers cannot draw: all is done on the page. Photos are drawn: one of 12
megapixels as a JPEG, and `--many` of 3 megapixels. Times are by the clock of a machine that may have other work.
"""

import argparse
import io
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from crawler.browser import find_chromium
from portal.web.app import Settings
from tests.matchers.regions.conftest import drawn
from tests.portal.served import Portal, serving

LONG_MS = 600_000


@dataclass(frozen=True)
class Profile:
    """A device: how many times slower than this machine, and its line in Mbit/s and ms (0: as it is)."""

    name: str
    slower: int
    megabits: float
    latency: int


PROFILES = (Profile("desktop", 1, 0, 0), Profile("slow phone", 6, 1.6, 150))


def photo(seed: int, width: int, height: int) -> bytes:
    """Draw a photo and save it as a camera would."""
    file = io.BytesIO()
    Image.fromarray(drawn(seed, 800, 600)).resize((width, height)).save(file, "JPEG", quality=90)
    return file.getvalue()


@contextmanager
def opened(portal: Portal, profile: Profile) -> Iterator[tuple[Page, list[int]]]:
    """Open a signed-in browser of this profile; the list fills with the bytes of each answer."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), chromium_sandbox=os.geteuid() != 0)
        page = browser.new_page(base_url=portal.url, viewport={"width": 390, "height": 844}, locale="en-GB")
        page.set_default_timeout(LONG_MS)
        page.goto(portal.link(portal.person(profile.name)))
        page.locator("main button").first.click()
        page.wait_for_url("**/me")
        session, received = page.context.new_cdp_session(page), list[int]()
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda event: received.append(int(event["encodedDataLength"])))
        session.send("Emulation.setCPUThrottlingRate", {"rate": profile.slower})
        if profile.slower > 1:
            page.add_init_script("delete globalThis.OffscreenCanvas;")
        if profile.megabits:
            rate = profile.megabits * 1e6 / 8
            line = {"offline": False, "latency": profile.latency, "downloadThroughput": rate, "uploadThroughput": rate}
            session.send("Network.emulateNetworkConditions", line)
        yield page, received
        browser.close()


def choose(page: Page, files: list[bytes]) -> None:
    """Choose files and wait until their numbers are made."""
    named = [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": file} for n, file in enumerate(files)]
    page.locator("#files").set_input_files(named)  # type: ignore[arg-type]  # a list of one record type
    expect(page.locator("#bar")).to_be_visible(timeout=LONG_MS)
    expect(page.locator("#bar")).to_be_hidden(timeout=LONG_MS)


def timed(name: str, started: float) -> float:
    """Say how long something took; return the time now."""
    print(f"  {name:45} {time.monotonic() - started:7.1f} s", flush=True)
    return time.monotonic()


def run(portal: Portal, profile: Profile, many: int) -> None:
    """Enrol one large photo and many others, as a person on this device."""
    large, others = photo(1, 4000, 3000), [photo(seed, 2048, 1536) for seed in range(2, 2 + many)]
    print(profile.name)
    with opened(portal, profile) as (page, received):
        at = time.monotonic()
        page.goto("/me/photos/add")
        expect(page.locator("#add[data-ready]")).to_be_attached(timeout=LONG_MS)
        at = timed("page open, ready to make numbers", at)
        print(f"  {'received by the page itself':45} {sum(received) / 1024:7.1f} kB in {len(received)} answers")
        choose(page, [large])
        at = timed("numbers of a photo of 12 megapixels", at)
        page.get_by_role("button", name="See what would be found").click()
        expect(page.locator(".tried")).to_be_visible(timeout=LONG_MS)
        timed("six trials of it", at)
        at = time.monotonic()
        choose(page, others)
        at = timed(f"numbers of {many} photos of 3 megapixels", at)
        page.get_by_label("I agree").check()
        page.get_by_role("button", name="Send the numbers").click()
        expect(page.locator("#finished")).to_contain_text("Finished", timeout=LONG_MS)
        timed(f"sending {many + 1}", at)


def main() -> None:
    """Measure each profile."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--many", type=int, default=30)
    many = parser.parse_args().many
    print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for profile in PROFILES:
        with tempfile.TemporaryDirectory() as home, serving(Path(home), Settings()) as portal:
            run(portal, profile, many)


if __name__ == "__main__":
    main()
