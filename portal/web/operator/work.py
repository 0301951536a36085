"""What takes long, as it goes on: crawls, looks at the past, archiving, imports; how far, how fast, what is left."""

from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Request, Response

from crawler.store import CrawlStore
from portal.web import pages
from portal.web.access import Role, door, house
from portal.web.rooms import room

router = room()


@dataclass(frozen=True)
class Crawl:
    """A crawl under way: pages done and waiting, how many a minute, and the minutes left (None: nobody can say)."""

    target: str
    began_at: datetime
    done: int
    waiting: int
    a_minute: float

    @property
    def minutes_left(self) -> float | None:
        """Return the minutes until what is known is done, at the pace so far."""
        return self.waiting / self.a_minute if self.a_minute > 0 else None


@router.get("/operator/work")
@door(Role.OPERATOR)
def work(request: Request) -> Response:
    """Show what is under way and what ended within a day. Kinds and numbers, nothing about a person."""
    store, now = house(request).crawl_store, datetime.now(UTC)
    return pages.page(request, "operator/work.html", crawls=_crawls(store, now), works=store.long_work.lately(now))


def _crawls(store: CrawlStore, now: datetime) -> list[Crawl]:
    found = []
    for run, waiting in store.coverage.under_way(now):
        if run.finished_at is None:
            done, minutes = run.pages.seen + run.pages.missed, (now - run.started_at).total_seconds() / 60
            found.append(Crawl(run.target, run.started_at, done, waiting, done / minutes if minutes > 0 else 0.0))
    return found
