"""Trying a photo on the device: the same verdicts as Python's, and limits that are its own numbers."""

import base64
from dataclasses import asdict
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from matchers import Fingerprint, Index, fingerprint
from matchers.deciding import WHOLE
from matchers.regions import agreement, evidence, index, judging, repeats
from matchers.regions.kept import MIRROR
from matchers.regions.tables import BITS
from portal.web.person.photos import TRIALS
from tests.matchers.regions.conftest import drawn
from tests.portal.pictures import image, saved
from tests.portal.twin import of_file

pytestmark = pytest.mark.browser

MARGIN = 0.1
"""The browser leaves out the bank of drawn common content: its evidence is higher by 2 % (median), rarely by 10 %."""


def tried(page: Page, file: bytes) -> dict[str, Any]:
    """Return for each trial the copy that was drawn (base64), the verdict on it, and the evidence in bits."""
    answer: dict[str, Any] = page.evaluate(
        """async (text) => {
            const [{ fingerprint, ofPicture }, { EDITS }, { judge, weighed }, { saved }, { surface }, { decode },
                   { read }, { capped }] = await Promise.all([
                "hashing/fingerprint", "trying/edits", "trying/judge", "trying/trials", "hashing/canvas",
                "hashing/decode", "trying/kept", "trying/agreement",
            ].map((name) => import(`/static/${name}.js`)));
            const file = new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]);
            const [{ fingerprint: made }, { pixels }] = await Promise.all([fingerprint(file), decode(file)]);
            const photo = surface(pixels.width, pixels.height);
            photo.putImageData(pixels, 0, 0);
            const found = { made };
            for (const [name, edit] of Object.entries(EDITS)) {
                const copy = await saved(edit(photo.canvas, [0.3, 0.1, 0.4, 0.45]));
                const seen = ofPicture(await decode(copy));
                const bytes = new Uint8Array(await copy.arrayBuffer());
                const parts = made.regions && seen.regions ? [made.regions, seen.regions].map(read) : null;
                found[name] = {
                    copy: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")),
                    verdict: judge(made)(seen),
                    bits: parts ? weighed(capped(parts[0]), parts[1])?.bits ?? 0 : 0,
                };
            }
            return found;
        }""",
        base64.b64encode(file).decode(),
    )
    return answer


@pytest.mark.parametrize("seed", [1, 2])
def test_the_verdicts_on_the_device_are_pythons(page: Page, seed: int) -> None:
    found = tried(page, saved(Image.fromarray(drawn(seed, 900, 700))))
    enrolled, parts, made = Index(), index.RegionIndex(), Fingerprint.from_json(found.pop("made"))
    assert made.regions
    enrolled.add(UUID(int=1), made)
    parts.add(UUID(int=1), made.regions)

    assert tuple(found) == TRIALS
    for name, trial in found.items():
        seen = fingerprint(base64.b64decode(trial["copy"]))
        candidates = enrolled.search(seen)
        ours = None if not candidates else "whole" if candidates[0].kind in ("whole", "flipped", "rotated") else "part"
        assert trial["verdict"] == ours, name
        assert seen.regions is not None
        [(_, weighed)] = judging.weighed(parts, seen.regions)
        assert trial["bits"] == pytest.approx(weighed.bits, rel=MARGIN), name


def test_an_unrelated_picture_is_not_found(page: Page) -> None:
    one, other = (of_file(page, saved(image(seed, 640, 480)))["fingerprint"] for seed in (1, 2))
    verdict = page.evaluate(
        "async ([one, other]) => (await import('/static/trying/judge.js')).judge(one)(other)", [one, other]
    )

    assert verdict is None


def test_every_limit_is_pythons(page: Page) -> None:
    limits = page.evaluate("async () => ({ ...(await import('/static/trying/limits.js')) })")
    homes = (agreement, evidence, index, judging, repeats)

    assert limits["WHOLE"] == asdict(WHOLE)
    assert limits["PARTS"] == asdict(judging.SHIPPED)
    assert limits["TABLES"] == BITS.tolist()
    for name, value in limits["PAIRS"].items():
        assert next(getattr(home, name) for home in homes if hasattr(home, name)) == value, name


def test_a_mirror_flips_the_same_bits(page: Page) -> None:
    words = page.evaluate(
        """async () => {
            const { mirrored } = await import("/static/trying/kept.js");
            const patch = { x: 1, y: 1, size: 0, angle: 0, bits: new Int32Array(4) };
            return Array.from(mirrored({ width: 10, height: 10, patches: [patch] }).patches[0].bits);
        }"""
    )

    assert np.array(words, np.int32).view(np.uint64).tolist() == MIRROR.tolist()
