"""The way to Valkey: its address in the settings, a client with short patience, and names of our own in it."""

import hashlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from crawler.errors import BadFleetSetting, FleetAway

if TYPE_CHECKING:
    import valkey

PATIENCE_S = 2.0
"""Seconds one question may take; who asks decides whether to ask again."""
SCHEMES = ("valkey://", "valkeys://", "redis://", "rediss://", "unix://")


def valkey_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the address of the Valkey that the crawlers of a fleet share; "" where one process works alone."""
    return environ.get("WATCHLIGHT_VALKEY_URL", "").strip()


def client(url: str) -> "valkey.Valkey":
    """Return a client that dials when it is first used; raise BadFleetSetting when it never could."""
    import_or_say_how()
    import valkey

    return valkey.Valkey.from_url(checked(url), **_patience())


def looping_client(url: str) -> Any:
    """Return the same for the event loop."""
    import_or_say_how()
    from valkey import asyncio as valkey_in_loop

    return valkey_in_loop.Valkey.from_url(checked(url), **_patience())


def setup_of(url: str) -> tuple[str, str]:
    """Return the version of the server and what it does when its memory is full; raise FleetAway or BadFleetSetting."""
    try:
        about: Any = client(url).info()
    except Exception as error:
        raise away(error) from error
    return str(about.get("valkey_version") or about.get("redis_version", "")), str(about.get("maxmemory_policy", ""))


def _patience() -> dict[str, Any]:
    # No retries of the client's own: a script whose answer got lost may have run, and only we know what to do then.
    return {
        "socket_timeout": PATIENCE_S,
        "socket_connect_timeout": PATIENCE_S,
        "retry_on_timeout": False,
        "decode_responses": True,
    }


def checked(url: str) -> str:
    """Return the address; raise BadFleetSetting when it is none. It is not repeated: it may hold a password."""
    if not url.startswith(SCHEMES):
        raise BadFleetSetting("WATCHLIGHT_VALKEY_URL is an address like valkey://127.0.0.1:6379/0.")
    return url


def import_or_say_how() -> None:
    """Raise BadFleetSetting where the extra is missing."""
    try:
        import valkey  # noqa: F401 - whether it is there
    except ImportError as error:
        raise BadFleetSetting(
            "WATCHLIGHT_VALKEY_URL is set, and the extra `fleet` is missing: install watchlight[fleet]."
        ) from error


def away(error: Exception) -> Exception:
    """Return what a client's error means: FleetAway when waiting may help, BadFleetSetting when it cannot."""
    import valkey.exceptions as errors

    if isinstance(error, errors.AuthenticationError | errors.NoPermissionError | errors.AuthorizationError):
        return BadFleetSetting("Valkey refuses the name or password in WATCHLIGHT_VALKEY_URL.")
    if isinstance(error, errors.ConnectionError | errors.TimeoutError | errors.ReadOnlyError | OSError):
        return FleetAway(type(error).__name__)
    if isinstance(error, errors.ResponseError) and str(error).startswith(("OOM", "MISCONF", "LOADING", "BUSY")):
        return FleetAway(str(error).partition(" ")[0])
    return error


def names(engine: Engine) -> str:
    """Return the beginning of all our keys: of this crawl store, so that two houses may share one Valkey.

    The braces keep all keys of a store on one node of a cluster.
    """
    return f"{{watchlight:{hashlib.sha256(_identity(engine).encode()).hexdigest()[:12]}}}"


def _identity(engine: Engine) -> str:
    """Return what tells this database from every other, by whatever name or address it is reached."""
    if engine.dialect.name != "postgresql":
        return f"{engine.dialect.name}:{os.path.realpath(str(engine.url.database))}"
    with engine.connect() as connection:
        question = "SELECT system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database()) FROM "
        return ":".join(map(str, connection.exec_driver_sql(question + "pg_control_system()").one()))
