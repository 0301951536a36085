"""Writing alerts: who is told about what, by which ways, and when; what waits already takes more news along."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from alerts.rhythm import due
from registry import cases, people, webhooks
from registry.cases import Alert, Exposure
from registry.people import Person
from registry.transaction import Transaction


def tell(tx: Transaction, person: Person, exposures: Sequence[Exposure]) -> None:
    """Write an alert about these exposures, or let them join one that waits."""
    waiting = cases.unsent_alert(tx, person)
    if waiting is not None:
        cases.join_alert(tx, waiting, exposures)
        return
    deliveries = due(person, tx.now())
    cases.add_alert(tx, person, exposures, channels=tuple(deliveries), next_at=deliveries)


def tell_all(tx: Transaction, exposures: Iterable[Exposure]) -> int:
    """Tell everybody whom these exposures concern; return how many people that is."""
    theirs: dict[UUID, list[Exposure]] = {}
    for each in exposures:
        # What was gone and is there again is a new verdict on something that programs know.
        webhooks.announce(tx, "exposure.created" if each.state == "new" else "verdict.changed", each)
        theirs.setdefault(each.person, []).append(each)
    for person, news in theirs.items():
        tell(tx, people.get(tx, person), news)
    return len(theirs)


def change_wishes(tx: Transaction, person: Person, **wishes: object) -> Person:
    """Change how somebody wants to be told; news that waits follows the new wishes at once."""
    after = people.change(tx, person, **wishes)
    waiting = cases.unsent_alert(tx, after)
    if waiting is not None:
        cases.redirect_alert(tx, waiting, due(after, tx.now()))
    return after


def fall_back(tx: Transaction, alert: Alert, person: Person, now: datetime) -> None:
    """The supporter cannot be reached: tell the person themselves now, so that news does not end with nobody."""
    cases.outbox_reroute(tx, alert.id, dict.fromkeys(person.channels, now))
