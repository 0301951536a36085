"""What nobody needs to type into a letter: it comes from the exposure, the person's record, the desk and the past."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from babel import Locale

from alerts.contacts import Desk, registrable
from alerts.errors import BadValue
from alerts.notices.facts import Fact, Facts
from alerts.untrusted import address_line, host_line, one_line

ARCHIVED = re.compile(r"^https?://web\.archive\.org/web/(\d{4})(\d{2})(\d{2})\d*[a-z_]*/(.+)$")
ACTIONS = ("remove", "copies", "reupload")


class Depicted(Protocol):
    """What a letter may know of the person: nothing beyond this is ever read."""

    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str | None: ...
    @property
    def country(self) -> str: ...
    @property
    def minor(self) -> bool: ...


class Found(Protocol):
    """What a letter may know of the exposure: where and since when, never how it was recognised."""

    @property
    def id(self) -> UUID: ...
    @property
    def page_url(self) -> str: ...
    @property
    def picture_url(self) -> str | None: ...
    @property
    def first_seen(self) -> datetime: ...


@dataclass(frozen=True)
class Sent:
    """A letter that went out before: when, to whom, of which type."""

    at: datetime
    recipient: str
    type: str


@dataclass(frozen=True)
class Past:
    """What was done about an exposure so far, oldest first, and when it was last looked at."""

    sent: tuple[Sent, ...] = ()
    last_checked_at: datetime | None = None


@dataclass(frozen=True)
class Case:
    """Everything a letter may be filled from. `relay` is the reply address of this case; `site_ip` was looked up."""

    exposure: Found
    person: Depicted
    now: datetime
    past: Past = field(default_factory=Past)
    relay: str | None = None
    site_ip: str | None = None
    resolved_at: datetime | None = None

    @property
    def reference(self) -> str:
        """Return the number both sides call this case by: it says nothing about the person or the day."""
        digest = hashlib.sha256(self.exposure.id.bytes).hexdigest().upper()
        return f"C-{digest[:4]}-{digest[4:8]}"


def from_records(case: Case, letter: Fact, known: Facts, language: str, desk: Desk) -> dict[str, str]:
    """Return the values by field. The sender is the person themselves until the sender says otherwise.

    Raises BadValue when the page has no address that could stand in a letter.
    """

    def words(name: str) -> str:
        return known.phrase("words", name, language)

    def chosen(name: str, *choices: str) -> str:
        return "\n".join(known.value(name, choice, language) for choice in choices)

    return {
        **_place(case, letter, desk, words),
        **_history(case, known, language),
        **_sender(case, language, words),
        "case_ref": case.reference,
        "recipient_name": words(letter.get("to", "operator")).format(name=desk.name),
        "legal_basis_line": known.sentence(letter["basis"], language) if "basis" in letter else "",
        "how_found": words("how_found"),
        "kr_evidence_basis": words("evidence"),
        "data_categories": words("data"),
        "identification_data": words("identification"),
        "infringed_right": words("right"),
        "requested_actions": chosen("requested_actions", *letter.get("actions", ACTIONS)),
        "requester_role": chosen("requester_role", "self"),
        "depicted_person_is_requester": chosen("depicted_person_is_requester", "yes"),
        "kr_request_kind": chosen("kr_request_kind", "삭제요청"),
        "legal_ground_art17": chosen("legal_ground_art17", "unlawful"),
        "notification_preference_kr": chosen("notification_preference_kr", "email"),
        "forwarding_preference": chosen("forwarding_preference", "host_only"),
        "preservation_request": known.sentence("preservation_request", language),
        "confidentiality_request": known.sentence("confidentiality_request", language),
    }


def _place(case: Case, letter: Fact, desk: Desk, words: Callable[[str], str]) -> dict[str, str]:
    page = address_line(case.exposure.page_url)
    if page is None:
        raise BadValue("content_urls", "the page has no web address that could stand in a letter.")
    host = host_line(page) or ""
    picture = address_line(case.exposure.picture_url)
    domain = registrable(host) if letter["notice_type"] == "registrar_abuse" else host
    return {
        "provider_name": desk.name,
        "controller_name": desk.name,
        "domain_name": domain or host,
        "target_location": words("place").format(host=host),
        "content_urls": page,
        "file_urls": picture or "",
        "locator_details": _locator(case, picture, words),
        "first_seen_at": _minute(case.exposure.first_seen),
        "site_ip": case.site_ip or "",
        "resolved_at": _minute(case.resolved_at),
        **_archived(page),
    }


def _locator(case: Case, picture: str | None, words: Callable[[str], str]) -> str:
    seen = case.exposure.first_seen.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    return words("picture" if picture else "embedded").format(address=picture, seen=seen)


def _archived(page: str) -> dict[str, str]:
    """A capture's address says what was captured and when."""
    capture = ARCHIVED.match(page)
    if capture is None:
        return {}
    year, month, day, original = capture.groups()
    return {
        "archive_urls": page,
        "original_url": address_line(original) or "",
        "archive_date_range": f"{year}-{month}-{day}",
    }


def _history(case: Case, known: Facts, language: str) -> dict[str, str]:
    past = case.past
    lines = [
        f"{_minute(each.at)}, {one_line(each.recipient)}: {_title(known, each.type, language)}" for each in past.sent
    ]
    log = "\n".join(lines) or known.phrase("words", "no_notice_yet", language)
    last = past.sent[-1] if past.sent else None
    return {
        "prior_notice_ref": case.reference if last else "",
        "prior_notice_sent_at": _minute(last.at) if last else "",
        "prior_notices": log,
        "notices_sent_log": log,
        "last_checked_at": _minute(past.last_checked_at),
    }


def _title(known: Facts, type: str, language: str) -> str:
    fact = known.notice_type(type)
    return str(fact["title"].get(language) or fact["title"]["en"]) if fact else type


def _sender(case: Case, language: str, words: Callable[[str], str]) -> dict[str, str]:
    name, reply = one_line(case.person.name), case.relay or case.person.email or ""
    country = Locale.parse(language).territories.get(case.person.country.upper(), case.person.country)
    return {
        "requester_name": name,
        "requester_email": reply,
        "reply_channel": reply,
        "requester_contact_block": ", ".join(part for part in (name, reply) if part) if reply else "",
        "requester_relation": words("relation"),
        "residence_statement": country,
        "signature_date": case.now.astimezone(UTC).date().isoformat(),
        "notice_date": case.now.astimezone(UTC).date().isoformat(),
    }


def _minute(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if moment else ""
