"""One batch of sightings, taken in: compared, consent asked once more, and written, a little in each unit of work.

Exposures, alert, outbox and reading position are written together or not at all: a match is never lost, and
never told twice, wherever the power goes.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from alerts import floods, metrics
from alerts.floods import Limits
from alerts.telling import tell_all
from alerts.witness import seen_as
from matchers import Index
from matchers.common import CommonPictures
from matchers.deciding import version_of
from matchers.likeness import Known
from matchers.matching import Compared, Match, compared
from matchers.sightings import Sighting
from registry import cases, decisions, dismissals, ranges
from registry.cases import Exposure
from registry.database import Registry
from registry.errors import NoConsent
from registry.ranges import Range
from registry.transaction import Transaction

if TYPE_CHECKING:
    from matchers.regions.explained import CommonParts

LIMITS = Limits()
STRETCH = 64
"""Sightings compared before the index is free for a moment: a withdrawal waits for no whole batch (1.7 s of a core)."""
MOST_WRITTEN = 50
"""Likenesses and decisions written in one unit of work, half a second's."""
HELD_S = 0.5
"""Where so many take longer, fewer are compared at a time: a large index, long videos, a starved machine."""


@dataclass
class MatchReport:
    """What one round of matching did: `sightings` read for the first time, and `past` ones looked at again.

    The log is read up to `position`. Of the past, `matches` counts only what was not known. `alerts`: people with news,
    told with a new alert or one that waits; `withheld`: matches dropped because consent had ended; `held`: exposures
    kept back as part of a flood.
    """

    sightings: int = 0
    past: int = 0
    matches: int = 0
    exposures: int = 0
    alerts: int = 0
    withheld: int = 0
    held: int = 0
    silenced: int = 0
    position: int = 0

    def __iadd__(self, other: "MatchReport") -> "MatchReport":
        """Add the counts of another round; the further position stands."""
        for name in ("sightings", "past", "matches", "exposures", "alerts", "withheld", "held", "silenced"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.position = max(self.position, other.position)
        return self


def take_in(
    registry: Registry,
    sightings: Sequence[Sighting],
    index: Index,
    reader: str | None = None,
    position: int = 0,
    *,
    last: int | None = None,
    taken: Range | None = None,
    common: CommonPictures | None = None,
    lock: AbstractContextManager[object] | None = None,
) -> MatchReport:
    """Compare one batch and write what follows, with the position of `reader`, a little in each unit of work.

    `last` is how far the batch reaches, if that is further than its last sighting; `taken` the range of the log that
    ends with it, where workers share the log. A likeness to one of the
    `common` pictures is told to nobody. The report's position is 0 where somebody else is quicker with this batch.
    """
    known, parts = (common.known(), common.parts()) if common is not None else (Known([]), None)
    every = _compared(sightings, index, parts, lock or nullcontext())
    last = last or sightings[-1].id
    assert last is not None, "a sighting read from the log has its number"
    place = taken or (Range(reader, position, last) if reader is not None else None)
    report = MatchReport()
    for some, upto in _little_by_little(every, last):
        with registry.transaction("matching") as tx:
            if place is not None and not _moves_on(tx, place, upto, shared=taken is not None):
                return report
            written = _record(tx, some, known)
        place = place and replace(place, after=upto)
        report += written
        _count(some, written)
    report.sightings, report.position = len(sightings), last
    return report


def _little_by_little(every: list[Compared], last: int) -> Iterator[tuple[list[Compared], int]]:
    """Yield what is to be written in one unit of work, and how far that reaches, in the order of the log.

    A likeness takes 10 to 20 ms to write, and whoever writes anything else waits meanwhile, a withdrawal too: a batch
    full of likenesses kept it waiting for more than 10 s, and it was refused.
    """
    some, weight = list[Compared](), 0
    for each in sorted(every, key=lambda one: one.sighting.id or 0):
        if weight >= MOST_WRITTEN:
            yield some, some[-1].sighting.id or 0
            some, weight = [], 0
        some.append(each)
        weight += len(each.matches) + len(each.decisions)
    yield some, last


def _compared(
    sightings: Sequence[Sighting],
    index: Index,
    parts: "CommonParts | None",
    lock: AbstractContextManager[object],
) -> list[Compared]:
    """Compare all, a few at a time, so that the index is never held for long."""
    every: list[Compared] = []
    start, size = 0, STRETCH
    while start < len(sightings):
        with lock:
            began = time.monotonic()
            every += compared(sightings[start : start + size], index, parts)
            took = time.monotonic() - began
        start += size
        if took > HELD_S:
            size = max(1, int(size * HELD_S / took))
        elif took < HELD_S / 2:
            size = min(STRETCH, 2 * size)
    return every


def _moves_on(tx: Transaction, place: Range, upto: int, *, shared: bool) -> bool:
    """Move the reader from the beginning of a range to `upto`; return False when it is not there (any more)."""
    if shared:
        return ranges.done(tx, place, upto)
    if cases.cursor(tx, place.reader) != place.after:
        return False
    cases.move_cursor(tx, place.reader, upto)
    return True


def _record(tx: Transaction, every: Iterable[Compared], common: Known) -> MatchReport:
    """Write exposures and decisions, hold floods back, and tell the others: one alert for each person with news."""
    report = MatchReport()
    fresh: list[Exposure] = []
    for each in every:
        exposed: dict[UUID, UUID] = {}
        silent = _silent(tx, each, common)
        for match in each.matches:
            report.matches += 1
            if match.candidate.enrolment in silent:
                report.silenced += 1
                continue
            try:
                exposure, is_new = _expose(tx, match)
            except NoConsent:  # asked again for every match: it can have ended since the comparison
                report.withheld += 1
                continue
            exposed[match.candidate.enrolment] = exposure.id
            if is_new:
                fresh.append(exposure)
        _keep_decisions(tx, each, exposed, silent)
    telling = floods.hold_back(tx, fresh, LIMITS)
    report.exposures, report.held = len(fresh), len(fresh) - len(telling)
    report.alerts = tell_all(tx, telling)
    return report


def _silent(tx: Transaction, each: Compared, common: Known) -> set[UUID]:
    """Return the enrolments for which this picture is not to be told: dismissed for one, or common.

    A near copy of a common picture can have somebody's head pasted in. A part that agrees although nothing counts of
    what the common picture explains is therefore told all the same.
    """
    near, sighting = {one.enrolment for one in each.decisions}, each.sighting
    pasted = {one.enrolment for one in each.decisions if one.likeness == "part"}
    silent = near - pasted if near - pasted and common.has(sighting.frames) else set()
    rest = near - silent
    return silent | {one for one in rest if dismissals.silences(tx, one, sighting.content_digest, sighting.frames)}


def _keep_decisions(tx: Transaction, each: Compared, exposed: dict[UUID, UUID], silent: set[UUID]) -> None:
    """Keep what was weighed, so that other limits can be tried on it; likenesses whose consent has ended leave none."""
    for one in each.decisions:
        decisions.record(
            tx,
            each.sighting.page_url,
            each.sighting.content_digest,
            one,
            exposure=exposed.get(one.enrolment),
            silenced=one.enrolment in silent,
            limits=version_of(),
        )


def _expose(tx: Transaction, match: Match) -> tuple[Exposure, bool]:
    sighting, candidate = match.sighting, match.candidate
    return cases.record_exposure(
        tx,
        candidate.enrolment,
        page_url=sighting.page_url,
        picture_url=sighting.picture_url,
        target=sighting.target,
        seen_at=sighting.seen_at,
        content_digest=sighting.content_digest,
        kind=candidate.kind,
        distance=candidate.distance,
        confidence=candidate.confidence,
        reason=candidate.reason,
        seen_as=seen_as(sighting.fingerprint, candidate),
        fingerprint=sighting.fingerprint,
        at_ms=match.at_ms,
    )


def _count(every: Iterable[Compared], report: MatchReport) -> None:
    for match in (match for each in every for match in each.matches):
        metrics.MATCHES.labels(kind=match.candidate.kind).inc()
    metrics.EXPOSURES.inc(report.exposures)
    metrics.ALERTS.inc(report.alerts)
    metrics.WITHHELD.inc(report.withheld)
    metrics.HELD.inc(report.held)
