"""From the sighting log to alerts: compare, ask consent once more, and write it all down in one unit of work.

Exposures, alert, outbox and reading position are written together or not at all: a match is never lost, and
never told twice, wherever the power goes.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from alerts import floods, metrics
from alerts.floods import Limits
from alerts.live import BATCH, LiveIndex
from alerts.sharing import next_range
from alerts.telling import tell_all
from alerts.witness import seen_as
from matchers import Fingerprint, Index
from matchers.archive import Archive
from matchers.common import CommonPictures
from matchers.deciding import version_of
from matchers.fingerprint import VERSION
from matchers.likeness import Known
from matchers.matching import Compared, Match, compared
from matchers.past import Past, Piece, stretches
from matchers.sightings import Sighting, SightingLog
from registry import cases, decisions, dismissals, enrolments, ranges
from registry.cases import Exposure
from registry.cursors import cursors_of, forget_cursor
from registry.database import Registry
from registry.enrolments import Added
from registry.errors import NoConsent
from registry.ranges import Range
from registry.transaction import Transaction

__all__ = [
    "BATCH",
    "FORWARD",
    "RETRO",
    "LiveIndex",
    "MatchReport",
    "Progress",
    "match_new",
    "match_past",
    "match_retro",
]

FORWARD = "match"  # how far new sightings are compared
RETRO = "retro"  # up to which change of the enrolments the past has been compared
STRETCH_S = 1.0  # a look at the past writes down how far it is about so often
LIMITS = Limits()


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


Progress = Callable[[int, int], None]
"""Told again and again how many sightings of the past were looked at, and of how many."""


def match_new(
    registry: Registry,
    log: SightingLog,
    live: LiveIndex,
    *,
    batch: int = BATCH,
    look_back: bool = True,
    archive: Archive | None = None,
    progress: Progress | None = None,
) -> MatchReport:
    """Compare every sighting not yet read; then, if `look_back`, the past with enrolments that are new.

    Several workers may do so at once: each takes a range of the log. The index is refreshed after the sightings are
    read. So an enrolment is either in the index, or younger than these sightings, and then the look at the past finds
    them: it starts later and reads to the end.
    """
    report = MatchReport()
    while (taken := next_range(registry, log, FORWARD, min(batch, live.share.size))) is not None:
        of_log, sightings = taken
        live.refresh(registry)
        began = time.monotonic()
        upto, common = of_log.upto, log.common
        report += _take_in(
            registry, sightings, live.index, FORWARD, last=upto, taken=of_log, common=common, lock=live.lock
        )
        live.share.took(len(sightings), time.monotonic() - began, batch)
    live.refresh(registry)
    if look_back:
        report += match_past(registry, log, batch=batch, archive=archive, progress=progress)
    with registry.reading() as tx:
        report.position = cases.cursor(tx, FORWARD)
    metrics.UNREAD.set(max(log.last() - report.position, 0))
    return report


def match_past(
    registry: Registry,
    log: SightingLog,
    *,
    batch: int = BATCH,
    archive: Archive | None = None,
    progress: Progress | None = None,
) -> MatchReport:
    """Compare the past, the archived one too, with the enrolments that came since; resumes where it was interrupted."""
    log.blocks.seal()
    report = MatchReport()
    while True:
        with registry.reading() as tx:
            since = cases.cursor(tx, RETRO)
            nothing_new = not enrolments.changes(tx, since)[0]
        if nothing_new:
            return report
        with registry.transaction("matching") as tx:
            changed, newest = enrolments.changes(tx, since)
            upto = _remembered_end(tx, since, newest)
        added = [(change.enrolment, change.fingerprint) for change in changed if isinstance(change, Added)]
        reader = f"{RETRO}-{since}-log"
        report += _read_past(registry, log, archive, added, reader, batch, progress)
        with registry.transaction("matching") as tx:
            cases.move_cursor(tx, RETRO, upto)
            _forget_earlier_looks(tx, since)


def match_retro(
    registry: Registry,
    log: SightingLog,
    only: Collection[UUID] | None = None,
    *,
    batch: int = BATCH,
    archive: Archive | None = None,
    progress: Progress | None = None,
) -> MatchReport:
    """Compare the whole log, and the archive, with all active enrolments, or with those in `only`.

    With all, it goes on where an earlier call was interrupted: enrolments that came since are `match_past`'s.
    """
    log.blocks.seal()
    with registry.reading() as tx:
        wanted = [(each, fp) for each, fp in enrolments.active(tx) if only is None or each in only]
    reader = f"{RETRO}-all-{VERSION}" if only is None else None
    report = _read_past(registry, log, archive, wanted, reader, batch, progress)
    if reader is not None:
        with registry.transaction("matching") as tx:
            forget_cursor(tx, reader)
    return report


def _forget_earlier_looks(tx: Transaction, since: int) -> None:
    """Drop the positions of looks before this one; this one's stay, as another worker may be at it still."""
    for name in cursors_of(tx, f"{RETRO}-"):
        began = name.split("-")[1]
        if began.isdecimal() and int(began) < since:
            forget_cursor(tx, name)


def _remembered_end(tx: Transaction, since: int, newest: int) -> int:
    """Return the change this catching-up goes to: what came after it began gets a reading from the start."""
    name = f"{RETRO}-{since}-upto"
    if cases.cursor(tx, name) == 0:
        cases.move_cursor(tx, name, newest)
    return cases.cursor(tx, name)


def _read_past(
    registry: Registry,
    log: SightingLog,
    archive: Archive | None,
    wanted: Sequence[tuple[UUID, Fingerprint]],
    reader: str | None,
    batch: int,
    progress: Progress | None,
) -> MatchReport:
    """Look at the past for some enrolments from where `reader` stands, and say from time to time how far it is."""
    report = MatchReport()
    wanted = [(enrolment, fp) for enrolment, fp in wanted if fp.version == VERSION]  # the others: LiveIndex.outdated
    if not wanted:
        return report
    index = Index()
    index.add_many(wanted)
    past, kept = Past(log, wanted), log.count_after(0)
    look = _Look(registry, index, log.common, batch, kept + (archive.count() if archive else 0), progress)
    look.passed = kept - log.count_after(_position(registry, reader))
    report += look.along(lambda position: past.after(position, batch), reader)
    seen: set[str] = set()
    while archive and (files := [file for file in archive.files() if file.is_current and file.name not in seen]):
        # The database first, then the archive until no file is new: what moves meanwhile was looked at, or will be.
        for file in files:
            seen.add(file.name)
            report += look.along(partial(past.archived, file), reader and f"{reader}@{file.name}")
    return report


@dataclass
class _Look:
    """One look at the past: the enrolments it is for, and how far it is."""

    registry: Registry
    index: Index
    common: CommonPictures
    batch: int
    total: int
    progress: Progress | None
    passed: int = 0

    def along(self, pieces_after: Callable[[int], Iterator[Piece]], reader: str | None) -> MatchReport:
        """Take in one stretch of the past after another, from where `reader` stands."""
        report = MatchReport()
        while True:
            position = _position(self.registry, reader)
            for stretch in stretches(pieces_after(position), self.batch, STRETCH_S):
                suspects, last = stretch.suspects, stretch.last
                done = _take_in(self.registry, suspects, self.index, reader, position, last=last, common=self.common)
                if not done.position:
                    break  # somebody else reads the same past: go on from where it is now
                self.passed, position = self.passed + stretch.passed, last
                report += replace(done, sightings=0, past=stretch.passed, matches=done.exposures)
                if self.progress is not None:
                    self.progress(min(self.passed, self.total), self.total)
            else:
                return report


def _position(registry: Registry, reader: str | None) -> int:
    if reader is None:
        return 0
    with registry.reading() as tx:
        return cases.cursor(tx, reader)


def _take_in(
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
    with lock or nullcontext():
        every = list(compared(sightings, index, parts))
    last = last or sightings[-1].id
    assert last is not None, "a sighting read from the log has its number"
    with registry.transaction("matching") as tx:
        if not _moves_on(tx, reader, position, last, taken):
            return MatchReport()  # somebody else has taken this batch in meanwhile
        report = _record(tx, every, known)
    report.sightings, report.position = len(sightings), last
    _count(every, report)
    return report


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
