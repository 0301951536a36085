"""An open registry on each kind of database, and people with everything one can have."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy
import pytest
from PIL import Image

from matchers import Fingerprint, fingerprint
from registry import cases, consents, enrolments, people
from registry.database import Registry
from registry.people import Person
from registry.transaction import Transaction

KEY = bytes(range(32))


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = field(default_factory=lambda: datetime(2026, 11, 23, 12, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(store_url: str, clock: Clock) -> Iterator[Registry]:
    """An empty registry, once on SQLite and once on PostgreSQL."""
    with Registry.open(store_url, KEY, clock=clock) as opened:
        yield opened


@pytest.fixture
def sqlite_registry(sqlite_url: str, clock: Clock) -> Iterator[Registry]:
    """An empty registry on SQLite, for what only files can show."""
    with Registry.open(sqlite_url, KEY, clock=clock, wait_s=0.2) as opened:
        yield opened


@pytest.fixture
def sqlite_url(tmp_path: Any) -> str:
    return f"sqlite:///{tmp_path / 'registry.sqlite3'}"


def photo(seed: int, size: tuple[int, int] = (320, 240)) -> bytes:
    """Draw a picture that no other seed gives: soft coloured clouds, as a PNG file."""
    noise = numpy.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=numpy.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


def fingerprint_of(seed: int) -> Fingerprint:
    return fingerprint(photo(seed))


def add_kim(tx: Transaction, name: str = "Kim Seo-yeon", **fields: Any) -> Person:
    """Add a made-up person with a mail address of their own."""
    fields.setdefault("email", f"{''.join(filter(str.isalpha, name)).lower()}@example.org")
    return people.add_person(tx, name, **fields)


def enrolled(tx: Transaction, person: Person, seed: int = 1, label: str | None = None) -> UUID:
    """Record consent and enrol one picture; give the enrolment's id."""
    consents.give(tx, person)
    return enrolments.enrol(tx, person, fingerprint_of(seed), label).id


def expose(tx: Transaction, enrolment: UUID, page: str = "https://forum.example/t/1", **facts: Any) -> cases.Exposure:
    """Record a sighting of an enrolled picture on a page."""
    known: dict[str, Any] = {
        "page_url": page,
        "picture_url": "https://cdn.example/i/7f3a.jpg",
        "target": "harbour-forum",
        "seen_at": tx.now(),
        "content_digest": b"\x17" * 32,
        "kind": "whole",
        "distance": 12,
        "confidence": 0.97,
        "reason": "12 of 256 bits differ",
    }
    return cases.record_exposure(tx, enrolment, **{**known, **facts})[0]


@pytest.fixture
def story(registry: Registry) -> Callable[[], tuple[Person, UUID, cases.Exposure]]:
    """Give a function that adds a person with one enrolment and one exposure."""

    def tell() -> tuple[Person, UUID, cases.Exposure]:
        with registry.transaction() as tx:
            person = add_kim(tx)
            enrolment = enrolled(tx, person)
            return person, enrolment, expose(tx, enrolment)

    return tell
