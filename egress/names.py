"""What an address is recognised by without being kept: short digests of the whole and of its file name."""

import hashlib
from urllib.parse import urlsplit

from egress.addresses import BadAddress, normal

SIGNS = 16  # hexadecimal; two addresses share a digest once in 18 million million million
COMMON = frozenset({"index", "image", "photo", "picture", "default", "thumb", "original", "file"})


def names_of(address: str) -> tuple[str, ...]:
    """Return the digests of an address without its query, and of its file name where that is telling.

    Two addresses that share one may well be the same file on another host or with another token. What is no
    web address has none.
    """
    try:
        plain = normal(address).partition("?")[0]
    except BadAddress:
        return ()
    last = urlsplit(plain).path.rpartition("/")[2]
    stem = last.rpartition(".")[0]
    names = [plain] if len(stem) < 5 or stem in COMMON else [plain, f"name:{last}"]
    return tuple(hashlib.sha256(name.encode()).hexdigest()[:SIGNS] for name in names)
