"""One page in work: what it gave so far, and the moment when everything it gave is known."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from crawler.items import PageSeen
from crawler.memory import Shown
from crawler.outcomes import Entry, NewEntry, Outcome
from crawler.rendering import SUBJECT

RETRY_S = (5.0, 30.0, 120.0)


@dataclass(slots=True)
class PageWork:
    """A leased page between hand-out and settlement; `done` is told once, with the outcome."""

    entry: Entry
    done: Callable[["PageWork"], None]
    outcome: Outcome = field(init=False)
    items: int = 0
    shown: list[Shown] = field(default_factory=list)
    open: bool = True
    settled: bool = False

    def __post_init__(self) -> None:
        self.outcome = Outcome(self.entry)

    def found(self, entry: NewEntry) -> None:
        """Note an address to be looked at."""
        self.outcome.found.append(entry)

    def saw(self, page: PageSeen) -> None:
        """Note a page as it was shown, to be remembered with what it gave."""
        self.shown.append(Shown.of(page))
        if page.rendered:
            self.outcome.coverage[SUBJECT, page.rendered] += 1

    def looked_at(self, picture: str) -> None:
        """Count one picture of the page under what came of it: new, changed, unchanged, unusable, ..."""
        self.outcome.coverage["picture", picture] += 1

    def refuse(self, reason: str, count: int = 1) -> None:
        """Count something on this page that was not fetched or not used."""
        self.outcome.refusals[reason[:40]] += count

    def refuse_page(self, reason: str, status: int | None = None) -> None:
        """The page itself is refused for good."""
        self.outcome.reason, self.outcome.status = reason, status
        self.refuse(reason)

    def again(self, reason: str, until: datetime | None = None) -> None:
        """The page shall be tried again, after `until` or a pause that grows with the tries."""
        pause = RETRY_S[min(self.entry.tries, len(RETRY_S) - 1)]
        self.outcome.state, self.outcome.reason = "again", reason
        self.outcome.not_before = until or datetime.now(UTC) + timedelta(seconds=pause)
        self._forget_gains()

    def later(self, until: datetime | None, reason: str) -> None:
        """The page was not asked for, because its site or the operator wants us to wait: no try is counted."""
        self.again(reason, until)
        self.outcome.state = "later"

    def back(self) -> None:
        """The page goes back as if it had not been handed out: the crawl is stopping."""
        self.outcome.state, self.outcome.reason = "back", "stopping"
        self.outcome.refusals.clear()
        self._forget_gains()

    def _forget_gains(self) -> None:
        """A page that is looked at again gives everything again; nothing is counted twice."""
        self.outcome.sightings.clear()
        self.outcome.coverage.clear()
        self.outcome.touched.clear()
        self.outcome.read = None
        self.shown.clear()
        self.outcome.pictures = self.outcome.known_pictures = 0

    def closed(self) -> None:
        """The spider has said everything about the page."""
        self.open = False
        self.finish_if_complete()

    def item_done(self) -> None:
        """One item of the page went through the pipelines."""
        self.items -= 1
        self.finish_if_complete()

    def finish_if_complete(self) -> None:
        """Tell `done` when nothing of the page is under way any more."""
        if not self.open and self.items == 0 and not self.settled:
            self.settled = True
            self.done(self)


@dataclass(frozen=True, slots=True)
class PageInWork:
    """A PageSeen on its way through the pipelines, with the work it belongs to."""

    page: PageSeen
    work: PageWork

    def __repr__(self) -> str:
        """Scrapy logs items: say whose it is, never what is in it."""
        return f"<PageInWork of {self.page.target}>"
