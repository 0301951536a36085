"""`python -m benchmarks strings`: 3,000 strings made to run a script, each in every place that shows a name or words.

Clients, notes, colleagues, tokens, centres and photos: 18,000 places, 500 of a kind on a page of their own, with our
policy set aside (the escaping stands alone) and with it (nothing is even tried). Prints what ran; exit 1 if anything.
"""

import argparse
import os
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from crawler.browser import find_chromium
from portal.web.app import Settings
from registry.reviews import Release
from tests.portal import hostile
from tests.portal.desks import at_work
from tests.portal.served import serving
from tests.portal.test_hostile import (
    ODD,
    as_centres,
    as_clients,
    as_colleagues,
    as_labels,
    as_notes,
    as_tokens,
    opened,
)

ON_A_PAGE = 500


def main() -> None:
    """Put the strings everywhere and look."""
    parser = argparse.ArgumentParser(prog="benchmarks strings", description=__doc__)
    parser.add_argument("--count", type=int, default=hostile.COUNT, help="how many of the strings")
    texts = hostile.strings()[: parser.parse_args().count]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), chromium_sandbox=os.geteuid() != 0)
        ran = [one for at in range(0, len(texts), ON_A_PAGE) for one in tried(browser, texts[at : at + ON_A_PAGE])]
        browser.close()
    print(f"{len(texts)} strings in 6 kinds of places, {len(ran)} ran or made an element")
    for one in ran[:20]:
        print(f"  {one}")
    raise SystemExit(1 if ran else 0)


def tried(browser: Browser, texts: list[str]) -> list[str]:
    """Return what these strings did on the six pages that show them."""
    found = list[str]()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), Settings(release=Release("none"))) as portal:
        lead, person = at_work(portal, "Lead Yun", "lead"), portal.person()
        as_clients(portal, texts)
        as_colleagues(portal, texts)
        as_tokens(portal, texts)
        as_centres(portal, texts)
        as_labels(portal, person, texts)
        file = f"/support/clients/{as_notes(portal, lead, texts)}"
        pages = {file: lead, **dict.fromkeys(("/support/clients", "/support", "/support/tokens"), lead)}
        pages |= dict.fromkeys(("/me/centre", "/me/photos"), person)
        for path, visitor in pages.items():
            for bypass in (True, False):
                with opened(browser, portal, visitor, bypass) as page:
                    page.goto(path)
                    shown = page.evaluate("document.documentElement.textContent")
                    found += [f"{path}: {one}" for one in (*page.evaluate("globalThis.ran"), *page.evaluate(ODD))]
                    found += [f"{path} does not show {text}" for text in texts if text not in shown]
            print(f"  {path.split('/')[-1][:8]:10}{len(texts)} strings", flush=True)
    return found


if __name__ == "__main__":
    main()
