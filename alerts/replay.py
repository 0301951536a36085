"""Replay: what other limits would have found, missed and raised, from stored decisions. Nothing is touched or told.

Judged by the very functions that judge what is new. Counts only: no person, no place, no picture. A *find* is one
picture on one page for one person, whatever number of their photos it is like.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from itertools import groupby
from typing import Any, TypeVar

from matchers.deciding import MARGIN_BITS, RADIUS, WHOLE, Weighed, WholeLimits, version_of
from matchers.regions.judging import SHIPPED, Limits
from registry import decisions
from registry.decisions import Kept
from registry.transaction import Transaction

WIDER = {"near": RADIUS, "far": RADIUS, "alone": RADIUS, "plain": RADIUS, "certain": RADIUS}
"""Limits of whole pictures beyond which no decision is stored: nothing further away was looked at."""
L = TypeVar("L", WholeLimits, Limits)


@dataclass(frozen=True)
class Finds:
    """A number of finds, and what their people said of them: "not me" (dismissed), or a notice sent (confirmed)."""

    all: int = 0
    dismissed: int = 0
    confirmed: int = 0

    @property
    def unanswered(self) -> int:
        """Return of how many nobody has said anything yet."""
        return self.all - self.dismissed - self.confirmed

    def __add__(self, other: "Finds") -> "Finds":
        return Finds(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@dataclass
class Replay:
    """What became of the stored decisions under other limits.

    `found`: finds as it was; `kept`: of those, still found; `lost`: alerts that would not have been sent; `raised`:
    alerts there would have been besides, in `raised_for` people. `silenced`: likenesses under the other limits that
    would not be told anyway, for their picture was dismissed or is common. `pairs`: decisions looked at, of which
    `other_rules` were weighed by rules that are gone and `crowded` had more near misses beside them than are kept.
    `since`: the oldest decision there is. `beyond`: limits so wide that what they would let in was never stored; with
    them `raised` is a lower bound.
    """

    found: Finds = Finds()
    kept: Finds = Finds()
    lost: Finds = Finds()
    raised: int = 0
    raised_for: int = 0
    silenced: int = 0
    pairs: int = 0
    other_rules: int = 0
    other_limits: int = 0
    crowded: int = 0
    since: datetime | None = None
    beyond: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "lost_unanswered": self.lost.unanswered}


def limits(changed: Mapping[str, float]) -> tuple[WholeLimits, Limits]:
    """Return the shipped limits with some changed, by their names; KeyError names one that does not exist."""
    for name in changed:
        if name not in names():
            raise KeyError(name)
    return _with(WHOLE, changed), _with(SHIPPED, changed)


def names() -> dict[str, float]:
    """Return every limit that can be changed, with its shipped value."""
    return asdict(WHOLE) | asdict(SHIPPED)


def replay(tx: Transaction, whole: WholeLimits = WHOLE, parts: Limits = SHIPPED) -> Replay:
    """Make every stored decision once more under these limits. Reads a few rows at a time, and writes nothing."""
    report, shipped = Replay(beyond=beyond(whole, parts)), version_of()
    for _, theirs in groupby(decisions.every(tx), key=lambda each: each.person):
        before = report.raised
        for _, pairs in groupby(theirs, key=lambda each: each.sighting):
            _count(report, list(pairs), whole, parts, shipped)
        report.raised_for += report.raised > before
    return report


def beyond(whole: WholeLimits, parts: Limits) -> list[str]:
    """Return which limits let in more than was stored."""
    wide = [name for name, most in WIDER.items() if getattr(whole, name) > most]
    return wide + [name for name in ("least_bits", "certain_bits") if getattr(parts, name) < MARGIN_BITS]


def _count(report: Replay, pairs: Iterable[Kept], whole: WholeLimits, parts: Limits, shipped: str) -> None:
    """Add one picture on one page for one person."""
    was, now, dismissed, confirmed = False, False, False, False
    for pair in pairs:
        report.pairs += 1
        report.crowded += pair.crowded
        report.other_limits += pair.limits != shipped
        report.since = min(report.since or pair.decided_at, pair.decided_at)
        alike = _alike(pair, whole, parts)
        if alike is None:
            report.other_rules += 1
        elif pair.silenced:
            report.silenced += alike
        else:
            was, now = was or pair.found, now or alike
        dismissed, confirmed = dismissed or pair.dismissed, confirmed or pair.confirmed
    find = Finds(1, int(dismissed and not confirmed), int(confirmed))
    if was:
        report.found += find
        report.kept, report.lost = (report.kept + find, report.lost) if now else (report.kept, report.lost + find)
    elif now:
        report.raised += 1


def _alike(pair: Kept, whole: WholeLimits, parts: Limits) -> bool | None:
    """Return the decision under these limits, None where other rules weighed other things."""
    try:
        weighed = [Weighed.from_json(each) for each in pair.weighed]
    except (ValueError, KeyError, TypeError):
        return None
    return any(each.likeness(whole, parts) for each in weighed)


def _with(shipped: L, changed: Mapping[str, float]) -> L:
    kinds = {each.name: type(getattr(shipped, each.name)) for each in fields(shipped)}
    return replace(shipped, **{name: kinds[name](value) for name, value in changed.items() if name in kinds})
