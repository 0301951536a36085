"""The first operator of a registry: a one-time token, printed on the machine itself, makes one while there is none."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select

from registry import audit, signin
from registry.errors import BadLink, BadValue
from registry.models import HouseRow, RoleRow
from registry.people import Person, add_person
from registry.transaction import Transaction

LIFE = timedelta(hours=1)
NOTE = "first-operator"
DIGEST = hashlib.sha256().digest_size


def needed(tx: Transaction) -> bool:
    """Say whether this registry has no operator."""
    return tx.session.scalar(select(RoleRow.person_id).where(RoleRow.role == "operator").limit(1)) is None


def new_token(tx: Transaction, *, life: timedelta = LIFE) -> str:
    """Return a token that makes the first operator, once, within `life`; the one before is worth nothing."""
    if not needed(tx):
        raise BadValue("There is an operator already: `watchlight person add NAME --role operator` adds another.")
    token = secrets.token_urlsafe(signin.TOKEN_BYTES)
    _forget(tx)
    until = int((tx.now() + life).timestamp())
    tx.add(HouseRow(name=NOTE, value=_digest(token) + until.to_bytes(8, "big")))
    return token


def opens(tx: Transaction, untrusted_token: str) -> bool:
    """Say whether a token would make the first operator now."""
    note = tx.session.scalar(select(HouseRow.value).where(HouseRow.name == NOTE))
    if note is None or not needed(tx):
        return False
    until = datetime.fromtimestamp(int.from_bytes(note[DIGEST:], "big"), UTC)
    return hmac.compare_digest(note[:DIGEST], _digest(untrusted_token)) and tx.now() < until


def redeem(tx: Transaction, untrusted_token: str, name: str, email: str | None, language: str) -> tuple[Person, str]:
    """Make the operator, use the token up, and return them with their session's token.

    Raises BadLink for a token that is wrong, used, too old or not wanted any more, and what `add_person` raises.
    """
    if not opens(tx, untrusted_token):
        raise BadLink("This set-up link was used already or is too old. `watchlight person first-operator` makes one.")
    person = add_person(tx, name, email=email, language=language, roles=("operator",))
    _forget(tx)
    audit.append(tx, person.id, "first-operator-made", person.id)
    return person, signin.begin(tx, person, "set-up")


def _forget(tx: Transaction) -> None:
    tx.session.execute(delete(HouseRow).where(HouseRow.name == NOTE))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
