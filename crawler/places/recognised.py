"""Which kinds of places fit an address: every reader that offers `recognise` is asked.

A reader says its `KIND` (the spider's name) and `recognise(address, page) -> Sign | None`. There is no list: the
folder is walked, so a new kind is recognised as soon as its file is there.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from crawler.images.markup import html_text

LOOKED_AT = 512 * 1024
"""Characters of a page that are looked at: what names its software stands in the head or near the first posts."""

SURE = 0.9
"""The software names itself, or the address has only one meaning."""
LIKELY = 0.6
"""Its markup looks like it."""
POSSIBLE = 0.3
"""Another way into the same place: a feed, a list of its pages."""


@dataclass(frozen=True, slots=True)
class Sign:
    """That a kind fits: how certainly (0..1), and because of what, for people ("it says that it is Discourse")."""

    certainty: float
    because: str


@dataclass(frozen=True, slots=True)
class Fit:
    """A kind of place that fits an address."""

    kind: str
    certainty: float
    because: str


def fits(address: str, page: str) -> list[Fit]:
    """Return the kinds that fit, the surest first; an empty list means plain `pages`."""
    found = [
        Fit(str(reader.KIND), sign.certainty, sign.because)
        for reader in readers()
        if hasattr(reader, "recognise") and (sign := reader.recognise(address, page[:LOOKED_AT])) is not None
    ]
    return sorted(found, key=lambda fit: (-fit.certainty, fit.kind))


def job(untrusted: bytes, *, address: str, content_type: str = "") -> list[dict[str, Any]]:
    """`fits` as plain JSON values."""
    page = html_text(untrusted[: 4 * LOOKED_AT], content_type)
    return [{"kind": fit.kind, "certainty": fit.certainty, "because": fit.because} for fit in fits(address, page)]


@cache
def readers() -> tuple[ModuleType, ...]:
    """Every file of this folder."""
    return tuple(_modules())


def _modules() -> Iterator[ModuleType]:
    import crawler.places

    for found in sorted(pkgutil.iter_modules(crawler.places.__path__), key=lambda one: one.name):
        yield importlib.import_module(f"crawler.places.{found.name}")
