"""From the sighting log to alerts: what is new is compared with everybody, and the past with whoever is new."""

import time

from alerts import metrics
from alerts.live import BATCH, LiveIndex, Progress
from alerts.looking_back import RETRO, match_past, match_retro
from alerts.sharing import next_range
from alerts.taking_in import MatchReport, take_in
from matchers.archive import Archive
from matchers.sightings import SightingLog
from registry import cases
from registry.database import Registry

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
        report += take_in(
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
