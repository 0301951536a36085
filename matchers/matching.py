"""Sightings against enrolments, forward and back: the same comparison for what is new and for what is kept."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from matchers import metrics
from matchers.deciding import Likeness, Weighed
from matchers.fast_index import Index
from matchers.fingerprint import VERSION, Fingerprint
from matchers.frames import at_time
from matchers.index import Candidate, Considered
from matchers.sightings import Sighting

if TYPE_CHECKING:
    from matchers.regions.explained import CommonParts

AT_ONCE = 256
"""Sightings whose whole pictures are compared in one pass over the enrolments."""
MOST_MISSES = 8
"""Enrolments a sighting only just missed that are kept for a replay; the nearest ones."""
MOST_FRAMES = 4
"""Frames of an animation that are kept for one enrolment; the nearest ones."""


@dataclass(frozen=True)
class Match:
    """A sighting close enough to an enrolment; of an animation or video, the frame at `at_ms` milliseconds."""

    sighting: Sighting
    candidate: Candidate
    at_ms: int | None = None


@dataclass(frozen=True)
class Decision:
    """What was weighed for one sighting and one enrolment, frame by frame, the nearest first; `found`: a likeness.

    `crowded`: more enrolments only just missed than are kept.
    """

    enrolment: UUID
    weighed: tuple[Weighed, ...]
    found: bool
    crowded: bool = False

    @property
    def likeness(self) -> Likeness | None:
        """Return how the surest frame is like the enrolment."""
        return self.weighed[0].likeness()


@dataclass(frozen=True)
class Compared:
    """One sighting after the comparison: its matches, and every decision that was made from something weighed."""

    sighting: Sighting
    matches: tuple[Match, ...]
    decisions: tuple[Decision, ...]


def matches(seen: Iterable[Sighting], index: Index) -> Iterator[Match]:
    """Yield every likeness, sightings in their order and the nearest enrolment of each first."""
    for each in compared(seen, index):
        yield from each.matches


def compared(seen: Iterable[Sighting], index: Index, common: "CommonParts | None" = None) -> Iterator[Compared]:
    """Compare sightings in their order; what `common` pictures explain of one is no evidence.

    Of several frames that look like one enrolment, the surest counts. A sighting whose fingerprint has another
    version is counted and passed over: its bits mean something else.
    """
    coming = iter(seen)
    while batch := list(islice(coming, AT_ONCE)):
        current = [sighting for sighting in batch if sighting.fingerprint.version == VERSION]
        metrics.SEARCHES.labels("other-version").inc(len(batch) - len(current))
        metrics.SEARCHES.labels("searched").inc(len(current))
        decided = iter(index.considered_many([frame.fingerprint for each in current for frame in each.frames]))
        for sighting in current:
            done = _compared(sighting, [next(decided) for _ in sighting.frames], index, common)
            for match in done.matches:
                metrics.CANDIDATES.labels(match.candidate.kind).inc()
            yield done


def _compared(
    sighting: Sighting, decided: Sequence[list[Considered]], index: Index, common: "CommonParts | None"
) -> Compared:
    best: dict[UUID, Match] = {}
    weighed: defaultdict[UUID, list[Weighed]] = defaultdict(list)
    for frame, came_near in zip(sighting.frames, decided, strict=True):
        for each in _explained(frame.fingerprint, came_near, index, common):
            if each.candidate is not None or each.weighed.is_near:
                weighed[each.enrolment].append(each.weighed)
            before = best.get(each.enrolment)
            if each.candidate and (before is None or each.candidate.confidence > before.candidate.confidence):
                best[each.enrolment] = Match(sighting, _timed(each.candidate, frame.at_ms), frame.at_ms)
    return Compared(sighting, tuple(best.values()), _decisions(weighed, set(best)))


def _explained(
    fp: Fingerprint, decided: list[Considered], index: Index, common: "CommonParts | None"
) -> list[Considered]:
    """Return what was weighed; where parts agree and common pictures explain some of it, weigh the rest instead."""
    if common is None or fp.regions is None or not any(each.weighed.parts and each.weighed.is_near for each in decided):
        return decided
    rest = common.unexplained(fp.regions)
    return decided if rest is fp.regions else index.considered(replace(fp, regions=rest))


def _decisions(weighed: dict[UUID, list[Weighed]], found: set[UUID]) -> tuple[Decision, ...]:
    """Return the decisions worth keeping: all likenesses, and the nearest of those that only just missed."""
    told = [Decision(each, _nearest(weighed[each]), found=True) for each in weighed if each in found]
    missed = [(each, _nearest(some)) for each, some in weighed.items() if each not in found]
    missed.sort(key=lambda each: -each[1][0].nearness)
    crowded = len(missed) > MOST_MISSES
    return (*told, *(Decision(each, some, found=False, crowded=crowded) for each, some in missed[:MOST_MISSES]))


def _nearest(some: list[Weighed]) -> tuple[Weighed, ...]:
    """Return the frames most worth keeping; one that was a likeness is always among them."""
    return tuple(sorted(some, key=lambda each: (each.likeness() is None, -each.nearness))[:MOST_FRAMES])


def _timed(candidate: Candidate, at_ms: int | None) -> Candidate:
    """Return the candidate with the moment in its reason."""
    return candidate if at_ms is None else replace(candidate, reason=f"{candidate.reason}; {at_time(at_ms)}")
