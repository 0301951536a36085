"""`python -m benchmarks cost`: processor time a picture, from the file to the whole-picture and region hashes.

The parts are timed in turns, so that a busy machine slows all of them alike; medians, in milliseconds. Pictures
are drawn by code. The decoder alone, told to give grey levels at the smallest size that our rules allow, is the limit:
nothing can be hashed that was not unpacked. The first line is about the crawl benchmark's own pictures: each is timed
`--rounds` times, of which the quickest counts, and what is printed is the mean over all. With `--photos FOLDER` real
ones are timed too, and counted: how often PDQ takes the exact road, and whether both roads agree.
"""

import argparse
import io
import itertools
import json
import math
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw

from benchmarks.crawl.drawing import drawn as drawn_for_crawls
from crawler.jobs import frames_of_picture
from matchers.decode import decode
from matchers.errors import Unhashable
from matchers.frames import frames
from matchers.hashes import pdq, phash
from matchers.pixels import KEPT_SIDE, Pixels
from matchers.regions import patches
from matchers.regions.keypoints import keypoints
from matchers.regions.regions import POINTS, regions, working_picture

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


def unpacked(file: bytes) -> Image.Image:
    """Let the decoder alone give what is needed: grey, scaled down as far as `matchers.decode` may."""
    image = Image.open(io.BytesIO(file))
    image.draft("L", (KEPT_SIDE, KEPT_SIDE))
    image.load()
    return image


def parts(file: bytes) -> dict[str, Callable[[], object]]:
    """Return what is done for one picture."""
    pixels = decode(file).pixels
    return {
        "limit": lambda: unpacked(file),
        "decode": lambda: decode(file),
        "PDQ": lambda: pdq.all_orientations(pixels),
        "exact PDQ": lambda: pdq.exact(pixels),
        "phash": lambda: phash.compute(pixels),
    }


def crawled(count: int, rounds: int) -> None:
    """Print what the pictures of the crawl benchmark cost: decoded, with a fingerprint, with regions, as a job."""
    steps: dict[str, Callable[[bytes], object]] = {
        "limit": unpacked,
        "decode": decode,
        "fingerprint": partial(frames, whole_only=True),
        "with regions": frames,
        "job": lambda file: json.dumps(frames_of_picture(file, whole_only=True)),
    }
    files = [drawn_for_crawls(1, number) for number in range(count)]
    best = {name: [math.inf] * count for name in steps}
    for _ in range(rounds):
        for number, file in enumerate(files):
            for name, step in steps.items():
                before = time.process_time()
                step(file)
                best[name][number] = min(best[name][number], time.process_time() - before)
    means = {name: 1000 * statistics.fmean(taken) for name, taken in best.items()}
    exact = sum(not pdq.is_certain(decode(file).pixels) for file in files)
    said = ", ".join(f"{name} {mean:.2f}" for name, mean in means.items())
    print(f"{count} JPEGs of 20 to 200 KB, ms, mean: {said}; {exact} took PDQ's exact road")
    print(f"  fingerprint / limit {means['fingerprint'] / means['limit']:.2f}, goal 1.3", end="; ")
    print(f"with regions / limit {means['with regions'] / means['limit']:.1f}")


def region_parts(pixels: Pixels) -> dict[str, Callable[[], object]]:
    """Return the steps from pixels to region hashes."""
    height, width = pixels.shape[:2]
    grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.uint8)
    working = working_picture(grey, width, height)
    points = keypoints(working, POINTS)
    squares, deviations = patches.upright_patches(working, points)
    return {
        "keypoints": lambda: keypoints(working, POINTS),
        "patches": lambda: patches.upright_patches(working, points),
        "hashes": lambda: (patches.telling(squares, deviations), patches.hashes(squares)),
        "regions": lambda: regions(pixels, width, height),
    }


def regions_table(pictures: dict[str, Pixels], rounds: int) -> None:
    """Print what region hashes cost, step by step; goal: 35 ms in all."""
    print(f"{'picture':>11} {'keypoints':>10} {'patches':>8} {'hashes':>8} {'regions in all':>15}   ms, median CPU")
    for name, pixels in pictures.items():
        steps = milliseconds(region_parts(pixels), rounds)
        columns = f"{steps['keypoints']:10.2f} {steps['patches']:8.2f} {steps['hashes']:8.2f} {steps['regions']:15.2f}"
        print(f"{name:>11} {columns}")


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
    parser.add_argument("--crawled", type=int, default=100, help="pictures of the crawl benchmark (0: leave them out)")
    parser.add_argument("--photos", type=Path, help="a folder with pictures, for the share of exact roads")
    options = parser.parse_args()
    if options.crawled:
        crawled(options.crawled, options.rounds)
    heads = f"{'limit':>7} {'decode':>7} {'PDQ':>6} {'phash':>6} {'sum':>7} {'by limit':>9} {'exact PDQ':>10}"
    print(f"{'picture':>11} {heads}   ms, median CPU")
    for width, height in SIZES:
        taken = milliseconds(parts(drawn(width, height)), options.rounds)
        whole = taken["decode"] + taken["PDQ"] + taken["phash"]
        columns = f"{taken['limit']:7.2f} {taken['decode']:7.2f} {taken['PDQ']:6.2f} {taken['phash']:6.2f} {whole:7.2f}"
        print(f"{width:>6}x{height:<4} {columns} {whole / taken['limit']:9.2f} {taken['exact PDQ']:10.2f}")
    named = {f"{width}x{height}": decode(drawn(width, height)).pixels for width, height in SIZES}
    if options.photos:
        found = itertools.islice(photos(options.photos), 20)
        named |= {f"photo {number}": pixels for number, pixels in enumerate(found, 1)}
    regions_table(named, options.rounds)
    if options.photos:
        count_roads(options.photos)


if __name__ == "__main__":
    main()
