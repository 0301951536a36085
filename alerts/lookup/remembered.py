"""Look-ups are kept, sealed, with their age: asked again only after a while, never shown when too old."""

import json
from datetime import datetime, timedelta

from alerts.lookup.looking import LookedUp, from_json
from registry import lookups
from registry.transaction import Transaction

HIDDEN_AFTER = timedelta(days=180)  # as every contact of the facts


def about(tx: Transaction, host: str, now: datetime) -> LookedUp | None:
    """Return what was looked up about a host, None when nothing was or it is too old to be shown."""
    kept = lookups.lookup(tx, host)
    if kept is None or now - kept.at > HIDDEN_AFTER:
        return None
    return from_json(json.loads(kept.answer))


def remember(tx: Transaction, found: LookedUp) -> None:
    """Keep a look-up in place of an older one; those too old to be shown are deleted."""
    lookups.forget_before(tx, found.at - HIDDEN_AFTER)
    lookups.save(tx, found.host, json.dumps(found.as_json(), ensure_ascii=False).encode(), found.at)
