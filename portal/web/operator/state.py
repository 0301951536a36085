"""How the house stands: checks of the machine, facts to look up again, messages that did not get out."""

import os
from collections import Counter
from datetime import UTC, datetime

from fastapi import Request, Response

from alerts.notices.facts import facts
from portal.doctor import examine
from portal.web import pages
from portal.web.access import Role, door, house, visitor_of
from portal.web.forms import Fields
from portal.web.rooms import room
from registry import calls, cases
from registry.transaction import Transaction

router = room()
OFTEN = "30 per hour"  # the checks start a browser and ask the mail server


@router.get("/operator/health")
@door(Role.OPERATOR)
def health(request: Request) -> Response:
    """Offer the checks."""
    return pages.page(request, "operator/health.html", findings=())


@router.post("/operator/health")
@door(Role.OPERATOR)
def check(request: Request) -> Response:
    """Run the checks of `watchlight doctor` and show what they found."""
    house(request).pace.require(OFTEN, "health", str(visitor_of(request).someone.id))
    return pages.page(request, "operator/health.html", findings=tuple(examine(os.environ)))


@router.get("/operator/facts")
@door(Role.OPERATOR)
def old_facts(request: Request) -> Response:
    """List the facts behind letters and helplines that are due for another look, oldest first."""
    known = facts(datetime.now(UTC).date())
    return pages.page(request, "operator/facts.html", stale=known.stale(), total=len(known.ages()))


@router.get("/operator/undelivered")
@door(Role.OPERATOR)
def undelivered(request: Request) -> Response:
    """Count what did not get out, by channel and reason. To whom it was to go is not said."""
    with house(request).registry.reading() as tx:
        return pages.page(request, "operator/undelivered.html", lost=lost(tx).most_common(), webhooks=calls.counts(tx))


@router.post("/operator/undelivered/again")
@door(Role.OPERATOR)
def again(request: Request, fields: Fields) -> Response:
    """Try once more what was given up through one channel for one reason."""
    wanted = (fields.get("channel"), fields.get("reason"))
    with house(request).registry.transaction(str(visitor_of(request).someone.id)) as tx:
        for each in cases.undeliverable(tx):
            if (each.channel, each.last_error or "") == wanted:
                cases.outbox_again(tx, each.id, tx.now())
    return pages.go("/operator/undelivered")


def lost(tx: Transaction) -> Counter[tuple[str, str]]:
    """Return how many messages were given up, by channel and reason."""
    return Counter((each.channel, each.last_error or "") for each in cases.undeliverable(tx))
