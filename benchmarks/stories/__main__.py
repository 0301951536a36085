"""`python -m benchmarks stories`: each door's story in a real Chromium on a slow phone: weight and time of each step.

A person finds, reads and sends a letter; a centre works through a surge of 500 exposures by keyboard; an operator sets
up, makes a passkey and tunes. The processor is slowed four times, the line to 1.6 Mbit/s with 150 ms (`--fast` leaves
them as they are). Every step is timed from the press to the loaded page, its bytes and answers are counted, axe-core
looks at the page, and a screenshot is put into a folder that is printed at the end. Nothing in it is of a real person.
"""

import argparse
import os
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.stories import centre, operator, person
from benchmarks.stories.told import Profile, Told
from crawler.browser import find_chromium

FAST, SLOW = Profile("this machine", 1, 0, 0), Profile("slow phone", 4, 1.6, 150)


def main() -> None:
    """Tell each story in each language asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks stories", description=__doc__)
    parser.add_argument("--fast", action="store_true", help="neither slow the processor nor the line")
    parser.add_argument("--language", choices=("en", "ko", "both"), default="both")
    parser.add_argument("--door", choices=("person", "centre", "operator"), action="append")
    parser.add_argument("--shots", type=Path, help="folder of the screenshots (a new one)")
    asked = parser.parse_args()
    doors = {"person": person.tell, "centre": centre.tell, "operator": operator.tell}
    shots = asked.shots or Path(tempfile.mkdtemp(prefix="wl-stories-"))
    told, profile = list[Told](), FAST if asked.fast else SLOW
    print(f"{profile.name}; load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), chromium_sandbox=os.geteuid() != 0)
        for language in ("en", "ko") if asked.language == "both" else (asked.language,):
            for door in asked.door or doors:
                told.append(doors[door](browser, profile, language, shots))
        browser.close()
    print(f"\nscreenshots: {shots}")
    raise SystemExit(1 if any(each.violations for each in told) else 0)


if __name__ == "__main__":
    main()
