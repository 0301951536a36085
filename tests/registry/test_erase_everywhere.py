"""After an erasure nothing in either store, nor in any file of the data folder, is a hash or trace of the person."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from crawler import schema
from crawler.store import CrawlStore
from matchers import blocks, fingerprint
from matchers.sightings import Sighting, sightings
from portal.erasing import clean_files, erase_everywhere
from portal.watch import Watch
from registry import Registry, cases, people
from registry.errors import RegistryUnavailable, UnknownPerson
from registry.people import Person
from tests.registry.conftest import KEY, Clock, add_kim, enrolled, expose, fingerprint_of, photo
from tests.registry.test_erase import seen_in
from tests.registry.test_trouble import held_by_another

PAGE = "https://forum.example/t/77"


@pytest.fixture
def store(tmp_path: Path, request: pytest.FixtureRequest, store_url: str) -> Iterator[CrawlStore]:
    """A crawl store of the same kind as the registry, in a database of its own."""
    if store_url.startswith("sqlite"):
        url = f"sqlite:///{tmp_path / 'crawl.sqlite3'}"
    else:
        from tests.conftest import fresh_postgres

        url = fresh_postgres(request.getfixturevalue("postgres_server"))
    opened = CrawlStore.open(url)
    yield opened
    opened.close()


def sighting(clock: Clock, seed: int, page: str, digest: bytes) -> Sighting:
    return Sighting("harbour", page, f"{page}/i.png", clock.at, digest * 32, fingerprint(photo(seed)))


def fill(registry: Registry, store: CrawlStore, clock: Clock) -> Person:
    """Kim's photo 7 lies on two pages, one of them not yet matched; photo 9 is somebody else's."""
    store.log.append(
        [
            sighting(clock, 7, PAGE, b"a"),
            sighting(clock, 7, "https://other.example/1", b"b"),
            sighting(clock, 9, PAGE, b"c"),
        ]
    )
    store.rechecks.ask([PAGE, "https://other.example/9"])
    with store.engine.begin() as connection:
        for digest, seed in ((b"a", 7), (b"c", 9)):
            row = {"address_key": digest * 32, "content_digest": digest * 32, "checked_at": clock.at}
            connection.execute(insert(schema.pictures).values(**row, fingerprint=fingerprint_of(seed).to_bytes()))
    with registry.transaction() as tx:
        kim = add_kim(tx)
        expose(tx, enrolled(tx, kim, seed=7), PAGE, picture_url=f"{PAGE}/i.png", content_digest=b"a" * 32)
        lee = add_kim(tx, "Lee")
        expose(tx, enrolled(tx, lee, seed=9), PAGE, picture_url=f"{PAGE}/j.png", content_digest=b"c" * 32)
    return kim


def test_what_equals_their_photos_or_was_shown_to_them_leaves_the_crawl_store_too(
    registry: Registry, store: CrawlStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "SEALED", 3)
    kim = fill(registry, store, clock)
    assert store.log.blocks.seal() == 1

    assert erase_everywhere(registry, store, kim.id).files_clean

    assert [block.ids.tolist() for block in store.log.blocks.after(0)] == [[3]]
    with store.engine.connect() as connection:
        assert connection.scalars(select(sightings.c.content_digest)).all() == [b"c" * 32]
        assert connection.scalars(select(schema.pictures.c.content_digest)).all() == [b"c" * 32]
        assert connection.scalars(select(schema.recheck_requests.c.address)).all() == ["https://other.example/9"]
    with registry.reading() as tx:
        assert [each.name for each in people.people(tx)] == ["Lee"]
        assert len(cases.exposures(tx)) == 1


def test_what_equals_their_photos_leaves_the_archive_too(registry: Registry, store: CrawlStore, clock: Clock) -> None:
    kim = fill(registry, store, clock)
    assert store.archive.take(clock.at + timedelta(days=9), up_to=9) == 3
    before = b"".join(path.read_bytes() for path in store.archive._folder.rglob("*.parquet"))
    assert fingerprint_of(7).whole[0].bits in before

    assert erase_everywhere(registry, store, kim.id).files_clean

    left = [one.content_digest for file in store.archive.files() for one in file.named(file.ids().tolist())]
    assert left == [b"c" * 32]
    after = b"".join(path.read_bytes() for path in store.archive._folder.rglob("*") if path.is_file())
    assert not any(part.bits in after for part in fingerprint_of(7).whole)


def test_the_house_archives_by_itself_what_is_old_and_compared(
    registry: Registry, store: CrawlStore, clock: Clock
) -> None:
    for day, page in ((3, PAGE), (3, "https://other.example/1"), (0, "https://other.example/2")):
        seen = replace(sighting(clock, 9, page, b"c"), seen_at=datetime.now(UTC) - timedelta(days=day))
        store.log.append([seen])
    with registry.transaction() as tx:
        cases.move_cursor(tx, "match", 1)

    Watch(registry, store, {}).forget()
    assert store.archive.count() == 0
    Watch(registry, store, {"WATCHLIGHT_ARCHIVE_AFTER_DAYS": "1"}).forget()
    assert [one.id for file in store.archive.files() for one in file.named([1, 2, 3])] == [1]
    assert [each.kind for each in store.long_work.lately(datetime.now(UTC))] == ["archive"]


def test_a_copy_seen_while_the_others_are_looked_for_is_forgotten_too(
    registry: Registry, store: CrawlStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The crawler goes on writing meanwhile: looking for copies locks nothing."""
    from portal import erasing

    kim, look = fill(registry, store, clock), erasing._alike

    def looked_slowly(connection, table, hashes, *only):  # type: ignore[no-untyped-def]
        found = look(connection, table, hashes, *only)
        if not only and table is sightings:
            store.log.append([sighting(clock, 7, "https://late.example/1", b"d")])
        return found

    monkeypatch.setattr(erasing, "_alike", looked_slowly)
    erase_everywhere(registry, store, kim.id)

    assert [each.content_digest[:1] for each in store.log.after(0, 9)] == [b"c"]


def test_no_file_of_the_data_folder_holds_a_byte_of_them(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "home"
    store = CrawlStore.open(f"sqlite:///{folder / 'crawl.sqlite3'}")
    with Registry.open(f"sqlite:///{folder / 'registry.sqlite3'}", KEY, clock=clock) as registry:
        kim = fill(registry, store, clock)
        needles = [each.bits for each in fingerprint_of(7).whole] + [b"Kim Seo-yeon", b"kimseoyeon@example.org"]
        assert seen_in(list(folder.iterdir()), needles) != []
        erase_everywhere(registry, store, kim.id)
        assert len(list(folder.iterdir())) == 6
        assert seen_in(list(folder.iterdir()), needles) == []
    store.close()


def test_while_the_crawl_store_is_locked_nothing_is_erased_and_it_can_be_asked_again(
    tmp_path: Path, clock: Clock, sqlite_registry: Registry
) -> None:
    store = CrawlStore.open(f"sqlite:///{tmp_path / 'crawl.sqlite3'}")
    kim = fill(sqlite_registry, store, clock)
    with held_by_another(tmp_path / "crawl.sqlite3"), pytest.raises(RegistryUnavailable, match="holds"):
        erase_everywhere(sqlite_registry, store, kim.id, wait_s=0.1)
    with sqlite_registry.reading() as tx:
        assert people.get(tx, kim.id) == kim
    assert erase_everywhere(sqlite_registry, store, kim.id).files_clean
    with pytest.raises(UnknownPerson):
        erase_everywhere(sqlite_registry, store, kim.id)
    store.close()


def test_files_that_others_held_are_cleaned_by_the_next_who_may(
    tmp_path: Path, clock: Clock, sqlite_registry: Registry
) -> None:
    store = CrawlStore.open(f"sqlite:///{tmp_path / 'crawl.sqlite3'}")
    kim = fill(sqlite_registry, store, clock)
    with store.engine.connect() as reader:
        reader.exec_driver_sql("BEGIN")
        assert len(reader.execute(select(sightings)).all()) == 3
        assert not erase_everywhere(sqlite_registry, store, kim.id, wait_s=0.1).files_clean
        assert not clean_files(sqlite_registry, store)
    assert clean_files(sqlite_registry, store)
    needles = [each.bits for each in fingerprint_of(7).whole]
    assert seen_in(list(tmp_path.glob("*.sqlite3*")), needles) == []
    store.close()
