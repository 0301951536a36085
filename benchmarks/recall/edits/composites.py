"""Composites as makers of fakes build them: the body replaced (C1), the head moved (C2, C3)."""

import cv2
import numpy as np

from benchmarks.recall.edits.pictures import Borrowed, Box, Edit, Photo, clipped, jpeg, long_side, place
from benchmarks.recall.edits.screens import fitted
from benchmarks.recall.edits.simple import tinted


def feather(shape: tuple[int, int], box: Box, softness: float, *, oval: bool) -> np.ndarray:
    """Return a mask 0..1 that is 1 within `box` and fades over `softness` of its shorter side."""
    x, y, width, height = box
    mask = np.zeros(shape, np.float32)
    if oval:
        cv2.ellipse(mask, (x + width // 2, y + height // 2), (width // 2, height // 2), 0, 0, 360, 1, -1)
    else:
        mask[y : y + height, x : x + width] = 1
    return cv2.GaussianBlur(mask, (0, 0), max(1.0, softness * min(width, height)))[..., None]


def torso(photo: Photo, face: Box | None, area: float, random: np.random.Generator) -> Box:
    """Choose the box that is replaced: under the head where there is one, else in the lower part."""
    height, width = photo.shape[:2]
    top_limit = 0 if face is None else min(height - 8, face[1] + face[3])
    box_h = int(min(height * random.uniform(area**0.5, 1.0), max(height - top_limit, height * area)))
    box_w = int(min(width, area * width * height / box_h))
    box_h = int(min(height, area * width * height / box_w))
    middle = width / 2 if face is None else face[0] + face[2] / 2
    x = int(np.clip(middle - box_w / 2, 0, width - box_w))
    return x, height - box_h, box_w, box_h


def body_replaced(area: float) -> Edit:
    """C1: head and background kept, `area` of the photo replaced by foreign texture, feathered."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        box = torso(photo, borrowed.face, area, random)
        foreign = fitted(borrowed.hosts[0], photo.shape[1], photo.shape[0])
        mask = feather(photo.shape[:2], box, 0.04, oval=False)
        return jpeg(clipped(photo * (1 - mask) + foreign * mask), 80)

    return edit


def head_box(photo: Photo, face: Box | None, random: np.random.Generator) -> Box:
    """Choose the head region: 10-30 % of the photo, around the face where there is one."""
    height, width = photo.shape[:2]
    area = random.uniform(0.10, 0.30) * width * height
    aspect = random.uniform(0.75, 1.0) if face is not None else random.uniform(0.7, 1.4)
    box_w = int(min(width, (area * aspect) ** 0.5))
    box_h = int(min(height, area / box_w))
    if face is None:
        return (*place(random, (width, height), (box_w, box_h)), box_w, box_h)
    x = int(np.clip(face[0] + face[2] / 2 - box_w / 2, 0, width - box_w))
    y = int(np.clip(face[1] + face[3] * 0.45 - box_h / 2, 0, height - box_h))
    return x, y, box_w, box_h


def turned_cutout(photo: Photo, box: Box, factor: float, degrees: float, *, oval: bool) -> tuple[Photo, np.ndarray]:
    """Cut the box out, feathered, scaled by `factor` and turned; give pixels and mask."""
    x, y, width, height = box
    mask = feather(photo.shape[:2], box, 0.06, oval=oval)
    size = (round(width * factor * 1.2), round(height * factor * 1.2))
    matrix = cv2.getRotationMatrix2D((x + width / 2, y + height / 2), degrees, factor)
    matrix[:, 2] += np.array(size) / 2 - (x + width / 2, y + height / 2)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    cut = cv2.warpAffine(photo, matrix, size, flags=how)
    return cut, cv2.warpAffine(mask, matrix, size)[..., None]


def head_moved(*, colours: bool) -> Edit:
    """C2: the head region scaled 0.5-1.5, turned up to 10 degrees, on another picture; C3 with other colours."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        host = long_side(borrowed.hosts[0], max(photo.shape[:2])).astype(np.float32)
        box = head_box(photo, borrowed.face, random)
        factor = random.uniform(0.5, 1.5)
        factor = min(factor, host.shape[1] / (box[2] * 1.2) - 0.01, host.shape[0] / (box[3] * 1.2) - 0.01)
        source = tinted(photo, random) if colours else photo
        cut, mask = turned_cutout(source, box, factor, random.uniform(-10, 10), oval=random.random() < 0.5)
        height, width = cut.shape[:2]
        x, y = place(random, (host.shape[1], host.shape[0]), (width, height))
        under = host[y : y + height, x : x + width]
        under[:] = under * (1 - mask) + cut * mask
        return jpeg(clipped(host), 70)

    return edit
