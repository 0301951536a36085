"""The crawl store: targets, frontier, pages and the sighting log, in one database that knows no person."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from crawler.coverage import Coverage
from crawler.days import SiteDays
from crawler.discovery.candidates import Candidates
from crawler.discovery.kinship import Kin
from crawler.errors import StoreUnavailable
from crawler.fleet.connection import names, valkey_url
from crawler.frontier import Frontier
from crawler.longwork import LongWork
from crawler.migrations import upgrade
from crawler.optouts import OptOuts
from crawler.reading import Reading
from crawler.recheck import RecheckRequests
from crawler.records import Pages
from crawler.targets.kept import Targets
from matchers.archive import Archive, folder
from matchers.sightings import SightingLog, crawl_database_url, open_engine


class CrawlStore:
    """One open crawl store; its rooms are the attributes, the sighting log is `.log`."""

    def __init__(self, engine: Engine, valkey: str = "", archive: Path | None = None) -> None:
        self.engine = engine
        self.targets = Targets(engine)
        self.frontier = _frontier(engine, valkey)
        self.pages = Pages(engine)
        self.coverage = Coverage(engine)
        self.reading = Reading(engine)
        self.candidates = Candidates(engine)
        self.kin = Kin(engine)
        self.rechecks = RecheckRequests(engine)
        self.optouts = OptOuts(engine)
        self.days = SiteDays(engine)
        self.log = SightingLog(engine)
        self.archive = Archive(engine, archive or folder(engine.url))
        self.long_work = LongWork(engine)

    @classmethod
    def open(cls, url: str | None = None, environ: Mapping[str, str] = os.environ) -> "CrawlStore":
        """Open the store at `url` (default: WATCHLIGHT_CRAWL_DATABASE_URL, else a file in WATCHLIGHT_HOME).

        With WATCHLIGHT_VALKEY_URL its frontier is shared by several crawlers; Valkey is not dialled yet.
        Brings the tables up to date first. Raises StoreUnavailable when there is no database to be had.
        """
        try:
            engine = open_engine(url or crawl_database_url(environ))
            upgrade(engine)
        except OperationalError as error:
            raise StoreUnavailable(
                "The crawl store cannot be opened. Check WATCHLIGHT_CRAWL_DATABASE_URL and WATCHLIGHT_HOME, that the "
                f"disk has room and the database runs: {type(error.orig).__name__}."
            ) from error
        except SQLAlchemyError as error:
            raise StoreUnavailable(
                f"WATCHLIGHT_CRAWL_DATABASE_URL is not the address of a database we can use: {type(error).__name__}."
            ) from error
        return cls(engine, valkey_url(environ), folder(engine.url, environ))

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _frontier(engine: Engine, valkey: str) -> Frontier:
    """Return the frontier of one process alone, or of a fleet."""
    if not valkey:
        return Frontier(engine)
    from crawler.fleet.frontier import FleetFrontier
    from crawler.fleet.leases import SharedLeases

    return FleetFrontier(engine, SharedLeases(valkey, names(engine)))


@cache
def shared_store(url: str) -> CrawlStore:
    """Return the one store of this process at `url`, so that all its crawls share connections."""
    return CrawlStore.open(url)
