"""Other limits, tried on stored decisions: what they would have found, missed and raised. Counts only."""

import math
from collections.abc import Mapping
from dataclasses import asdict

from fastapi import Request, Response

from alerts import replay
from matchers.deciding import WHOLE
from portal.web import pages
from portal.web.access import Role, door, house, visitor_of
from portal.web.rooms import room

router = room()

HIGHEST = 100_000.0
OFTEN = "60 per hour"  # one try reads every stored decision


@router.get("/operator/tuning")
@door(Role.OPERATOR)
def tuning(request: Request) -> Response:
    """Show every limit with its shipped value, and, when some were changed, what that would have done."""
    typed = {name: value.strip() for name, value in request.query_params.items() if name in replay.names()}
    changed, wrong = _read(typed)
    report = None
    if changed and not wrong:
        house(request).pace.require(OFTEN, "replay", str(visitor_of(request).someone.id))
        with house(request).registry.reading() as tx:
            report = replay.replay(tx, *replay.limits(changed))
    return pages.page(
        request,
        "operator/tuning.html",
        status=422 if wrong else 200,
        groups={"whole": asdict(WHOLE), "parts": {n: v for n, v in replay.names().items() if n not in asdict(WHOLE)}},
        typed=typed,
        changed=changed,
        wrong=wrong,
        report=report,
    )


def _read(typed: Mapping[str, str]) -> tuple[dict[str, float], set[str]]:
    """Return the limits that were really changed, and the names of those that are no number."""
    shipped, changed, wrong = replay.names(), dict[str, float](), set[str]()
    for name, value in typed.items():
        if not value:
            continue
        try:
            number = float(value[:20])
        except ValueError:
            number = math.nan
        if not 0 <= number <= HIGHEST:
            wrong.add(name)
        elif number != shipped[name]:
            changed[name] = number
    return changed, wrong
