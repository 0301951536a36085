"""Draw what many pictures share (letters, frames, buttons, charts, flags) and keep its patches as a bank.

`python -m benchmarks.recall.common` writes matchers/regions/common.bin. Everything is drawn by code: no photo
goes into the bank. Letters come from Pillow's own typeface and the fonts of the machine that runs it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from benchmarks.recall.edits.pictures import Photo, font, words
from matchers.regions import kept, keypoints
from matchers.regions.regions import regions

BANK = Path(keypoints.__file__).parent / "common.bin"
FONT_FOLDERS = ("/usr/share/fonts",)
Random = np.random.Generator
Pen = ImageDraw.ImageDraw


def colour(random: Random) -> tuple[int, int, int]:
    """Any colour, greys and extremes more often."""
    if random.random() < 0.4:
        return (int(random.choice([0, 16, 40, 200, 240, 255])),) * 3
    return tuple(int(c) for c in random.integers(0, 256, 3))  # type: ignore[return-value]


def typefaces() -> list[Path]:
    """List the fonts of this machine."""
    return sorted(p for folder in FONT_FOLDERS for p in Path(folder).rglob("*.ttf"))


def letters(random: Random, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's typeface one time in three, else one of the machine's."""
    found = typefaces()
    if not found or random.random() < 0.33:
        return font(size)
    return ImageFont.truetype(str(found[int(random.integers(len(found)))]), size)


ALPHABET = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 .,:;!?-@#/ "


def nonsense(random: Random, length: int) -> str:
    """Letters in any order, or words."""
    if random.random() < 0.5:
        return words(random, max(1, length // 5)).upper()
    return "".join(random.choice(list(ALPHABET), length))


def text_page(pen: Pen, side: int, random: Random) -> None:
    """Lines of text, outlined now and then."""
    size = int(random.integers(12, 80))
    face, ink = letters(random, size), colour(random)
    edge = int(random.integers(0, 3))
    for y in range(0, side, int(size * 1.4)):
        pen.text(
            (random.integers(0, 40), y),
            nonsense(random, 40),
            fill=ink,
            font=face,
            stroke_width=edge,
            stroke_fill=colour(random),
        )


def boxes(pen: Pen, side: int, random: Random) -> None:
    """Rectangles, rounded or not, filled or as outlines."""
    for _ in range(int(random.integers(3, 25))):
        x, y = random.integers(-50, side, 2)
        w, h = random.integers(8, side // 2, 2)
        radius = int(random.choice([0, 0, 0, 6, 16]))
        fill = colour(random) if random.random() < 0.7 else None
        pen.rounded_rectangle(
            (x, y, x + w, y + h),
            min(radius, w // 2, h // 2),
            fill=fill,
            outline=colour(random),
            width=int(random.integers(1, 8)),
        )


def rounds(pen: Pen, side: int, random: Random) -> None:
    """Circles, ellipses, rings and arcs."""
    for _ in range(int(random.integers(3, 25))):
        x, y = random.integers(-50, side, 2)
        w = int(random.integers(6, side // 2))
        h = w if random.random() < 0.6 else int(random.integers(6, side // 2))
        fill = colour(random) if random.random() < 0.7 else None
        pen.ellipse((x, y, x + w, y + h), fill=fill, outline=colour(random), width=int(random.integers(1, 8)))


def lines(pen: Pen, side: int, random: Random) -> None:
    """Straight lines and polygons."""
    for _ in range(int(random.integers(3, 20))):
        points = [tuple(int(v) for v in random.integers(-50, side + 50, 2)) for _ in range(int(random.integers(2, 5)))]
        if len(points) > 2 and random.random() < 0.6:
            pen.polygon(points, fill=colour(random))
        else:
            pen.line(points, fill=colour(random), width=int(random.integers(1, 14)))


def pattern(pen: Pen, side: int, random: Random) -> None:
    """Stripes, grids, checks and dots."""
    step, kind = int(random.integers(8, 90)), int(random.integers(4))
    ink, width = colour(random), int(random.integers(1, 12))
    for a in range(-side, 2 * side, step):
        if kind == 0:
            pen.rectangle((a, 0, a + step // 2, side), fill=ink)
        elif kind == 1:
            pen.line((a, 0, a, side), fill=ink, width=width)
            pen.line((0, a, side, a), fill=ink, width=width)
        else:
            for b in range(0, side, step):
                if kind == 2 and (a // step + b // step) % 2:
                    pen.rectangle((a, b, a + step, b + step), fill=ink)
                elif kind == 3:
                    pen.ellipse((a, b, a + step // 2, b + step // 2), fill=ink)


def screen(pen: Pen, side: int, random: Random) -> None:
    """Bars, round pictures, icons, buttons and small print, as apps have them."""
    pen.rectangle((0, 0, side, 60), fill=colour(random))
    for y in range(70, side, 110):
        pen.ellipse((20, y, 80, y + 60), fill=colour(random))
        pen.text(
            (100, y),
            nonsense(random, 20),
            fill=colour(random),
            font=letters(random, int(random.integers(16, 34))),
        )
        pen.rounded_rectangle((100, y + 50, 100 + random.integers(80, 400), y + 90), 12, fill=colour(random))
        for x in range(side - 160, side, 50):
            random.choice([pen.ellipse, pen.rectangle])((x, y, x + 30, y + 30), outline=colour(random), width=4)  # type: ignore[operator]


DRAWINGS: list[Callable[[Pen, int, Random], None]] = [text_page, boxes, rounds, lines, pattern, screen]


def ground(side: int, random: Random) -> Photo:
    """Make a background: one colour, a slope of grey, or soft clouds like skin, sky and walls."""
    kind = random.random()
    flat = np.full((side, side, 3), colour(random), np.float32)
    if kind < 0.5:
        return flat.astype(np.uint8)
    slope = np.linspace(0, random.uniform(20, 160), side, dtype=np.float32)
    if kind > 0.75:
        noise = random.normal(0, 1, (side, side)).astype(np.float32)
        sigma = float(random.choice([3, 8, 20, 50]))
        slope = cv2.GaussianBlur(noise, (0, 0), sigma) * sigma * random.uniform(5, 60)
    return np.clip(flat + np.broadcast_to(slope, (side, side))[..., None], 0, 255).astype(np.uint8)


def drawings(seed: int, count: int, side: int = 640) -> Iterator[Photo]:
    """Draw `count` pictures of common content, blurred and recompressed as the web does."""
    for number in range(count):
        random = np.random.default_rng([seed, number])
        canvas = Image.fromarray(ground(side, random))
        for draw in random.choice(len(DRAWINGS), int(random.integers(1, 3)), replace=False):
            DRAWINGS[draw](ImageDraw.Draw(canvas), side, random)
        if random.random() < 0.3:
            canvas = canvas.rotate(float(random.uniform(-15, 15)), fillcolor=colour(random))
        yield np.asarray(canvas.filter(ImageFilter.GaussianBlur(float(random.choice([0, 0.7, 1.5, 3])))))


def medoids(hashes: kept.Hashes, radius: int, count: int, random: Random) -> kept.Hashes:
    """Choose hashes that have the most others within `radius`, one after the other, greedily."""
    left = hashes[random.permutation(len(hashes))]
    chosen: list[kept.Hashes] = []
    while len(chosen) < count and len(left) > count:
        tried = left[random.choice(len(left), 48, replace=False)]
        near = kept.distances(tried[:, None], left[None, ::4]) <= radius
        best = int(near.sum(1).argmax())
        if near[best].sum() < 2 and len(left) < len(hashes) // 2:
            break
        chosen.append(tried[best])
        left = left[kept.distances(tried[best], left) > radius]
    return np.array(chosen, np.uint64)


def captions(seed: int, count: int, side: int = 640) -> Iterator[Photo]:
    """Write lines in one typeface across soft backgrounds, outlined or not, as memes and subtitles have them."""
    for number in range(count):
        random = np.random.default_rng([seed, 77, number])
        clouds = cv2.GaussianBlur(random.normal(0, 1, (side, side)).astype(np.float32), (0, 0), 45) * 45 * 50
        canvas = Image.fromarray(np.clip(128 + clouds, 0, 255).astype(np.uint8)).convert("RGB")
        pen, size = ImageDraw.Draw(canvas), int(random.integers(22, 90))
        face, edge = letters(random, size), int(random.integers(0, 5))
        ink, outline = random.choice([("white", "black"), ("black", "white"), ("yellow", "black")])
        for y in range(0, side, int(size * 1.5)):
            pen.text((5, y), nonsense(random, 40), ink, face, stroke_width=edge, stroke_fill=outline)
        yield np.asarray(canvas.filter(ImageFilter.GaussianBlur(float(random.choice([0, 0, 0.7, 1.5])))))


def hashed(pictures: Iterator[Photo]) -> kept.Hashes:
    """Return all patches of some pictures."""
    found = [regions(picture, picture.shape[1], picture.shape[0]) for picture in pictures]
    return np.concatenate([each.hashes for each in found if each is not None])


def main() -> None:
    """Draw, choose and write the bank: a third from shapes and screens, the rest from captions."""
    random = np.random.default_rng(0)
    shapes = medoids(hashed(drawings(1, 300)), 20, 2048, random)
    letter = random.permutation(hashed(captions(1, 80)))[:4096]
    BANK.write_bytes(np.concatenate([shapes, letter]).astype("<u8").tobytes())
    print(f"{len(shapes)} patches of shapes, {len(letter)} of letters in {BANK}")


if __name__ == "__main__":
    main()
