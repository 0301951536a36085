"""`python -m benchmarks places`: recall for each place in docs/reference/places.md, and against Chromium.

On every saved page (tests/pages) the names that begin with `see-` must be seen. With a Chromium, each HTML page is
also shown from loopback, every picture on it answered with a drawn one: whatever Chromium loads as a picture must be
among what we see as sent or rendered. Addresses with `skip` in their name are pictures we leave out on purpose
(icons, placeholders, smaller sizes of a picture we take in a larger one); they are counted apart.
"""

import argparse
import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crawler.browser import find_chromium
from crawler.browser.render import Browser
from crawler.browser.visit import NotRendered
from crawler.images import see
from crawler.images.jobs import sheet
from tests.crawler.conftest import Answer, LittleSite, drawn
from tests.pages.reading import folders, read

MUST = re.compile(r"see-[A-Za-z0-9_-]+")
ADDRESS = re.compile(rb"https://")


@dataclass
class Row:
    """One kind of place: what had to be seen and was, what Chromium loaded and we saw, what was left out."""

    name: str
    wanted: int = 0
    seen: int = 0
    missed: list[str] = field(default_factory=list)
    shown: int | None = None
    shown_and_seen: int = 0
    shown_and_missed: list[str] = field(default_factory=list)
    left_out: int = 0
    icons: int = 0


def on_paper(folder: Path, page: dict[str, object]) -> Row:
    """Compare what a saved page says must be seen with what is."""
    data = (folder / str(page["file"])).read_bytes()
    found = read(data, page)
    said = json.dumps(found)
    wanted = sorted(set(MUST.findall(data.decode("utf-8", "replace"))))
    missed = [name for name in wanted if name not in said]
    refusals = found.get("refusals", {})
    return Row(folder.name, len(wanted), len(wanted) - len(missed), missed, icons=int(refusals.get("icon", 0)))


async def in_chromium(browser: Browser, site: "PictureSite", folder: Path, page: dict[str, object], row: Row) -> None:
    """Show a page as http, and note which pictures Chromium loaded and we did not see."""
    data = ADDRESS.sub(b"http://", (folder / str(page["file"])).read_bytes())
    address = str(page["address"]).replace("https://", "http://")
    site.pages[_path(address)] = Answer(data, str(page["content_type"]))
    try:
        shown = await browser.render(address)
    except NotRendered as error:
        row.shown_and_missed.append(error.reason)
        return
    plain = see(data, address, str(page["content_type"]))
    rendered = see(shown.html, address)
    sheets = [one for name in plain.sheets for one in sheet(site.answer_of(name), address=name)["pictures"]]
    ours = {one.url for one in (*plain.pictures, *rendered.pictures)} | {one.get("url") for one in sheets}
    # A thumbnail made by the server (?w=16) of a picture we take in another size is that picture.
    sizes = {str(url).partition("?")[0] for url in ours if url}
    loaded = [
        url
        for url in shown.pictures
        if "skip" not in url and "favicon" not in url and (url in ours or url.partition("?")[0] not in sizes)
    ]
    row.left_out = len(shown.pictures) - len(loaded)
    row.shown, row.shown_and_missed = len(loaded), [url for url in loaded if url not in ours]
    row.shown_and_seen = len(loaded) - len(row.shown_and_missed)


def _path(address: str) -> str:
    return "/" + address.split("/", 3)[3] if address.count("/") > 2 else "/"


class PictureSite(LittleSite):
    """Answers every name: pages that were put there, empty robots and sheets, and a picture for anything else."""

    def answer(self, handler) -> None:  # type: ignore[no-untyped-def]
        """Answer with what is there, else with a picture of the address's own."""
        path = handler.path
        if path not in self.pages:
            bare = path.partition("?")[0]
            if bare.endswith((".js", ".json", ".html", "/")) or "." not in bare.rpartition("/")[2]:
                self.pages[path] = Answer("", "text/html", 404)
            elif bare.endswith(".css"):
                self.pages[path] = Answer("p { background: url(see-in-sheet.jpg) }", "text/css")
            elif bare.endswith(".svg"):
                self.pages[path] = Answer("<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
            else:
                self.picture(path, drawn(hash(path) % 100_000))
        super().answer(handler)

    def answer_of(self, address: str) -> bytes:
        """The body kept for an address, empty when nothing was asked for there."""
        found = self.pages.get(_path(address))
        body = found.body if isinstance(found, Answer) else b""
        return body.encode() if isinstance(body, str) else body


async def measure(chromium: Path | None) -> list[Row]:
    """Read every saved page, and show the HTML ones."""
    site = PictureSite()

    async def dial(_host: str, _port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", site.port)

    rows = []
    browser = Browser(chromium, dial=dial) if chromium else None
    for folder in folders():
        page = json.loads((folder / "expected.json").read_text())
        row = on_paper(folder, page)
        if browser is not None and page["read"] == "page":
            await in_chromium(browser, site, folder, page, row)
        rows.append(row)
    if browser is not None:
        await browser.close()
    return rows


def table(rows: list[Row]) -> Iterator[str]:
    """Give the report line by line."""
    head = f"{'place':<28}{'seen':>10}{'recall':>9}{'Chromium shows':>16}"
    yield f"{head}{'of these seen':>15}{'left out':>10}{'icons':>7}"
    for row in rows:
        recall = f"{row.seen / row.wanted:.0%}" if row.wanted else "-"
        shown, both = (row.shown, row.shown_and_seen) if row.shown is not None else ("-", "-")
        seen = f"{row.seen}/{row.wanted}"
        yield f"{row.name:<28}{seen:>10}{recall:>9}{shown:>16}{both:>15}{row.left_out:>10}{row.icons:>7}"
        if row.missed or row.shown_and_missed:
            yield f"    missed: {', '.join(row.missed + row.shown_and_missed)}"
    wanted, seen_ = sum(row.wanted for row in rows), sum(row.seen for row in rows)
    yield f"places: {seen_} of {wanted} = {seen_ / wanted:.2%}"
    shown_ = sum(row.shown or 0 for row in rows)
    if shown_:
        both_ = sum(row.shown_and_seen for row in rows)
        yield f"pictures Chromium shows: {both_} of {shown_} = {both_ / shown_:.2%}"


def main() -> int:
    """Print the report; 1 when a place was missed or less than 99 % of what Chromium shows was seen."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks places")
    parser.add_argument("--no-browser", action="store_true", help="only what the saved pages say")
    chosen = parser.parse_args()
    rows = asyncio.run(measure(None if chosen.no_browser else find_chromium(os.environ)))
    print("\n".join(table(rows)))
    shown, both = sum(row.shown or 0 for row in rows), sum(row.shown_and_seen for row in rows)
    return int(any(row.missed for row in rows) or (shown > 0 and both / shown < 0.99))


if __name__ == "__main__":
    sys.exit(main())
