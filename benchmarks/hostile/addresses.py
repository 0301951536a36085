"""More than 500 addresses that lead inside: every spelling of every kind of internal address, by scheme and port."""

from collections.abc import Iterator
from ipaddress import IPv4Address

INSIDE = (
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.0.1",
    "198.18.0.1",
    "168.63.129.16",
)
INSIDE_6 = ("::1", "::", "fd00::1", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1")
NAMES = ("localhost", "localhost.", "LOCALHOST", "inside.test", "mixed.test", "foo.localhost")


def spellings(address: str) -> Iterator[str]:
    """Give the ways an IPv4 address can be written as a host."""
    number = int(IPv4Address(address))
    a, b, c, d = IPv4Address(address).packed
    yield from (address, str(number), hex(number), f"0{number:o}", f"{a}.{number & 0xFFFFFF}", f"{a}.{b}.{c * 256 + d}")
    yield from (".".join(hex(part) for part in (a, b, c, d)), ".".join(f"0{part:o}" for part in (a, b, c, d)))
    yield f"{a}.{b}.{c}.{d}."
    yield "".join(chr(0xFF10 + int(char)) if char.isdigit() else "。" for char in address)
    for prefix in ("::ffff:", "64:ff9b::", "::"):
        yield f"[{prefix}{address}]"
    yield f"[2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1]"


def hostile(port: int) -> list[str]:
    """Return the addresses, each once; `port` is where a canary listens."""
    hosts = [host for address in INSIDE for host in spellings(address)]
    hosts += [f"[{address}]" for address in INSIDE_6] + list(NAMES)
    made = [f"{scheme}://{host}:{port}/{n}" for n, host in enumerate(hosts) for scheme in ("http", "https")]
    made += [f"http://{host}/{n}" for n, host in enumerate(hosts)]
    made += [f"http://user@{host}:{port}/{n}" for n, host in enumerate(hosts)]
    others = (
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1:{0}/",
        "data:text/html,x",
        "ws://127.0.0.1:{0}/",
    )
    return list(dict.fromkeys([*made, *(one.format(port) for one in others)]))
