"""One exposure's evidence as a sealed JSON file: readable by people, checkable by anybody who knows the house's key."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from alerts.evidence.sealing import digests, message, stamped
from registry import evidence, evidence_keys
from registry.cases import Exposure
from registry.chain import digest_of
from registry.evidence import Evidence
from registry.transaction import Transaction

FORMAT = "watchlight-evidence-1"
SEAL_MARK = b',\n "seal": '
MOST_LINKS = 10_000
ADDRESSES = frozenset({"page_url", "picture_url", "looks"})
"""Fields that hold an address of a sighting: left out, with their digest in place, where it must not be shown."""
NOTE = (
    "Times are UTC. Digests are SHA-256. No image is contained. Each field's digest is over its salt, name and value "
    "(docs/evidence.md says how); a field that is withheld shows its digest only."
)
Stamp = Callable[[bytes], bytes]


def export(
    tx: Transaction, exposure: Exposure, now: datetime, *, with_addresses: bool = True, stamp: Stamp | None = None
) -> bytes:
    """Return the sealed file. `stamp` gets a time stamp over bytes from a third party."""
    return sealed(tx, body_of(tx, exposure, now, with_addresses=with_addresses), "lines", stamp)


def body_of(tx: Transaction, exposure: Exposure, now: datetime, *, with_addresses: bool) -> dict[str, Any]:
    """Return what is sealed, as plain JSON values."""
    kept = evidence.records(tx, exposure.id)
    withheld = frozenset() if with_addresses else ADDRESSES
    return {
        "format": FORMAT,
        "exposure": str(exposure.id),
        "exported_at": evidence.iso(now),
        "note": NOTE,
        "records": [_record(each, withheld) for each in kept],
        "chain": _chain(tx, kept),
    }


def sealed(tx: Transaction, body: Mapping[str, Any], kind: str, stamp: Stamp | None = None) -> bytes:
    """Return a JSON file of `body` with its seal at the end."""
    text = json.dumps(body, indent=1, ensure_ascii=True).removesuffix("\n}").encode()
    return text + SEAL_MARK + seal_text(seal_of(tx, text, kind, stamp)) + b"\n}\n"


def seal_of(tx: Transaction, content: bytes, kind: str, stamp: Stamp | None = None) -> dict[str, Any]:
    """Return the seal of some bytes: digests of their parts, the house's keys, time stamp, signature."""
    evidence_keys.sign(tx, b"")  # so that there is a key
    keys = evidence_keys.keys(tx)
    seal: dict[str, Any] = {
        "format": "watchlight-seal-1",
        "kind": kind,
        "size": len(content),
        "key": keys[-1].id,
        "keys": [
            {
                "id": each.id,
                "public": each.public.hex(),
                "endorsement": each.endorsement.hex() if each.endorsement else None,
            }
            for each in keys
        ],
        "parts": digests(content, kind),
        "time_stamp": None,
    }
    if stamp is not None:
        seal["time_stamp"] = base64.b64encode(stamp(stamped(seal))).decode()
    _, signature = evidence_keys.sign(tx, message(seal))
    return {**seal, "signature": signature.hex()}


def seal_text(seal: Mapping[str, Any]) -> bytes:
    """Return the one way a seal is written."""
    return json.dumps(seal, indent=1, ensure_ascii=True).encode()


def _record(record: Evidence, withheld: Iterable[str]) -> dict[str, Any]:
    return {
        "position": record.position,
        "recorded_at": evidence.iso(record.at),
        "fields": {name: _field(record, name, hidden=name in withheld) for name in sorted(record.fields)},
        "commitment": record.commitment.hex(),
        "previous_link": record.previous.hex(),
        "link": record.link.hex(),
        "key": record.key_id,
        "signature": record.signature.hex(),
    }


def _field(record: Evidence, name: str, *, hidden: bool) -> dict[str, Any]:
    salt, value = record.salts[name], record.fields[name]
    if hidden:
        return {"withheld": digest_of(name, salt, value).hex()}
    return {"salt": salt.hex(), "value": value}


def _chain(tx: Transaction, kept: list[Evidence]) -> dict[str, Any] | None:
    """Return the way through the house's chain from the last record to the next time stamp, if there is one."""
    stamp = evidence.stamp_after(tx, kept[-1].position) if kept else None
    if stamp is None:
        return None
    position, token = stamp
    way = evidence.links(tx, kept[-1].position + 1, position, MOST_LINKS)
    if position > kept[-1].position and (not way or way[-1].position != position):
        return None  # too far: the export's own time stamp has to do
    return {
        "links": [{"at": evidence.iso(each.at), "commitment": each.commitment.hex()} for each in way],
        "time_stamp": base64.b64encode(token).decode(),
    }
