"""The duties of `watchlight run`: one process does all of them, or each process of a fleet some."""

from collections.abc import Sequence

PORTAL, CRAWL, MATCH, HOUSE = "portal", "crawl", "match", "house"
ALL = (PORTAL, CRAWL, MATCH, HOUSE)

LOOPS = {
    CRAWL: ("crawl",),
    MATCH: ("match", "consents", "look-back"),
    HOUSE: (
        "doubles",
        "outbox",
        "webhooks",
        "seen-again",
        "all-clear",
        "recheck",
        "discover",
        "forget",
    ),
}
"""Which loops belong to which duty. As many crawlers, matchers and portals as you like; one keeps the house."""


class UnknownDuty(Exception):
    """No duty has this name; the sentence lists those there are."""


def chosen(names: Sequence[str]) -> frozenset[str]:
    """Return the duties asked for; none: all."""
    asked = {part.strip() for name in names for part in name.split(",") if part.strip()}
    unknown = sorted(asked - set(ALL))
    if unknown:
        raise UnknownDuty(f"There is no duty called {unknown[0]!r}. Duties there are: {', '.join(ALL)}.")
    return frozenset(asked or ALL)


def loops_of(duties: frozenset[str]) -> frozenset[str]:
    """Return the names of the loops of these duties."""
    return frozenset(name for duty in duties for name in LOOPS.get(duty, ()))
