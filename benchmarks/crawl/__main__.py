"""`make bench`, `python -m benchmarks crawl`: our crawl beside a bare one and stock Scrapy, in turns on one site.

A site of pages and JPEGs (20 to 200 KB, drawn by code) on eight loopback hosts behind nginx is crawled, part by part,
by: aiohttp that only fetches; aiohttp with our fingerprints in as many processes as we have workers; Scrapy with its
ImagesPipeline and imagehash.phash; ours without fingerprints; and ours as it ships, every guard on. `--quick` is a
tenth of the size that the goals are stated for. `--parts-of-pictures` looks for parts of photos, too, as targets do
unless they say `whole_image_only`.
"""

import argparse
import importlib.metadata
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.crawl.hosts import HOSTS
from benchmarks.crawl.site import Site, nginx, serving
from benchmarks.crawl.taking_turns import Crawler, Score, race

BARE = Crawler("aiohttp, bare", "plain", hashes=False)
NAMES = ("bare", "fetch", "same", "stock", "ours")


def crawlers(how: str, only: Sequence[str] = NAMES) -> dict[str, Crawler]:
    """Return the contestants by their short names; `how` is "whole" or "parts"."""
    all_of_them = {
        "bare": BARE,
        "fetch": Crawler("ours, fetching only", "ours", ("fetch",), hashes=False),
        "same": Crawler("aiohttp + the same fingerprint", "plain", (how,)),
        "stock": Crawler("Scrapy + ImagesPipeline + phash", "stock"),
        "ours": Crawler("ours, every guard on", "ours", (how,)),
    }
    return {name: crawler for name, crawler in all_of_them.items() if name in only}


def machine() -> str:
    """Return what this ran on."""
    processor = next((line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if "model name" in line), "?")
    server = "nginx" if nginx() else "no nginx here, so Python's own server: the crawlers wait for it"
    versions = (f"{name} {importlib.metadata.version(name)}" for name in ("scrapy", "twisted", "aiohttp", "pillow"))
    return f"{os.cpu_count()} x {processor}, Python {platform.python_version()}, {', '.join(versions)}, {server}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text("utf-8").splitlines() if Path(path).exists() else []


def table(scores: Sequence[Score]) -> str:
    """Return one line a crawler."""
    lines = [f"{'':<32} {'requests':>8} {'pictures':>8} {'a second':>9} {'CPU ms each':>12} {'memory MB':>10}"]
    for score in scores:
        memory = max(lap.memory_mb for lap in score.laps)
        lines.append(
            f"{score.crawler.name:<32} {score.requests:>8} {score.pictures:>8} {score.a_second:>9.0f} "
            f"{score.cpu_ms:>12.2f} {memory:>10.0f}"
        )
    return "\n".join(lines)


RATIOS = (
    ("fetching only / bare aiohttp, requests a second", "fetch", "bare", "a second", "goal >= 0.5"),
    ("every guard / aiohttp + fingerprint, per core", "ours", "same", "per core", "goal >= 0.85"),
    ("every guard / aiohttp + fingerprint, a second", "ours", "same", "a second", ""),
    ("every guard / stock Scrapy, requests a second", "ours", "stock", "a second", "goal >= 8"),
    ("every guard / stock Scrapy, per core", "ours", "stock", "per core", ""),
)


def ratios(scores: Mapping[str, Score]) -> str:
    """Return the ratios that the goals are stated in, of those that took part."""
    lines = []
    for words, ours, other, what, goal in RATIOS:
        if ours in scores and other in scores:
            one, two = scores[ours], scores[other]
            value = one.a_second / two.a_second if what == "a second" else two.cpu_ms / one.cpu_ms
            lines.append(f"{words:<52} {value:>6.2f}   {goal}".rstrip())
    return "\n".join(lines)


def is_complete(scores: Sequence[Score], site: Site) -> bool:
    """Return whether every crawler met every page and picture: the race is void otherwise."""
    wanted = (site.pages, site.pictures)
    return all(
        sum(lap.counts["pages"] for lap in one.laps) >= wanted[0] and one.pictures >= wanted[1] for one in scores
    )


def main() -> None:
    """Read the options, race, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks crawl", description=__doc__)
    parser.add_argument("--pages", type=int, default=2_000)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--quick", action="store_true", help="200 pages, 1,000 pictures")
    parser.add_argument("--turns", type=int, default=2, help="parts the site is crawled in")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parts-of-pictures", action="store_true", help="region hashes, too")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="these crawlers alone")
    options = parser.parse_args()
    pages, pictures = (200, 1_000) if options.quick else (options.pages, options.pictures)
    with serving(pages, pictures, options.turns, options.seed) as site:
        print(machine())
        hosts = f"{len(HOSTS)} hosts, {site.parts} turns, seed {options.seed}"
        print(f"{site.pages} pages, {site.pictures} pictures, {hosts}")
        taking_part = crawlers("parts" if options.parts_of_pictures else "whole", options.only)
        scores = race(site, list(taking_part.values()))
    print(table(scores))
    print(ratios(dict(zip(taking_part, scores, strict=True))))
    if not is_complete(scores, site):
        raise SystemExit("A crawler missed pages or pictures: these figures compare nothing.")


if __name__ == "__main__":
    main()
