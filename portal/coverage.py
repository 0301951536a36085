"""What the crawl looked at, as an all-clear tells it: counts, and names only where they may be shown."""

from datetime import datetime

from alerts.allclear import Looked
from crawler.browser import find_chromium
from crawler.coverage import NOT_LOOKED_INTO
from crawler.store import CrawlStore

NEEDS_BROWSER = {"rendered"}


def looked_since(store: CrawlStore, when: datetime) -> Looked:
    """Return what was looked at in all watched places since `when`, and what could not be seen."""
    places = store.coverage.since(when)
    rendering = find_chromium() is not None
    targets = store.targets.all()
    kinds = {target.name: target.kind for target in targets}
    whole_only = {target.name for target in targets if target.whole_image_only}
    return Looked(
        places=sum(each.last_look is not None for each in places),
        unvisited=sum(each.last_look is None for each in places),
        pages=sum(each.distinct_pages for each in places),
        pictures=sum(each.distinct_pictures for each in places),
        robots=sum(each.pages.robots + each.pictures.robots for each in places),
        failed=sum(each.pages.failed + each.pictures.failed for each in places),
        unusable=sum(each.pictures.unusable for each in places),
        budget=sum(each.pages.budget + each.pictures.budget for each in places),
        whole_only=sum(each.last_look is not None and each.target in whole_only for each in places),
        videos=sum(each.refusals.get(NOT_LOOKED_INTO, 0) for each in places),
        unrendered=0 if rendering else sum(kinds.get(each.target) in NEEDS_BROWSER for each in places),
    )


def shown_places(store: CrawlStore, when: datetime) -> list[str]:
    """Return the names of the places looked at since `when` that their operator marked as showable, in order."""
    shown = {target.name for target in store.targets.all() if target.shown}
    return [each.target for each in store.coverage.since(when) if each.last_look is not None and each.target in shown]
