"""What tests ask of a running portal: people, links, finds, and forms filled in as a browser would."""

import atexit
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import uvicorn

from crawler.store import CrawlStore
from matchers import Fingerprint, fingerprint
from portal.web.app import Settings, create_app
from registry import cases, consents, enrolments, people, signin
from registry.database import Registry
from registry.people import Person
from tests.portal.pictures import picture

PAGE = "https://forum.example/thread/4711?page=2#post9"
PICTURE = "https://cdn.example/u/8d1f/full.jpg"


@dataclass
class Portal:
    """A running portal, its stores, and the mails it sent: (to, subject, text)."""

    url: str
    registry: Registry
    store: CrawlStore
    mails: list[tuple[str, str, str]] = field(default_factory=list)

    def mailed(self, count: int) -> list[tuple[str, str, str]]:
        """Return the mails once there are so many: they are written after the answer is out."""
        until(lambda: len(self.mails) >= count)
        return self.mails

    def person(self, name: str = "Kim Haneul", **given: object) -> Person:
        """Add somebody who is checking for themselves."""
        given.setdefault("email", f"{name.split()[-1].lower()}@example.org")
        with self.registry.transaction("test") as tx:
            return people.add_person(tx, name, **given)  # type: ignore[arg-type]

    def link(self, person: Person) -> str:
        """Make a one-time link, as `watchlight person link` does."""
        with self.registry.transaction("test") as tx:
            return f"{self.url}/sign-in/{signin.new_link(tx, person)}"

    def session(self, person: Person) -> str:
        """Return a session token of somebody signed in."""
        with self.registry.transaction("test") as tx:
            return signin.redeem(tx, signin.new_link(tx, person))

    def enrolled(self, person: Person, label: str | None = "Summer", seed: int = 1) -> UUID:
        """Enrol a photo of theirs, as the command line does."""
        with self.registry.transaction("test") as tx:
            consents.give(tx, person)
            return enrolments.enrol(tx, person, made(seed), label).id

    def exposed(self, enrolment: UUID, page: str = PAGE, confidence: float = 0.97) -> UUID:
        """Record that a copy was found."""
        with self.registry.transaction("test") as tx:
            exposure, _ = cases.record_exposure(
                tx,
                enrolment,
                page_url=page,
                picture_url=PICTURE,
                target="forum",
                seen_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
                content_digest=bytes(32),
                kind="flipped",
                distance=6,
                confidence=confidence,
                reason="the mirrored picture differs in 6 of 256 bits",
            )
            return exposure.id

    def client(self, person: Person | None = None) -> httpx.Client:
        """Return a browser-like client, signed in as `person`."""
        client = httpx.Client(base_url=self.url, headers={"Accept-Language": "en"}, timeout=120)
        if person is not None:
            client.cookies.set("session", self.session(person))
        return client


@cache
def made(seed: int) -> Fingerprint:
    """Return the fingerprint of a drawn picture."""
    return fingerprint(picture(seed))


def token(client: httpx.Client, path: str) -> str:
    """Return the form token that the page at `path` carries."""
    return client.get(path).text.split('name="token" value="')[1].split('"')[0]


def post(client: httpx.Client, path: str, form: str = "/", **fields: str) -> httpx.Response:
    """Send a form as its page would, with the token of the page at `form`."""
    return client.post(path, data={"token": token(client, form), **fields})


def until(holds: Callable[[], object], seconds: float = 10) -> None:
    """Wait for something that happens on another thread."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


@contextmanager
def serving(folder: Path, settings: Settings, mail_s: float = 0) -> Iterator[Portal]:
    """Serve a portal, with stores in `folder`, on a free port of loopback.

    Sending a mail takes `mail_s` seconds; where it takes none, nobody waits before an address is looked up either.
    """
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        shutil.copytree(_empty_stores(), folder, dirs_exist_ok=True)
        registry = Registry.open(f"sqlite:///{folder / 'registry.sqlite3'}", bytes(32))
        store = CrawlStore.open(f"sqlite:///{folder / 'crawl.sqlite3'}")
        running = Portal(url, registry, store)

        hurried: dict[str, Any] = {} if mail_s else {"link_delay_s": 0.0}

        def send(*mail: str) -> None:
            time.sleep(mail_s)
            running.mails.append(mail)  # type: ignore[arg-type]

        app = create_app(registry, store, replace(settings, portal_url=url, **hurried), mail=send)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, server_header=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        until(lambda: server.started)
        try:
            yield running
        finally:
            server.should_exit = True
            thread.join(10)
            registry.close()
            store.close()


@cache
def _empty_stores() -> Path:
    """Make the two empty databases once a run: their migrations take longer than most tests here."""
    folder = Path(tempfile.mkdtemp(prefix="wl-portal-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Registry.open(f"sqlite:///{folder / 'registry.sqlite3'}", bytes(32)).close()
    CrawlStore.open(f"sqlite:///{folder / 'crawl.sqlite3'}").close()
    return folder
