"""Dial out, but only to public addresses: for webhooks, the browser's proxy and everything outside Scrapy.

A name is resolved once, every address it has must pass, and the connection goes to exactly those numbers:
a name that answers differently a moment later (DNS rebinding) gains nothing.
"""

import asyncio
import socket
import ssl as tls

from egress.addresses import refusal


class Refused(Exception):
    """This host must not be dialled; `.reason` is a short slug, never the address itself."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"will not connect: {reason}")
        self.reason = reason


def checked(addresses: list[str], *, allow_loopback: bool = False) -> list[str]:
    """Return `addresses` when all of them are public, else raise Refused: one bad one spoils the name."""
    if not addresses:
        raise Refused("unresolved")
    for address in addresses:
        reason = refusal(address, allow_loopback=allow_loopback)
        if reason is not None:
            raise Refused(reason)
    return addresses


def resolve_checked(host: str, port: int, *, allow_loopback: bool = False) -> list[str]:
    """Return the public numeric addresses of `host`, in the resolver's order. Blocks while it asks."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused("unresolved") from error
    return checked(list(dict.fromkeys(str(entry[4][0]) for entry in found)), allow_loopback=allow_loopback)


async def open_checked(
    host: str,
    port: int,
    *,
    allow_loopback: bool = False,
    ssl: tls.SSLContext | None = None,
    timeout_s: float = 15.0,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to `host` if all of its addresses are public; raise Refused or OSError otherwise.

    With `ssl` the certificate is checked against `host`, not against the number that was dialled.
    """
    async with asyncio.timeout(timeout_s):
        addresses = await asyncio.to_thread(resolve_checked, host, port, allow_loopback=allow_loopback)
        return await _first_open(addresses, port, host, ssl)


async def _first_open(
    addresses: list[str], port: int, host: str, ssl: tls.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    failure: OSError | None = None
    for address in addresses:
        try:
            return await asyncio.open_connection(address, port, ssl=ssl, server_hostname=host if ssl else None)
        except OSError as error:
            failure = error
    assert failure is not None
    raise failure
