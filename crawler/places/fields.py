"""JSON of public APIs, read with doubt: opened in one place, and every field may be missing or something else.

What is missing in one post costs that post's picture; an answer of another shape altogether is refused by name.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from crawler.images import Unreadable

Node = Mapping[str, Any]
REFUSALS = {
    "malformed-json": "The answer is not JSON, or was cut short. Open the address in a browser: if the API is there, "
    "try again later; if not, use the kind that `watchlight target probe` names.",
    "not-json": "A page came where the kind's API was expected: the API is switched off, lies elsewhere, or is for "
    "members only. Use the kind that `watchlight target probe` names.",
}


def tree(untrusted: bytes) -> Any:
    """Return the JSON value of an answer; raise Unreadable ("malformed-json", "not-json").

    UTF-8 with or without byte order mark, UTF-16 and UTF-32 as RFC 4627 let them be told apart; single bytes that
    are no UTF-8 are replaced, because a broken name must not hide a picture.
    """
    start = untrusted[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        raise Unreadable("not-json", REFUSALS["not-json"])
    try:
        return json.loads(untrusted.decode(json.detect_encoding(untrusted), "replace"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("malformed-json", REFUSALS["malformed-json"]) from error


def each(value: Any, *path: str) -> Iterator[Node]:
    """Give the objects of the list at `path`; nothing when there is no list."""
    found = at(value, *path)
    if isinstance(found, list):
        yield from (one for one in found if isinstance(one, dict))


def at(value: Any, *path: str) -> Any:
    """Return what lies at `path` through nested objects, None when the way ends before."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text(value: Any, *path: str) -> str:
    """Return the text at `path`, "" for anything else."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def number(value: Any, *path: str) -> int:
    """Return the whole number at `path` (also written as text), 0 for anything else."""
    found = at(value, *path)
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 20:
        return int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def moment(value: Any, *path: str) -> datetime | None:
    """Return the time at `path`: ISO 8601 text or seconds since 1970; without a zone it is taken as UTC."""
    found = at(value, *path)
    try:
        if isinstance(found, str):
            when = datetime.fromisoformat(found.strip())
            return when if when.tzinfo else when.replace(tzinfo=UTC)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return datetime.fromtimestamp(found, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def day(untrusted: str) -> datetime | None:
    """Return the beginning of the day (UTC) that an operator's `since` names; None for no day."""
    return moment({"day": untrusted}, "day")
