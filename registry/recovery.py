"""Recovery codes: what somebody noted down for the day they have neither their mailbox nor a passkey.

A code is 120 random bits, so it needs no address beside it, and nobody learns from the question who has an account.
It works once; only its keyed digest is stored.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select

from registry import audit, signin
from registry.errors import BadCode
from registry.models import RecoveryCodeRow
from registry.people import Person, get, id_of
from registry.transaction import Transaction

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's 32: none of them is taken for another
LENGTH, GROUP = 24, 4
MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def new_code(tx: Transaction, person: Person | UUID) -> str:
    """Return a new code for a person, like "7QXM-…"; the one before is worth nothing. It is shown only here."""
    owner = get(tx, id_of(person)).id
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    tx.session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.person_id == owner))
    tx.add(RecoveryCodeRow(person_id=owner, code_index=_index(tx, code), created_at=tx.now()))
    audit.append(tx, tx.actor, "recovery-code-made", owner)
    return "-".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def made_at(tx: Transaction, person: Person | UUID) -> datetime | None:
    """Return when a person's code was made, None when there is none."""
    return tx.session.scalar(select(RecoveryCodeRow.created_at).where(RecoveryCodeRow.person_id == id_of(person)))


def redeem(tx: Transaction, untrusted_code: str, *, life: timedelta = signin.SESSION_LIFE) -> tuple[str, UUID]:
    """Use up a code: end every session and link of its owner, and return a new session's token and who they are.

    Raises BadCode for a code that is wrong, used or replaced; the three are not told apart.
    """
    owner = tx.session.execute(
        delete(RecoveryCodeRow)
        .where(RecoveryCodeRow.code_index == _index(tx, _plain(untrusted_code)))
        .returning(RecoveryCodeRow.person_id)
    ).scalar()
    if owner is None:
        raise BadCode("This code is wrong, or was used before.")
    signin.end_all(tx, owner)
    audit.append(tx, owner, "recovered", owner)
    return signin.begin(tx, owner, "recovery", life=life), owner


def _plain(untrusted_code: str) -> str:
    """Return a code as it was made, however it was typed."""
    return untrusted_code[:200].upper().translate(MEANT)


def _index(tx: Transaction, plain: str) -> bytes:
    return tx.vault.index("recovery-code", plain.encode())
