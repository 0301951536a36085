"""Ids as people type them: the first signs are enough when only one thing starts with them."""

from collections.abc import Iterable
from uuid import UUID

from portal.cli import say


def the_one(ids: Iterable[UUID], typed: str, what: str, listing: str) -> UUID:
    """Return the id that starts with `typed`; otherwise say what to do and leave with exit code 2."""
    start = typed.strip().lower().replace("-", "")
    found = [each for each in ids if start and each.hex.startswith(start)]
    if not found:
        say.fail(f"There is no {what} {typed!r}. `{listing}` lists those there are.")
    if len(found) > 1:
        say.fail(f"{len(found)} of them start with {typed!r}: give more of the {what}'s id.")
    return found[0]
