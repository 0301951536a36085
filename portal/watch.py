"""What `watchlight run` does beside crawling: match, deliver alerts, re-check, forget what is old."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from alerts.allclear import write_due
from alerts.channels import Channel, configured
from alerts.doubles import look_for_doubles
from alerts.hooks import call_webhooks
from alerts.outbox import drain
from alerts.removal import recheck_due
from alerts.seen_again import join_later_looks
from alerts.signed_post import Poster
from alerts.tracking import remind_overdue
from alerts.triage import BATCH, FORWARD, LiveIndex, match_new, match_past
from crawler.run import start_crawl
from crawler.store import CrawlStore
from egress.addresses import loopback_allowed
from matchers.archive import moved_after
from matchers.sightings import kept_for
from portal.coverage import looked_since
from portal.crawling import Child
from portal.erasing import clean_files
from portal.loops import Loop
from portal.marking import mark_matches
from registry import calls, cases, decisions
from registry.database import Registry


@dataclass
class Watch:
    """The duties of one house, with what they share."""

    registry: Registry
    store: CrawlStore
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    live: LiveIndex = field(default_factory=LiveIndex)
    recheck_child: Child = field(default_factory=Child)

    def loops(self) -> list[Loop]:
        """Return every duty but the crawl's with its rhythm, in seconds."""
        return [
            Loop("match", self.match, 2.0, longest_pause_s=15.0),
            Loop("consents", self.heed_consents, 1.0, longest_pause_s=2.0),  # a withdrawal waits for no back-off
            Loop("look-back", self.look_back, 5.0),
            Loop("doubles", self.compare_people, 30.0),
            Loop("outbox", self.deliver, 5.0),
            Loop("webhooks", self.call_webhooks, 5.0),
            Loop("seen-again", self.join_looks, 600.0),
            Loop("all-clear", self.write_all_clears, 300.0),
            Loop("recheck", self.recheck, 60.0),
            Loop("discover", self.discover, 600.0),
            Loop("forget", self.forget, 3600.0),
        ]

    def match(self) -> bool:
        """Compare what is new; there is more while sightings keep coming."""
        with self.store.long_work.shown("index", "photos") as told:
            self.live.refresh(self.registry, told)  # at a start it takes long, and shows itself
        return match_new(self.registry, self.store.log, self.live, look_back=False).sightings > 0

    def heed_consents(self) -> bool:
        """Take what was withdrawn out of the index, also while an import is taken in or a batch waits."""
        self.live.heed(self.registry)
        return False

    def look_back(self) -> bool:
        """Compare new enrolments with everything that is kept, while new sightings go on being matched."""
        store = self.store
        with store.long_work.shown("rebuild", "blocks") as told:
            store.log.blocks.seal(told=told)
        with store.long_work.shown("look-back", "sightings") as told:
            match_past(self.registry, store.log, archive=store.archive, progress=told)
        return False

    def compare_people(self) -> bool:
        """Put photos that two accounts enrolled under review."""
        look_for_doubles(self.registry)
        return False

    def join_looks(self) -> bool:
        """Note on exposures that their pictures were seen once more."""
        join_later_looks(self.registry, self.store.log, datetime.now(UTC))
        return False

    def write_all_clears(self) -> bool:
        """Write the reports that are due, once everything that was seen has been compared."""
        with self.registry.reading() as tx:
            behind = self.store.log.count_after(cases.cursor(tx, FORWARD))
        if behind <= BATCH:
            write_due(self.registry, lambda when: looked_since(self.store, when), datetime.now(UTC))
        return False

    def deliver(self) -> bool:
        """Hand over the alerts that are due."""
        channels: Mapping[str, Channel] = configured(self.environ)
        drain(self.registry, channels)
        return False

    def call_webhooks(self) -> bool:
        """Tell the programs of centres what has happened."""
        call_webhooks(self.registry, Poster(allow_loopback=loopback_allowed(self.environ)))
        return False

    def recheck(self) -> bool:
        """Remind of overdue answers, ask for the re-checks that are due, judge what the crawler has seen since."""
        if self.recheck_child.busy():
            return False
        remind_overdue(self.registry, datetime.now(UTC))
        if recheck_due(self.registry, self.store):
            self.recheck_child.process = start_crawl(environ=self.environ, arguments=["--recheck"])
        return False

    def discover(self) -> bool:
        """Gather rooms that were met and are not watched, for the operator to decide on."""
        mark_matches(self.registry, self.store)
        self.store.candidates.gather(datetime.now(UTC))
        return False

    def forget(self) -> bool:
        """Drop what is older than we keep it, and finish cleaning files after an erasure."""
        old = datetime.now(UTC) - kept_for(self.environ)
        self.store.log.forget_before(old)
        self.store.archive.forget_before(old)
        self.store.long_work.forget_before(old)
        with self.registry.transaction("forget") as tx:
            decisions.forget_before(tx, old)
            calls.forget_old(tx)
        self.store.pages.forget_before(old)
        self.store.rechecks.forget_before(old)
        self.store.candidates.forget_before(old)
        self.store.days.forget_before(old.date().isoformat())
        clean_files(self.registry, self.store)
        self._archive()
        return False

    def _archive(self) -> None:
        """Move older sightings that were compared into Parquet files, where the operator wants that."""
        after = moved_after(self.environ)
        if after is None:
            return
        with self.registry.reading() as tx:
            compared = cases.cursor(tx, FORWARD)
        with self.store.long_work.shown("archive", "sightings") as told:
            self.store.archive.take(datetime.now(UTC) - after, compared, told)

    def stop(self) -> None:
        """Stop the crawler's process."""
        self.recheck_child.stop()
