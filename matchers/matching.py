"""Sightings against enrolments, forward and back: the same comparison for what is new and for what is kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from matchers import metrics
from matchers.fast_index import Index
from matchers.fingerprint import VERSION
from matchers.index import Candidate
from matchers.sightings import Sighting


@dataclass(frozen=True)
class Match:
    """A sighting close enough to an enrolment."""

    sighting: Sighting
    candidate: Candidate


def matches(seen: Iterable[Sighting], index: Index) -> Iterator[Match]:
    """Yield every likeness, sightings in their order and the nearest enrolment of each first.

    A sighting whose fingerprint has another version is counted and passed over: its bits mean something else.
    """
    for sighting in seen:
        if sighting.fingerprint.version != VERSION:
            metrics.SEARCHES.labels("other-version").inc()
            continue
        metrics.SEARCHES.labels("searched").inc()
        for candidate in index.search(sighting.fingerprint):
            metrics.CANDIDATES.labels(candidate.kind).inc()
            yield Match(sighting, candidate)
