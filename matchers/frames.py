"""Frames: the distinct moments of an animation or a video, each with a fingerprint and its time.

A still picture is one frame without a time. All frames of a file are one sighting: what is found in any of them
was found in that file, and the match names the moment.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from matchers import metrics, video
from matchers.errors import Unhashable
from matchers.fingerprint import SMALLEST_SIDE, Fingerprint, of_picture
from matchers.moving import Moment, distinct, moments

MOST = 16
_MAGIC = b"WLM"
_HEAD = struct.Struct(">3sBB")  # magic, layout, number of frames
_FRAME = struct.Struct(">II")  # milliseconds, bytes of the fingerprint that follows
LONGEST_MS = 2**32 - 1


@dataclass(frozen=True)
class Frame:
    """What one moment shows. `at_ms` is its time from the start in milliseconds; None for a still picture."""

    fingerprint: Fingerprint
    at_ms: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return {"at_ms": self.at_ms, "fingerprint": self.fingerprint.to_json()}

    @classmethod
    def from_json(cls, untrusted: Any) -> Self:
        """Return what `to_json` wrote; ValueError if anything is amiss."""
        try:
            at, told = untrusted["at_ms"], untrusted["fingerprint"]
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError("this is not a frame") from error
        if at is not None and not (isinstance(at, int) and 0 <= at <= LONGEST_MS):
            raise ValueError("the time of a frame is a number of milliseconds")
        return cls(Fingerprint.from_json(told), at)


def frames(untrusted: bytes, *, whole_only: bool = False, videos: bool = False) -> tuple[Frame, ...]:
    """Return the frames of a picture file: one for a still, up to 16 distinct ones of an animation, in their order.

    `videos`: open videos, too, where the extra `video` is installed; else they are refused as "format". Raises
    Unhashable as `fingerprint` does. Frames that show too little (a black start) are left out.
    """
    try:
        is_video = videos and video.is_installed() and video.container_of(untrusted) is not None
        seen = video.moments(untrusted) if is_video else moments(untrusted)
        made = of_moments(seen, whole_only=whole_only)
    except Unhashable as refusal:
        metrics.FINGERPRINTS.labels("refused", refusal.reason).inc()
        raise
    metrics.FINGERPRINTS.labels("made", "").inc()
    return made


def of_moments(seen: Sequence[Moment], *, whole_only: bool = False) -> tuple[Frame, ...]:
    """Return the frames of decoded moments, at most 16, those that differ most; Unhashable when none is usable."""
    if min(seen[0].picture.width, seen[0].picture.height) < SMALLEST_SIDE:
        raise Unhashable("tiny")
    made, refusal = [], None
    for moment in distinct(seen, MOST):
        try:
            made.append(Frame(of_picture(moment.picture, whole_only=whole_only), moment.at_ms))
        except Unhashable as error:
            refusal = refusal or error
    if not made:
        raise refusal or Unhashable("flat")
    return tuple(made)


def to_bytes(some: Sequence[Frame]) -> bytes:
    """Return the compact form of frames; of a still picture, plainly its fingerprint's."""
    if len(some) == 1 and some[0].at_ms is None:
        return some[0].fingerprint.to_bytes()
    written = [(frame.at_ms or 0, frame.fingerprint.to_bytes()) for frame in some]
    return _HEAD.pack(_MAGIC, 1, len(written)) + b"".join(_FRAME.pack(at, len(made)) + made for at, made in written)


def from_bytes(stored: bytes) -> tuple[Frame, ...]:
    """Return what `to_bytes` wrote; ValueError if these bytes are something else."""
    if not stored.startswith(_MAGIC):
        return (Frame(Fingerprint.from_bytes(stored)),)
    try:
        _, layout, count = _HEAD.unpack_from(stored)
        found, place = [], _HEAD.size
        for _ in range(count):
            at, size = _FRAME.unpack_from(stored, place)
            place += _FRAME.size + size
            found.append(Frame(Fingerprint.from_bytes(stored[place - size : place]), at))
    except struct.error as error:
        raise ValueError("these frames are damaged") from error
    if layout != 1 or not found or place != len(stored):
        raise ValueError("these frames are damaged")
    return tuple(found)


def at_time(at_ms: int) -> str:
    """Return a moment in words: "at 2.4 s", "at 1:05 min"."""
    if at_ms < 60_000:
        return f"at {at_ms / 1000:.1f} s"
    return f"at {at_ms // 60_000}:{at_ms % 60_000 // 1000:02} min"
