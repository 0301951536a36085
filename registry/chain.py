"""How evidence is committed to and linked: plain hashing that anybody can do again, without a key or a database.

A record is a set of named fields. Each has a salt of its own, so that its digest tells nothing without the salt;
the commitment is the SHA-256 over all digests, and each link takes in the one before. Destroying the salts leaves
a chain that still holds and says nothing about what was in it.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

START = b"\0" * 32
DOMAIN = b"watchlight evidence 1\0"


def canonical(value: Any) -> bytes:
    """Return the one way a plain JSON value is written: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def salt_of(secret: bytes, name: str) -> bytes:
    """Return the 16-byte salt of a field, from the record's secret (32 random bytes)."""
    return hmac.digest(secret, name.encode(), "sha256")[:16]


def digest_of(name: str, salt: bytes, value: Any) -> bytes:
    """Return the 32-byte digest of one field."""
    return hashlib.sha256(DOMAIN + salt + name.encode() + b"\0" + canonical(value)).digest()


def commitment_of(digests: Mapping[str, bytes]) -> bytes:
    """Return the 32 bytes that stand for a whole record, from the digests of its fields."""
    listed = b"".join(canonical(name) + digests[name] for name in sorted(digests))
    return hashlib.sha256(DOMAIN + listed).digest()


def link_of(previous: bytes, at: str, commitment: bytes) -> bytes:
    """Return the link of a record (`at`: its time as ISO 8601 text in UTC) to the one before it."""
    return hashlib.sha256(DOMAIN + previous + at.encode() + b"\0" + commitment).digest()
