"""The sighting log forgets nothing, doubles nothing, and never adds a row behind a reader's back."""

import dataclasses
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from matchers.frames import Frame
from matchers.home import home
from matchers.sightings import Sighting, SightingLog, crawl_database_url, crawl_metadata, open_engine, sightings

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def engine(store_url):
    engine = open_engine(store_url)
    crawl_metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def log(engine):
    return SightingLog(engine)


@pytest.fixture
def seen(fp):
    made = fp(1, width=320, height=240)

    def sighting(number: int = 1, **facts) -> Sighting:
        plain = Sighting(
            "forum", f"http://a.test/{number}", f"http://a.test/{number}.jpg", NOW, bytes([number % 256]) * 32, made
        )
        return dataclasses.replace(plain, **facts)

    return sighting


def test_what_is_appended_comes_back_in_order_with_an_id(log, seen):
    assert log.append([seen(1), seen(2)]) == 2
    assert log.append([seen(3)]) == 1

    back = log.after(0, 10)

    assert [dataclasses.replace(sighting, id=None) for sighting in back] == [seen(1), seen(2), seen(3)]
    assert log.last() == back[-1].id
    assert log.after(back[0].id, 1) == [back[1]]
    assert log.after(log.last(), 10) == []


def test_an_empty_log_ends_at_zero(log):
    assert (log.last(), log.after(0, 10), log.append([])) == (0, [], 0)


def test_the_same_picture_on_the_same_page_again_only_moves_the_time(log, seen, engine):
    log.append([seen(1)])

    assert log.append([seen(1, seen_at=NOW + timedelta(days=3), picture_url="http://mirror.test/1.jpg")]) == 0
    assert log.append([seen(1, seen_at=NOW - timedelta(days=3))]) == 0

    assert log.after(0, 10)[0].seen_at == NOW
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sightings.c.last_seen_at)) == NOW + timedelta(days=3)


def test_another_picture_on_the_page_and_the_picture_on_another_page_are_new(log, seen):
    log.append([seen(1)])

    assert log.append([seen(1, content_digest=b"x" * 32), seen(1, page_url="http://b.test/")]) == 2


def test_doubles_within_one_batch_count_once(log, seen):
    assert log.append([seen(1), seen(1)]) == 1


def test_a_very_long_address_is_kept_whole(log, seen):
    page = "http://a.test/" + "길" * 9000

    log.append([seen(1, page_url=page)])

    assert log.after(0, 1)[0].page_url == page


def test_times_come_back_as_utc_whatever_zone_they_came_in(log, seen):
    log.append([seen(1, seen_at=NOW.astimezone(timezone(timedelta(hours=9))))])

    assert log.after(0, 1)[0].seen_at.isoformat() == NOW.isoformat()


def test_a_time_without_a_zone_is_refused(log, seen):
    with pytest.raises(sa.exc.StatementError, match="zone"):
        log.append([seen(1, seen_at=NOW.replace(tzinfo=None))])


def test_a_batch_is_stored_whole_or_not_at_all(log, seen):
    with pytest.raises(sa.exc.StatementError):
        log.append([seen(1), seen(2, seen_at=NOW.replace(tzinfo=None))])

    assert log.last() == 0


def test_what_was_last_seen_long_ago_is_forgotten_and_the_rest_stays(log, seen):
    log.append([seen(1), seen(2), seen(3, seen_at=NOW + timedelta(days=40))])
    log.append([seen(2, seen_at=NOW + timedelta(days=35))])

    assert log.forget_before(NOW + timedelta(days=30)) == 1
    assert [sighting.page_url for sighting in log.after(0, 10)] == ["http://a.test/2", "http://a.test/3"]


def test_an_id_is_not_given_twice_even_after_all_is_forgotten(log, seen):
    log.append([seen(1), seen(2)])
    cursor = log.last()
    log.forget_before(NOW + timedelta(days=1))
    log.append([seen(3)])

    assert [sighting.page_url for sighting in log.after(cursor, 10)] == ["http://a.test/3"]


def test_a_reader_with_a_cursor_sees_every_row_of_two_concurrent_writers(log, seen, engine):
    """Without serialised appends, a batch that commits late has ids that the reader has already passed."""
    total, failures = 2 * 15 * 4, []

    def write(start: int) -> None:
        try:
            own = SightingLog(engine)
            for batch in range(15):
                numbers = range(start + batch * 4, start + batch * 4 + 4)
                own.append([seen(number, content_digest=number.to_bytes(32)) for number in numbers])
        except Exception as error:  # noqa: BLE001 - carried to the test's own thread
            failures.append(error)

    writers = [threading.Thread(target=write, args=(start,)) for start in (0, 1000)]
    for writer in writers:
        writer.start()
    cursor, read = 0, []
    while any(writer.is_alive() for writer in writers) or log.last() > cursor:
        for sighting in log.after(cursor, 7):
            read.append(sighting.page_url)
            cursor = sighting.id
    assert failures == []
    assert (len(read), len(set(read))) == (total, total)


def test_on_postgresql_an_append_waits_for_the_one_before_it(postgres_database, seen):
    engine = open_engine(postgres_database)
    crawl_metadata.create_all(engine)
    log, done = SightingLog(engine), threading.Event()
    with engine.begin() as slow_writer:
        from matchers.sightings import APPEND_LOCK, _insert_or_refresh, _to_row

        slow_writer.execute(sa.select(sa.func.pg_advisory_xact_lock(APPEND_LOCK)))
        _insert_or_refresh(slow_writer, [_to_row(seen(1))])
        second = threading.Thread(target=lambda: (log.append([seen(2)]), done.set()))
        second.start()
        assert not done.wait(0.5)
        assert log.after(0, 10) == []
    second.join(20)

    assert done.is_set()
    assert [sighting.page_url for sighting in log.after(0, 10)] == ["http://a.test/1", "http://a.test/2"]
    engine.dispose()


def test_the_database_is_in_the_data_folder_unless_told_otherwise():
    assert crawl_database_url() == f"sqlite:///{home() / 'crawl.sqlite3'}"
    assert crawl_database_url({"WATCHLIGHT_CRAWL_DATABASE_URL": "postgresql+psycopg://db/x"}).startswith("postgresql")


def test_an_animation_comes_back_with_all_its_frames(log, seen, fp):
    moving = seen(1, at_ms=0, more=(Frame(fp(2), 1600), Frame(fp(3), 3200)))

    log.append([moving])

    assert [dataclasses.replace(sighting, id=None) for sighting in log.after(0, 10)] == [moving]
    assert [frame.at_ms for frame in log.after(0, 10)[0].frames] == [0, 1600, 3200]
