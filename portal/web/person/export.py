"""Everything that is kept about a person, as a file for themselves. Addresses and letters as far as they are open."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from fastapi import Request, Response

from portal.web.access import Role, Visitor, door, house, visitor_of
from portal.web.person.finds import released
from portal.web.rooms import room
from portal.web.settings import Settings
from registry import audit, cases, clients, consents, enrolments, looks, passkeys, recovery
from registry.people import PROFILE
from registry.transaction import Transaction

router = room()

SECRET = ("webhook_secret", "apprise_url")  # keys of other services: whoever finds the file could use them


@router.post("/me/export")
@door(Role.PERSON)
def export(request: Request) -> Response:
    """Give the file; that it was taken is noted in the audit trail. A form, so that no other site can ask for it."""
    visitor, at_home = visitor_of(request), house(request)
    with at_home.registry.transaction(str(visitor.someone.id)) as tx:
        everything = _everything(tx, visitor, at_home.settings)
        audit.append(tx, visitor.someone.id, "export-taken", visitor.someone.id)
    text = json.dumps(everything, ensure_ascii=False, indent=2, default=_plain)
    return Response(
        text, media_type="application/json", headers={"Content-Disposition": 'attachment; filename="data.json"'}
    )


def _everything(tx: Transaction, visitor: Visitor, settings: Settings) -> dict[str, Any]:
    someone = visitor.someone
    prints = enrolments.fingerprints_of(tx, someone)
    code = recovery.made_at(tx, someone)
    return {
        "format": "watchlight-person/1",
        "taken": datetime.now(UTC),
        "account": {name: getattr(someone, name) for name in PROFILE if name not in SECRET}
        | {"roles": someone.roles, "created": someone.created_at},
        "consents": [
            {"version": each.version, "given": each.given_at, "withdrawn": each.withdrawn_at}
            for each in consents.consents(tx, someone)
        ],
        "photos": [
            {
                "label": each.label,
                "added": each.created_at,
                "withdrawn": each.withdrawn_at,
                "fingerprint": prints[each.id].to_json() if each.id in prints else None,
            }
            for each in enrolments.enrolments(tx, someone)
        ],
        "finds": [_find(tx, visitor, each, settings) for each in cases.exposures(tx, someone) if each.state != "held"],
        "centres": [
            {"given_by": one.given_by, "words": one.words, "until": one.until, "withdrawn": one.withdrawn_at}
            for each in clients.centres_of(tx, someone)
            for one in each.consents
        ],
        "looked": [
            {"day": each.day.date(), "centre": each.centre, "who": each.who, "did": each.action, "times": each.times}
            for each in looks.looks_at(tx, someone)
        ],
        "passkeys": [
            {"name": each.name, "made": each.created_at, "used": each.used_at}
            for each in passkeys.passkeys(tx, someone)
        ],
        "recovery_code_made": code,
    }


def _find(tx: Transaction, visitor: Visitor, find: cases.Exposure, settings: Settings) -> dict[str, Any]:
    """Return one find: its address and letters only where the portal would show them now."""
    told: dict[str, Any] = {
        "kind": find.kind,
        "confidence": find.confidence,
        "state": find.state,
        "found": find.created_at,
        "first_seen": find.first_seen,
        "last_seen": find.last_seen,
        "checks": [{"at": each.at, "verdict": each.verdict} for each in cases.verdicts(tx, find)],
    }
    if visitor.someone.minor or not released(tx, visitor, find, settings):
        return told
    letters = cases.notices(tx, find)
    return told | {
        "page": find.page_url,
        "picture": find.picture_url,
        "letters": [
            {
                "type": each.type,
                "subject": each.subject,
                "text": each.text,
                "drafted": each.created_at,
                "sent": each.sent_at,
                "answers": [{"at": one.at, "kind": one.kind, "words": one.words} for one in cases.replies(tx, each.id)],
            }
            for each in letters
        ],
    }


def _plain(value: object) -> str:
    """Return what JSON has no word for as text."""
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)
