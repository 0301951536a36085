"""The audit trail: what was done, by whom, to which id; each entry chained to the one before.

It holds no personal data: an actor is a person's random id or one word, a subject is a random id. The
chain is keyed with the registry key, so that nobody with the database alone can rewrite it.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from registry.errors import AuditBroken, BadValue
from registry.models import AuditRow
from registry.transaction import Transaction

START = b"\0" * 32
WORD = re.compile(r"[a-z][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class Entry:
    """One entry of the trail."""

    position: int
    at: datetime
    actor: str
    action: str
    subject: UUID


def append(tx: Transaction, actor: str | UUID, action: str, subject_id: UUID) -> None:
    """Write one entry: `actor` is an id or one lower-case word, `action` a word such as "consent-given"."""
    who = str(actor)
    if not (WORD.fullmatch(action) and (WORD.fullmatch(who) or _is_id(who))):
        raise BadValue("An audit entry holds ids and single words only.")
    last = tx.session.scalar(select(AuditRow.link).order_by(AuditRow.position.desc()).limit(1))
    row = AuditRow(at=tx.now(), actor=who, action=action, subject_id=subject_id, link=START)
    row.link = tx.vault.chain(last or START, _written(row))
    tx.add(row)


def entries(tx: Transaction, after: int = 0, limit: int = 1000) -> list[Entry]:
    """Return entries in order, from the one after position `after`."""
    rows = tx.session.scalars(
        select(AuditRow).where(AuditRow.position > after).order_by(AuditRow.position).limit(limit)
    )
    return [Entry(row.position, row.at, row.actor, row.action, row.subject_id) for row in rows]


def verify(tx: Transaction) -> int:
    """Return how many entries there are when the chain holds; raise AuditBroken where it does not.

    Entries cut off at the very end leave no trace in the chain itself: compare the count with a backup.
    """
    link, count = START, 0
    for row in tx.session.scalars(select(AuditRow).order_by(AuditRow.position)).yield_per(1000):
        link = tx.vault.chain(link, _written(row))
        if link != row.link:
            raise AuditBroken(row.position)
        count += 1
    return count


def _written(row: AuditRow) -> bytes:
    return "\n".join((row.at.astimezone(UTC).isoformat(), row.actor, row.action, str(row.subject_id))).encode()


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
