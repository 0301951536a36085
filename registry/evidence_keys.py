"""The house's signing keys for evidence (Ed25519): one at work, the older ones kept for checking only.

A new key is endorsed by the one before, whose private half is then destroyed. The id of a key is the start of the
SHA-256 of its public half: that is what a house publishes.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import select

from registry.models import EvidenceKeyRow
from registry.transaction import Transaction

ID_SIGNS = 32
ENDORSES = b"watchlight evidence key 1\0"


@dataclass(frozen=True)
class SigningKey:
    """The public half of a key, and the endorsement of the key before it (None for the first)."""

    id: str
    public: bytes
    endorsement: bytes | None
    created_at: datetime
    retired_at: datetime | None


def key_id(public: bytes) -> str:
    """Return the id of a public key: 32 hexadecimal signs."""
    return hashlib.sha256(public).hexdigest()[:ID_SIGNS]


def sign(tx: Transaction, message: bytes) -> tuple[str, bytes]:
    """Sign with the key at work, making the first one if there is none; return its id and the signature."""
    row = _at_work(tx)
    if row is None:
        row = _add(tx, None)
    return row.id, _private(tx, row).sign(message)


def holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether a signature is that of this public key over this message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def keys(tx: Transaction) -> list[SigningKey]:
    """Return every key there was, oldest first."""
    found = [_public(row) for row in tx.session.scalars(select(EvidenceKeyRow))]
    return sorted(found, key=lambda key: (key.created_at, key.retired_at is None, key.retired_at or key.created_at))


def rotate(tx: Transaction) -> SigningKey:
    """Put a new key to work, endorsed by the old one, and destroy the old one's private half."""
    old = _at_work(tx)
    row = _add(tx, old)
    if old is not None:
        old.private, old.retired_at = None, tx.now()
        tx.session.flush()
    return _public(row)


def endorsed(public: bytes, endorsement: bytes | None, by: bytes) -> bool:
    """Say whether the key `by` vouches for the key `public`."""
    return endorsement is not None and holds(by, endorsement, ENDORSES + public)


def _public(row: EvidenceKeyRow) -> SigningKey:
    return SigningKey(row.id, row.public, row.endorsement, row.created_at, row.retired_at)


def _at_work(tx: Transaction) -> EvidenceKeyRow | None:
    return tx.session.scalar(select(EvidenceKeyRow).where(EvidenceKeyRow.retired_at.is_(None)).limit(1))


def _add(tx: Transaction, old: EvidenceKeyRow | None) -> EvidenceKeyRow:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    name = key_id(public)
    row = EvidenceKeyRow(
        id=name,
        public=public,
        private=tx.vault.seal_own(private.private_bytes_raw(), f"evidence_keys/{name}/private"),
        endorsement=None if old is None else _private(tx, old).sign(ENDORSES + public),
        created_at=tx.now(),
        retired_at=None,
    )
    tx.add(row)
    return row


def _private(tx: Transaction, row: EvidenceKeyRow) -> Ed25519PrivateKey:
    assert row.private is not None, "the key at work has both halves"
    return Ed25519PrivateKey.from_private_bytes(tx.vault.unseal_own(row.private, f"evidence_keys/{row.id}/private"))
