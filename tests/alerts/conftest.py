"""Real stores, made-up people, and real servers on loopback that can be told to misbehave."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from PIL import Image

from alerts.channels.smtp import SmtpChannel, channel
from alerts.message import Outgoing, Reader
from matchers import Fingerprint, fingerprint
from matchers.sightings import Sighting, SightingLog, crawl_metadata, open_engine
from registry import consents, enrolments, people
from registry.database import Registry
from registry.people import Person

KEY = bytes(range(32))
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """An empty registry on SQLite."""
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite3'}", KEY) as opened:
        yield opened


@pytest.fixture
def either_registry(store_url: str) -> Iterator[Registry]:
    """An empty registry, once on SQLite and once on PostgreSQL."""
    with Registry.open(store_url, KEY) as opened:
        yield opened


@pytest.fixture
def log(tmp_path: Path) -> SightingLog:
    """An empty sighting log."""
    return open_log(f"sqlite:///{tmp_path / 'crawl.sqlite3'}")


def open_log(url: str) -> SightingLog:
    engine = open_engine(url)
    crawl_metadata.create_all(engine)
    return SightingLog(engine)


def picture(seed: int) -> bytes:
    """Draw a picture that no other seed gives: soft coloured clouds, as a PNG file."""
    noise = numpy.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=numpy.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


_SEEN: dict[int, Fingerprint] = {}


def print_of(seed: int) -> Fingerprint:
    """Return the fingerprint of picture `seed`, computed once."""
    if seed not in _SEEN:
        _SEEN[seed] = fingerprint(picture(seed))
    return _SEEN[seed]


def sighting(seed: int, page: str = "https://forum.example/t/1", **facts: Any) -> Sighting:
    """A sighting of picture `seed`."""
    known: dict[str, Any] = {
        "target": "forum",
        "page_url": page,
        "picture_url": f"https://cdn.example/{seed}.jpg",
        "seen_at": NOW,
        "content_digest": seed.to_bytes(32, "big"),
        "fingerprint": print_of(seed),
    }
    return Sighting(**{**known, **facts})


def add_person(registry: Registry, name: str = "Seo-yeon", **facts: Any) -> Person:
    facts.setdefault("email", f"{name.lower().replace(' ', '')}@example.org")
    with registry.transaction() as tx:
        person = people.add_person(tx, name, **facts)
        consents.give(tx, person)
    return person


def enrol(registry: Registry, person: Person, seed: int = 1) -> UUID:
    with registry.transaction() as tx:
        return enrolments.enrol(tx, person, print_of(seed)).id


def outgoing(**reader: Any) -> Outgoing:
    """An alert about two things, on its way to somebody in Korea."""
    known: dict[str, Any] = {
        "email": "seoyeon@example.org",
        "language": "en",
        "country": "KR",
        "phrase": "blue lantern",
    }
    return Outgoing(uuid4(), uuid4(), NOW, 2, Reader(**{**known, **reader}))


@dataclass
class MailServer:
    """A real mail server on loopback. `answer` decides what it says after each mail's data."""

    answer: str = "250 taken"
    recipient_answer: str = "250 ok"
    slow_s: float = 0.0
    drop: str = ""
    taken: list[Envelope] = field(default_factory=list)
    controller: Any = None

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        import asyncio

        await asyncio.sleep(self.slow_s)
        if self.drop == "before":
            server.transport.close()
            return "421 bye"
        if self.answer.startswith("250"):
            self.taken.append(envelope)
        if self.drop == "after":
            server.transport.close()
        return self.answer

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.controller.port}"

    def channel(self, **settings: Any) -> SmtpChannel:
        from dataclasses import replace

        made = channel({"WATCHLIGHT_SMTP_URL": self.url, "WATCHLIGHT_MAIL_FROM": "news@alerts.example"})
        assert made is not None
        return replace(made, **settings)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    server.controller = controller
    controller.start()
    yield server
    controller.stop()


@dataclass
class HookServer:
    """A real HTTP server on loopback that answers every request with the same bytes."""

    answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n"
    byte_pause_s: float = 0.0
    requests: list[bytes] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?a=1"

    def serve(self, listener: socket.socket, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            self.requests.append(_whole_request(connection))
            try:
                self._reply(connection)
            except OSError:
                return  # the other side had enough: what the slow tests want

    def _reply(self, connection: socket.socket) -> None:
        if not self.byte_pause_s:
            connection.sendall(self.answer)
            return
        for index in range(len(self.answer)):
            connection.sendall(self.answer[index : index + 1])
            time.sleep(self.byte_pause_s)


def _whole_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def hook_server() -> Iterator[HookServer]:
    server = HookServer()
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        thread = threading.Thread(target=server.serve, args=(listener, stop), daemon=True)
        thread.start()
        yield server
        stop.set()


@pytest.fixture
def found(registry: Registry, log: SightingLog) -> Callable[..., tuple[Person, Any]]:
    """Give a function that adds a person with one enrolment and one exposure, told through the real triage."""
    from alerts.triage import LiveIndex, match_new
    from registry import cases

    def tell(**facts: Any) -> tuple[Person, Any]:
        person = add_person(registry, **facts)
        enrol(registry, person)
        log.append([sighting(1)])
        match_new(registry, log, LiveIndex())
        with registry.reading() as tx:
            return person, cases.exposures(tx, person)[0]

    return tell
