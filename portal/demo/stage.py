"""Where and for how long the demo plays: a data folder of its own, empty databases, settings for loopback."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

SENDER = "watch@portal.example"
CONTACT = "demo-operator@mail.example"


class DatabaseInUseError(Exception):
    """The demo would write made-up people into a database that holds something already."""


@dataclass(frozen=True)
class Stage:
    """The settings the demo runs under; `home` is its data folder."""

    home: Path
    environ: Mapping[str, str]
    databases: tuple[str, ...]  # addresses outside the data folder


@contextmanager
def set_up(
    *, crawl_url: str | None, registry_url: str | None, keep: bool, environ: Mapping[str, str] = os.environ
) -> Iterator[Stage]:
    """Make a fresh data folder and settings; remove what the demo wrote at the end unless `keep`."""
    databases = tuple(url for url in (crawl_url, registry_url) if url)
    _refuse_used(databases)
    home = Path(tempfile.mkdtemp(prefix="watchlight-demo-"))
    try:
        yield Stage(home, _settings(home, environ, crawl_url, registry_url), databases)
    finally:
        if not keep:
            for url in databases:
                _empty(url)
            shutil.rmtree(home, ignore_errors=True)


def _settings(
    home: Path, environ: Mapping[str, str], crawl_url: str | None, registry_url: str | None
) -> dict[str, str]:
    """Keep the machine's own environment, but nothing of a real Watchlight on it except its browser."""
    settings = {
        name: value
        for name, value in environ.items()
        if not name.startswith("WATCHLIGHT_") or name == "WATCHLIGHT_CHROMIUM"
    }
    settings |= {
        "WATCHLIGHT_HOME": str(home),
        "WATCHLIGHT_ALLOW_LOOPBACK": "1",
        "WATCHLIGHT_CONTACT": CONTACT,
        "WATCHLIGHT_MAIL_FROM": SENDER,
        "WATCHLIGHT_LOG_LEVEL": "ERROR",  # the demo says itself, and loudly, that loopback is open
    }
    for name, url in (("CRAWL", crawl_url), ("REGISTRY", registry_url)):
        if url:
            settings[f"WATCHLIGHT_{name}_DATABASE_URL"] = url
    return settings


def _refuse_used(databases: tuple[str, ...]) -> None:
    if len(set(databases)) < len(databases):
        raise DatabaseInUseError("The crawl store and the registry are two databases: give two addresses.")
    for url in databases:
        if _tables(url):
            raise DatabaseInUseError(
                "The demo writes made-up people and removes all tables at the end, so it wants empty ones: "
                "give the addresses of such, or unset WATCHLIGHT_CRAWL_DATABASE_URL and "
                "WATCHLIGHT_REGISTRY_DATABASE_URL, and it uses files of its own."
            )


def _tables(url: str) -> list[str]:
    engine = sa.create_engine(url)
    try:
        return sa.inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _empty(url: str) -> None:
    """Drop every table the demo made (the database was empty before it)."""
    engine = sa.create_engine(url)
    try:
        tables = sa.MetaData()
        tables.reflect(engine)
        tables.drop_all(engine)
    finally:
        engine.dispose()
