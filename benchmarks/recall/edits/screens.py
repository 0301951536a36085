"""The photo seen through something: a messenger, a screenshot, a collage, another picture."""

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.recall.edits.added import with_text
from benchmarks.recall.edits.geometry import cropping
from benchmarks.recall.edits.pictures import (
    Borrowed,
    Edit,
    Photo,
    font,
    jpeg,
    long_side,
    other_format,
    pixels,
    place,
    resized,
    words,
)


def chained(photo: Photo, random: np.random.Generator) -> Photo:
    """Through a messenger: 5 % cropped, 1280 px at most, text on it, JPEG 70."""
    smaller = cropping(photo, 0.975, 0.975, random)
    smaller = resized(smaller, min(1.0, 1280 / max(smaller.shape[:2])))
    return pixels(jpeg(with_text(smaller, words(random, 2), random.uniform(0.1, 0.9), 0.05), 70))


def through_chain(edit: Edit) -> Edit:
    """Any edit, then the messenger chain."""
    return lambda photo, borrowed, random: jpeg(chained(pixels(edit(photo, borrowed, random)), random), 70)


def messenger(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """The messenger chain alone."""
    return jpeg(chained(photo, random), 70)


def phone_screen(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """A phone's screenshot: status bar, an app's header, the photo at full width, buttons, comments."""
    dark = random.random() < 0.5
    back, ink = ((18, 18, 18), (235, 235, 235)) if dark else ((255, 255, 255), (20, 20, 20))
    screen = Image.new("RGB", (720, 1480), back)
    pen = ImageDraw.Draw(screen)
    pen.text((30, 14), f"{random.integers(1, 13)}:{random.integers(10, 60)}", fill=ink, font=font(26))
    pen.rectangle((650, 18, 690, 36), outline=ink, width=3)
    pen.ellipse((24, 70, 84, 130), fill=tuple(int(c) for c in random.integers(0, 256, 3)))
    pen.text((100, 86), words(random, 2), fill=ink, font=font(28))
    shown = long_side(photo, 720) if photo.shape[1] >= photo.shape[0] else resized(photo, 720 / photo.shape[1])
    shown = shown[: 1480 - 150 - 300]
    screen.paste(Image.fromarray(shown), (0, 150))
    y = 150 + shown.shape[0] + 20
    for x in (30, 100, 170):
        pen.ellipse((x, y, x + 44, y + 44), outline=ink, width=4)
    for line in range(4):
        pen.text((30, y + 70 + 44 * line), words(random, 6), fill=ink, font=font(26))
    return other_format(np.asarray(screen), "PNG") if random.random() < 0.5 else jpeg(np.asarray(screen), 80)


def desktop_screen(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """A desktop's screenshot: a browser with the photo in the middle of a page, about 45 % of the width."""
    screen = Image.new("RGB", (1366, 768), (240, 240, 244))
    pen = ImageDraw.Draw(screen)
    pen.rectangle((0, 0, 1366, 84), fill=(222, 225, 230))
    pen.rounded_rectangle((120, 44, 1100, 76), 14, fill="white")
    pen.text((140, 50), "https://" + words(random, 1) + ".example/" + words(random, 1), fill="black", font=font(18))
    shown = resized(photo, min(620 / photo.shape[1], 600 / photo.shape[0]))
    screen.paste(Image.fromarray(shown), (int(random.integers(60, 300)), 110))
    for line in range(14):
        pen.text((960, 120 + 40 * line), words(random, 5), fill=(40, 40, 40), font=font(20))
    return other_format(np.asarray(screen), "PNG")


def fitted(photo: Photo, width: int, height: int) -> Photo:
    """Fill a box, cutting what stands over: how collage makers do it."""
    bigger = resized(photo, max(width / photo.shape[1], height / photo.shape[0]) + 0.002)
    y, x = (bigger.shape[0] - height) // 2, (bigger.shape[1] - width) // 2
    return bigger[y : y + height, x : x + width]


def collage(columns: int, rows: int) -> Edit:
    """One tile of a collage of `columns` x `rows`, the photo's own shape kept within its tile."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        unit = resized(photo, (1200 / columns) / photo.shape[1])
        height, width = unit.shape[:2]
        mine = int(random.integers(columns * rows))
        canvas = np.full((rows * height, columns * width, 3), 255, np.uint8)
        for tile in range(columns * rows):
            host = borrowed.hosts[tile % len(borrowed.hosts)]
            y, x = tile // columns * height, tile % columns * width
            canvas[y : y + height, x : x + width] = unit if tile == mine else fitted(host, width, height)
        return jpeg(resized(canvas, min(1.0, 1280 / max(canvas.shape[:2]))), 85)

    return edit


def pasted(percent: float) -> Edit:
    """Laid on another picture, its longer side `percent` of the other's longer side."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        host = long_side(borrowed.hosts[0], 1000).copy()
        small = resized(
            photo,
            min(1000 * percent / 100 / max(photo.shape[:2]), 0.98 * min(host.shape[:2]) / max(photo.shape[:2])),
        )
        x, y = place(random, (host.shape[1], host.shape[0]), (small.shape[1], small.shape[0]))
        host[y : y + small.shape[0], x : x + small.shape[1]] = small
        return jpeg(host, 85)

    return edit
