"""What the page *Add photos* sends, read strictly: agreement, a name, and hashes. A picture has no place in it."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from matchers import Fingerprint, Unhashable
from matchers.fingerprint import VERSION, is_plain, require_usable
from matchers.regions.kept import MOST_POINTS, POSITION_STEPS, SMALLEST_PX, Regions, working_size
from matchers.regions.kept import VERSION as REGIONS_VERSION

LARGEST = 24 * 1024
"""Bytes: 520 patches are 15.3 kB in base64, the other hashes 0.8 kB, a name at most a few hundred bytes."""
FIELDS = {"agreed", "label", "fingerprint"}
NUMBERS = {"version", "width", "height", "quality", "pdq", "phash", "flags", "regions"}


class BadNumbers(Exception):
    """What came is not what our own page sends; `.state` is the word its script shows."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


@dataclass(frozen=True)
class Numbers:
    """One photo as it was sent: its fingerprint, and the name its owner typed."""

    fingerprint: Fingerprint
    untrusted_label: str | None


def read(untrusted: bytes) -> Numbers:
    """Return what was sent, or raise BadNumbers: with "flat" or "tiny" by Python's own gate, "refused" for the rest."""
    told = _only_expected(_json(untrusted))
    return Numbers(_usable(told["fingerprint"]), told["label"])


def _json(untrusted: bytes) -> Any:
    if len(untrusted) > LARGEST:
        raise BadNumbers("refused")
    try:
        return json.loads(untrusted)
    except (ValueError, RecursionError) as error:
        raise BadNumbers("refused") from error


def _only_expected(untrusted: Any) -> dict[str, Any]:
    """Refuse anything beyond agreement, name and numbers."""
    if not (isinstance(untrusted, dict) and set(untrusted) == FIELDS and untrusted["agreed"] is True):
        raise BadNumbers("refused")
    if not (isinstance(untrusted["fingerprint"], dict) and set(untrusted["fingerprint"]) == NUMBERS):
        raise BadNumbers("refused")
    if not (untrusted["label"] is None or isinstance(untrusted["label"], str)):
        raise BadNumbers("refused")
    return untrusted


def _usable(untrusted: dict[str, Any]) -> Fingerprint:
    """Return the fingerprint if it passes the same gate as Python's own, in the version of today."""
    try:
        fingerprint = Fingerprint.from_json(untrusted)
        require_usable(fingerprint.width, fingerprint.height, fingerprint.quality)
    except Unhashable as error:
        raise BadNumbers(error.reason) from error
    except ValueError as error:
        raise BadNumbers("refused") from error
    if fingerprint.version != VERSION or fingerprint.witness is None or not _of_this_picture(fingerprint):
        raise BadNumbers("refused")
    return fingerprint


def _of_this_picture(fingerprint: Fingerprint) -> bool:
    """Say whether the patches can be those of a picture of this size, and `plain` says what they say."""
    width, height, parts = fingerprint.width, fingerprint.height, fingerprint.regions
    if fingerprint.is_plain != is_plain(width, height, parts):
        return False
    return parts is None or (min(width, height) >= SMALLEST_PX and _fits(parts, width, height))


def _fits(parts: Regions, width: int, height: int) -> bool:
    within = (parts.rows["x"] <= parts.width * POSITION_STEPS) & (parts.rows["y"] <= parts.height * POSITION_STEPS)
    return (
        parts.version == REGIONS_VERSION
        and (parts.width, parts.height) == working_size(width, height)
        and 0 < len(parts) <= MOST_POINTS
        and bool(np.all(within))
    )
