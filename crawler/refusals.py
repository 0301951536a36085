"""Named refusals: why something was not fetched or not used, as short slugs that may be counted and shown."""

from datetime import datetime
from ssl import SSLError

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)

from crawler.workers import JobRefused


class NotFetched(IgnoreRequest):
    """A request that one of our guards refused; `.reason` is its slug. Trying again would change nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Later(NotFetched):
    """A request whose host asked for patience: it may be repeated after `.until`."""

    def __init__(self, reason: str, until: datetime | None = None) -> None:
        super().__init__(reason)
        self.until = until


class Stopping(NotFetched):
    """The crawl is ending; the request goes back to where it came from as if it had not been made."""

    def __init__(self) -> None:
        super().__init__("stopping")


class HeadersTooLong(Exception):
    """A server that does not stop sending response headers."""


class TooManyChunks(Exception):
    """A body cut into so many pieces that putting them together costs more than what they carry."""


class TooLarge(Exception):
    """A body longer than what was asked for may be."""


class BadResponse(Exception):
    """What came is not HTTP."""


ASKED_TO_WAIT, QUIET_HOURS, BUDGET_DAY = "asked-to-wait", "quiet-hours", "budget-day"
PATIENCE = frozenset({ASKED_TO_WAIT, QUIET_HOURS, BUDGET_DAY})
"""Reasons of our own not to ask yet: the page waits in the frontier, and no try is counted."""
AGAIN = frozenset({"timeout", "dns", "connection", "cut-short", "workers-gone"})
"""Reasons that may be gone a little later; every other refusal is final for this crawl."""

_BY_TYPE: tuple[tuple[type[BaseException], str], ...] = (
    (DownloadTimeoutError, "timeout"),
    (CannotResolveHostError, "dns"),
    (ResponseDataLossError, "cut-short"),
    (UnsupportedURLSchemeError, "scheme"),
    (NotSupported, "scheme"),
    (HeadersTooLong, "headers-too-long"),
    (TooManyChunks, "too-many-chunks"),
    (TooLarge, "too-large"),
    (BadResponse, "bad-response"),
    (SSLError, "certificate"),
    (DownloadFailedError, "connection"),
    (OSError, "connection"),
)


def reason_of(error: BaseException) -> str:
    """Return the slug of whatever went wrong with a download or a page."""
    if isinstance(error, NotFetched | JobRefused):
        return error.reason
    if isinstance(error, IgnoreRequest):
        # What Scrapy's own middlewares refuse: an unpacked body over the limit, or too many redirects.
        return "redirects" if "redirection" in str(error) else "too-large"
    return next((reason for kind, reason in _BY_TYPE if isinstance(error, kind)), "unexpected")


def may_pass(error: BaseException) -> bool:
    """Return whether the same request may succeed a little later."""
    return isinstance(error, Later) or reason_of(error) in AGAIN
