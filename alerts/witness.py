"""What goes into the evidence from a match and from a look: hashes, areas, digests and headers, never a picture."""

import hashlib
from collections.abc import Iterable
from typing import Any

from alerts.looks import Look
from matchers import Fingerprint
from matchers.index import Candidate


def seen_as(fingerprint: Fingerprint, candidate: Candidate) -> dict[str, Any]:
    """Return what a picture was recognised by, as plain JSON values.

    The hashes of the upright picture stand for all eight orientations, which follow from each other; of the many
    region hashes there is the digest, and the areas that agree (shares 0..1: left, top, width, height).
    """
    told = fingerprint.to_json()
    regions = fingerprint.regions.to_bytes() if fingerprint.regions else None
    return {
        "fingerprint": {
            "version": told["version"],
            "width": told["width"],
            "height": told["height"],
            "pdq": told["pdq"]["upright"],
            "phash": told["phash"],
            "regions_sha256": hashlib.sha256(regions).hexdigest() if regions else None,
        },
        "enrolled_area": list(candidate.enrolled_area) if candidate.enrolled_area else None,
        "seen_area": list(candidate.seen_area) if candidate.seen_area else None,
    }


def looked_at(looks: Iterable[Look]) -> list[dict[str, Any]]:
    """Return each address that was looked at with what was there, as plain JSON values; the last look at each."""
    return list({look.url: _look(look) for look in looks}.values())


def _look(look: Look) -> dict[str, Any]:
    facts = look.facts
    return {
        "address": look.url,
        "at": look.at.isoformat(),
        "status": look.status,
        "final_address": look.final_url,
        "content_type": look.content_type,
        "refusal": look.refusal,
        "says": list(facts.says),
        "page_text_sha256": facts.text_digest or None,
        "content_sha256": facts.body_digest or None,
        "headers": dict(facts.headers),
        "picture_pdq": look.fingerprint.to_json()["pdq"]["upright"] if look.fingerprint else None,
        "pictures_on_the_page": len(facts.shown),
    }
