"""A dry run at one address: what robots.txt says, what answers, how many pictures, which spider fits.

Runs in a process of its own (a reactor runs once in a process), stores nothing, and passes every guard.
"""

import json
import os
import subprocess
import sys
from typing import Any

from crawler.errors import BadTarget, CrawlerError
from crawler.kinds import kinds
from egress.addresses import BadAddress, normal

TIMEOUT_S = 90.0


def kind_for(url: str) -> str:
    """Return the kind of spider whose addresses look like this one; "pages" for any other."""
    for name, spider in sorted(kinds().items()):
        if any(word in url for word in spider.handles):
            return name
    return "pages"


def probe(url: str) -> dict[str, Any]:
    """Return what was found: robots, status, refusal, pictures, links, kind. Raises BadTarget for no address."""
    try:
        address = normal(url if "://" in url else f"https://{url}")
    except BadAddress as error:
        raise BadTarget(f"Cannot look at {url!r}: {error}.") from error
    kind = kind_for(address)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "crawler.probing", address, kind],
            env={**os.environ, "WATCHLIGHT_LOG_LEVEL": "ERROR"},
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return {**json.loads(done.stdout), "kind": kind}
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise CrawlerError(f"The place gave no answer within {TIMEOUT_S:.0f} seconds; try again later.") from error
