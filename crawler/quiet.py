"""What Scrapy logs for each request and item: nothing. Counts are in the metrics and in the crawl's own row."""

from typing import Any

from scrapy.logformatter import LogFormatter, LogFormatterResult


class QuietFormatter(LogFormatter):
    """Keeps addresses and page contents out of the log by not logging single pages at all."""

    def crawled(self, *_: Any, **__: Any) -> LogFormatterResult:  # type: ignore[override]
        """Nothing: one line a page says only where we were."""
        return None  # type: ignore[return-value]

    scraped = dropped = download_error = crawled  # type: ignore[assignment]
