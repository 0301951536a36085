"""`python -m benchmarks apps`: the pictures of two real applications, found by our crawl and loaded by Chromium.

An Otter Wiki and copyparty are installed from PyPI (into --into, a scratch folder), filled with drawn pictures and
served on loopback. Our crawler looks at each as at any target, once as kind pages and once as kind rendered. Then
Chromium is walked through the same site: from the start page along every link, as far as our crawl may go; whatever
it loads as a picture is fetched and compared. A picture counts as found or shown when its fingerprint is that of a
drawn one, at any address and size. Needs PyPI the first time, git, and a Chromium for the last column.
Everything after the installation happens in a network namespace (Linux; as root, or where users may make them): the
applications' own help pages link to other hosts, and nothing of this may leave the machine.
Exit code 1 when less than 99 % of what Chromium shows was found.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from benchmarks.apps.installed import NotInstalled, Serving, gallery, install, wiki
from crawler.browser import find_chromium
from crawler.browser.render import Browser
from crawler.browser.visit import NotRendered
from crawler.images import see
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from matchers import Index, Unhashable, fingerprint
from matchers.fingerprint import Fingerprint
from tests.crawler.conftest import crawler_environment

DEPTH = 2
MOST_PAGES = 80


class Drawn:
    """The drawn pictures of an application, recognised by their fingerprints."""

    def __init__(self, pictures: dict[str, bytes]) -> None:
        self.names: dict[UUID, str] = {}
        self.index = Index()
        for name, file in pictures.items():
            number = uuid4()
            self.names[number] = name
            self.index.add(number, fingerprint(file))

    def named(self, seen: Iterable[Fingerprint]) -> set[str]:
        """Return the names of the drawn pictures among these, each the nearest whole one."""
        found = set()
        for one in seen:
            whole = [candidate for candidate in self.index.search(one) if candidate.kind == "whole"]
            if whole:
                found.add(self.names[min(whole, key=lambda candidate: candidate.distance).enrolment])
        return found


@dataclass
class Row:
    """What came of one application."""

    app: Serving
    pages: set[str] = field(default_factory=set)
    rendered: set[str] = field(default_factory=set)
    shown: set[str] | None = None
    walked: int = 0


def crawl(app: Serving, kind: str, drawn: Drawn) -> set[str]:
    """Crawl an application with the real crawling process and return the drawn pictures it sighted."""
    with tempfile.TemporaryDirectory(prefix="watchlight-apps-") as home:
        environ = crawler_environment(
            WATCHLIGHT_HOME=home,
            WATCHLIGHT_CRAWL_DATABASE_URL=f"sqlite:///{home}/crawl.sqlite3",
            WATCHLIGHT_DOWNLOAD_TIMEOUT="90",
        )
        store = CrawlStore.open(environ["WATCHLIGHT_CRAWL_DATABASE_URL"])
        store.targets.add(CrawlTarget("app", (app.start,), kind, depth=DEPTH, delay_s=0.0, max_pages=MOST_PAGES))
        subprocess.run([sys.executable, "-m", "crawler", "app"], env=environ, check=True, timeout=1800)
        print(f"  {app.name} as {kind}:", store.pages.last_runs()["app"].refusals, file=sys.stderr, flush=True)
        seen = [one.fingerprint for one in store.log.after(0, 1_000_000)]
        store.close()
    return drawn.named(seen)


async def walk(app: Serving, chromium: Path) -> tuple[set[str], int]:
    """Open every page of an application in Chromium, as far as our crawl goes; return what it loaded as pictures."""
    loaded: dict[str, None] = {}
    known, waiting = {app.start}, [(app.start, 0)]
    async with Browser(chromium, dial=_loopback) as browser:
        walked = 0
        while waiting and walked < MOST_PAGES:
            address, depth = waiting.pop(0)
            walked += 1
            try:
                shown = await browser.render(address)
            except NotRendered:
                continue
            loaded |= dict.fromkeys(shown.pictures)
            links = see(shown.html.encode(), address).links if depth < DEPTH else ()
            for link in links:
                if link.startswith(app.start) and link not in known:
                    known.add(link)
                    waiting.append((link, depth + 1))
    return set(loaded), walked


async def _loopback(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if host != "127.0.0.1":
        raise ConnectionRefusedError
    return await asyncio.open_connection(host, port)


def fingerprints(addresses: Iterable[str], app: Serving) -> Iterable[Fingerprint]:
    """Fetch pictures of the application; what has no fingerprint (icons) is none of the drawn ones."""
    for address in addresses:
        if address.startswith(app.start):
            with suppress(OSError, Unhashable), urllib.request.urlopen(address, timeout=30) as answer:
                yield fingerprint(answer.read())


def measure(start: Callable[[], Serving], chromium: Path | None) -> Row:
    """Look at one application in every way, started anew for each: a wiki is busy for minutes with what was asked."""
    with served(start) as app:
        drawn, row = Drawn(app.pictures), Row(app)
        row.pages = crawl(app, "pages", drawn)
    if chromium is not None:
        with served(start) as app:
            row.rendered = crawl(app, "rendered", drawn)
        with served(start) as app:
            loaded, row.walked = asyncio.run(walk(app, chromium))
            row.shown = drawn.named(fingerprints(loaded, app))
    return row


@contextmanager
def served(start: Callable[[], Serving]) -> Iterator[Serving]:
    """Let an application run for one look."""
    app = start()
    try:
        yield app
    finally:
        app.process.kill()
        app.process.wait()


def table(rows: list[Row]) -> bool:
    """Print what was found; return whether it is at least 99 % of what Chromium shows."""
    print(
        f"{'application':<24}{'pictures':>9}{'as pages':>10}{'rendered':>10}"
        f"{'Chromium shows':>16}{'of these found':>16}"
    )
    held = True
    for row in rows:
        shown = row.shown or set()
        both = len(shown & (row.pages | row.rendered))
        share = f"{both} = {both / len(shown):.1%}" if shown else "-"
        held = held and both >= 0.99 * len(shown)
        print(
            f"{row.app.version:<24}{len(row.app.pictures):>9}{len(row.pages):>10}{len(row.rendered):>10}"
            f"{len(shown) if row.shown is not None else '-':>16}{share:>16}"
        )
        if missed := sorted(shown - row.pages - row.rendered):
            print(f"    shown and not found: {', '.join(missed[:10])}")
    return held


def main() -> int:
    """Install, serve, look, compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks apps")
    parser.add_argument("--into", type=Path, help="folder to install the applications into, kept for the next time")
    parser.add_argument("--pages", type=int, default=12, help="pages of the wiki, folders of the gallery")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    chromium = find_chromium(os.environ)
    if chromium is None:
        print("No Chromium on this machine: nothing to compare with (`watchlight doctor` says how to get one).")
    if chosen.inside is not None:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return look(chosen.inside, chosen.pages, chromium)
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        print("This needs a network of its own: Linux with `unshare` and `ip` (packages util-linux, iproute2).")
        return 2
    with tempfile.TemporaryDirectory(prefix="watchlight-apps-") as scratch:
        try:
            python = install((chosen.into or Path(scratch)).resolve())
        except NotInstalled as error:
            print(error, file=sys.stderr)
            return 2
        walls = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
        again = [sys.executable, "-m", "benchmarks", "apps", "--inside", str(python), "--pages", str(chosen.pages)]
        return subprocess.run([*walls, *again], check=False).returncode


def filled(fill: Callable[[Path, Path, int], Serving], python: Path, scratch: Path, pages: int) -> Serving:
    """Fill and start an application in a new folder."""
    return fill(python, Path(tempfile.mkdtemp(dir=scratch)), pages)


def look(python: Path, pages: int, chromium: Path | None) -> int:
    """Look at the applications from inside the network of its own."""
    with tempfile.TemporaryDirectory(prefix="watchlight-apps-") as scratch:
        rows = []
        try:
            for fill in (wiki, gallery):
                start = partial(filled, fill, python, Path(scratch), pages)
                rows.append(measure(start, chromium))
        except NotInstalled as error:
            print(error, file=sys.stderr)
            return 2
    return int(not table(rows))


if __name__ == "__main__":
    sys.exit(main())
