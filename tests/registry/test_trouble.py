"""A locked, full, read-only or damaged database stops work with a sentence, and loses nothing it accepted."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from registry import audit, cases, people
from registry.database import Registry
from registry.errors import RegistryUnavailable
from tests.registry.conftest import KEY, Clock, add_kim, enrolled, expose

NOBODY = 65534


def file_of(registry: Registry) -> Path:
    return Path(str(registry.engine.url.database))


@contextmanager
def held_by_another(file: Path) -> Iterator[None]:
    """Hold the write lock of a SQLite file the way another program would."""
    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


def test_a_locked_sqlite_database_says_so_and_goes_on_when_it_is_free(sqlite_registry: Registry) -> None:
    with sqlite_registry.transaction() as tx:
        kim = add_kim(tx)
    with held_by_another(file_of(sqlite_registry)):
        with pytest.raises(RegistryUnavailable, match="Another program holds"), sqlite_registry.transaction() as tx:
            pytest.fail("no work may start")
        with sqlite_registry.reading() as tx:
            assert people.people(tx) == [kim]
    with sqlite_registry.transaction() as tx:
        add_kim(tx, "Lee")
        assert len(people.people(tx)) == 2


def test_a_new_registry_cannot_be_made_while_the_file_is_locked(sqlite_url: str, tmp_path: Path) -> None:
    with held_by_another(tmp_path / "registry.sqlite3"), pytest.raises(RegistryUnavailable, match="holds"):
        Registry.open(sqlite_url, KEY, wait_s=0.1)
    Registry.open(sqlite_url, KEY).close()


def test_a_registry_is_opened_and_read_while_another_program_writes(sqlite_registry: Registry, sqlite_url: str) -> None:
    with (
        held_by_another(file_of(sqlite_registry)),
        Registry.open(sqlite_url, KEY, wait_s=0.1) as second,
        second.reading() as tx,
    ):
        assert people.people(tx) == []


def test_a_locked_postgresql_says_so_and_goes_on_when_it_is_free(postgres_database: str) -> None:
    with (
        Registry.open(postgres_database, KEY) as first,
        Registry.open(postgres_database, KEY, wait_s=0.2) as second,
    ):
        with first.transaction() as tx:
            kim = add_kim(tx)
            with pytest.raises(RegistryUnavailable, match="Another program holds"), second.transaction():
                pytest.fail("no work may start")
        with second.transaction() as tx:
            assert people.people(tx) == [kim]


def test_a_full_disk_refuses_the_change_and_keeps_everything_before_it(sqlite_registry: Registry, clock: Clock) -> None:
    with sqlite_registry.transaction() as tx:
        kim = add_kim(tx)
        found = expose(tx, enrolled(tx, kim))
        cases.add_alert(tx, kim, [found])
    with sqlite_registry.engine.connect() as connection:  # the pool's only connection, so the limit holds
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
    accepted = []

    def accept_until_full() -> None:
        for number in range(10_000):
            with sqlite_registry.transaction() as tx:
                kept = cases.save_notice(tx, found, "us_tida", "en", f"letter {number} " * 200)
                cases.move_cursor(tx, "match", number)
            accepted.append(kept)

    with pytest.raises(RegistryUnavailable, match="The disk"):
        accept_until_full()

    with sqlite_registry.reading() as tx:
        assert set(cases.notices(tx, found)) == set(accepted)
        assert cases.cursor(tx, "match") == max(len(accepted) - 1, 0)
        assert len(cases.deliveries(tx)) == 1
        audit.verify(tx)
    with sqlite_registry.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={2**30}")  # somebody made room
    with sqlite_registry.transaction() as tx:
        assert len(cases.outbox_due(tx, clock.at)) == 1


def test_a_read_only_file_says_so(as_nobody: Path) -> None:
    url = f"sqlite:///{as_nobody / 'registry.sqlite3'}"
    Registry.open(url, KEY).close()
    (as_nobody / "registry.sqlite3").chmod(0o400)
    with Registry.open(url, KEY, wait_s=0.1) as registry:
        with pytest.raises(RegistryUnavailable, match="read-only"), registry.transaction() as tx:
            add_kim(tx)
        with registry.reading() as tx:
            assert people.people(tx) == []


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """Give a folder, and no rights beyond it: root may write to every file, also a read-only one."""
    folder = Path(tempfile.mkdtemp(prefix="wl-nobody-"))
    user = os.geteuid()
    if user == 0:
        os.chown(folder, NOBODY, -1)
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        os.seteuid(user)
        shutil.rmtree(folder)


def test_a_server_that_only_reads_says_so(postgres_database: str) -> None:
    with Registry.open(postgres_database, KEY) as registry:

        def write_on_a_standby() -> None:
            with registry.transaction() as tx:
                tx.session.execute(text("SET TRANSACTION READ ONLY"))  # what a standby does to every transaction
                add_kim(tx)

        with pytest.raises(RegistryUnavailable, match="read-only"):
            write_on_a_standby()


def test_a_file_that_is_no_database_says_so(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "registry.sqlite3").write_bytes(b"This was never a database. " * 200)
    with pytest.raises(RegistryUnavailable, match="restore it from a backup"):
        Registry.open(sqlite_url, KEY)


def test_what_a_process_accepted_is_there_after_it_is_killed(sqlite_url: str, tmp_path: Path) -> None:
    """A child commits one alert after another and is killed by surprise; every one it reported is there."""
    import signal
    import subprocess
    import sys

    with Registry.open(sqlite_url, KEY) as registry, registry.transaction() as tx:
        found = expose(tx, enrolled(tx, add_kim(tx)))
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, sqlite_url, str(found.id)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    reported = [child.stdout.readline().strip() for _ in range(10)]
    child.send_signal(signal.SIGKILL)
    reported += [line.strip() for line in child.stdout if line.endswith("\n")]
    child.wait()
    child.stdout.close()

    with Registry.open(sqlite_url, KEY) as registry, registry.reading() as tx:
        kept = [str(each.id) for each in cases.alerts(tx)]
        assert len(cases.deliveries(tx)) == len(kept)
        assert set(reported) <= set(kept)
        assert len(kept) - len(reported) <= 1
        audit.verify(tx)


CHILD = """
import sys
from uuid import UUID
from registry import cases
from registry.database import Registry

registry = Registry.open(sys.argv[1], bytes(range(32)))
while True:
    with registry.transaction() as tx:
        found = cases.exposure(tx, UUID(sys.argv[2]))
        alert = cases.add_alert(tx, found.person, [found])
    print(alert.id, flush=True)
"""
