"""Videos: moments of an MP4, QuickTime, WebM or Matroska file, by PyAV (the extra `video`), under hard limits.

The container is named by us, never guessed, so playlists (HLS, DASH, concat) and other ways to make a reader open
files or addresses are not even tried; and whatever a container asks to open besides itself is refused. Only the
codecs that browsers play are decoded. Run it in a process that can be killed: decoders are large.
"""

import importlib.util
import io
import time
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import Image

from matchers.decode import MAX_BYTES, Picture
from matchers.errors import Unhashable
from matchers.moving import SAMPLED, Moment
from matchers.pixels import shown

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

STILL_BRANDS = (b"avi", b"mif", b"msf", b"hei", b"hev", b"jxl", b"crx")
"""Starts of the brands of still pictures that share MP4's boxes."""
CODECS = ("h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "mpeg4", "mjpeg")
MAX_PIXELS = 3840 * 2160
LONGEST_S = 600.0
"""Of a longer video, only so much is looked at."""
MOST_CPU_S = 2.0
MOST_PACKETS = 60_000
EVERY_S = 1.0
"""Where key frames are further apart than this, frames between them are looked at, too, as far as time allows."""
MOST_MOMENTS = 32
QUARTERS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)


@cache
def is_installed() -> bool:
    """Say whether the extra `video` is here."""
    return importlib.util.find_spec("av") is not None


def container_of(untrusted: bytes) -> str | None:
    """Return the demuxer for a video file by its first bytes, None for anything else."""
    if untrusted[4:8] == b"ftyp" and untrusted[8:11] not in STILL_BRANDS:
        return "mov"
    return "matroska" if untrusted.startswith(b"\x1a\x45\xdf\xa3") else None


def moments(untrusted: bytes) -> list[Moment]:
    """Return moments spread over a video with their times; raises Unhashable where there is none to see."""
    if len(untrusted) > MAX_BYTES:
        raise Unhashable("too-heavy")
    import av

    found: list[Moment] = []
    try:
        found.extend(_seen(untrusted))
    except Unhashable:
        raise
    except Exception as error:
        # Hostile containers raise anything; what was decoded before counts, as with an animation cut short.
        if not found:
            raise Unhashable("codec" if isinstance(error, av.DecoderNotFoundError) else "broken") from error
    if not found:
        raise Unhashable("broken")
    return sorted(found, key=lambda moment: moment.at_ms or 0)


def _opened(untrusted: bytes) -> "InputContainer":
    import av

    av.logging.set_level(None)  # decoders would write lines of a hostile file's choosing
    return av.open(
        io.BytesIO(untrusted),
        "r",
        format=container_of(untrusted),
        io_open=_nothing_else,
        container_options={
            "protocol_whitelist": "none",  # external references of a container lead nowhere
            "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm",
            "codec_whitelist": ",".join(CODECS),
            "enable_drefs": "0",
            "use_absolute_path": "0",
            "probesize": "2000000",
            "max_streams": "16",
        },
        metadata_errors="replace",
    )


def _nothing_else(_address: str, _flags: int, _options: dict[str, Any]) -> Any:
    raise PermissionError("a container may not open anything besides itself")


def _stream(container: "InputContainer") -> "VideoStream":
    """Return the stream a browser would play, ready to be decoded by one thread; raise Unhashable by its header."""
    if not container.streams.video:
        raise Unhashable("no-pictures")
    stream = container.streams.video[0]
    context = stream.codec_context
    if context is None or context.name not in CODECS:
        raise Unhashable("codec")
    if context.width * context.height > MAX_PIXELS:
        raise Unhashable("too-large")
    context.thread_count = 1
    context.thread_type = "NONE"
    return stream


def _seen(untrusted: bytes) -> Iterator[Moment]:
    """Yield moments: key frames spread over all of it, then what lies between them, from the start."""
    until, count = time.process_time() + MOST_CPU_S, 0
    times = _key_times(untrusted)
    spread = {times[n] for n in np.linspace(0, len(times) - 1, min(len(times), SAMPLED)).round().astype(int)}
    for frame in _decoded(untrusted, "NONKEY", until):
        if _at_s(frame) in spread or not times:
            count += 1
            yield _moment(frame)
        if count == SAMPLED:
            break
    if len(times) > 1 and max(np.diff(times)) <= EVERY_S:
        return
    taken = sorted(spread)
    for frame in _decoded(untrusted, "DEFAULT", until):
        if all(abs(_at_s(frame) - each) >= EVERY_S for each in taken):
            taken.append(_at_s(frame))
            count += 1
            yield _moment(frame)
        if count == MOST_MOMENTS:
            return


def _decoded(untrusted: bytes, skipped: Literal["NONKEY", "DEFAULT"], until: float) -> Iterator["VideoFrame"]:
    """Yield frames from the start but for those that are `skipped`, until a processor time or LONGEST_S.

    The file is opened anew: some decoders take in what is skipped only when they begin.
    """
    with _opened(untrusted) as container:
        stream = _stream(container)
        stream.codec_context.skip_frame = skipped
        for frame in container.decode(stream):
            if time.process_time() > until or _at_s(frame) > LONGEST_S:
                return
            yield frame


def _key_times(untrusted: bytes) -> list[float]:
    """Return the times of the key frames within the first LONGEST_S, without decoding any."""
    found = []
    with _opened(untrusted) as container:
        for number, packet in enumerate(container.demux(_stream(container))):
            if number == MOST_PACKETS or packet.pts is None or packet.time_base is None:
                break
            if (at_s := float(packet.pts * packet.time_base)) > LONGEST_S:
                break
            if packet.is_keyframe:
                found.append(max(at_s, 0.0))
    return sorted(set(found))


def _at_s(frame: "VideoFrame") -> float:
    return max(float(frame.time or 0.0), 0.0)


def _moment(frame: "VideoFrame") -> Moment:
    """Return a frame as a picture, turned as players show it."""
    if frame.width * frame.height > MAX_PIXELS:
        raise Unhashable("too-large")
    image = Image.fromarray(frame.to_ndarray(format="rgb24"))
    quarter = round((frame.rotation or 0) / 90) % 4
    if quarter:
        image = image.transpose(QUARTERS[quarter - 1])
    pixels, _ = shown(image)
    return Moment(Picture(pixels, image.width, image.height, frozenset({"animated"})), round(_at_s(frame) * 1000))
