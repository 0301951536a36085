"""Sightings against enrolments: the one place where the two meet, as numbers only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from matchers.fingerprint import Fingerprint
from matchers.errors import OtherVersion
from matchers.judging import Candidate
from matchers.sightings import Sighting


class Searchable(Protocol):
    """What both indexes offer."""

    def search(self, fingerprint: Fingerprint) -> list[Candidate]:
        """Return the enrolments a picture may be a copy of."""


@dataclass(frozen=True, slots=True)
class Match:
    """A sighting close enough to an enrolment."""

    sighting: Sighting
    candidate: Candidate


def matches(sightings: Iterable[Sighting], index: Searchable) -> Iterator[Match]:
    """Yield every match, in the order of the sightings. Sightings of another version are passed over: they never meet."""
    for sighting in sightings:
        try:
            candidates = index.search(sighting.fingerprint)
        except OtherVersion:
            continue
        for candidate in candidates:
            yield Match(sighting, candidate)
