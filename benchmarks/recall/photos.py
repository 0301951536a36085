"""The photos a recall run reads: a folder with `enrolled/`, `others/` and `manifest.jsonl`."""

import argparse
import functools
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.recall.edits.pictures import Borrowed, Box, Photo, resized
from matchers import Unhashable, fingerprint

LONGEST_PX = 1600


@dataclass(frozen=True)
class Item:
    """One photo of the set: where it lies, and the box of its largest face in file pixels."""

    name: str
    path: Path
    face: Box | None
    width: int

    @property
    def has_people(self) -> bool:
        """Say whether the manifest knows a face in it."""
        return self.face is not None


def largest(faces: list[list[float]]) -> Box | None:
    """Return the largest face as whole pixels."""
    if not faces:
        return None
    x, y, width, height = max(faces, key=lambda face: face[2] * face[3])[:4]
    return round(x), round(y), round(width), round(height)


@functools.cache
def items(folder: Path, part: str) -> list[Item]:
    """List the photos of `enrolled` or `others`, in the manifest's order."""
    lines = (folder / "manifest.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines if line]
    return [
        Item(row["file"], folder / row["file"], largest(row["faces"]), row["width"])
        for row in rows
        if row["file"].startswith(part + "/")
    ]


@functools.lru_cache(maxsize=200)
def load(item: Item) -> Photo:
    """Read a photo as RGB, upright, at most 1600 px long."""
    with Image.open(item.path) as opened:
        photo = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    return resized(photo, min(1.0, LONGEST_PX / max(photo.shape[:2])))


def borrowed_for(item: Item, photo: Photo, hosts: list[Item], random: np.random.Generator) -> Borrowed:
    """Choose nine hosts by the generator, and bring the face to the loaded photo's scale."""
    chosen = random.choice(len(hosts), 9, replace=False)
    factor = photo.shape[1] / item.width
    face = None if item.face is None else tuple(round(v * factor) for v in item.face)
    return Borrowed(tuple(load(hosts[i]) for i in chosen), face)  # type: ignore[arg-type]


def add_option(parser: argparse.ArgumentParser) -> None:
    """Add --photos, the folder of a set."""
    folder = os.environ.get("WATCHLIGHT_BENCH_PHOTOS", "../shared/photos")
    parser.add_argument(
        "--photos", type=folder_of_a_set, default=folder, help="with manifest.jsonl, enrolled/, others/"
    )


def folder_of_a_set(typed: str) -> Path:
    """Return the folder, or say what is missing in it."""
    if not (Path(typed) / "manifest.jsonl").is_file():
        raise argparse.ArgumentTypeError(
            f"no photos at {typed}: give a folder with manifest.jsonl, enrolled/ and others/"
        )
    return Path(typed)


def hashed(data: bytes) -> bytes | None:
    """Return the fingerprint of a file as bytes, or None where it has none."""
    try:
        return fingerprint(data).to_bytes()
    except Unhashable:
        return None


def file_hashed(path: Path) -> bytes | None:
    """Return the fingerprint of a file of the set."""
    return hashed(path.read_bytes())
