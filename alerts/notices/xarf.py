"""A letter as XARF 4, the JSON report that abuse desks read by machine (https://github.com/xarf/xarf-spec).

XARF has no type of its own for intimate pictures of adults; `content/exposed_data` with `personal_information` is the
one that fits, and a tag says the rest. A report names no person: the reporter is the case's address and its domain.
"""

import base64
import hashlib
import json
import uuid
from datetime import datetime
from typing import Any

from alerts.contacts import Desk
from alerts.errors import BadValue
from alerts.notices.saying import EMAIL

VERSION = "4.2.0"
TAGS = ("abuse:image-shared-without-consent", "handling:no-image-attached")
DESCRIPTION = (
    "A picture of a person is published here without that person's consent. No image is attached. "
    "Please do not forward the sender's identity. Case {reference}."
)


def xarf(
    pages: tuple[str, ...], reference: str, desk: Desk, contact: str, at: datetime, language: str = "en"
) -> dict[str, Any]:
    """Return the report about the first of `pages`; the others stand in it as evidence addresses.

    `contact` is the mail address to answer to. Raises BadValue when it is no mail address.
    """
    if not EMAIL.fullmatch(contact):
        raise BadValue("requester_email", "a machine-readable report needs a mail address to answer to.")
    domain = contact.rpartition("@")[2].lower()
    party = {"org": domain, "contact": contact, "domain": domain}
    moment = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return {
        "xarf_version": VERSION,
        "report_id": str(_report_id(reference, pages)),
        "timestamp": moment,
        "reporter": party,
        "sender": party,
        "source_identifier": desk.site_ip or desk.host,
        "category": "content",
        "type": "exposed_data",
        "evidence_source": "user_report",
        "url": pages[0],
        "data_types": ["personal_information"],
        "exposure_method": "intentional_leak",
        "accessibility": "public",
        "discovery_source": "user_report",
        "description": DESCRIPTION.format(reference=reference),
        "tags": [*TAGS, f"language:{language}"],
        "evidence": [
            {"content_type": "text/uri-list", "description": "Address of the material", "payload": _text(page)}
            for page in pages[:50]
        ],
    }


def as_bytes(report: dict[str, Any]) -> bytes:
    """Return the report as a file: UTF-8 JSON, two spaces deep."""
    return (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode()


def _report_id(reference: str, pages: tuple[str, ...]) -> uuid.UUID:
    """The same report keeps its number, so that a desk that gets it twice can see that."""
    return uuid.UUID(bytes=hashlib.sha256(f"{reference} {' '.join(pages)}".encode()).digest()[:16], version=4)


def _text(plain: str) -> str:
    return base64.b64encode(plain.encode()).decode()
