"""Closing a centre: from this moment it reaches nobody. Its clients are handed over where they were asked, or end.

A consent that somebody gave in their own pages is theirs to give to another centre: it ends, and they are told. One
that the centre recorded (a form, a guardian, the law) can go on at a successor when the operator says how the clients
were asked; scope, end and notes go along.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select, update

from registry import audit, clients, consents, tokens
from registry.centres import Centre, centre, send_home, staff
from registry.clients import Client
from registry.errors import BadValue
from registry.models import ApiTokenRow, AssignmentRow, CaseNoteRow, CentreRow, HashListRow, WebhookRow
from registry.transaction import Transaction


@dataclass(frozen=True)
class Closed:
    """What became of a centre: people whose consent ended, people who were handed over, staff, tokens, lists."""

    ended: tuple[UUID, ...]
    handed_over: tuple[UUID, ...]
    staff: tuple[UUID, ...]
    listed: tuple[UUID, ...]
    """Accounts that stand for its hash lists: given to the successor, or withdrawn without one."""


def close(tx: Transaction, at: Centre, *, to: Centre | None = None, asked: str = "") -> Closed:
    """Close a centre. With a successor `to`, `asked` says how its clients were asked whether they go along."""
    if at.closed_at is not None:
        raise BadValue(f"{at.name} is closed already.")
    if to is not None and (to.id == at.id or to.closed_at is not None):
        raise BadValue("The successor is another centre, and one that is not closed.")
    if to is not None and not asked.strip():
        raise BadValue("Say how the clients were asked whether the other centre may act for them.")
    now = tx.now()
    mine = [each for each in clients.clients(tx) if each.centre == at.id and each.scopes_at(now)]
    listed = set(tx.session.scalars(select(HashListRow.person_id).where(HashListRow.centre_id == at.id)))
    handed = tuple(each.person for each in mine if _hand_over(tx, each, at, to, asked))
    for each in mine:
        clients.end(tx, each.id)
    _lists(tx, listed, to)
    gone = tuple(each.person for each in staff(tx, at))
    for person in gone:
        send_home(tx, person)
    for token in tx.session.scalars(select(ApiTokenRow.id).where(ApiTokenRow.centre_id == at.id)).all():
        tokens.revoke(tx, token)
    tx.session.execute(delete(WebhookRow).where(WebhookRow.centre_id == at.id))
    tx.session.execute(delete(AssignmentRow).where(AssignmentRow.centre_id == at.id))
    successor = None if to is None else to.id
    tx.session.execute(
        update(CentreRow).where(CentreRow.id == at.id).values(closed_at=now, successor_id=successor, email=None)
    )
    audit.append(tx, tx.actor, "centre-closed", at.id)
    ended = tuple(each.person for each in mine if each.person not in (*handed, *listed))
    return Closed(ended, tuple(each for each in handed if each not in listed), gone, tuple(listed))


def remove(tx: Transaction, at: Centre) -> None:
    """Delete a closed centre with its clients' records, consents and notes: nothing says any more that it was here."""
    if centre(tx, at.id).closed_at is None:
        raise BadValue(f"{at.name} is open: close it first, so that its clients are handed over or told.")
    tx.session.execute(delete(CentreRow).where(CentreRow.id == at.id))
    audit.append(tx, tx.actor, "centre-removed", at.id)


def _hand_over(tx: Transaction, client: Client, at: Centre, to: Centre | None, asked: str) -> bool:
    """Let the successor act for a client as the centre could; False where only the client can say so."""
    until, last = client.until(tx.now()), client.consents[-1]
    if to is None or client.own or until is None:
        return False
    scopes = client.scopes_at(tx.now())
    words = f"{at.name}: {asked.strip()}"
    after = clients.allow(tx, to, client.person, given_by=last.given_by, words=words, scopes=scopes, until=until)
    tx.session.execute(update(CaseNoteRow).where(CaseNoteRow.client_id == client.id).values(client_id=after.id))
    return True


def _lists(tx: Transaction, listed: set[UUID], to: Centre | None) -> None:
    """Give the centre's hash lists to the successor, or withdraw them: a list without an owner is compared no more."""
    for each in listed:
        if to is None:
            consents.withdraw(tx, person=each)
        tx.session.execute(
            update(HashListRow).where(HashListRow.person_id == each).values(centre_id=None if to is None else to.id)
        )
