"""One small guarded GET: https to public addresses only, few redirects, a byte limit and an end to waiting."""

import http.client
import socket
import ssl
from dataclasses import dataclass

import ada_url

from alerts.deadline import cut_off_after
from egress.addresses import BadAddress, host_of, normal, port_of
from egress.dial import Refused, resolve_checked

CONNECT_S = 8.0
WHOLE_S = 15.0
LARGEST = 512 * 1024  # bytes of an answer
REDIRECTS = 3
MOVED = {301, 302, 303, 307, 308}


class NoAnswer(Exception):
    """An address that gave nothing usable; `slug` says why without naming it."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        super().__init__(slug)


@dataclass(frozen=True)
class Fetcher:
    """Asks one address at a time. Plain http is for loopback only, where tests listen."""

    allow_loopback: bool = False
    whole_s: float = WHOLE_S

    def get(self, url: str, accept: str, *, same_host: bool = False) -> bytes:
        """Return the body of a 200 answer; raise NoAnswer. `same_host` follows no redirect to another host."""
        try:
            address = normal(url)
            for _ in range(REDIRECTS + 1):
                status, body, location = self._once(address, accept)
                if status not in MOVED or location is None:
                    break
                address = self._next(address, location, same_host=same_host)
        except Refused as error:
            raise NoAnswer(error.reason) from error
        except BadAddress as error:
            raise NoAnswer("bad-address") from error
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer("unreachable") from error
        if status != 200:
            raise NoAnswer("not-found" if status == 404 else f"status-{status}")
        return body

    def _next(self, address: str, location: str, *, same_host: bool) -> str:
        try:
            following = normal(ada_url.join_url(address, location))
        except ValueError as error:
            raise NoAnswer("bad-redirect") from error
        if same_host and host_of(following) != host_of(address):
            raise NoAnswer("redirected-elsewhere")
        return following

    def _once(self, url: str, accept: str) -> tuple[int, bytes, str | None]:
        connection = http.client.HTTPConnection(host_of(url), port_of(url), timeout=CONNECT_S)
        connection.sock = plain = self._open(url)
        try:
            with cut_off_after(plain, self.whole_s):
                if url.startswith("https:"):
                    secured = ssl.create_default_context().wrap_socket(plain, server_hostname=host_of(url))
                    connection.sock = secured
                parsed = ada_url.URL(url)
                headers = {"Accept": accept, "User-Agent": "contact-look-up/1", "Connection": "close"}
                connection.request("GET", f"{parsed.pathname}{parsed.search}", headers=headers)
                with connection.getresponse() as answer:
                    return answer.status, _limited(answer), answer.headers.get("Location")
        finally:
            connection.close()

    def _open(self, url: str) -> socket.socket:
        addresses = resolve_checked(host_of(url), port_of(url), allow_loopback=self.allow_loopback)
        if url.startswith("http:") and not all(each.startswith("127.") or each == "::1" for each in addresses):
            raise Refused("not-https")
        failure: OSError | None = None
        for address in addresses:
            try:
                return socket.create_connection((address, port_of(url)), timeout=CONNECT_S)
            except OSError as error:
                failure = error
        assert failure is not None
        raise failure


def _limited(answer: http.client.HTTPResponse) -> bytes:
    body = answer.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise NoAnswer("too-large")
    return body
