"""One house on one machine: the stores opened, the portal served, the loops turning, and a clean end."""

import fcntl
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import IO

import uvicorn

from crawler.store import CrawlStore
from egress import logs
from matchers.home import home
from matchers.sightings import kept_for
from portal.first_operator import first_link
from portal.loops import Loops
from portal.watch import Watch
from portal.web.app import create_app
from portal.web.settings import PASSKEYS, Settings
from registry.database import Registry
from registry.reviews import RULES, Release

PORT = 8620
STOP_S = 60.0


class AlreadyRunning(Exception):
    """Another `watchlight run` keeps this data folder."""


class BadSetting(Exception):
    """A setting that cannot be used."""


def keep_house(port: int | None = None, environ: Mapping[str, str] = os.environ) -> list[str]:
    """Run until SIGTERM or SIGINT; return the names of what did not end in time (none: a clean stop).

    Raises AlreadyRunning, BadSetting, or what opening the stores raises.
    """
    chosen = _port(port, environ)
    _refuse_bad_days(environ)
    _release(environ)
    _passkeys(environ)
    logs.configure(environ.get("WATCHLIGHT_LOG_LEVEL", "INFO"))
    with _alone(environ), _listening(chosen) as listener:
        registry, store = Registry.open(environ=environ), CrawlStore.open(environ=environ)
        watch = Watch(registry, store, _with_metrics_port(environ, chosen))
        address = environ.get("WATCHLIGHT_PORTAL_URL") or f"http://127.0.0.1:{chosen}"
        settings = Settings(
            portal_url=address,
            contact=environ.get("WATCHLIGHT_CONTACT"),
            release=_release(environ),
            passkeys=_passkeys(environ),
        )
        loops = Loops(watch.loops())
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(registry, store, settings), log_config=None, access_log=False, server_header=False
            )
        )
        _stop_on_signals(server)
        loops.start()
        print(f"Watchlight is running. The portal: {address}   (Ctrl-C stops cleanly)", flush=True)  # noqa: T201
        if link := first_link(registry, environ, chosen):
            print(f"Nobody operates this yet. Once, within an hour: {link}", flush=True)  # noqa: T201
        try:
            server.run(sockets=[listener])
        finally:
            loops.stopping.set()
            watch.stop()
            unfinished = loops.stop(within_s=STOP_S)
            registry.close()
            store.close()
    return unfinished


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
    return rule


def _refuse_bad_days(environ: Mapping[str, str]) -> None:
    """Refuse at the start what would otherwise fail once an hour."""
    try:
        kept_for(environ)
    except ValueError as error:
        raise BadSetting(str(error)) from error


def _with_metrics_port(environ: Mapping[str, str], portal_port: int) -> dict[str, str]:
    """Give the crawler's process a port of its own for /metrics, next to the portal's, unless one was chosen."""
    return {"WATCHLIGHT_CRAWL_METRICS_PORT": str(portal_port + 1), **environ}


@contextmanager
def _alone(environ: Mapping[str, str]) -> Iterator[IO[str]]:
    """Hold the data folder's lock: two of us would crawl everything twice. It ends with the process."""
    with (home(environ) / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyRunning(
                f"Another `watchlight run` keeps {home(environ)}. Stop it, or set WATCHLIGHT_HOME to another folder."
            ) from error
        yield lock


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """Listen before anything else starts, so that a taken port is a clear error and not half a house."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            raise BadSetting(f"Port {port} is taken. Choose another with --port or WATCHLIGHT_PORTAL_PORT.") from error
        yield listener


def _stop_on_signals(server: uvicorn.Server) -> None:
    """Let SIGTERM and SIGINT end the server; the loops end after it."""

    def stop(*_: object) -> None:
        server.should_exit = True

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
