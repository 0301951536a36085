"""What an RDAP answer (RFC 9083) says about whom to write to: names and abuse mailboxes, each checked before use."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from alerts.lookup.fetching import Fetcher, NoAnswer
from alerts.notices.saying import EMAIL
from alerts.untrusted import one_line

ACCEPT = "application/rdap+json, application/json"
DEEPEST = 4  # entities inside entities
NAME_LIMIT = 120


@dataclass(frozen=True)
class Answer:
    """Who registered a domain for its owner, or who runs a network: `name`, `id`, and where abuse is reported."""

    name: str
    id: str
    mailboxes: tuple[str, ...]


def domain(fetcher: Fetcher, base: str, name: str) -> Answer:
    """Return the registrar of a domain. Raises NoAnswer."""
    said = _ask(fetcher, f"{base.rstrip('/')}/domain/{name}")
    registrar = next(_with_role(said, "registrar"), None)
    if registrar is None:
        raise NoAnswer("no-registrar-in-answer")
    number = next((str(one.get("identifier", "")) for one in _list(registrar, "publicIds")), "")
    return Answer(_name(registrar), one_line(number, 20), _abuse([registrar, said]))


def network(fetcher: Fetcher, base: str, address: str) -> Answer:
    """Return who runs the network of an IP address. Raises NoAnswer."""
    said = _ask(fetcher, f"{base.rstrip('/')}/ip/{address}")
    holder = next(_with_role(said, "registrant"), {})
    handle = one_line(str(said.get("name") or said.get("handle") or ""), NAME_LIMIT)
    return Answer(_name(holder) or handle, handle, _abuse([said]))


def _ask(fetcher: Fetcher, url: str) -> dict[str, Any]:
    try:
        said = json.loads(fetcher.get(url, ACCEPT))
    except (ValueError, RecursionError) as error:
        raise NoAnswer("not-rdap") from error
    if not isinstance(said, dict):
        raise NoAnswer("not-rdap")
    return said


def _abuse(places: list[dict[str, Any]]) -> tuple[str, ...]:
    """Mailboxes of entities with the role "abuse", those of the nearest place first."""
    found = [mailbox for place in places for entity in _with_role(place, "abuse") for mailbox in _mailboxes(entity)]
    return tuple(dict.fromkeys(found))[:3]


def _with_role(said: dict[str, Any], role: str, depth: int = 0) -> Iterator[dict[str, Any]]:
    for entity in _list(said, "entities"):
        if role in entity.get("roles", ()):
            yield entity
        if depth < DEEPEST:
            yield from _with_role(entity, role, depth + 1)


def _list(said: dict[str, Any], name: str) -> list[dict[str, Any]]:
    listed = said.get(name)
    return [one for one in listed if isinstance(one, dict)][:50] if isinstance(listed, list) else []


def _vcard(entity: dict[str, Any], wanted: str) -> Iterator[str]:
    """The values of one property of an entity's jCard (RFC 7095): ["email", {}, "text", "abuse@..."]."""
    card = entity.get("vcardArray")
    properties = card[1] if isinstance(card, list) and len(card) > 1 and isinstance(card[1], list) else []
    for each in properties[:100]:
        if isinstance(each, list) and len(each) > 3 and each[0] == wanted and isinstance(each[3], str):
            yield each[3]


def _mailboxes(entity: dict[str, Any]) -> list[str]:
    return [text.strip() for text in _vcard(entity, "email") if EMAIL.fullmatch(text.strip())]


def _name(entity: dict[str, Any]) -> str:
    return one_line(next(_vcard(entity, "fn"), ""), NAME_LIMIT)
