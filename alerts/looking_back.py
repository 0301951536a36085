"""The past compared with enrolments that came since: stretch by stretch, from where an earlier look was interrupted.

First the sighting log, then the archive until no file of it is new.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from alerts.live import BATCH, STEP, Progress
from alerts.taking_in import MatchReport, take_in
from matchers import Fingerprint, Index
from matchers.archive import Archive
from matchers.common import CommonPictures
from matchers.fingerprint import VERSION
from matchers.past import MOST_SIEVED, Past, Piece, stretches
from matchers.sightings import SightingLog
from registry import cases, enrolments
from registry.cursors import cursors_of, forget_cursor
from registry.database import Registry
from registry.enrolments import Added
from registry.transaction import Transaction

RETRO = "retro"  # up to which change of the enrolments the past has been compared
STRETCH_S = 1.0  # a look at the past writes down how far it is about so often

MOST_AT_ONCE = 10_000
"""Enrolments that one look is for: with region hashes about 300 MB of index."""

Enrolled = tuple[UUID, Fingerprint]


@dataclass(frozen=True)
class _Wanted:
    """Whom a look is for; what was withdrawn up to the change `as_of` is not among them."""

    enrolled: Iterable[list[Enrolled]]
    as_of: int


def match_past(
    registry: Registry,
    log: SightingLog,
    *,
    batch: int = BATCH,
    archive: Archive | None = None,
    progress: Progress | None = None,
) -> MatchReport:
    """Compare the past, the archived one too, with the enrolments that came since; resumes where it was interrupted.

    No more than `MOST_AT_ONCE` of them are looked for at once, so that a million of one import cost time, not memory.
    """
    log.blocks.seal()
    report = MatchReport()
    while True:
        with registry.reading() as tx:
            since = cases.cursor(tx, RETRO)
            nothing_new = enrolments.end_of_changes(tx, since, 1) == since
        if nothing_new:
            return report
        with registry.transaction("matching") as tx:
            upto = _remembered_end(tx, since)
        with registry.reading() as tx:
            # Read after the end was settled, by us or by another worker: it is never beyond what we look for.
            changed, _ = enrolments.changes(tx, since, upto=upto)
            newest = enrolments.newest_change(tx)
        added = [(change.enrolment, change.fingerprint) for change in changed if isinstance(change, Added)]
        reader = f"{RETRO}-{since}-log"
        report += _read_past(registry, log, archive, _Wanted([added], newest), reader, batch, progress)
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
    reader = f"{RETRO}-all-{VERSION}" if only is None else None
    with registry.reading() as tx:
        newest = enrolments.newest_change(tx)
    report = _read_past(registry, log, archive, _Wanted(_active(registry, only), newest), reader, batch, progress)
    if reader is not None:
        with registry.transaction("matching") as tx:
            forget_cursor(tx, reader)
    return report


def _active(registry: Registry, only: Collection[UUID] | None) -> Iterator[list[Enrolled]]:
    """Yield the active enrolments, or those in `only`, of which few are unsealed in memory at a time."""
    position = 0
    while True:
        with registry.reading() as tx:
            changed, position = enrolments.changes(tx, position, most=STEP)
        if not changed:
            return
        added = [(change.enrolment, change.fingerprint) for change in changed if isinstance(change, Added)]
        yield [each for each in added if only is None or each[0] in only]


def _forget_earlier_looks(tx: Transaction, since: int) -> None:
    """Drop the positions of looks before this one; this one's stay, as another worker may be at it still."""
    for name in cursors_of(tx, f"{RETRO}-"):
        began = name.split("-")[1]
        if began.isdecimal() and int(began) < since:
            forget_cursor(tx, name)


def _remembered_end(tx: Transaction, since: int) -> int:
    """Return the change this look goes to: what came after it began gets a look from the start."""
    name = f"{RETRO}-{since}-upto"
    if cases.cursor(tx, name) == 0:
        cases.move_cursor(tx, name, enrolments.end_of_changes(tx, since, MOST_AT_ONCE))
    return cases.cursor(tx, name)


def _read_past(
    registry: Registry,
    log: SightingLog,
    archive: Archive | None,
    wanted: _Wanted,
    reader: str | None,
    batch: int,
    progress: Progress | None,
) -> MatchReport:
    """Look at the past for some enrolments from where `reader` stands, and say from time to time how far it is."""
    report = MatchReport()
    index, first = _indexed(wanted.enrolled)
    if not first:
        return report
    past, kept = Past(log, first), log.count_after(0)
    total = kept + (archive.count() if archive else 0)
    look = _Look(registry, index, log.common, batch, total, progress, heeded=wanted.as_of)
    look.passed = kept - log.count_after(_position(registry, reader))
    report += look.along(lambda position: past.after(position, batch), reader)
    seen: set[str] = set()
    while archive and (files := [file for file in archive.files() if file.is_current and file.name not in seen]):
        # The database first, then the archive until no file is new: what moves meanwhile was looked at, or will be.
        for file in files:
            seen.add(file.name)
            at = reader and f"{reader}@{file.name}"
            look.passed += file.count_up_to(_position(registry, at))
            report += look.along(partial(past.archived, file), at)
    return report


def _indexed(wanted: Iterable[list[Enrolled]]) -> tuple[Index, list[Enrolled]]:
    """Return an index of all that can be compared, and the first of them: as many as a sieve can take, and one."""
    index, first = Index(), list[Enrolled]()
    for some in wanted:
        current = [(enrolment, fp) for enrolment, fp in some if fp.version == VERSION]  # others: LiveIndex.outdated
        index.add_many(current)
        first += current[: MOST_SIEVED + 1 - len(first)]
    return index, first


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
    heeded: int = 0
    """Up to which change of the registry everything that ended is out of the index."""

    def along(self, pieces_after: Callable[[int], Iterator[Piece]], reader: str | None) -> MatchReport:
        """Take in one stretch of the past after another, from where `reader` stands."""
        report = MatchReport()
        while True:
            position = _position(self.registry, reader)
            for stretch in stretches(pieces_after(position), self.batch, STRETCH_S):
                suspects, last = stretch.suspects, stretch.last
                self._heed()
                done = take_in(self.registry, suspects, self.index, reader, position, last=last, common=self.common)
                if not done.position:
                    break  # somebody else reads the same past: go on from where it is now
                self.passed, position = self.passed + stretch.passed, last
                report += replace(done, sightings=0, past=stretch.passed, matches=done.exposures)
                if self.progress is not None:
                    self.progress(min(self.passed, self.total), self.total)
            else:
                return report

    def _heed(self) -> None:
        """Take out of the index what was withdrawn or erased since: a look can take hours."""
        with self.registry.reading() as tx:
            ended, self.heeded = enrolments.ended(tx, self.heeded)
        self.index.remove_many(ended)


def _position(registry: Registry, reader: str | None) -> int:
    if reader is None:
        return 0
    with registry.reading() as tx:
        return cases.cursor(tx, reader)
