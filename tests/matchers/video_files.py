"""Videos drawn by code: encoded in memory by the same extra that opens them."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from PIL import Image


def encoded(
    pictures: Sequence[Image.Image], kind: str = "mp4", codec: str = "libx264", *, each: int = 10, gop: int = 10
) -> bytes:
    """Return a video at ten frames a second that shows each picture for `each` frames; a key frame every `gop`."""
    av: Any = pytest.importorskip("av")
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        quick = {"preset": "ultrafast", "threads": "1"} if codec == "libx264" else {"deadline": "realtime"}
        stream = container.add_stream(codec, rate=10, options=quick)
        stream.width, stream.height = pictures[0].size
        stream.pix_fmt, stream.codec_context.gop_size = "yuv420p", gop
        for picture in pictures:
            for _ in range(each):
                container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())
    return file.getvalue()
