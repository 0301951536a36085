"""What can go wrong in the crawler, said so that the reader knows what to do next."""

from collections.abc import Iterable


class CrawlerError(Exception):
    """Every error the crawler raises on purpose; `str()` is one clear sentence."""


class UnknownTarget(CrawlerError):
    """No target of this name is kept."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no target called {name!r}. `watchlight target list` shows the targets there are; "
            f"`watchlight target add {name} URL` adds one."
        )
        self.name = name


class UnknownKind(CrawlerError):
    """No spider looks at this kind of place."""

    def __init__(self, kind: str, kinds: Iterable[str]) -> None:
        super().__init__(f"No spider knows the kind {kind!r}. Kinds there are: {', '.join(sorted(kinds)) or 'none'}.")
        self.kind = kind


class BadTarget(CrawlerError):
    """A target that cannot be kept; the sentence names the field and what it wants."""


class UnknownCandidate(CrawlerError):
    """No candidate target has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no candidate {number}. `watchlight target candidates` shows those there are.")
        self.number = number


class StoreUnavailable(CrawlerError):
    """The crawl store cannot be opened or has no room left."""


class Unguarded(CrawlerError):
    """The start-up self-test reached an address that must be out of reach, so nothing is crawled."""


class FleetAway(CrawlerError):
    """Valkey does not answer or cannot write; what was asked is asked again later. `str()` is the kind of trouble."""


class BadFleetSetting(CrawlerError):
    """The address of Valkey cannot be used; the sentence says what to change."""


class AlreadyAtWork(CrawlerError):
    """Another process does alone what this one was asked to do; `.holder` names it."""

    def __init__(self, duty: str, holder: str) -> None:
        what = {"crawl": "crawls this store", "house": "runs the house on this store"}.get(duty, f"does {duty} here")
        super().__init__(
            f"{holder[:1].upper()}{holder[1:] or 'Another process'} {what} already. Wait until it is done or stop it; "
            "several can share one store with PostgreSQL and WATCHLIGHT_VALKEY_URL (docs/fleet.md)."
        )
        self.holder = holder
