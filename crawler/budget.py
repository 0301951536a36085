"""What one crawl of one target may cost: pages, pictures, bytes and time."""

from dataclasses import dataclass
from datetime import UTC, datetime

from crawler.records import Run
from crawler.targets import CrawlTarget


@dataclass(slots=True)
class Budget:
    """The budget of a target and what is spent of it, across restarts of the same crawl."""

    target: CrawlTarget
    started_at: datetime
    pages: int = 0
    pictures: int = 0
    bytes: int = 0

    @classmethod
    def of(cls, target: CrawlTarget, run: Run) -> "Budget":
        """Return the budget with what the run has spent already."""
        return cls(target, run.started_at, run.pages, run.pictures, run.bytes)

    def others_spent(self, run: Run) -> None:
        """Take in what the store knows of the run: other crawlers may work on it, too."""
        self.pages = max(self.pages, run.pages)
        self.pictures = max(self.pictures, run.pictures - run.known_pictures)
        self.bytes = max(self.bytes, run.bytes)

    def spent(self) -> str | None:
        """Return which part of the budget is used up, as a slug, or None."""
        if self.pages >= self.target.max_pages:
            return "budget-pages"
        if self.bytes >= self.target.max_mb * 1_000_000:
            return "budget-bytes"
        if (datetime.now(UTC) - self.started_at).total_seconds() >= self.target.max_hours * 3600:
            return "budget-time"
        return None

    def picture(self) -> str | None:
        """Take one picture from the budget; return why there is none left."""
        if self.pictures >= self.target.max_pictures:
            return "budget-pictures"
        reason = self.spent()
        if reason is not None and reason != "budget-pages":
            return reason
        self.pictures += 1
        return None
