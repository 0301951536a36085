"""What Scrapy logs for each request and item: nothing. Counts are in the metrics and in the crawl's own row."""

from functools import cache
from typing import Any

from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.logger import globalLogBeginner


class QuietFormatter(LogFormatter):
    """Keeps addresses and page contents out of the log by not logging single pages at all."""

    def crawled(self, *_: Any, **__: Any) -> LogFormatterResult:
        """Nothing: one line a page says only where we were."""
        return None  # type: ignore[return-value]

    scraped = dropped = download_error = crawled


@cache
def begin_twisted_log() -> None:
    """Tell Twisted that logging has begun: until then it writes what it finds critical to stderr past our scrubbing.

    What it says reaches the log through the observer that Scrapy adds.
    """
    globalLogBeginner.beginLoggingTo([], discardBuffer=True, redirectStandardIO=False)
