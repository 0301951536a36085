"""Addresses: nothing in this process connects anywhere but to public addresses, decided when it dials.

The crawl dials through `egress.dial`. Whatever else uses Scrapy's or Twisted's own connections passes two gates here,
because a page, a redirect or a name server can name any address: the resolver refuses a name when one of its addresses
is not public, and the reactor's own `connectTCP` refuses the number it is about to dial, whoever asks.
`crawler.selftest` proves at start that they hold.
"""

import functools
import logging
import os
from collections.abc import Sequence
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Request
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.refusals import NotFetched
from egress.addresses import BadAddress, host_of, loopback_allowed, normal, refusal

logger = logging.getLogger(__name__)


class DialRefused(OSError):
    """The reactor was asked to dial an address that is not public."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"will not connect: {reason}")
        self.reason = reason


class DialGuard:
    """Decides on numeric addresses for the whole process; remembers why it refused a name."""

    def __init__(self) -> None:
        self.allow_loopback = False
        self.reasons: dict[str, str] = {}

    def refusal(self, address: str) -> str | None:
        """Return why this numeric address must not be dialled."""
        return refusal(address, allow_loopback=self.allow_loopback)

    def install(self, reactor: Any) -> None:
        """Guard `reactor.connectTCP`: every TCP connection Twisted opens goes through it."""
        if getattr(reactor.connectTCP, "watchlight_guard", None) is self:
            return
        connect = reactor.connectTCP

        @functools.wraps(connect)
        def guarded(host: str, port: int, factory: Any, *args: Any, **kwargs: Any) -> Any:
            reason = self.refusal(host)
            if reason is not None:
                raise DialRefused(reason)
            return connect(host, port, factory, *args, **kwargs)

        guarded.watchlight_guard = self  # type: ignore[attr-defined]
        reactor.connectTCP = guarded


guard = DialGuard()


@implementer(IResolutionReceiver)
class _CheckingReceiver:
    """Gathers all addresses of a name and passes them on only if every one is public."""

    def __init__(self, receiver: Any, name: str) -> None:
        self.receiver = receiver
        self.name = name
        self.addresses: list[Any] = []

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802 - Twisted's interface
        self.receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self.addresses.append(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        refusals = [reason for one in self.addresses if (reason := guard.refusal(one.host))]
        if refusals:
            if len(guard.reasons) > 10_000:
                guard.reasons.clear()
            guard.reasons[self.name] = refusals[0]
        for address in [] if refusals else self.addresses:
            self.receiver.addressResolved(address)
        self.receiver.resolutionComplete()


@implementer(IHostnameResolver)
class GuardedResolver:
    """TWISTED_DNS_RESOLVER: one address that is not public refuses the whole name."""

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self.inner = reactor.nameResolver

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> Self:  # noqa: ARG003 - Scrapy's interface
        """Build the resolver and set what this process may dial."""
        guard.allow_loopback = loopback_allowed(os.environ)
        if guard.allow_loopback:
            logger.warning(
                "WATCHLIGHT_ALLOW_LOOPBACK=1: the crawler may reach servers of this machine. "
                "For tests and the demo only; unset it to crawl the web."
            )
        return cls(reactor)

    def install_on_reactor(self) -> None:
        """Put both gates in place."""
        self.reactor.installNameResolver(self)
        guard.install(self.reactor)

    def resolveHostName(  # noqa: N802 - Twisted's interface
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> IHostResolution:
        """Resolve a name as the reactor would, through the check."""
        checking = _CheckingReceiver(resolutionReceiver, hostName)
        resolution: IHostResolution = self.inner.resolveHostName(
            checking, hostName, portNumber, addressTypes, transportSemantics
        )
        return resolution


class PublicAddresses:
    """Downloader middleware: names the refusals of the gates, and spares them what is plainly not public."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:  # noqa: ARG003 - Scrapy's interface
        """Build the middleware."""
        return cls()

    def process_request(self, request: Request) -> None:
        """Refuse what no browser would open, and numeric hosts that are not public."""
        try:
            host = host_of(normal(request.url))
        except BadAddress as error:
            raise NotFetched("bad-address") from error
        reason = guard.refusal(host)
        if reason is not None and reason != "not-an-address":
            raise NotFetched(f"address-{reason}")

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Say why, when it was one of the gates that refused."""
        if isinstance(exception, DialRefused):
            raise NotFetched(f"address-{exception.reason}") from exception
        if not isinstance(exception, CannotResolveHostError):
            return
        reason = guard.reasons.get(host_of(request.url))
        if reason is not None:
            raise NotFetched(f"address-{reason}") from exception
