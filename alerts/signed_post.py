"""One signed POST to a public address: judged when it is dialled, without redirects, cut off in time.

Signed as Standard Webhooks asks (https://www.standardwebhooks.com): HMAC-SHA256 over "id.timestamp.body".
"""

import base64
import binascii
import hashlib
import hmac
import http.client
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ada_url

from alerts.deadline import cut_off_after
from alerts.errors import DeliveryFailed
from egress.addresses import BadAddress, host_of, normal, port_of
from egress.dial import Refused, resolve_checked

CONNECT_S = 10.0
WHOLE_S = 20.0
FINAL = {301, 302, 303, 307, 308, 410}  # a redirect is not followed: where it leads, nobody agreed to


@dataclass(frozen=True)
class Poster:
    """Posts to public https addresses. Plain http is for loopback only, where tests and the demo listen."""

    allow_loopback: bool = False
    whole_s: float = WHOLE_S

    def post(self, untrusted_url: str | None, body: bytes, headers: Mapping[str, str]) -> None:
        """POST; any 2xx means it was taken. Raises DeliveryFailed otherwise."""
        url = _address(untrusted_url)
        try:
            status, wait_s = self._post(url, body, headers)
        except Refused as error:
            raise DeliveryFailed(f"webhook-{error.reason}", final=error.reason != "unresolved") from error
        except ssl.SSLError as error:
            raise DeliveryFailed("webhook-tls") from error
        except (OSError, http.client.HTTPException) as error:
            raise DeliveryFailed("webhook-connection") from error
        if not 200 <= status < 300:
            raise DeliveryFailed(f"webhook-{status}", final=status in FINAL, wait_s=wait_s)

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, float]:
        """Return the status, and how many seconds the server asks us to wait; nothing else is read."""
        connection = http.client.HTTPConnection(host_of(url), port_of(url), timeout=CONNECT_S)
        connection.sock = plain = self._open(url)
        try:
            with cut_off_after(plain, self.whole_s):
                if url.startswith("https:"):
                    connection.sock = _secured(plain, host_of(url))
                connection.request("POST", _path(url), body=body, headers=dict(headers))
                with connection.getresponse() as answer:
                    return answer.status, _seconds(answer.headers.get("Retry-After"))
        finally:
            connection.close()

    def _open(self, url: str) -> socket.socket:
        """Connect to exactly the addresses that were checked."""
        addresses = resolve_checked(host_of(url), port_of(url), allow_loopback=self.allow_loopback)
        if url.startswith("http:") and not all(_is_loopback(address) for address in addresses):
            raise Refused("not-https")
        failure: OSError | None = None
        for address in addresses:
            try:
                return socket.create_connection((address, port_of(url)), timeout=CONNECT_S)
            except OSError as error:
                failure = error
        assert failure is not None
        raise failure


def signed(message: str, body: bytes, secrets: Sequence[bytes], at: int) -> dict[str, str]:
    """Return the headers of a message (its id never changes): a signature for each secret, `at` in Unix seconds."""
    content = f"{message}.{at}.".encode() + body
    signatures = (base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode() for secret in secrets)
    return {
        "Content-Type": "application/json",
        "User-Agent": "alerts/1",
        "Webhook-Id": message,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": " ".join(f"v1,{signature}" for signature in signatures),
        "Connection": "close",
    }


def secret_bytes(text: str | None) -> bytes:
    """An unsigned webhook could be anybody's, so there is none. `whsec_` marks a secret in base64."""
    if not text:
        raise DeliveryFailed("webhook-without-secret", final=True)
    if not text.startswith("whsec_"):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise DeliveryFailed("webhook-secret-unusable", final=True) from error


def _address(untrusted: str | None) -> str:
    try:
        return normal(untrusted or "")
    except BadAddress as error:
        raise DeliveryFailed("webhook-address-unusable", final=True) from error


def _secured(plain: socket.socket, host: str) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _path(url: str) -> str:
    parsed = ada_url.URL(url)
    return f"{parsed.pathname}{parsed.search}"


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"


def _seconds(untrusted: str | None) -> float:
    """Return how long the server asks us to wait; a date or nonsense counts as no wish."""
    return float(untrusted) if untrusted and untrusted.isascii() and untrusted.isdigit() and len(untrusted) < 9 else 0.0
