"""What goes out of an alert at this moment: consent is asked now, just before telling, and only counts leave."""

from collections import Counter
from dataclasses import replace
from uuid import UUID

from alerts.allclear import AllClear, still_true
from alerts.message import Outgoing, Reader
from registry import cases
from registry.cases import Delivery, Exposure
from registry.news import CHANGE
from registry.people import Person
from registry.transaction import Transaction


def compose(tx: Transaction, delivery: Delivery, person: Person) -> Outgoing | None:
    """Return what to send to whom, or None when there is nothing that may be told any more."""
    alert = cases.alert(tx, delivery.alert)
    if alert.report is not None:
        if not still_true(tx, alert, person):
            return None
        report = AllClear.of(alert.report)
        return Outgoing(delivery.delivery_id, alert.id, alert.created_at, 0, _reader(person), report=report)
    if alert.kind == CHANGE:
        return Outgoing(delivery.delivery_id, alert.id, alert.created_at, 0, replace(_reader(person), detail="news"))
    tellable = cases.tellable(tx, alert.id)
    if not tellable:
        return None
    stories = _stories(tellable)
    return Outgoing(
        delivery.delivery_id,
        alert.id,
        alert.created_at,
        len(stories),
        _reader(person),
        pages=len({each.page_url for each in tellable}),
        kinds=Counter(each.kind for each in stories.values()),
    )


def _stories(tellable: list[Exposure]) -> dict[UUID, Exposure]:
    """Return the surest exposure of each story: one picture on many pages is one thing."""
    return {each.story: each for each in sorted(tellable, key=lambda each: each.confidence)}


def _reader(person: Person) -> Reader:
    return Reader(
        email=person.email,
        language=person.language,
        country=person.country,
        phrase=person.phrase,
        webhook_url=person.webhook_url,
        webhook_secret=person.webhook_secret,
        apprise_url=person.apprise_url,
        supporter_email=person.supporter_email,
        supporter_phrase=person.supporter_phrase,
        detail=person.detail,
    )
