"""Dial out, but only to public addresses: for the crawl, webhooks and the browser's proxy.

A name is resolved once, every address it has must pass, and the connection goes to exactly those numbers:
a name that answers differently a moment later (DNS rebinding) gains nothing.
"""

import asyncio
import socket
import ssl as tls
from concurrent.futures import ThreadPoolExecutor

from aiohappyeyeballs import start_connection

from egress.addresses import refusal

NEXT_ADDRESS_S = 0.25
"""Where an address of a name does not answer, the next one is tried beside it after so long (RFC 8305)."""

_resolving = ThreadPoolExecutor(10, thread_name_prefix="resolve")
"""A name server that does not answer holds up other names, but nothing else that a thread does here."""


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


async def dial_checked(host: str, port: int, *, allow_loopback: bool = False) -> socket.socket:
    """Return a connection to `host` if all of its addresses are public; raise Refused or OSError otherwise.

    Waits as long as the network does: give it an end with `asyncio.timeout`. Whoever speaks TLS over it checks the
    certificate against `host`, not against the number that was dialled.
    """
    addresses = await asyncio.get_running_loop().run_in_executor(
        _resolving, lambda: resolve_checked(host, port, allow_loopback=allow_loopback)
    )
    return await start_connection([_numeric(one, port) for one in addresses], happy_eyeballs_delay=NEXT_ADDRESS_S)


def _numeric(address: str, port: int) -> "tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]":
    if ":" not in address:
        return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)
    number, _, scope = address.partition("%")
    where = (number, port, 0, int(scope) if scope.isdigit() else 0)
    return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", where


async def open_checked(
    host: str,
    port: int,
    *,
    allow_loopback: bool = False,
    ssl: tls.SSLContext | None = None,
    timeout_s: float = 15.0,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to `host` as streams, within `timeout_s` seconds; raise Refused, OSError or TimeoutError otherwise."""
    async with asyncio.timeout(timeout_s):
        dialled = await dial_checked(host, port, allow_loopback=allow_loopback)
        return await asyncio.open_connection(sock=dialled, ssl=ssl, server_hostname=host if ssl else None)
