"""A sighting as rows of an archive file: one for each frame, every bit of its fingerprint once, and back again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from matchers.fingerprint import HEAD_BYTES, Fingerprint
from matchers.frames import Frame
from matchers.hashes.pdq import BITS, ORIENTATIONS
from matchers.regions.kept import HEADER, ROW
from matchers.sightings import Sighting

if TYPE_CHECKING:
    import pyarrow as pa

WHOLE_BYTES = BITS // 8 * len(ORIENTATIONS)
BITS_BYTES = 16
"""Of a patch of 22 bytes: its bits. The other 6 say where it lies."""


def schema() -> "pa.Schema":
    """Return the columns; docs/privacy.md lists them."""
    import pyarrow as pa

    moment = pa.timestamp("us", tz="UTC")
    return pa.schema(
        [
            pa.field("id", pa.int64(), nullable=False),
            pa.field("target", pa.string(), nullable=False),
            pa.field("page_url", pa.string(), nullable=False),
            pa.field("picture_url", pa.string(), nullable=False),
            pa.field("seen_at", moment, nullable=False),
            pa.field("last_seen_at", moment, nullable=False),
            pa.field("content_digest", pa.binary(32), nullable=False),
            pa.field("at_ms", pa.int64()),
            pa.field("head", pa.binary(HEAD_BYTES), nullable=False),
            pa.field("whole", pa.binary(WHOLE_BYTES), nullable=False),
            pa.field("witness", pa.binary()),
            pa.field("patches", pa.binary(), nullable=False),
            pa.field("places", pa.binary()),
        ]
    )


def split(fp: Fingerprint) -> dict[str, bytes | None]:
    """Return a fingerprint's bytes by what they are for."""
    stored = fp.to_bytes()
    parts: dict[str, bytes | None] = {
        "head": stored[:HEAD_BYTES],
        "whole": stored[HEAD_BYTES : HEAD_BYTES + WHOLE_BYTES],
        "witness": fp.witness.bits if fp.witness is not None else None,
        "patches": b"",
        "places": None,
    }
    if fp.regions is not None:
        kept = fp.regions.to_bytes()
        rows = np.frombuffer(kept, np.uint8, offset=HEADER.itemsize).reshape(-1, ROW.itemsize)
        parts["patches"] = rows[:, :BITS_BYTES].tobytes()
        parts["places"] = kept[: HEADER.itemsize] + rows[:, BITS_BYTES:].tobytes()
    return parts


def joined(row: Mapping[str, Any]) -> Fingerprint:
    """Return the fingerprint that `split` took apart; ValueError for anything else."""
    stored: bytes = row["head"] + row["whole"] + (row["witness"] or b"")
    if row["places"] is not None:
        head, places = row["places"][: HEADER.itemsize], row["places"][HEADER.itemsize :]
        bits = np.frombuffer(row["patches"], np.uint8).reshape(-1, BITS_BYTES)
        where = np.frombuffer(places, np.uint8).reshape(len(bits), ROW.itemsize - BITS_BYTES)
        stored += head + np.concatenate([bits, where], axis=1).tobytes()
    return Fingerprint.from_bytes(stored)


def to_rows(seen: Iterable[tuple[Sighting, datetime]]) -> Iterator[dict[str, Any]]:
    """Yield the rows of sightings, each given with the moment it was last seen."""
    for sighting, last_seen_at in seen:
        facts = {
            "id": sighting.id,
            "target": sighting.target,
            "page_url": sighting.page_url,
            "picture_url": sighting.picture_url,
            "seen_at": sighting.seen_at,
            "last_seen_at": last_seen_at,
            "content_digest": sighting.content_digest,
        }
        for frame in sighting.frames:
            yield facts | {"at_ms": frame.at_ms} | split(frame.fingerprint)


def to_sightings(rows: Sequence[Mapping[str, Any]]) -> Iterator[Sighting]:
    """Yield the sightings of rows that lie as they were written: frames of one beside each other."""
    for number, some in groupby(rows, key=lambda row: row["id"]):
        own = list(some)
        first, *more = [Frame(joined(row), row["at_ms"]) for row in own]
        yield Sighting(
            target=own[0]["target"],
            page_url=own[0]["page_url"],
            picture_url=own[0]["picture_url"],
            seen_at=own[0]["seen_at"],
            content_digest=own[0]["content_digest"],
            fingerprint=first.fingerprint,
            id=number,
            at_ms=first.at_ms,
            more=tuple(more),
        )
