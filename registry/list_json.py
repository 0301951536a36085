"""JSON objects out of a stream, one after the other: a list, one to a line, or the `data` of an API's answer.

A record that is broken is reported with its line, and reading goes on at the next line that begins one.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

PIECE = 1 << 20
"""Characters in memory beyond where we are; no record is longer."""
DATA = re.compile(r'\{\s*"data"\s*:\s*\[')
BETWEEN = re.compile(r"[\s,\[\ufeff]*")
NEXT = re.compile(r"\n\s*\{")


def objects(stream: TextIO) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield (line, object), or (line, what is wrong) where there is none."""
    decoder, text, line, in_data, over = json.JSONDecoder(), "", 1, False, False
    while True:
        if len(text) < PIECE and not over:
            more = stream.read(PIECE)
            text, over = text + more, not more
            if not over:
                continue
        text, line = _past(text, BETWEEN.match(text), line)
        if not text or (in_data and text[0] == "]"):
            return
        if (wrapper := DATA.match(text)) is not None:
            in_data = True
            text, line = _past(text, wrapper, line)
            continue
        if text[0] == "]":
            text = text[1:]
            continue
        try:
            found, end = decoder.raw_decode(text)
        except (ValueError, RecursionError):
            yield line, "this is not a whole JSON record of at most 1 MB"
            text, line = _past(text, NEXT.search(text), line, short=1)
            continue
        yield line, found if isinstance(found, dict) else "this is no record"
        text, line = text[end:], line + text.count("\n", 0, end)


def _past(text: str, found: re.Match[str] | None, line: int, *, short: int = 0) -> tuple[str, int]:
    """Return the text after a match (`short` of its end; all of it where there is none), and the line there."""
    end = len(text) if found is None else found.end() - short
    return text[end:], line + text.count("\n", 0, end)
