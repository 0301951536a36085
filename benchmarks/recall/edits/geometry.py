"""Edits of geometry: mirrored, turned, cropped, stretched."""

import cv2
import numpy as np

from benchmarks.recall.edits.pictures import Borrowed, Edit, Photo, jpeg, place


def mirrored(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """Left is right."""
    return jpeg(photo[:, ::-1], 85)


def quarter_turned(turns: int) -> Edit:
    """Turned by 90 degrees times `turns`."""
    return lambda photo, borrowed, random: jpeg(np.ascontiguousarray(np.rot90(photo, turns)), 85)


def rotation(photo: Photo, degrees: float, *, inside: bool) -> Photo:
    """Turn about the centre; with `inside`, keep the largest middle part without empty corners."""
    height, width = photo.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    turned = cv2.warpAffine(photo, matrix, (width, height), flags=cv2.INTER_CUBIC)
    if not inside:
        return turned
    sine, cosine = abs(np.sin(np.radians(degrees))), abs(np.cos(np.radians(degrees)))
    keep = 1 / (cosine + sine * max(width / height, height / width))
    inner_w, inner_h = int(width * keep), int(height * keep)
    x, y = (width - inner_w) // 2, (height - inner_h) // 2
    return np.ascontiguousarray(turned[y : y + inner_h, x : x + inner_w])


def rotated(degrees: float) -> Edit:
    """Turned left or right, with black corners or cut to fit."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        sign = 1 if random.random() < 0.5 else -1
        return jpeg(rotation(photo, sign * degrees, inside=random.random() < 0.5), 85)

    return edit


def cropping(photo: Photo, keep_width: float, keep_height: float, random: np.random.Generator) -> Photo:
    """Keep a part of the given relative size, anywhere."""
    height, width = photo.shape[:2]
    size = (max(16, round(width * keep_width)), max(16, round(height * keep_height)))
    x, y = place(random, (width, height), size)
    return np.ascontiguousarray(photo[y : y + size[1], x : x + size[0]])


def cropped(percent: float) -> Edit:
    """`percent` of the area cut away."""
    keep = (1 - percent / 100) ** 0.5
    return lambda photo, borrowed, random: jpeg(cropping(photo, keep, keep, random), 85)


def half_sides(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """Half of each side: a quarter of the area is left."""
    return jpeg(cropping(photo, 0.5, 0.5, random), 85)


def half_cut(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """The left, right, upper or lower half."""
    sizes = (0.5, 1.0) if random.random() < 0.5 else (1.0, 0.5)
    return jpeg(cropping(photo, *sizes, random), 85)


def stretched(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """Aspect ratio changed by 12 %."""
    height, width = photo.shape[:2]
    return jpeg(cv2.resize(photo, (round(width * 1.12), height), interpolation=cv2.INTER_CUBIC), 85)
