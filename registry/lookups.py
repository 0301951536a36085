"""What was looked up about hosts: whom to write to. Sealed by the registry key, found by a keyed index of the host."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete

from registry.models import ContactLookupRow
from registry.transaction import Transaction


@dataclass(frozen=True)
class Lookup:
    """One answer, as bytes the caller made sense of, and when it was true."""

    answer: bytes = field(repr=False)
    at: datetime


def lookup(tx: Transaction, host: str) -> Lookup | None:
    """Return what was looked up about a host, None when nothing was."""
    row = tx.session.get(ContactLookupRow, _index(tx, host))
    return None if row is None else Lookup(tx.vault.unseal_own(row.answer, _place(row.host_index)), row.at)


def save(tx: Transaction, host: str, answer: bytes, at: datetime) -> None:
    """Keep an answer in place of an older one about the same host."""
    index = _index(tx, host)
    sealed = tx.vault.seal_own(answer, _place(index))
    row = tx.session.get(ContactLookupRow, index)
    if row is None:
        tx.add(ContactLookupRow(host_index=index, answer=sealed, at=at))
    else:
        row.answer, row.at = sealed, at


def forget_before(tx: Transaction, moment: datetime) -> None:
    """Delete the answers older than `moment`."""
    tx.session.execute(delete(ContactLookupRow).where(ContactLookupRow.at < moment))


def _index(tx: Transaction, host: str) -> bytes:
    return tx.vault.index("contact lookup", host.encode())


def _place(index: bytes) -> str:
    return f"contact_lookups/{index.hex()}/answer"
