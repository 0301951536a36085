"""A sighting log of any length, made from the hashes of some pictures so that bits are as skewed and tied as theirs.

Every synthetic patch is a patch of one of the pictures, drawn at random among all of them, with about two of its 128
bits turned; so bits have the means and the ties that they have in pictures. PDQ hashes are those of the pictures with
48 of 256 bits turned: strangers to each other. How many patches a sighting has is drawn from the pictures too.
"""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from PIL import Image, ImageDraw

from matchers import Fingerprint, Unhashable, fingerprint
from matchers.regions.kept import HEADER, ROW
from matchers.sightings import SightingLog, crawl_metadata, open_engine, sightings

KINDS = (".jpg", ".jpeg", ".png", ".webp")
STEP = 1024
NOW = datetime.now(UTC)


def drawn(seed: int) -> bytes:
    """Return a picture of shapes with grain."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (800, 600), tuple(random.integers(60, 200, 3).tolist()))
    pen = ImageDraw.Draw(image)
    for _ in range(70):
        x, y, across, down = random.random(4) * (800, 600, 260, 200)
        shape = pen.ellipse if random.random() < 0.5 else pen.rectangle
        shape((x, y, x + across, y + down), fill=tuple(random.integers(0, 256, 3).tolist()))
    grain = np.asarray(image) + random.normal(0, 6, (600, 800, 1))
    file = io.BytesIO()
    Image.fromarray(grain.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=85)
    return file.getvalue()


def pictures(folder: Path | None, most: int) -> list[Fingerprint]:
    """Return fingerprints of the pictures below a folder, or of drawn ones; only those with regions."""
    if folder is None:
        files: Iterator[bytes] = (drawn(seed) for seed in range(most))
    else:
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in KINDS)
        np.random.default_rng(1).shuffle(paths)  # type: ignore[arg-type]
        files = (path.read_bytes() for path in paths[: most + 20])
    made = []
    for file in files:
        try:
            made.append(fingerprint(file))
        except Unhashable:
            continue
    return [fp for fp in made if fp.regions is not None][:most]


@dataclass
class Maker:
    """Makes rows of the log out of what some pictures have."""

    ancestors: list[Fingerprint]
    random: np.random.Generator

    def __post_init__(self) -> None:
        some = [fp.regions for fp in self.ancestors if fp.regions is not None]
        self._rows = np.concatenate([regions.rows for regions in some])
        self._counts = np.array([len(regions) for regions in some])
        self._head = self.ancestors[0].to_bytes()[: -len(some[0].to_bytes()) - 8 - 256]
        self._whole = np.array([np.frombuffer(b"".join(p.bits for p in fp.whole), "u1") for fp in self.ancestors])

    def fingerprints(self, count: int) -> Iterator[bytes]:
        """Yield the bytes of `count` synthetic fingerprints."""
        counts = self.random.choice(self._counts, count)
        rows = self._rows[self.random.integers(0, len(self._rows), int(counts.sum()))]
        words = rows["bits"].size
        rows["bits"] ^= (self._noise(words) & self._noise(words) & self._word(words)).view("<u8").reshape(-1, 2)
        whole = self._whole[self.random.integers(0, len(self._whole), count)]
        whole ^= self._noise(whole.size // 8).view("u1").reshape(whole.shape)
        start = 0
        for number in range(count):
            n = int(counts[number])
            header = np.array([(1, 640, 480, n)], HEADER).tobytes()
            yield self._head + whole[number].tobytes() + bytes(8) + header + rows[start : start + n].tobytes()
            start += n

    def _noise(self, words: int) -> np.ndarray:
        """Return words in which a bit is set with a chance of 3/16."""
        return np.asarray(self._word(words) & self._word(words) & (self._word(words) | self._word(words)), "<u8")

    def _word(self, words: int) -> np.ndarray:
        return self.random.integers(0, 2**64, words, np.uint64, endpoint=False)


def row(number: int, stored: bytes) -> dict[str, object]:
    """Return a row of the log."""
    page = f"https://forum.example/board/{number % 997}/thread/{number}"
    return {
        "target": "forum",
        "page_url": page,
        "picture_url": f"https://cdn.example/files/{number}.jpg",
        "seen_at": NOW,
        "last_seen_at": NOW,
        "page_key": hashlib.sha256(page.encode()).digest(),
        "content_digest": number.to_bytes(32),
        "fingerprint": stored,
    }


def fill(url: str, count: int, maker: Maker, planted: list[Fingerprint]) -> SightingLog:
    """Write a log of `count` sightings in which the planted pictures lie at even distances."""
    engine = open_engine(url)
    crawl_metadata.create_all(engine)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            for column in ("whole", "patches"):
                connection.execute(sa.text(f"ALTER TABLE sighting_blocks ALTER COLUMN {column} SET STORAGE EXTERNAL"))
    places = {count * (n + 1) // (len(planted) + 1): fp.to_bytes() for n, fp in enumerate(planted)}
    for start in range(0, count, STEP):
        made = enumerate(maker.fingerprints(min(STEP, count - start)), start=start)
        with engine.begin() as connection:
            connection.execute(sa.insert(sightings), [row(n, places.get(n, stored)) for n, stored in made])
    return SightingLog(engine)


def assert_readable(log: SightingLog) -> None:
    """Fail early when what is made is no fingerprint."""
    assert all(len(seen.fingerprint.regions or ()) for seen in log.after(0, 5))
    assert ROW.itemsize == 22
