"""Asking the hashing twin in a browser, and how near its patches are to Python's."""

import base64
from typing import Any

import numpy as np
from playwright.sync_api import Page

from matchers.regions.kept import Regions, distances

NEAR_PX, NEAR_BITS = 1.0, 16


def of_file(page: Page, file: bytes) -> dict[str, Any]:
    """Return what the twin makes of a file: {fingerprint, state}, or {reason}."""
    answer: dict[str, Any] = page.evaluate(
        """async (text) => {
            const { fingerprint } = await import("/static/hashing/fingerprint.js");
            const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
            return fingerprint(new Blob([bytes])).catch(({ reason }) => ({ reason }));
        }""",
        base64.b64encode(file).decode(),
    )
    return answer


def found_again(ours: Regions, theirs: Regions) -> float:
    """Return the share of our patches that theirs have within a working pixel and `NEAR_BITS` of 128 bits."""
    apart = np.hypot(*(ours.places[:, None, axis] - theirs.places[None, :, axis] for axis in (0, 1)))
    bits = np.where(apart <= NEAR_PX, distances(ours.hashes[:, None], theirs.hashes[None]), 128)
    return float((bits.min(axis=1) <= NEAR_BITS).mean())
