"""Tokens by which a centre's machines come in: scoped, ending, revocable; only their digests are stored.

An answer to a request that carried an idempotency key is kept, sealed, for a day: asked again with the same key and
the same words, the machine gets the same answer and nothing happens twice.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from registry import audit
from registry.errors import BadValue, UnknownToken
from registry.models import ApiAnswerRow, ApiTokenRow
from registry.people import LONGEST
from registry.transaction import Transaction

SCOPES = (
    "clients:read",
    "clients:write",
    "enrolments:write",
    "exposures:read",
    "notices:read",
    "notices:draft",
    "webhooks",
    "lists",
)
START = "wl_"
LONGEST_LIFE = timedelta(days=366)
ANSWERS_KEPT = timedelta(hours=24)
USED_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Token:
    """What one machine of a centre may do, until when."""

    id: UUID
    centre: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    """To the hour: enough to see which token nobody needs any more."""


@dataclass(frozen=True)
class Kept:
    """An answer that was given before: `same` says whether the request was the same, too."""

    same: bool
    status: int
    answer: bytes


def make(tx: Transaction, centre: UUID, name: str, scopes: Iterable[str], life: timedelta) -> tuple[Token, str]:
    """Make a token and return it with its secret, which is shown only here."""
    plain, wanted = " ".join(name.split()), tuple(scope for scope in SCOPES if scope in set(scopes))
    if not (0 < len(plain) <= LONGEST and plain.isprintable()):
        raise BadValue(f"The name of a token is 1 to {LONGEST} printable characters.")
    if not wanted or len(wanted) != len(set(scopes)):
        raise BadValue(f"The scopes are one or more of {', '.join(SCOPES)}.")
    if not timedelta() < life <= LONGEST_LIFE:
        raise BadValue("A token lives at most a year.")
    secret, now = START + secrets.token_urlsafe(32), tx.now()
    row = ApiTokenRow(
        id=uuid4(),
        centre_id=centre,
        name=plain,
        digest=_digest(secret),
        scopes=" ".join(wanted),
        created_at=now,
        expires_at=now + life,
        revoked_at=None,
        last_used_at=None,
    )
    tx.add(row)
    audit.append(tx, tx.actor, "token-made", row.id)
    return _token(row), secret


def bearer(tx: Transaction, untrusted_secret: str) -> Token | None:
    """Return the token with this secret while it holds, None otherwise: why is not said."""
    row = tx.session.scalar(
        select(ApiTokenRow).where(
            ApiTokenRow.digest == _digest(untrusted_secret),
            ApiTokenRow.revoked_at.is_(None),
            ApiTokenRow.expires_at > tx.now(),
        )
    )
    return None if row is None else _token(row)


def used(tx: Transaction, token: UUID) -> None:
    """Note that a token was used; what was noted within the hour is enough."""
    row = tx.session.get(ApiTokenRow, token)
    if row is not None:
        row.last_used_at = tx.now()
        tx.session.flush()


def tokens(tx: Transaction) -> list[Token]:
    """Return the tokens, newest first; inside a centre its own."""
    rows = tx.session.scalars(select(ApiTokenRow).order_by(ApiTokenRow.created_at.desc(), ApiTokenRow.id))
    return [_token(row) for row in rows]


def revoke(tx: Transaction, token: UUID) -> None:
    """End a token from this moment."""
    row = tx.session.get(ApiTokenRow, token)
    if row is None:
        raise UnknownToken("There is no such token.")
    if row.revoked_at is None:
        row.revoked_at = tx.now()
        tx.session.flush()
        audit.append(tx, tx.actor, "token-revoked", row.id)


def answered(tx: Transaction, token: UUID, key: str, request: bytes) -> Kept | None:
    """Return what was answered to this key before, None for a new one; answers of older days are forgotten."""
    tx.session.execute(delete(ApiAnswerRow).where(ApiAnswerRow.created_at < tx.now() - ANSWERS_KEPT))
    row = tx.session.get(ApiAnswerRow, (token, _index(tx, key)))
    if row is None:
        return None
    answer = tx.vault.unseal_own(row.answer, _place(token, row.key))
    return Kept(row.request == tx.vault.index("api-request", request), row.status, answer)


def remember(tx: Transaction, token: UUID, key: str, request: bytes, status: int, answer: bytes) -> None:
    """Keep an answer for whoever asks again with the same key."""
    index = _index(tx, key)
    row = ApiAnswerRow(
        token_id=token,
        key=index,
        request=tx.vault.index("api-request", request),
        status=status,
        answer=tx.vault.seal_own(answer, _place(token, index)),
        created_at=tx.now(),
    )
    tx.add(row)


def _index(tx: Transaction, key: str) -> bytes:
    return tx.vault.index("api-key", key.encode())


def _place(token: UUID, index: bytes) -> str:
    return f"api_answers/{token}/{index.hex()}/answer"


def _digest(secret: str) -> bytes:
    """SHA-256 suffices: a secret is 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def _token(row: ApiTokenRow) -> Token:
    scopes = tuple(row.scopes.split())
    return Token(
        id=row.id,
        centre=row.centre_id,
        name=row.name,
        scopes=scopes,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
