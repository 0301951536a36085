"""`python -m benchmarks cost`: processor time a picture, from the file to the whole-picture hashes.

The parts are timed in turns, so that a busy machine slows all of them alike; medians, in milliseconds. Pictures
are drawn by code. With `--photos FOLDER` real ones are counted too: how often PDQ takes the exact road, whether
both roads agree, and the mean cost.
"""

import argparse
import io
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from matchers.decode import decode
from matchers.errors import Unhashable
from matchers.hashes import pdq, phash
from matchers.pixels import Pixels

SIZES = ((320, 240), (512, 512), (1000, 1000), (1024, 1024), (1200, 900), (2000, 1500))
KINDS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".bmp")


def drawn(width: int, height: int) -> bytes:
    """Return a JPEG of shapes with grain, about 1.7 bits a pixel as photos have."""
    random = np.random.default_rng(1)
    image = Image.new("RGB", (width, height), "grey")
    pen = ImageDraw.Draw(image)
    for _ in range(60):
        x, y, across, down = random.random(4) * (width, height, width / 3, height / 3)
        pen.ellipse((x, y, x + across, y + down), fill=tuple(random.integers(0, 256, 3).tolist()))
    grain = np.asarray(image) + random.normal(0, 6, (height, width, 1))
    file = io.BytesIO()
    Image.fromarray(grain.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=85)
    return file.getvalue()


def milliseconds(parts: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median processor time of each part, timed in turns."""
    times: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(rounds):
        for name, part in parts.items():
            before = time.process_time()
            part()
            times[name].append(time.process_time() - before)
    return {name: statistics.median(found) * 1000 for name, found in times.items()}


def parts(file: bytes) -> dict[str, Callable[[], object]]:
    """Return what is done for one picture."""
    pixels = decode(file).pixels
    return {
        "decode": lambda: decode(file),
        "PDQ": lambda: pdq.all_orientations(pixels),
        "exact PDQ": lambda: pdq.exact(pixels),
        "phash": lambda: phash.compute(pixels),
    }


def photos(folder: Path) -> Iterator[Pixels]:
    """Yield the pixels of every picture below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in KINDS:
            try:
                yield decode(path.read_bytes()).pixels
            except Unhashable as refusal:
                print(f"not hashed: {refusal.reason}")


def count_roads(folder: Path) -> None:
    """Print how often the exact road was needed, and whether the roads agree."""
    seen = needed = differ = 0
    spent = 0.0
    for pixels in photos(folder):
        before = time.process_time()
        found = pdq.all_orientations(pixels)
        spent += time.process_time() - before
        seen += 1
        needed += not pdq.is_certain(pixels)
        differ += found != pdq.exact(pixels)
    mean = spent / max(1, seen) * 1000
    print(f"{seen} photos: {needed} took the exact road, {differ} differ from it; PDQ {mean:.2f} ms each on average")


def main() -> None:
    """Read the options and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks cost", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--photos", type=Path, help="a folder with pictures, for the share of exact roads")
    options = parser.parse_args()
    print(f"{'picture':>11} {'decode':>8} {'PDQ':>8} {'exact PDQ':>10} {'phash':>8} {'sum':>8}   ms, median CPU")
    for width, height in SIZES:
        taken = milliseconds(parts(drawn(width, height)), options.rounds)
        whole = taken["decode"] + taken["PDQ"] + taken["phash"]
        columns = f"{taken['decode']:8.2f} {taken['PDQ']:8.2f} {taken['exact PDQ']:10.2f} {taken['phash']:8.2f}"
        print(f"{width:>6}x{height:<4} {columns} {whole:8.2f}")
    if options.photos:
        count_roads(options.photos)


if __name__ == "__main__":
    main()
