"""One house on one machine: the stores opened, the portal served, the loops turning, and a clean end."""

import errno
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import uvicorn
from prometheus_client import start_http_server

from crawler.alone import holding, place
from crawler.errors import AlreadyAtWork
from crawler.fleet.connection import valkey_url
from crawler.store import CrawlStore
from egress import logs
from matchers.archive import ArchiveUnreadable, moved_after
from matchers.home import home
from matchers.sightings import crawl_database_url, kept_for
from portal.crawling import Crawling
from portal.duties import CRAWL, HOUSE, PORTAL, chosen, loops_of
from portal.first_operator import first_link
from portal.loops import Loops
from portal.watch import Watch
from portal.web import ceremony
from portal.web.app import create_app
from portal.web.settings import PASSKEYS, Settings
from registry.database import Registry, registry_url
from registry.reviews import RULES, Release

PORT = 8620
STOP_S = 60.0
LOOPBACK = "127.0.0.1"


class AlreadyRunning(Exception):
    """Another `watchlight run` keeps this data folder."""


class BadSetting(Exception):
    """A setting that cannot be used."""


def keep_house(port: int | None = None, only: Sequence[str] = (), environ: Mapping[str, str] = os.environ) -> list[str]:
    """Do these duties (none: all) until SIGTERM or SIGINT; return what did not end in time (nothing: a clean stop).

    Raises AlreadyRunning, BadSetting, UnknownDuty, or what opening the stores raises.
    """
    duties = chosen(only)
    on = _port(port, environ)
    _refuse_bad_days(environ)
    settings = _settings(on, environ)
    logs.configure(environ.get("WATCHLIGHT_LOG_LEVEL", "INFO"))
    with ExitStack() as ends:
        _take_folder(ends, environ)
        listener = ends.enter_context(_listening(on, environ)) if PORTAL in duties else None
        store = ends.enter_context(closing(CrawlStore.open(environ=environ)))
        if HOUSE in duties:
            ends.enter_context(place(store.engine, HOUSE))
        crawling = Crawling(store, _with_metrics_port(environ, on))
        ends.callback(crawling.stop)
        loops, server = crawling.loops(), None
        if duties != {CRAWL}:  # a crawler knows no people: it is not given the registry
            registry = ends.enter_context(Registry.open(environ=environ))
            watch = Watch(registry, store, environ)
            ends.callback(watch.stop)
            loops += watch.loops()
            if listener is not None:
                server = _server(registry, store, settings)
                _say_where(registry, settings, environ, on)
        turning = Loops([loop for loop in loops if loop.name in loops_of(duties)])
        _serve(turning, server, listener, duties, port, environ)
        crawling.stop()
        return turning.stop(within_s=STOP_S)


def _serve(
    loops: Loops,
    server: uvicorn.Server | None,
    listener: socket.socket | None,
    duties: frozenset[str],
    port: int | None,
    environ: Mapping[str, str],
) -> None:
    """Let the loops turn, and the portal answer if there is one, until told to stop."""
    told = _stop_on_signals(server)
    loops.start()
    try:
        if server is not None and listener is not None:
            server.run(sockets=[listener])
        else:
            _serve_numbers(port, environ)
            print(f"Watchlight is running: {', '.join(sorted(duties))}. (Ctrl-C stops cleanly)", flush=True)  # noqa: T201
            told.wait()
    finally:
        loops.stopping.set()


def _settings(port: int, environ: Mapping[str, str]) -> Settings:
    return Settings(
        portal_url=environ.get("WATCHLIGHT_PORTAL_URL") or f"http://127.0.0.1:{port}",
        contact=environ.get("WATCHLIGHT_CONTACT"),
        release=_release(environ),
        passkeys=_passkeys(environ),
        valkey_url=valkey_url(environ),
    )


def _server(registry: Registry, store: CrawlStore, settings: Settings) -> uvicorn.Server:
    app = create_app(registry, store, settings)
    return uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, server_header=False))


def _say_where(registry: Registry, settings: Settings, environ: Mapping[str, str], port: int) -> None:
    print(f"Watchlight is running. The portal: {settings.portal_url}   (Ctrl-C stops cleanly)", flush=True)  # noqa: T201
    if link := first_link(registry, environ, port):
        print(f"Nobody operates this yet. Once, within an hour: {link}", flush=True)  # noqa: T201


def _serve_numbers(port: int | None, environ: Mapping[str, str]) -> None:
    """Serve /metrics where a process without a portal was given a port."""
    if port is not None:
        start_http_server(port, addr=environ.get("WATCHLIGHT_PORTAL_LISTEN") or LOOPBACK)


def _port(asked: int | None, environ: Mapping[str, str]) -> int:
    told = environ.get("WATCHLIGHT_PORTAL_PORT")
    if asked is not None:
        return asked
    if told is None:
        return PORT
    if not told.isdecimal() or int(told) > 65535:
        raise BadSetting(f"WATCHLIGHT_PORTAL_PORT is a number from 1 to 65535, not {told!r}.")
    return int(told)


def _release(environ: Mapping[str, str]) -> Release:
    """Return when addresses are released: WATCHLIGHT_RELEASE, and WATCHLIGHT_RELEASE_DELAY_HOURS."""
    rule, hours = environ.get("WATCHLIGHT_RELEASE", "operator"), environ.get("WATCHLIGHT_RELEASE_DELAY_HOURS", "24")
    if rule not in RULES:
        raise BadSetting(f"WATCHLIGHT_RELEASE is one of {', '.join(RULES)}, not {rule!r}.")
    if not (hours.isascii() and hours.isdecimal() and int(hours) <= 24 * 90):
        raise BadSetting(f"WATCHLIGHT_RELEASE_DELAY_HOURS is a number of hours from 0 to 2160, not {hours!r}.")
    return Release(rule, timedelta(hours=int(hours)))


def _passkeys(environ: Mapping[str, str]) -> str:
    """Return whether passkeys are asked or demanded of whoever works here: WATCHLIGHT_PASSKEYS."""
    rule = environ.get("WATCHLIGHT_PASSKEYS", "asked")
    if rule not in PASSKEYS:
        raise BadSetting(f"WATCHLIGHT_PASSKEYS is one of {', '.join(PASSKEYS)}, not {rule!r}.")
    url = environ.get("WATCHLIGHT_PORTAL_URL")
    if rule == "demanded" and url and ceremony.place(urlsplit(url).netloc, Settings(portal_url=url)) is None:
        raise BadSetting("Browsers allow no passkeys there: give WATCHLIGHT_PORTAL_URL a name and https, or localhost.")
    return rule


def _refuse_bad_days(environ: Mapping[str, str]) -> None:
    """Refuse at the start what would otherwise fail once an hour."""
    try:
        kept_for(environ)
        moved_after(environ)
    except (ValueError, ArchiveUnreadable) as error:
        raise BadSetting(str(error)) from error


def _with_metrics_port(environ: Mapping[str, str], portal_port: int) -> dict[str, str]:
    """Give the crawler's process a port of its own for /metrics, next to the portal's, unless one was chosen."""
    return {"WATCHLIGHT_CRAWL_METRICS_PORT": str(portal_port + 1), **environ}


def _take_folder(ends: ExitStack, environ: Mapping[str, str]) -> None:
    """Hold the data folder's lock where a store lies in it: two of us would crawl everything twice.

    It ends with the process. In a fleet, whose stores are elsewhere, processes may share the folder and its key.
    """
    if not any(url.startswith("sqlite") for url in (crawl_database_url(environ), registry_url(environ))):
        return
    try:
        ends.enter_context(holding(home(environ) / "run.lock", "run"))
    except AlreadyAtWork as error:
        raise AlreadyRunning(
            f"Another `watchlight run` ({error.holder or 'another process'}) keeps {home(environ)}. Stop it (kill "
            "-TERM with its number), or set WATCHLIGHT_HOME to another folder; several can share one store with "
            "PostgreSQL (docs/fleet.md)."
        ) from error


@contextmanager
def _listening(port: int, environ: Mapping[str, str]) -> Iterator[socket.socket]:
    """Listen before anything else starts, so that a taken port is a clear error and not half a house."""
    # The protocol is named, or asyncio leaves Nagle's algorithm on: each later answer of a connection waits 40 ms.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((environ.get("WATCHLIGHT_PORTAL_LISTEN") or LOOPBACK, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise BadSetting(f"WATCHLIGHT_PORTAL_LISTEN cannot be listened on: {error.strerror}.") from error
            raise BadSetting(f"Port {port} is taken. Choose another with --port or WATCHLIGHT_PORTAL_PORT.") from error
        yield listener


def _stop_on_signals(server: uvicorn.Server | None) -> threading.Event:
    """Let SIGTERM and SIGINT end the server, or set the event; the loops end after it."""
    told = threading.Event()

    def stop(*_: object) -> None:
        told.set()
        if server is not None:
            server.should_exit = True

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
    return told
