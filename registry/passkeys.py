"""Passkeys of people: the public half of each, sealed like everything of theirs, and how often it was used."""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from registry import audit, signin
from registry.errors import BadValue, PasskeyCopied, UnknownPasskey
from registry.models import PasskeyRow, RecoveryCodeRow
from registry.people import Person, id_of
from registry.transaction import Transaction

MOST = 10  # keys of one person: a phone, a laptop, a stick, and what they replaced
LONGEST_NAME = 80


@dataclass(frozen=True)
class Passkey:
    """One passkey. `public_key` is COSE, `credential` the authenticator's own name for the key."""

    id: UUID
    person: UUID
    name: str = field(repr=False)
    credential: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int
    created_at: datetime
    used_at: datetime | None


def add(
    tx: Transaction, person: Person | UUID, name: str, credential: bytes, public_key: bytes, sign_count: int
) -> Passkey:
    """Keep a new passkey. Raises BadValue for one too many, a name that is none, or a key that is known."""
    owner, plain = id_of(person), _name(name)
    if len(passkeys(tx, owner)) >= MOST:
        raise BadValue(f"A person has at most {MOST} passkeys: remove one first.")
    index = _index(tx, credential)
    if tx.session.scalar(select(PasskeyRow.id).where(PasskeyRow.credential_index == index)) is not None:
        raise BadValue("This passkey is known already.")
    row = PasskeyRow(
        id=uuid4(),
        person_id=owner,
        credential_index=index,
        kept=b"",
        sign_count=sign_count,
        created_at=tx.now(),
        used_at=None,
    )
    row.kept = _sealed(tx, row, plain, credential, public_key)
    tx.add(row)
    audit.append(tx, tx.actor, "passkey-added", row.id)
    return _passkey(tx, row)


def passkeys(tx: Transaction, person: Person | UUID) -> list[Passkey]:
    """Return a person's passkeys, oldest first."""
    rows = tx.session.scalars(
        select(PasskeyRow).where(PasskeyRow.person_id == id_of(person)).order_by(PasskeyRow.created_at, PasskeyRow.id)
    )
    return [_passkey(tx, row) for row in rows]


def has_any(tx: Transaction, person: Person | UUID) -> bool:
    """Say whether a person has a passkey."""
    return tx.session.scalar(select(PasskeyRow.id).where(PasskeyRow.person_id == id_of(person)).limit(1)) is not None


def own(tx: Transaction, person: Person | UUID, passkey: UUID) -> Passkey:
    """Return one of a person's passkeys, or raise UnknownPasskey."""
    return _passkey(tx, _own(tx, person, passkey))


def by_credential(tx: Transaction, untrusted_credential: bytes) -> Passkey | None:
    """Return the passkey that an authenticator calls by this name, None when nobody here has it."""
    row = tx.session.scalar(select(PasskeyRow).where(PasskeyRow.credential_index == _index(tx, untrusted_credential)))
    return None if row is None else _passkey(tx, row)


def used(tx: Transaction, passkey: UUID, sign_count: int) -> None:
    """Note that a passkey was used; raise PasskeyCopied when its counter did not go up.

    An authenticator that counts never shows a number twice: one that is not above the last is a copy of the key, or
    the key itself after a copy was used (WebAuthn, 6.1.1). Passkeys that live in several devices say 0 always.
    """
    row = _row(tx, passkey)
    if (sign_count or row.sign_count) and sign_count <= row.sign_count:
        raise PasskeyCopied("The passkey's counter did not go up.")
    row.sign_count, row.used_at = sign_count, tx.now()
    tx.session.flush()


def rename(tx: Transaction, person: Person | UUID, passkey: UUID, name: str) -> None:
    """Call one of a person's passkeys something else."""
    row = _own(tx, person, passkey)
    was = _passkey(tx, row)
    row.kept = _sealed(tx, row, _name(name), was.credential, was.public_key)
    tx.session.flush()
    audit.append(tx, tx.actor, "passkey-renamed", row.id)


def remove(tx: Transaction, person: Person | UUID, passkey: UUID, *, but: str | None = None) -> None:
    """Forget one of a person's passkeys, and end every session of theirs except that of the token `but`.

    Whoever removes a key may have lost it: what somebody else opened with it ends as well.
    """
    row = _own(tx, person, passkey)
    tx.session.delete(row)
    tx.session.flush()
    signin.end_all(tx, row.person_id, but=but)
    audit.append(tx, tx.actor, "passkey-removed", passkey)


def forget_all(tx: Transaction, person: Person | UUID) -> int:
    """Forget every passkey and the recovery code of somebody who lost them, end all sessions; return how many keys.

    Whoever does this has made sure, outside of here, who is asking.
    """
    owner = id_of(person)
    gone = len(
        tx.session.scalars(delete(PasskeyRow).where(PasskeyRow.person_id == owner).returning(PasskeyRow.id)).all()
    )
    tx.session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.person_id == owner))
    signin.end_all(tx, owner)
    audit.append(tx, tx.actor, "keys-forgotten", owner)
    return gone


def handle(tx: Transaction, person: Person | UUID) -> bytes:
    """Return the 32 bytes by which an authenticator knows a person: they name nobody, and no row of ours."""
    return tx.vault.index("passkey-handle", id_of(person).bytes)


def _name(untrusted: str) -> str:
    plain = " ".join(untrusted.split())
    if not (0 < len(plain) <= LONGEST_NAME and plain.isprintable()):
        raise BadValue(f"The name of a passkey is 1 to {LONGEST_NAME} printable characters.")
    return plain


def _row(tx: Transaction, passkey: UUID) -> PasskeyRow:
    row = tx.session.get(PasskeyRow, passkey)
    if row is None:
        raise UnknownPasskey("There is no such passkey (any more).")
    return row


def _own(tx: Transaction, person: Person | UUID, passkey: UUID) -> PasskeyRow:
    row = _row(tx, passkey)
    if row.person_id != id_of(person):
        raise UnknownPasskey("There is no such passkey (any more).")
    return row


def _index(tx: Transaction, credential: bytes) -> bytes:
    return tx.vault.index("passkey", credential)


def _sealed(tx: Transaction, row: PasskeyRow, name: str, credential: bytes, public_key: bytes) -> bytes:
    kept = {"name": name, "credential": b64encode(credential).decode(), "public_key": b64encode(public_key).decode()}
    return tx.seal_record(row.person_id, f"passkeys/{row.id}/kept", kept)


def _passkey(tx: Transaction, row: PasskeyRow) -> Passkey:
    kept = tx.unseal_record(row.person_id, f"passkeys/{row.id}/kept", row.kept)
    return Passkey(
        id=row.id,
        person=row.person_id,
        name=kept["name"],
        credential=b64decode(kept["credential"]),
        public_key=b64decode(kept["public_key"]),
        sign_count=row.sign_count,
        created_at=row.created_at,
        used_at=row.used_at,
    )
