"""Named refusals: why something was not fetched or not used, as short slugs that may be counted and shown."""

from datetime import datetime

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from twisted.internet.error import ConnectError, ConnectionClosed

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


ASKED_TO_WAIT, QUIET_HOURS, BUDGET_DAY = "asked-to-wait", "quiet-hours", "budget-day"
PATIENCE = frozenset({ASKED_TO_WAIT, QUIET_HOURS, BUDGET_DAY})
"""Reasons of our own not to ask yet: the page waits in the frontier, and no try is counted."""
AGAIN = frozenset({"timeout", "dns", "connection", "cut-short", "workers-gone"})
"""Reasons that may be gone a little later; every other refusal is final for this crawl."""

_BY_TYPE: tuple[tuple[type[BaseException], str], ...] = (
    (DownloadTimeoutError, "timeout"),
    (CannotResolveHostError, "dns"),
    (DownloadConnectionRefusedError, "connection"),
    (ResponseDataLossError, "cut-short"),
    (UnsupportedURLSchemeError, "scheme"),
    (NotSupported, "scheme"),
    (DownloadCancelledError, "too-large"),
)


def reason_of(error: BaseException) -> str:
    """Return the slug of whatever went wrong with a download or a page."""
    if isinstance(error, NotFetched | JobRefused):
        return error.reason
    if any(isinstance(cause, TooManyChunks) for cause in _causes(error)):
        return "too-many-chunks"
    for kind, reason in _BY_TYPE:
        if isinstance(error, kind):
            return reason
    if isinstance(error, IgnoreRequest):
        # What Scrapy's own middlewares refuse: an unpacked body over the limit, or too many redirects.
        return "redirects" if "redirection" in str(error) else "too-large"
    if isinstance(error, DownloadFailedError):
        return _why_failed(error)
    if _is_certificate(error):
        return "certificate"
    return "connection" if isinstance(error, OSError | ConnectError | ConnectionClosed) else "unexpected"


def _causes(error: BaseException) -> list[BaseException]:
    """Return what Twisted names as the reasons of a failed answer."""
    return [failure.value for failure in getattr(error.__cause__, "reasons", [])]


def _why_failed(error: DownloadFailedError) -> str:
    causes = _causes(error)
    if any(isinstance(cause, HeadersTooLong) for cause in causes):
        return "headers-too-long"
    if any(_is_certificate(cause) for cause in causes):
        return "certificate"
    if any(type(cause).__module__ == "twisted.web._newclient" for cause in causes):
        return "bad-response"
    return "connection"


def _is_certificate(error: BaseException) -> bool:
    from OpenSSL.SSL import Error as TLSError
    from service_identity import VerificationError

    return isinstance(error, TLSError | VerificationError)


def may_pass(error: BaseException) -> bool:
    """Return whether the same request may succeed a little later."""
    return isinstance(error, Later) or reason_of(error) in AGAIN
