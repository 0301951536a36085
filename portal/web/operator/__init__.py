"""The room of those who run this: what is looked at, how it goes, what needs attention. No person's data."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request, Response

from crawler.run import last_crawls, progress
from crawler.store import CrawlStore
from portal.web import pages
from portal.web.access import Role, door, house
from portal.web.operator import candidates, negatives, state, targets, tuning, work
from portal.web.operator import coverage as over_time
from portal.web.rooms import room
from registry import floods, reviews
from registry.database import Registry
from registry.metrics import RegistryMetrics

router = room()
ROOMS = (
    router,
    over_time.router,
    work.router,
    targets.router,
    candidates.router,
    tuning.router,
    negatives.router,
    state.router,
)


@dataclass(frozen=True)
class LastCrawl:
    """The last crawl of one target, in counts. `finished` is None while it runs."""

    finished: datetime | None
    pages: int
    pictures: int
    new: int
    refused: int


@dataclass(frozen=True)
class Target:
    """One target as the operator sees it."""

    name: str
    kind: str
    paused: bool
    last: LastCrawl | None


@router.get("/operator")
@door(Role.OPERATOR)
def overview(request: Request) -> Response:
    """Show targets, coverage, refusals and undeliverable messages."""
    at_home = house(request)
    crawled = last_crawls(at_home.crawl_store)
    refusals = sum((Counter(run.refusals) for run in crawled.values()), Counter[str]())
    with at_home.registry.reading() as tx:
        lost = state.lost(tx)
        floods_held = floods.floods(tx)
        under_review = len(reviews.sides(tx))
    return pages.page(
        request,
        "operator/overview.html",
        targets=_targets(at_home.crawl_store),
        coverage=_coverage(at_home.crawl_store, at_home.registry),
        refusals=refusals.most_common(),
        lost=lost.most_common(),
        undeliverable=lost.total(),
        floods=floods_held,
        reviews=under_review,
    )


def _targets(store: CrawlStore) -> list[Target]:
    crawled = last_crawls(store)
    return [
        Target(
            name=target.name,
            kind=target.kind,
            paused=target.paused,
            last=None
            if (run := crawled.get(target.name)) is None
            else LastCrawl(run.finished_at, run.pages, run.pictures, run.new_sightings, sum(run.refusals.values())),
        )
        for target in store.targets.all()
    ]


def _coverage(store: CrawlStore, registry: Registry) -> dict[str, int]:
    """Return what the last crawls covered, and sums over everybody: the gauges of /metrics, never one person's."""
    now = progress(store)
    gauges = {family.name: family for family in RegistryMetrics(registry).collect()}

    def total(name: str) -> int:
        return int(sum(sample.value for sample in gauges[name].samples)) if name in gauges else 0

    return {
        "pages_done": now.pages_done,
        "pages_waiting": now.pages_waiting,
        "pictures": now.pictures,
        "new": now.sightings,
        "photos": total("watchlight_registry_enrolments_active"),
        "finds": total("watchlight_registry_exposures"),
    }
