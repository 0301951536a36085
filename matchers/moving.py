"""Animations: which moments of a GIF, WebP, APNG or AVIF are worth a fingerprint, under limits of work and memory.

Frames are decoded one after the other, because each is painted on the one before. What is looked at is bounded by
pixels painted, by processor time and by number; the first frame is always among it.
"""

import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from matchers.decode import FORMATS, Picture, decode, without_words
from matchers.hashes import pdq
from matchers.pixels import shown

SAMPLED = 24  # moments held in memory at once, up to 5 MB each
MOST_PAINTED_PX = 150_000_000  # a second of work in most formats
MOST_CPU_S = 1.5
SAME_BITS = 20  # of 256: nearer moments are one; a copy of a picture is usually within 31
SHORTEST_MS, USUAL_MS = 20, 100  # browsers show frames that claim less than 20 ms for 100


@dataclass(frozen=True)
class Moment:
    """One decoded moment; `at_ms` from the start, None for a still picture."""

    picture: Picture
    at_ms: int | None


def moments(untrusted: bytes) -> list[Moment]:
    """Return a still picture, or moments spread over an animation; raises Unhashable where the first is unreadable."""
    first = decode(untrusted)
    if "animated" not in first.flags:
        return [Moment(first, None)]
    found = [Moment(first, 0)]
    try:
        found.extend(_later(untrusted, first))
    except Exception:  # noqa: BLE001 - hostile bytes raise anything; browsers show an animation as far as it can be read
        return found
    return found


def _later(untrusted: bytes, first: Picture) -> Iterator[Moment]:
    """Yield moments after the first, evenly spread over what may be painted."""
    began = time.process_time()
    image = Image.open(io.BytesIO(without_words(untrusted)), formats=FORMATS)
    count = min(int(getattr(image, "n_frames", 1)), max(2, MOST_PAINTED_PX // (image.width * image.height)))
    wanted = set(np.linspace(0, count - 1, min(count, SAMPLED)).round().astype(int).tolist())
    at_ms = 0
    for number in range(count):
        image.seek(number)
        if number in wanted and number:
            image.load()
            pixels, _ = shown(image)
            yield Moment(Picture(pixels, first.width, first.height, first.flags), at_ms)
        elif image.format != "GIF":
            image.load()  # these paint, and say how long, only when loaded
        at_ms += _shown_ms(image)
        if time.process_time() - began > MOST_CPU_S:
            return


def _shown_ms(image: Image.Image) -> int:
    told = image.info.get("duration", USUAL_MS)
    shown = int(told) if isinstance(told, int | float) and 0 <= told < 3_600_000 else USUAL_MS
    return shown if shown >= SHORTEST_MS else USUAL_MS


def distinct(seen: Sequence[Moment], most: int) -> list[Moment]:
    """Return up to `most` moments in their order: the first, then each time the one most unlike all taken so far.

    Of a scene that stays, it is the moment it begins.
    """
    if len(seen) == 1:
        return list(seen)
    looks = [pdq.compute(moment.picture.pixels) for moment in seen]
    taken, nearest = [0], [look.distance(looks[0]) for look in looks]
    while len(taken) < most and max(nearest) > SAME_BITS:
        furthest = nearest.index(max(nearest))
        taken.append(furthest)
        nearest = [min(old, look.distance(looks[furthest])) for old, look in zip(nearest, looks, strict=True)]
    earliest = {next(n for n, look in enumerate(looks) if look.distance(looks[each]) <= SAME_BITS) for each in taken}
    return [seen[place] for place in sorted(earliest)]
