"""How a story is told: a browser of a slow device, and for each step its time, its weight, what axe says, a picture."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from portal.web.language import Words, languages

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
LONG_MS = 120_000
LOCALES = {"en": "en-GB", "ko": "ko-KR"}
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@dataclass(frozen=True)
class Profile:
    """A device: how many times slower than this machine, and its line in Mbit/s and ms (0: as it is)."""

    name: str
    slower: int
    megabits: float
    latency: int


@dataclass
class Told:
    """One story while it is told."""

    name: str
    page: Page
    words: Words
    shots: Path
    sizes: list[int] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def step(self, what: str, act: Callable[[], object]) -> None:
        """Do one step, wait for its page, and print what it took."""
        self.sizes.clear()
        begin = time.monotonic()
        with self.page.expect_navigation(wait_until="load"):
            act()
        took, weight, answers = time.monotonic() - begin, sum(self.sizes), len(self.sizes)
        wrong = [each["id"] for each in self.page.evaluate("axe.run(document).then(found => found.violations)")]
        self.violations += wrong
        number = len(list(self.shots.glob(f"{self.name}-*.png"))) + 1
        self.page.screenshot(path=self.shots / f"{self.name}-{number:02}.png", full_page=True)
        says = f"  axe: {', '.join(wrong)}" if wrong else ""
        print(f"  {what:44}{took:6.2f} s {weight / 1024:7.1f} kB in {answers:2}{says}", flush=True)

    def button(self, key: str, **values: Any) -> Callable[[], None]:
        """Return what presses the button with these words."""
        return self.page.get_by_role("button", name=self.words(key, **values), exact=True).first.click


@contextmanager
def telling(browser: Browser, profile: Profile, name: str, language: str, shots: Path, url: str) -> Iterator[Told]:
    """Open a browser of this device. Our own policy is set aside, for axe alone."""
    size = PHONE if name != "centre" else DESK
    context = browser.new_context(base_url=url, viewport=size, locale=LOCALES[language], bypass_csp=True)
    context.add_init_script(AXE)
    context.set_default_timeout(LONG_MS)
    shots.mkdir(parents=True, exist_ok=True)
    page = context.new_page()
    told = Told(f"{name}-{language}", page, languages()[language], shots)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: told.sizes.append(int(event["encodedDataLength"])))
    session.send("Emulation.setCPUThrottlingRate", {"rate": profile.slower})
    if profile.megabits:
        rate = profile.megabits * 1e6 / 8
        line = {"offline": False, "latency": profile.latency, "downloadThroughput": rate, "uploadThroughput": rate}
        session.send("Network.emulateNetworkConditions", line)
    print(f"\n{name}, {language}")
    yield told
    context.close()
