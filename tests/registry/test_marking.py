"""What the crawl store learns of a match: that there is one on a page. It goes when the match or the person does."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from crawler import schema
from crawler.discovery.keeping import remember
from crawler.items import Trail
from crawler.outcomes import Entry, Outcome
from crawler.store import CrawlStore
from matchers.sightings import page_marks
from portal.erasing import erase_everywhere
from portal.marking import mark_matches
from registry import Registry, cases
from tests.registry.conftest import Clock, add_kim, enrolled, expose

PAGE = "https://board.example/t/2"


@pytest.fixture
def store(tmp_path: Path, clock: Clock):
    """A crawl store in which a watched page links to a room."""
    opened = CrawlStore.open(f"sqlite:///{tmp_path / 'crawl.sqlite3'}")
    outcome = Outcome(Entry(1, "board", 1, PAGE, 1, 0, "parse", {}, 0))
    outcome.trails = [Trail(PAGE, "https://t.me/s/other_room", "telegram", "more here")]
    with opened.engine.begin() as connection:
        remember(connection, [outcome], clock.at)
    yield opened
    opened.close()


def marks(store: CrawlStore) -> set[bytes]:
    with store.engine.connect() as connection:
        return set(connection.scalars(select(page_marks.c.page_key)))


def test_a_match_marks_its_page_and_one_that_was_set_aside_marks_nothing(registry: Registry, store, clock: Clock):
    with registry.transaction() as tx:
        found = expose(tx, enrolled(tx, add_kim(tx)), PAGE)
    assert mark_matches(registry, store, clock.at) == 1
    assert marks(store) == {schema.address_key(PAGE)}
    assert mark_matches(registry, store, clock.at + timedelta(days=31)) == 0
    mark_matches(registry, store, clock.at)
    with registry.transaction() as tx:
        cases.set_state(tx, found.id, "dismissed")
    mark_matches(registry, store, clock.at)
    assert marks(store) == set()


def test_an_erasure_takes_marks_and_what_was_proposed_for_them_along(registry: Registry, store, clock: Clock):
    with registry.transaction() as tx:
        kim = add_kim(tx)
        expose(tx, enrolled(tx, kim), PAGE)
    mark_matches(registry, store, clock.at)
    assert store.candidates.gather(clock.at) == 1
    assert erase_everywhere(registry, store, kim.id).files_clean
    assert marks(store) == set()
    assert store.candidates.all() == []
    mark_matches(registry, store, clock.at)
    assert store.candidates.gather(clock.at) == 0
