"""Telling the clients of a centre that was closed, in neutral words; news goes to them or the successor from now on."""

from uuid import UUID

from alerts.rhythm import due
from alerts.telling import change_wishes
from registry import closing, people
from registry.centres import Centre
from registry.closing import Closed
from registry.telling import add_change
from registry.transaction import Transaction


def close_and_tell(tx: Transaction, at: Centre, *, to: Centre | None = None, asked: str = "") -> Closed:
    """Close a centre and write a message to everybody it acted for; in their pages they read what changed."""
    closed = closing.close(tx, at, to=to, asked=asked)
    for person in (*closed.ended, *closed.handed_over):
        _no_longer_first(tx, person, at, to if person in closed.handed_over else None)
        who = people.get(tx, person)
        deliveries = due(who, tx.now())
        add_change(tx, who, channels=tuple(deliveries), next_at=deliveries)
    for account in closed.listed if to is not None else ():
        _no_longer_first(tx, account, at, to)  # what a list finds is news for whoever keeps it now
    return closed


def _no_longer_first(tx: Transaction, person: UUID, at: Centre, to: Centre | None) -> None:
    """News that went to the centre first goes to its successor, or to the person themselves."""
    who = people.get(tx, person)
    if at.email is None or who.supporter_email != at.email:
        return
    if to is not None and to.email is not None:
        change_wishes(tx, who, supporter_email=to.email)
    else:
        change_wishes(tx, who, supporter_email=None, told_first="me")
