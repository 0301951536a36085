"""Revisits that follow a place's own rhythm: how long a page is left alone, learnt from what it did before.

A page that shows something new is looked at twice as soon, one that stays the same half as soon again, between the
operator's bounds. A page nobody has looked at yet begins with what pages of its class do: pages whose addresses have
one shape, such as all threads of a board.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log
from urllib.parse import parse_qsl, urlsplit

from crawler.targets.model import CrawlTarget

SOONER, LATER = 0.5, 1.5
LEARNS = 0.2
"""How much one look moves the class."""
LONGEST_SHAPE = 200
_NAMED = re.compile(r"\d|%|.{25}")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Bounds in seconds: the usual interval, the shortest and the longest."""

    usual_s: float
    low_s: float
    high_s: float

    @classmethod
    def of(cls, target: CrawlTarget) -> "Rhythm":
        """Return the bounds an operator set for a target."""
        return cls(target.interval_s, target.soonest_s, target.latest_s)

    def kept(self, interval_s: float) -> float:
        """Return the interval within the bounds."""
        return min(max(interval_s, self.low_s), self.high_s)

    def after(self, interval_s: float | None, outcome: str) -> float:
        """Return the interval after a look with this outcome (new, changed, unchanged, or why it failed)."""
        before = self.usual_s if interval_s is None else interval_s
        factor = {"changed": SOONER, "unchanged": LATER}.get(outcome, 1.0)
        return self.kept(before * factor)

    def due_at(self, now: datetime, interval_s: float) -> datetime:
        """Return when a page looked at now is due again."""
        return now + timedelta(seconds=self.kept(interval_s))


def learnt(class_s: float, page_s: float) -> float:
    """Return the interval of a class after one of its pages came to `page_s`: a slow mean of the logarithms."""
    return exp((1 - LEARNS) * log(class_s) + LEARNS * log(page_s))


def shape(address: str) -> str:
    """Return the class of an address: host, fixed words of the path, names of the query; "*" for the rest.

    >>> shape("https://board.example/free/thread/1234?page=2")
    'board.example/free/thread/*?page'
    """
    parts = urlsplit(address)
    path = "/".join("*" if _NAMED.search(word) else word for word in parts.path.split("/"))
    names = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
    return f"{parts.netloc}{path}{'?' + '&'.join(names) if names else ''}"[:LONGEST_SHAPE]
