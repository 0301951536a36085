"""Signing in without a password: one-time links, and the sessions that every way in begins. Only digests are stored."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select

from registry import audit
from registry.errors import BadLink
from registry.models import SessionRow, SignInLinkRow
from registry.people import Person, get, id_of
from registry.transaction import Transaction

TOKEN_BYTES = 32
LINK_LIFE = timedelta(minutes=30)
SESSION_LIFE = timedelta(hours=12)
WAYS = ("link", "passkey", "recovery", "set-up")
STRONG = frozenset(WAYS) - {"link"}  # ways that a stolen mailbox does not open
LINKS_AT_ONCE = 5  # open links a person may have: older ones end, so that asking often fills nothing


def new_link(tx: Transaction, person: Person | UUID, *, life: timedelta = LINK_LIFE) -> str:
    """Return the token of a link that signs this person in once, within `life`. It is shown only here."""
    owner = get(tx, id_of(person)).id
    forget_expired(tx, tx.now())
    _end_oldest(tx, owner)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    tx.add(SignInLinkRow(digest=_digest(token), person_id=owner, expires_at=tx.now() + life))
    audit.append(tx, tx.actor, "link-made", owner)
    return token


def redeem(tx: Transaction, token: str, *, life: timedelta = SESSION_LIFE) -> str:
    """Use up a link and return the token of a new session; BadLink when it is wrong, used or expired."""
    owner = tx.session.execute(
        delete(SignInLinkRow)
        .where(SignInLinkRow.digest == _digest(token), SignInLinkRow.expires_at > tx.now())
        .returning(SignInLinkRow.person_id)
    ).scalar()
    if owner is None:
        raise BadLink("This link was used already or is too old. Ask for a new one; it takes a moment.")
    return begin(tx, owner, "link", life=life)


def begin(tx: Transaction, person: Person | UUID, way: str, *, life: timedelta = SESSION_LIFE) -> str:
    """Return the token of a new session of somebody who has just shown, by one of WAYS, who they are."""
    token, owner, now = secrets.token_urlsafe(TOKEN_BYTES), id_of(person), tx.now()
    tx.add(SessionRow(digest=_digest(token), person_id=owner, created_at=now, expires_at=now + life, way=way))
    audit.append(tx, owner, "signed-in", owner)
    return token


def session(tx: Transaction, token: str) -> Person | None:
    """Return who is signed in with this session token, None when nobody is (any more)."""
    owner = tx.session.scalar(
        select(SessionRow.person_id).where(SessionRow.digest == _digest(token), SessionRow.expires_at > tx.now())
    )
    return None if owner is None else get(tx, owner)


def way_of(tx: Transaction, token: str) -> str | None:
    """Return by which of WAYS this session was begun, None when there is none."""
    return tx.session.scalar(select(SessionRow.way).where(SessionRow.digest == _digest(token)))


def end(tx: Transaction, token: str) -> None:
    """Sign out: this session is over. Ending one that is over does nothing."""
    tx.session.execute(delete(SessionRow).where(SessionRow.digest == _digest(token)))


def end_all(tx: Transaction, person: Person | UUID, *, but: str | None = None) -> None:
    """End every open link and every session of a person, except that of the token `but`."""
    spared = b"" if but is None else _digest(but)
    for table in (SessionRow, SignInLinkRow):
        tx.session.execute(delete(table).where(table.person_id == id_of(person), table.digest != spared))


def forget_expired(tx: Transaction, now: datetime) -> int:
    """Delete links and sessions that have run out; return how many."""
    gone = 0
    for table in (SessionRow, SignInLinkRow):
        gone += len(tx.session.scalars(delete(table).where(table.expires_at <= now).returning(table.digest)).all())
    return gone


def _end_oldest(tx: Transaction, owner: UUID) -> None:
    open_links = tx.session.scalars(
        select(SignInLinkRow.digest)
        .where(SignInLinkRow.person_id == owner)
        .order_by(SignInLinkRow.expires_at.desc())
        .offset(LINKS_AT_ONCE - 1)
    ).all()
    tx.session.execute(delete(SignInLinkRow).where(SignInLinkRow.digest.in_(open_links)))


def _digest(token: str) -> bytes:
    """SHA-256 suffices: a token is 256 random bits, so there is nothing to guess."""
    return hashlib.sha256(token.encode()).digest()
