"""Sightings against enrolments, forward and back: the same comparison for what is new and for what is kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from matchers import metrics
from matchers.fast_index import Index
from matchers.fingerprint import VERSION
from matchers.frames import at_time
from matchers.index import Candidate
from matchers.sightings import Sighting


@dataclass(frozen=True)
class Match:
    """A sighting close enough to an enrolment; of an animation or video, the frame at `at_ms` milliseconds."""

    sighting: Sighting
    candidate: Candidate
    at_ms: int | None = None


def matches(seen: Iterable[Sighting], index: Index) -> Iterator[Match]:
    """Yield every likeness, sightings in their order and the nearest enrolment of each first.

    Of several frames that look like one enrolment, the surest counts. A sighting whose fingerprint has another
    version is counted and passed over: its bits mean something else.
    """
    for sighting in seen:
        if sighting.fingerprint.version != VERSION:
            metrics.SEARCHES.labels("other-version").inc()
            continue
        metrics.SEARCHES.labels("searched").inc()
        for match in _surest(sighting, index):
            metrics.CANDIDATES.labels(match.candidate.kind).inc()
            yield match


def _surest(sighting: Sighting, index: Index) -> list[Match]:
    best: dict[UUID, Match] = {}
    for frame in sighting.frames:
        for candidate in index.search(frame.fingerprint):
            before = best.get(candidate.enrolment)
            if before is None or candidate.confidence > before.candidate.confidence:
                best[candidate.enrolment] = Match(sighting, _timed(candidate, frame.at_ms), frame.at_ms)
    return list(best.values())


def _timed(candidate: Candidate, at_ms: int | None) -> Candidate:
    """Return the candidate with the moment in its reason."""
    return candidate if at_ms is None else replace(candidate, reason=f"{candidate.reason}; {at_time(at_ms)}")
