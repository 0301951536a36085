"""No picture may be kept: look for the first bytes of picture files in everything the demo left on disk."""

import base64
import re
from pathlib import Path

#: How pictures begin. Short marks that random (sealed) bytes hit by chance are joined with what must follow.
MARKS = {
    "JPEG": rb"\xff\xd8\xff[\xdb\xe0-\xef][\x00-\x02]",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "WebP": rb"RIFF....WEBP",
    "GIF": rb"GIF8[79]a",
    "AVIF or HEIF": rb"ftyp(?:avif|heic|mif1)",
    "JPEG in text": base64.b64encode(b"\xff\xd8\xff\xe0\x00\x10JFIF")[:12],
    "PNG in text": base64.b64encode(b"\x89PNG\r\n\x1a\n\x00\x00")[:14],
}
PATTERN = re.compile(b"|".join(b"(" + mark + b")" for mark in MARKS.values()), re.DOTALL)


def picture_bytes(folder: Path) -> list[str]:
    """Return one line for each file under `folder` that holds the beginning of a picture."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        match = PATTERN.search(path.read_bytes())
        if match is not None and match.lastindex is not None:
            found.append(f"{path.relative_to(folder)} holds {list(MARKS)[match.lastindex - 1]} bytes")
    return found
