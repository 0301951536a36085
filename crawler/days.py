"""What a site was asked for in one day by all our crawls together, across runs, restarts and processes."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, delete, select

from crawler import schema
from crawler.records import insert


@dataclass(frozen=True, slots=True)
class Spent:
    """Requests made and bytes received."""

    requests: int = 0
    bytes: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.requests + other.requests, self.bytes + other.bytes)


class SiteDays:
    """The counts in the crawl store, by site (a registrable domain) and day (ISO date, operator's time zone)."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def spent(self, site: str, day: str) -> Spent:
        """Return what a site gave us on a day so far."""
        table = schema.site_days
        wanted = select(table.c.requests, table.c.bytes).where(table.c.site == site, table.c.day == day)
        with self.engine.connect() as connection:
            row = connection.execute(wanted).one_or_none()
        return Spent(*row) if row else Spent()

    def add(self, more: Mapping[tuple[str, str], Spent]) -> dict[tuple[str, str], Spent]:
        """Add counts by (site, day); return what they are now, other processes' included."""
        table, now = schema.site_days, {}
        with self.engine.begin() as connection:
            for (site, day), spent in sorted(more.items()):
                row = {"site": site, "day": day, "requests": spent.requests, "bytes": spent.bytes}
                statement = insert(connection, table).values(row)
                statement = statement.on_conflict_do_update(
                    index_elements=["site", "day"],
                    set_={
                        "requests": table.c.requests + statement.excluded.requests,
                        "bytes": table.c.bytes + statement.excluded.bytes,
                    },
                ).returning(table.c.requests, table.c.bytes)
                now[site, day] = Spent(*connection.execute(statement).one())
        return now

    def forget_before(self, day: str) -> int:
        """Forget the days before this one; return how many rows."""
        with self.engine.begin() as connection:
            return connection.execute(delete(schema.site_days).where(schema.site_days.c.day < day)).rowcount
