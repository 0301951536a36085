"""Reply addresses, one per case: stable, unguessable, and known only to whoever holds the registry key.

A letter that carries one does not tell its reader the person's own address. What arrives there is the operator's
mail server's to hand on; it asks us who is behind an address, and nobody else can.
"""

import base64
import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from registry import people
from registry.errors import BadValue
from registry.models import ExposureRow, NoticeRow
from registry.transaction import Transaction

SETTING = "WATCHLIGHT_RELAY_DOMAIN"
DOMAIN = re.compile(r"(?=.{4,200}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
SIGNS = 16  # base32 signs of the address: 80 bits


@dataclass(frozen=True)
class Relay:
    """One reply address and where its mail should go: nowhere when the person has no mail address."""

    address: str
    exposure: UUID
    forward_to: str | None


def address(tx: Transaction, exposure: UUID, domain: str) -> str:
    """Return the reply address of a case. The same case has the same address as long as the registry key stays."""
    checked = domain.strip().lower()
    if not DOMAIN.fullmatch(checked):
        raise BadValue(f"{SETTING} must be a mail domain such as relay.example.org.")
    token = base64.b32encode(tx.vault.index("relay", exposure.bytes)).decode().lower()
    return f"case-{token[:SIGNS]}@{checked}"


def relays(tx: Transaction, domain: str) -> list[Relay]:
    """Return the reply addresses of every case that has a letter, oldest first."""
    rows = tx.session.execute(
        select(ExposureRow.id, ExposureRow.person_id)
        .where(select(NoticeRow.id).where(NoticeRow.exposure_id == ExposureRow.id).exists())
        .order_by(ExposureRow.created_at, ExposureRow.id)
    )
    return [Relay(address(tx, exposure, domain), exposure, people.get(tx, person).email) for exposure, person in rows]


def behind(tx: Transaction, untrusted_address: str, domain: str) -> Relay | None:
    """Return who is behind a reply address, None for any other address."""
    asked = untrusted_address.strip().lower()
    return next((relay for relay in relays(tx, domain) if relay.address == asked), None)
