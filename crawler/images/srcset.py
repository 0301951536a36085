"""srcset: of all sizes of one picture, the one worth fetching (WHATWG HTML, "parse a srcset attribute")."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

ENOUGH_WIDTH = 1280
"""Pixels. Fingerprints need no more: of several sizes the smallest at or above this is the best."""
ENOUGH_DENSITY = 3.0
MOST_SIZES = 200

# An address runs to the next white space; a descriptor to the next comma outside brackets.
ENTRY = re.compile(r"[\s,]*+(?P<address>[^\s]++)(?P<descriptor>[^,(]*+(?:\([^)]*+\)?+[^,(]*+)*+)")
WIDTH = re.compile(r"(?<![\w.])(\d{1,6})w(?!\w)")
DENSITY = re.compile(r"(?<![\w.])(\d{1,3}(?:\.\d{1,6})?)x(?!\w)")


class Size(NamedTuple):
    """One size of a picture; `width` in pixels when declared, else `density` (1.0 when nothing is declared)."""

    address: str
    width: int | None = None
    density: float = 1.0


def sizes(untrusted: str) -> Iterator[Size]:
    """Give every entry of a srcset. Commas inside addresses (data: URIs, image services) stay there."""
    position = count = 0
    while count < MOST_SIZES and (found := ENTRY.match(untrusted, position)):
        address = found["address"]
        count += 1
        if address.endswith(","):  # nothing but the address; the comma ends the entry
            position = found.end("address")
            yield Size(address.rstrip(","))
            continue
        position = found.end()
        yield _described(address, found["descriptor"])


def best(candidates: Iterable[Size]) -> str | None:
    """The address of the largest useful size: the smallest that is large enough, else the largest."""
    every = [size for size in candidates if size.address]
    measured = [size for size in every if size.width is not None]
    if measured:
        return _smallest_enough([(size.width or 0, size.address) for size in measured], ENOUGH_WIDTH)
    return _smallest_enough([(size.density, size.address) for size in every], ENOUGH_DENSITY)


def _smallest_enough(measured: list[tuple[float, str]], enough: float) -> str | None:
    if not measured:
        return None
    large = [entry for entry in measured if entry[0] >= enough]
    chosen = min(large, key=_measure) if large else max(measured, key=_measure)
    return chosen[1]


def _measure(entry: tuple[float, str]) -> float:
    return entry[0]


def _described(address: str, descriptor: str) -> Size:
    width, density = WIDTH.search(descriptor), DENSITY.search(descriptor)
    return Size(address, int(width[1]) if width else None, float(density[1]) if density else 1.0)
