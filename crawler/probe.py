"""A dry run at one address: what robots.txt says, what is seen plainly and rendered, which spider fits, how long.

Runs in a process of its own (a reactor runs once in a process), stores nothing, and passes every guard.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from crawler.errors import BadTarget, CrawlerError
from crawler.kinds import kinds
from crawler.targets.model import CrawlTarget
from egress.addresses import BadAddress, normal

TIMEOUT_S = 90.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a crawl with the usual depth and budget would cost. `capped`: the budget ends it before the place does.

    `sampled` is the number of further pages it rests on; with 0 it is a guess from the start page alone.
    """

    pages: int
    pictures: int
    hours: float
    capped: bool
    depth: int
    sampled: int

    @classmethod
    def of(
        cls,
        target: CrawlTarget,
        *,
        links: int,
        fresh: float | None,
        pictures: Sequence[int],
        page_s: float,
        picture_s: float,
    ) -> "Estimate":
        """Estimate from the start page's `links`, the `fresh` links and the `pictures` that sampled pages brought."""
        pages, level = 1.0, float(links)
        for _ in range(target.depth):
            pages += level
            level *= 1.0 if fresh is None else fresh
        capped = pages > target.max_pages
        number = min(round(pages), target.max_pages)
        shown = min(round(number * sum(pictures) / len(pictures)), target.max_pictures)
        hours = (number * page_s + shown * picture_s) / 3600
        return cls(number, shown, round(min(hours, target.max_hours), 2), capped, target.depth, len(pictures) - 1)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def kind_for(url: str) -> str:
    """Return the kind of spider whose addresses look like this one; "pages" for any other."""
    for name, spider in sorted(kinds().items()):
        if any(word in url for word in spider.handles):
            return name
    return "pages"


def probe(url: str, *, plain: bool = False) -> dict[str, Any]:
    """Return what was found, by the names in crawler.probing.FOUND, and `kind`. Raises BadTarget for no address.

    `plain` asks for this one page and robots.txt only: nothing is rendered or sampled, and no estimate is made.
    """
    try:
        address = normal(url if "://" in url else f"https://{url}")
    except BadAddress as error:
        raise BadTarget(f"Cannot look at {url!r}: {error}.") from error
    kind = kind_for(address)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "crawler.probing", address, kind, *(["--plain"] if plain else [])],
            env={**os.environ, "WATCHLIGHT_LOG_LEVEL": "ERROR"},
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return {"kind": kind, **json.loads(done.stdout)}
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise CrawlerError(f"The place gave no answer within {TIMEOUT_S:.0f} seconds; try again later.") from error
