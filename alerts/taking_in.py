"""One batch of sightings, taken in: compared, consent asked once more, and all of it written in one unit of work.

Exposures, alert, outbox and reading position are written together or not at all: a match is never lost, and
never told twice, wherever the power goes.
"""

import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
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
    """Compare one batch and write what follows, with the position of `reader`, in one unit of work.

    `last` is how far the batch reaches, if that is further than its last sighting; `taken` the range of the log that
    ends with it, where workers share the log. A likeness to one of the
    `common` pictures is told to nobody.
    """
    known, parts = (common.known(), common.parts()) if common is not None else (Known([]), None)
    every = _compared(sightings, index, parts, lock or nullcontext())
    last = last or sightings[-1].id
    assert last is not None, "a sighting read from the log has its number"
    with registry.transaction("matching") as tx:
        if not _moves_on(tx, reader, position, last, taken):
            return MatchReport()  # somebody else has taken this batch in meanwhile
        report = _record(tx, every, known)
    report.sightings, report.position = len(sightings), last
    _count(every, report)
    return report


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


def _moves_on(tx: Transaction, reader: str | None, position: int, last: int, taken: Range | None) -> bool:
    """Move the reader past this batch; return False when it is not there (any more)."""
    if taken is not None:
        return ranges.done(tx, taken)
    if reader is None:
        return True
    if cases.cursor(tx, reader) != position:
        return False
    cases.move_cursor(tx, reader, last)
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
    assert each.sighting.id is not None, "a sighting read from the log has its number"
    for one in each.decisions:
        decisions.record(
            tx,
            each.sighting.id,
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
