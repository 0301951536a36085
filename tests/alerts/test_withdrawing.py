"""A withdrawal: nothing is written for it from then on, and within moments nothing is compared with it any more."""

import subprocess
import sys
import textwrap
import threading
import time

import psycopg
import pytest
import sqlalchemy

from alerts import live as live_module
from alerts import looking_back, taking_in
from alerts.in_turn import InTurn
from alerts.live import LiveIndex
from alerts.seen_again import join_later_looks
from alerts.taking_in import MatchReport
from alerts.triage import match_new, match_past
from matchers.regions.index import Segment
from registry import cases, consents, database
from registry.database import Registry
from registry.errors import RegistryUnavailable
from tests.alerts.conftest import KEY, NOW, add_person, enrol, print_of, sighting


def withdraw(registry, enrolment):
    with registry.transaction() as tx:
        consents.withdraw(tx, enrolment=enrolment)


def found(registry):
    with registry.reading() as tx:
        return cases.exposures(tx)


@pytest.fixture
def withdrawn(registry):
    """An enrolment that is going to be withdrawn."""
    return enrol(registry, add_person(registry), 1)


@pytest.fixture
def live(registry, withdrawn):
    index = LiveIndex()
    index.refresh(registry)
    assert [each.enrolment for each in index.index.search(print_of(1))] == [withdrawn]
    return index


# -- nothing is written ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
def test_a_match_that_waits_for_a_withdrawal_to_be_written_is_not_written(
    postgres_database, log, monkeypatch, isolation
):
    name = sqlalchemy.make_url(postgres_database).database
    with psycopg.connect(postgres_database.replace("+psycopg", "")) as connection:
        connection.execute(f"ALTER DATABASE \"{name}\" SET default_transaction_isolation = '{isolation}'")
    log.append([sighting(1)])
    with Registry.open(postgres_database, KEY) as registry:
        mine = enrol(registry, add_person(registry), 1)
        begun = threading.Event()

        def withdraw_slowly():
            with registry.transaction() as tx:
                consents.withdraw(tx, enrolment=mine)
                begun.set()
                wait_until_somebody_waits(postgres_database)

        compare, withdrawing = taking_in.compared, threading.Thread(target=withdraw_slowly)

        def compared(*asked):
            every = list(compare(*asked))
            withdrawing.start()
            begun.wait(20)
            return every

        monkeypatch.setattr(taking_in, "compared", compared)
        report = match_new(registry, log, LiveIndex(), look_back=False)
        withdrawing.join(20)
        assert (report.matches, report.exposures, report.withheld) == (1, 0, 1)
        assert found(registry) == []


def wait_until_somebody_waits(database):
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as connection:
        for _ in range(200):
            if connection.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone():
                return
            time.sleep(0.05)
    raise AssertionError("nobody waits for the writer")


def test_a_writer_that_fell_silent_holds_up_a_withdrawal_for_a_moment_only(postgres_database, monkeypatch):
    monkeypatch.setattr(database, "SILENT_S", 0.5)
    with Registry.open(postgres_database, KEY) as registry:
        mine = enrol(registry, add_person(registry), 1)
        with pytest.raises(RegistryUnavailable, match="silent"):
            write_and_fall_silent(registry, until=lambda: withdraw(registry, mine))
        with registry.reading() as tx:
            assert cases.cursor(tx, "match") == 0


def write_and_fall_silent(registry, until):
    with registry.transaction() as tx:
        cases.move_cursor(tx, "match", 7)
        began = time.monotonic()
        until()
        assert time.monotonic() - began < 5
        cases.move_cursor(tx, "match", 8)


def test_later_looks_at_a_page_are_not_noted_once_consent_has_ended(registry, log, withdrawn):
    log.append([sighting(1)])
    match_new(registry, log, LiveIndex())
    withdraw(registry, withdrawn)
    log.append([sighting(1, seen_at=NOW.replace(hour=20))])
    assert join_later_looks(registry, log, NOW.replace(hour=21)) == 0
    assert [each.seen for each in found(registry)] == [1]


# -- nothing is compared ---------------------------------------------------------------------------------------


def test_it_leaves_the_index_while_a_batch_waits_for_the_registry(registry, live, withdrawn):
    withdraw(registry, withdrawn)
    keeping = threading.Thread(target=live.heed, args=(registry,))
    with live.lock:  # as a worker does while it compares
        keeping.start()
        keeping.join(0.2)
        assert keeping.is_alive()
    keeping.join(20)
    assert live.index.search(print_of(1)) == []


def test_it_leaves_the_index_while_a_batch_is_compared(registry, live, log, withdrawn, monkeypatch):
    log.append([sighting(1, f"https://forum.example/{n}") for n in range(200)])
    monkeypatch.setattr(taking_in, "STRETCH", 1)
    matched, compare, keeping = [], taking_in.compared, threading.Thread(target=live.heed, args=(registry,))

    def compared(some, *asked):
        if some[0].page_url.endswith("/20"):
            withdraw(registry, withdrawn)
            keeping.start()
        if keeping.ident:
            time.sleep(0.01)
        return compare(some, *asked)

    monkeypatch.setattr(taking_in, "compared", compared)
    monkeypatch.setattr(taking_in, "_record", lambda *told: matched.append(told[1]) or MatchReport())
    match_new(registry, log, live, look_back=False)
    keeping.join(20)
    every = [each for some in matched for each in some]
    assert len(every) == 200
    assert len(every[0].matches) == 1
    assert len(every[63].matches) == 0  # of the same batch, 40 sightings after it was withdrawn


def test_it_leaves_the_index_while_an_import_is_taken_in(registry, live, withdrawn):
    withdraw(registry, withdrawn)
    with live._filling:  # as a worker does while it reads thousands of new enrolments
        assert live.heed(registry) == 1
    assert live.index.search(print_of(1)) == []
    assert live.heed(registry) == 0


def test_it_leaves_the_index_while_new_photos_are_put_in_order(registry, live, withdrawn, monkeypatch):
    other, build = enrol(registry, add_person(registry, "somebody else"), 2), Segment.build

    def slowly(segment):
        monkeypatch.setattr(Segment, "build", build)
        withdraw(registry, withdrawn)
        keeping = threading.Thread(target=live.heed, args=(registry,))
        keeping.start()
        keeping.join(20)
        assert not keeping.is_alive()  # it takes half a minute for 100,000 photos
        segment.build()

    monkeypatch.setattr(Segment, "build", slowly)
    live.refresh(registry)
    assert Segment.build is build
    assert live.index.search(print_of(1)) == []
    assert [each.enrolment for each in live.index.search(print_of(2))] == [other]


def test_what_was_read_before_a_withdrawal_does_not_bring_it_back(registry, withdrawn, monkeypatch):
    live, changes = LiveIndex(), live_module.enrolments.changes

    def read(*asked, **facts):
        before = changes(*asked, **facts)
        if live.position == 0:
            withdraw(registry, withdrawn)
            live.heed(registry)
        return before

    monkeypatch.setattr(live_module.enrolments, "changes", read)
    live.refresh(registry)
    assert len(live.index) == 0
    assert live._ended == set()  # not kept for longer than it may matter


def test_it_leaves_a_look_back_that_goes_on(registry, log, withdrawn, monkeypatch):
    log.append([sighting(1, f"https://forum.example/{n}") for n in range(6)])
    monkeypatch.setattr(looking_back, "STRETCH_S", 0.0)
    take, searched = looking_back.take_in, []

    def withdraw_after_the_first(registry, sightings, index, *told, **facts):
        searched.append(len(index))
        if len(searched) == 1:
            withdraw(registry, withdrawn)
        return take(registry, sightings, index, *told, **facts)

    monkeypatch.setattr(looking_back, "take_in", withdraw_after_the_first)
    monkeypatch.setattr("matchers.past.MOST_SIEVED", 0)  # so that it goes in steps of a batch
    report = match_past(registry, log, batch=2)
    assert searched == [1, 0, 0]
    assert (report.past, report.exposures, report.withheld) == (6, 0, 2)


def test_somebody_who_waits_for_the_index_has_it_next():
    lock, rounds, had, stop = InTurn(), [0], [], threading.Event()

    def search_again_and_again():
        while not stop.is_set():
            with lock:
                rounds[0] += 1
                time.sleep(0.005)

    searching = threading.Thread(target=search_again_and_again)
    searching.start()
    for _ in range(20):
        asked = rounds[0]
        with lock:
            had.append(rounds[0] - asked)
    stop.set()
    searching.join()
    assert max(had) <= 2


def test_a_search_that_takes_long_is_made_of_fewer_sightings_at_a_time(registry, log, monkeypatch):
    sizes = []

    def slow(some, *asked):
        sizes.append(len(some))
        time.sleep(0.002 * len(some))
        return []

    monkeypatch.setattr(taking_in, "compared", slow)
    monkeypatch.setattr(taking_in, "HELD_S", 0.04)
    taking_in.take_in(registry, [sighting(1)] * 200, LiveIndex().index, last=1)
    assert sizes[0] == taking_in.STRETCH
    assert sum(sizes) == 200
    assert max(sizes[1:]) < 40


def test_machine_code_is_there_before_the_index_is_held():
    """Where none was kept by an earlier process, making it took 10 s of a core under the index's lock."""
    program = """
        import gc, numba
        from matchers import Fingerprint, Index
        from matchers.regions.explained import CommonParts
        from matchers.warming import warm_up
        from tests.alerts.conftest import print_of
        from uuid import UUID

        def compiled():
            every = (one for one in gc.get_objects() if isinstance(one, numba.core.dispatcher.Dispatcher))
            return {(one.__qualname__, str(each)) for one in every for each in one.signatures}

        seen = [Fingerprint.from_bytes(print_of(seed).to_bytes()) for seed in range(6)]
        warm_up()
        before, index = compiled(), Index()
        index.add_many((UUID(int=seed), fp) for seed, fp in enumerate(seen))
        assert len(index.considered_many(seen)) == 6
        common = CommonParts([seen[0].regions])
        assert all(len(common.unexplained(one.regions)) for one in seen[1:])
        assert compiled() == before, compiled() - before
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
