"""Pictures that are still there, or there again: later looks of the crawl join the exposures they belong to."""

from datetime import UTC, datetime, timedelta

from alerts.telling import tell_all
from matchers.sightings import SightingLog
from registry import cases
from registry.database import Registry

SEEN_AGAIN = "seen-again"  # up to which moment of the log this was done, in microseconds since 1970
OVERLAP = timedelta(minutes=10)  # a crawl writes its times a little after they were
BATCH = 500


def join_later_looks(registry: Registry, log: SightingLog, now: datetime) -> int:
    """Join what was seen again since the last time; return how many exposures that touched. Twice is no harm."""
    with registry.reading() as tx:
        since = datetime.fromtimestamp(cases.cursor(tx, SEEN_AGAIN) / 1e6, UTC)
    touched, after = 0, 0
    while again := log.seen_again(max(since - OVERLAP, datetime.fromtimestamp(0, UTC)), after, BATCH):
        with registry.transaction("matching") as tx:
            joined = [
                one for each in again for one in cases.seen_again(tx, each.page_url, each.content_digest, each.seen_at)
            ]
            tell_all(tx, [exposure for exposure, is_back in joined if is_back])
        touched += len(joined)
        after = again[-1].id
    with registry.transaction("matching") as tx:
        cases.move_cursor(tx, SEEN_AGAIN, int(now.timestamp() * 1e6))
    return touched
