"""Stores with a past: sightings of random hashes, copies of enrolled photos among them, older ones in the archive."""

import base64
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import psycopg
import sqlalchemy as sa

from benchmarks.retro.made import row
from crawler.store import CrawlStore
from matchers.fingerprint import VERSION, Fingerprint
from matchers.hashes import ImageHash, pdq
from matchers.sightings import sightings
from registry import cases, consents, enrolments, lists, people
from registry.cursors import cursors_of
from registry.database import Registry
from registry.transaction import Transaction

KEY = base64.b64encode(bytes(range(32))).decode()
NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=10)
PER_PERSON = 10
STEP = 1_024
LIST = "exchange"
BY_TIME = ("seen-again",)
"""Readers whose position is a moment."""


@dataclass(frozen=True)
class Size:
    """How much there is: sightings, how many of them were last seen long ago, photos, copies of each among them."""

    sightings: int
    old: int
    photos: int
    copies: int


@dataclass(frozen=True)
class Stores:
    """A folder with the data, and the addresses of both databases, which a copy of it changes."""

    folder: Path
    registry_url: str
    crawl_url: str
    maintenance: str = ""

    @property
    def environ(self) -> dict[str, str]:
        """What a command needs to work on them."""
        own = {
            "WATCHLIGHT_HOME": str(self.folder),
            "WATCHLIGHT_ARCHIVE": str(self.folder / "archive"),
            "WATCHLIGHT_REGISTRY_KEY": KEY,
            "WATCHLIGHT_REGISTRY_DATABASE_URL": self.registry_url,
            "WATCHLIGHT_CRAWL_DATABASE_URL": self.crawl_url,
        }
        return {name: value for name, value in os.environ.items() if not name.startswith("WATCHLIGHT_")} | own

    @contextmanager
    def opened(self) -> Iterator[tuple[Registry, CrawlStore]]:
        """Open both."""
        store = CrawlStore.open(environ=self.environ)
        with Registry.open(environ=self.environ) as registry:
            yield registry, store
        store.close()

    def copy(self, folder: Path) -> "Stores":
        """Return the same once more, to be changed apart from these."""
        shutil.copytree(self.folder, folder)
        if not self.maintenance:
            return _in_files(folder)
        urls = [
            _database(self.maintenance, template=sa.make_url(url).database)
            for url in (self.registry_url, self.crawl_url)
        ]
        return Stores(folder, *urls, self.maintenance)

    def end(self) -> None:
        """Take everything away."""
        shutil.rmtree(self.folder)
        for url in (self.registry_url, self.crawl_url) if self.maintenance else ():
            with psycopg.connect(self.maintenance, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{sa.make_url(url).database}" WITH (FORCE)')


def empty(folder: Path, maintenance: str = "") -> Stores:
    """Return stores with nothing in them: files in `folder`, or databases beside the one of `maintenance`."""
    folder.mkdir(mode=0o700, parents=True)
    if not maintenance:
        return _in_files(folder)
    return Stores(folder, _database(maintenance), _database(maintenance), maintenance)


def _in_files(folder: Path) -> Stores:
    return Stores(folder, f"sqlite:///{folder / 'registry.sqlite3'}", f"sqlite:///{folder / 'crawl.sqlite3'}")


def _database(maintenance: str, template: str | None = None) -> str:
    name = f"i_{uuid4().hex[:12]}"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
    url = sa.make_url(maintenance).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


def fill(stores: Stores, size: Size, seed: int, *, archived: bool) -> None:
    """Fill the stores: photos are enrolled, all sightings are compared, and the old ones lie in the archive."""
    random = np.random.default_rng(seed)
    photos = [_shown(random.bytes(32), random) for _ in range(size.photos)]
    places = {
        size.sightings * n // (size.photos * size.copies): n % size.photos for n in range(size.photos * size.copies)
    }
    with stores.opened() as (registry, store):
        for start in range(0, size.sightings, STEP):
            rows = [_sighting(n, photos, places, size, random) for n in range(start, min(start + STEP, size.sightings))]
            with store.engine.begin() as connection:
                connection.execute(sa.insert(sightings), rows)
        if archived:
            store.archive.take(NOW - timedelta(days=1), size.sightings)
        for start in range(0, size.photos, PER_PERSON):
            with registry.transaction("benchmark") as tx:
                person = people.add_person(tx, f"Person {start}", email=f"p{start}@example.org")
                consents.give(tx, person)
                for photo in photos[start : start + PER_PERSON]:
                    enrolments.enrol(tx, person, photo)
        with registry.transaction("benchmark") as tx:
            cases.move_cursor(tx, "match", size.sightings)
            lists.make(tx, LIST, purpose="a trial", source="made up", email="list@example.org")


def _sighting(
    n: int, photos: list[Fingerprint], places: Mapping[int, int], size: Size, random: np.random.Generator
) -> dict[str, Any]:
    whose = places.get(n)
    bits = random.bytes(32) if whose is None else _near(photos[whose].whole[0].bits)
    seen_at = OLD + timedelta(days=3 * n // max(size.old, 1)) if n < size.old else NOW
    return {**row(n, _shown(bits, random).to_bytes()), "seen_at": seen_at, "last_seen_at": seen_at}


def _shown(upright: bytes, random: np.random.Generator) -> Fingerprint:
    whole = [ImageHash(pdq.ALGORITHM, pdq.VERSION, random.bytes(32)) for _ in range(8)]
    whole[0] = ImageHash(pdq.ALGORITHM, pdq.VERSION, upright)
    return Fingerprint(VERSION, 640, 480, 100, tuple(whole))


def _near(bits: bytes) -> bytes:
    return bytes([bits[0] ^ 0b1011]) + bits[1:]


def end_state(stores: Stores) -> dict[str, Any]:
    """Return what is in the stores, in a form in which two of them can be compared: each thing as often as it is."""
    with stores.opened() as (registry, store), registry.reading() as tx:
        exposed = {each.id: (each.enrolment, each.page_url, each.kind) for each in cases.exposures(tx)}
        told = Counter(exposed[exposure] for each in cases.alerts(tx) for exposure in each.exposures)
        return {
            "exposures": Counter(exposed.values()),
            "told": told,
            "decisions": _decisions(tx),
            "positions": {name: cases.cursor(tx, name) for name in cursors_of(tx, "") if name not in BY_TIME},
            "enrolments": len(enrolments.enrolments(tx)),
            "list": _entries(tx),
            "targets": {target.name: target for target in store.targets.all()},
            "sightings": Counter(each.id for each in store.log.after(0, 10_000_000)),
            "in blocks": Counter(n for block in store.log.blocks.after(0) for n in block.ids.tolist()),
            "archived": Counter(n for file in store.archive.files() for n in file.ids().tolist()),
        }


def _entries(tx: Transaction) -> "Counter[Any]":
    found = [each for whole in lists.lists(tx) for each in lists.entries(tx, whole.id)]
    return Counter((each.external, each.hash.hex if each.hash else None, each.withdrawn_at is None) for each in found)


def _decisions(tx: Transaction) -> "Counter[Any]":
    from registry.models import DecisionRow

    columns = (DecisionRow.person_id, DecisionRow.sighting_index, DecisionRow.enrolment_id, DecisionRow.found)
    return Counter(tuple(each) for each in tx.session.execute(sa.select(*columns)))
